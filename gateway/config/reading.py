"""
Reading the tree from a file and the environment, and saying what is wrong with it.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.config.book import PREFIX, SECTIONS, section_type, settings
from gateway.config.section import Section
from gateway.config.tree import Config, LinkSection
from gateway.config.values import unreadable
from gateway.core.catalogue import CONFIG_BAD_VALUE, CONFIG_UNKNOWN_KEY
from gateway.core.errors import Finding, Misconfigured, find

# Variables of ours that are no settings: where the command line finds a node, where tests find samples, and
# where a test wants a process to die.
NOT_SETTINGS = frozenset({"TRUC_URL", "TRUC_KEY", "TRUC_SAMPLES", "TRUC_CRASH"})


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """
    The settings of the file, with those of the environment over them.

    Raises: Misconfigured, with one finding for each thing that is wrong.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Misconfigured(unreadable(path, error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(find(CONFIG_BAD_VALUE, key=path.name, detail=error)) from error
    return parse(data, environ, base=path.resolve().parent)


def parse(data: Mapping[str, Any], environ: Mapping[str, str], *, base: Path) -> Config:
    """
    The settings as a tree; relative paths are taken from `base`.

    Raises: Misconfigured, with one finding for each thing that is wrong.
    """
    merged = {name: dict(part) if isinstance(part, Mapping) else part for name, part in data.items()}
    unknown: list[Finding] = []
    for variable, value in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        section, _, key = variable.removeprefix(PREFIX).lower().partition("_")
        if section not in SECTIONS or key not in section_type(section).model_fields:
            if nearest := _nearest_variable(variable):
                unknown.append(find(CONFIG_UNKNOWN_KEY, key=variable, nearest=nearest))
            continue
        part = merged.setdefault(section, {})
        if isinstance(part, dict):
            part[key] = value
    try:
        config = Config.model_validate(merged, context={"base": base})
    except ValidationError as error:
        raise Misconfigured(*unknown, *map(_finding, error.errors())) from error
    if unknown:
        raise Misconfigured(*unknown)
    return config


def _nearest_variable(variable: str) -> str:
    """The setting that a variable was meant to be; "" if it is somebody else's that only begins like ours."""
    known = [s.variable for s in settings() if s.variable]
    section = variable.removeprefix(PREFIX).partition("_")[0].lower()
    near = difflib.get_close_matches(variable, known, n=1, cutoff=0.0 if section in SECTIONS else 0.85)
    return near[0] if near else ""


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)
    return near[0] if near else "—"


# The faults that operators really make, in both languages; others keep pydantic's English sentence.
_SENTENCES = {
    "missing": "chưa đặt · it is not set",
    "int_parsing": "phải là số nguyên · it must be a whole number",
    "int_type": "phải là số nguyên · it must be a whole number",
    "int_from_float": "phải là số nguyên · it must be a whole number",
    "string_type": "phải là chuỗi ký tự · it must be text",
    "path_type": "phải là đường dẫn · it must be a path",
    "model_type": "phải là một bảng [section] · it must be a table",
    "model_attributes_type": "phải là một bảng [section] · it must be a table",
    "literal_error": "chỉ nhận {expected} · it must be {expected}",
    "greater_than_equal": "phải từ {ge} trở lên · it must be at least {ge}",
    "greater_than": "phải lớn hơn {gt} · it must be more than {gt}",
    "less_than_equal": "không quá {le} · it must be at most {le}",
    "string_pattern_mismatch": "không đúng dạng {pattern} · it must look like {pattern}",
    "date_from_datetime_parsing": "ghi ngày như 2026-02-17 · write days as 2026-02-17",
    "byte_size": "ghi dung lượng như 64KiB, 2GiB · write sizes as 64KiB or 2GiB",
}


def _finding(error: ErrorDetails) -> Finding:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        section = _section_at(error["loc"][:-1])
        return find(
            CONFIG_UNKNOWN_KEY, key=key, nearest=_nearest(str(error["loc"][-1]), section.model_fields)
        )
    sentence = _SENTENCES.get(error["type"])
    detail = (
        sentence.format_map(error.get("ctx", {})) if sentence else error["msg"].removeprefix("Value error, ")
    )
    return find(CONFIG_BAD_VALUE, key=key, detail=detail)


def _section_at(where: tuple[int | str, ...]) -> type[Section]:
    """The section that a place in the tree belongs to (a link's name is a place of its own)."""
    match where:
        case ():
            return Config
        case ("broker", "links", *_):
            return LinkSection
        case _:
            return section_type(str(where[0]))
