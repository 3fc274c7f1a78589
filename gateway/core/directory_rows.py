"""
The rows of the directory: agencies and nodes, and their form in files and tables.

A row is read strictly: a key that does not exist is an error with the nearest name, since a misspelt
`locked` or `valid_to` that is silently ignored would send letters to the wrong door.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gateway.core.catalogue import CONFIG_BAD_VALUE, CONFIG_UNKNOWN_KEY
from gateway.core.codes import normal
from gateway.core.errors import Finding, find
from gateway.core.model import AgencyCode, NodeId

NO_NODE = NodeId("")
"""The parent of the root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """One organ of the axis.

    `node` serves it. `parent` and `successor` are codes of other agencies or "". `valid_from` and `valid_to`
    are the first and the last day on which it takes letters (None: no bound). `tier` is a label of the
    registry. `sends_arrived` says that its own system sends status 01; otherwise the gateway makes one
    after the acknowledgement. `delivery` names the adapter that reaches it. `mail`, `telephone` and `fax` are
    those of the office, for people to read. Its system takes documents of at most `max_size` bytes (0: any)
    with attachments of these `types` (file extensions; none: any). `certificates` are the fingerprints
    (SHA-256) of those that it seals with (none: not known). `version` is that of the directory in which the
    row last changed.
    """

    code: AgencyCode
    name: str
    node: NodeId
    aliases: tuple[str, ...] = ()
    parent: str = ""
    tier: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str = ""
    locked: bool = False
    sends_arrived: bool = False
    delivery: str = "mailbox"
    mail: str = ""
    telephone: str = ""
    fax: str = ""
    max_size: int = 0
    types: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    version: int = 1

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code it is known by, the primary one first, in the form that is compared."""
        return tuple(dict.fromkeys(normal(code) for code in (self.code, *self.aliases)))

    def is_open(self, on: date) -> bool:
        """Whether it takes letters on that day (a locked one is open, and locked)."""
        return not self.is_not_yet_open(on) and not self.is_closed(on)

    def is_not_yet_open(self, on: date) -> bool:
        return self.valid_from is not None and on < self.valid_from

    def is_closed(self, on: date) -> bool:
        return self.valid_to is not None and on > self.valid_to

    def as_row(self) -> dict[str, object]:
        """The agency as the store and JSON keep it: aliases as a list, days as ISO text or None."""
        return {
            "code": self.code,
            "name": self.name,
            "node": self.node,
            "aliases": list(self.aliases),
            "parent": self.parent,
            "tier": self.tier,
            "valid_from": self.valid_from.isoformat() if self.valid_from else None,
            "valid_to": self.valid_to.isoformat() if self.valid_to else None,
            "successor": self.successor,
            "locked": self.locked,
            "sends_arrived": self.sends_arrived,
            "delivery": self.delivery,
            "mail": self.mail,
            "telephone": self.telephone,
            "fax": self.fax,
            "max_size": self.max_size,
            "types": list(self.types),
            "certificates": list(self.certificates),
            "version": self.version,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """One node of the axis; `level` is a label, `organ_code` the organ in whose name it writes notices.

    `parent` is the node it connects to, "" for the root.
    """

    id: NodeId
    parent: NodeId = NO_NODE
    name: str = ""
    level: str = ""
    organ_code: str = ""
    organ_name: str = ""
    organ_address: str = ""

    def as_row(self) -> dict[str, object]:
        """The node as the store and JSON keep it."""
        return {
            "id": self.id,
            "parent": self.parent,
            "name": self.name,
            "level": self.level,
            "organ_code": self.organ_code,
            "organ_name": self.organ_name,
            "organ_address": self.organ_address,
        }


_FINGERPRINT = re.compile(r"[0-9a-f]{64}")

Reader = Callable[[object], Any]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("phải là chuỗi / must be text")
    return value.strip()


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError("phải là danh sách / must be a list")
    return tuple(_text(item) for item in value)


def _types(value: object) -> tuple[str, ...]:
    types = tuple(text.lower().removeprefix(".") for text in _texts(value))
    if not all(text.isascii() and text.isalnum() for text in types):
        raise ValueError("phải là đuôi tệp, ví dụ pdf / must be file extensions, such as pdf")
    return types


def _fingerprints(value: object) -> tuple[str, ...]:
    prints = tuple(text.replace(":", "").lower() for text in _texts(value))
    if not all(_FINGERPRINT.fullmatch(text) for text in prints):
        raise ValueError("phải là SHA-256, 64 chữ số hex / must be SHA-256, 64 hex digits")
    return prints


def _flag(value: object) -> bool:
    # A table may keep 0 and 1; anything else ("false" as text!) would read as true.
    if not isinstance(value, bool) and value not in (0, 1):
        raise ValueError("phải là true hoặc false / must be true or false")
    return bool(value)


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("phải là số nguyên không âm / must be a whole number")
    return value


def _day(value: object) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(_text(value))
    except ValueError as error:
        raise ValueError("phải là ngày yyyy-MM-dd / must be a day yyyy-MM-dd") from error


_AGENCY: dict[str, Reader] = {
    "code": _text,
    "name": _text,
    "node": _text,
    "aliases": _texts,
    "parent": _text,
    "tier": _text,
    "valid_from": _day,
    "valid_to": _day,
    "successor": _text,
    "locked": _flag,
    "sends_arrived": _flag,
    "delivery": _text,
    "mail": _text,
    "telephone": _text,
    "fax": _text,
    "max_size": _number,
    "types": _types,
    "certificates": _fingerprints,
    "version": _number,
}
_NODE: dict[str, Reader] = dict.fromkeys(
    ("id", "parent", "name", "level", "organ_code", "organ_name", "organ_address"), _text
)


def read_agency(raw: object, place: str, faults: list[Finding]) -> Agency | None:
    """The agency of one row; None, and what is wrong appended to `faults`, if it cannot be read."""
    values = _values(raw, _AGENCY, ("code", "name", "node"), place, faults)
    return None if values is None else Agency(**values)


def read_node(raw: object, place: str, faults: list[Finding]) -> NodeRow | None:
    """The node of one row; None, and what is wrong appended to `faults`, if it cannot be read."""
    values = _values(raw, _NODE, ("id",), place, faults)
    return None if values is None else NodeRow(**values)


def _values(
    raw: object, readers: Mapping[str, Reader], required: tuple[str, ...], place: str, faults: list[Finding]
) -> dict[str, Any] | None:
    if not isinstance(raw, Mapping):
        faults.append(bad_value(place, "phải là một bảng / must be a table"))
        return None
    before = len(faults)
    values: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in readers:
            faults.append(unknown_key(place, str(key), readers))
            continue
        try:
            values[key] = readers[key](value)
        except ValueError as error:
            faults.append(bad_value(f"{place}.{key}", str(error)))
    empty = [key for key in required if key not in raw or values.get(key) == ""]
    faults += [bad_value(f"{place}.{key}", "chưa có giá trị / has no value") for key in empty]
    return values if len(faults) == before else None


def unknown_key(place: str, key: str, known: Iterable[str]) -> Finding:
    """A finding for a key that does not exist, with the nearest that does."""
    nearest = difflib.get_close_matches(key.lower(), tuple(known), n=1, cutoff=0.0)[0]
    return find(CONFIG_UNKNOWN_KEY, element=place, key=f"{place}.{key}" if place else key, nearest=nearest)


def bad_value(place: str, detail: str) -> Finding:
    """A finding for a value that cannot be used."""
    return find(CONFIG_BAD_VALUE, element=place, key=place, detail=detail)
