"""
The book of settings: what `truc config explain` and docs/configuration.md say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import ByteSize
from pydantic_core import PydanticUndefined

from gateway.config.reports import MailAddress
from gateway.config.section import Section
from gateway.config.tree import Config, LinkSection
from gateway.config.values import Secret
from gateway.config.watching import AlertWaySection
from gateway.core.alerts import AlertKind
from gateway.core.calendar import Span

PREFIX = "TRUC_"

SECTIONS = tuple(name for name in Config.model_fields if name != "adapters")
"""The sections whose settings are known here; those of foreign adapters are known to them alone."""

_KIND_NAMES: dict[Any, str] = {
    str: "text",
    int: "number",
    bool: "true | false",
    Path: "path",
    timedelta: "duration (20s, 30min, 2h, 1d)",
    ByteSize: "size (64KiB, 2GiB)",
    Secret: "env:NAME or file:PATH",
    Span: "hours (07:30-11:30)",
}

_LIST_NAMES: dict[Any, str] = {
    date: "days (2026-02-17, comma between)",
    MailAddress: "addresses (a@tinh.gov.vn, comma between)",
    AlertKind: " | ".join(AlertKind) + " (comma between)",
    IPv4Network | IPv6Network: "networks (10.1.0.0/16, comma between)",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the book of settings. `default` is "" where a value must be given."""

    section: str
    key: str
    variable: str
    kind: str
    default: str
    vi: str
    en: str


def settings() -> Iterator[Setting]:
    """Every setting there is, in the order of the tree."""
    for section in SECTIONS:
        yield from _settings_of(section_type(section), section, variables=True)
        if section == "broker":
            yield from _settings_of(LinkSection, "broker.links.<node>", variables=False)
        if section == "alerts":
            yield from _settings_of(AlertWaySection, "alerts.ways.<name>", variables=False)


def section_titles() -> dict[str, str]:
    """Section name → what it is about, in both languages."""
    return {name: (section_type(name).__doc__ or "").strip() for name in SECTIONS}


def _settings_of(model: type[Section], section: str, *, variables: bool) -> Iterator[Setting]:
    for key, info in model.model_fields.items():
        is_table = get_origin(info.annotation) is Mapping
        yield Setting(
            section=section,
            key=key,
            variable=f"{PREFIX}{section}_{key}".upper() if variables and not is_table else "",
            kind=_kind_name(info.annotation),
            default=_default_text(info.default),
            vi=info.title or "",
            en=info.description or "",
        )


def _kind_name(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " | ".join(get_args(annotation))
    if get_origin(annotation) is tuple:
        return _LIST_NAMES[get_args(annotation)[0]]
    if get_origin(annotation) is Mapping:
        return "tables"
    if annotation in _KIND_NAMES:
        return _KIND_NAMES[annotation]
    return next(_KIND_NAMES[a] for a in _unwrapped(annotation) if a in _KIND_NAMES)


def _unwrapped(annotation: Any) -> Iterator[Any]:
    """The types inside `Annotated[X, …] | None`, outermost first."""
    for inner in get_args(annotation):
        yield inner
        yield from _unwrapped(inner)


def _default_text(value: Any) -> str:
    match value:
        case _ if value is PydanticUndefined:
            return ""
        case None | () | "":
            return "—"
        case dict():
            return "—"
        case timedelta():
            return _duration_text(value)
        case tuple():
            return ", ".join(map(str, value))
        case ByteSize():
            return value.human_readable(decimal=False).replace(".0", "")
        case _:
            return str(value)


def _duration_text(value: timedelta) -> str:
    seconds = value.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def section_type(name: str) -> type[Section]:
    """The class behind a section of the tree."""
    annotation = Config.model_fields[name].annotation
    assert isinstance(annotation, type)
    assert issubclass(annotation, Section)
    return annotation
