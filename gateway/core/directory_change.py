"""
What differs between two directories, and a directory with such a difference applied.

A change is a list of whole rows, keyed by primary code or node id: what another change did meanwhile to other
rows stays. It is kept for a day to come, and shown before it happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from gateway.core.codes import normal
from gateway.core.directory import Directory
from gateway.core.directory_rows import Agency, NodeRow, bad_value, read_agency, read_node, unknown_key
from gateway.core.errors import Finding, Misconfigured

Row = TypeVar("Row", Agency, NodeRow)


@dataclass(frozen=True, slots=True)
class Change:
    """Rows that are added or take the place of those with their code or id, and rows that leave."""

    nodes: tuple[NodeRow, ...] = ()
    agencies: tuple[Agency, ...] = ()
    removed_nodes: tuple[str, ...] = ()
    removed_agencies: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return bool(self.nodes or self.agencies or self.removed_nodes or self.removed_agencies)

    def as_dict(self) -> dict[str, object]:
        """The change as JSON holds it; `read_change` reads it back."""
        return {
            "nodes": [row.as_row() for row in self.nodes],
            "agencies": [row.as_row() for row in self.agencies],
            "removed_nodes": list(self.removed_nodes),
            "removed_agencies": list(self.removed_agencies),
        }


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    A change that waits for its day; `refused` holds why it could not be put in force on it.

    `signer` and `edition` name the edition that it came with, if no operator's hand prepared it here.
    """

    number: int
    on: date
    change: Change
    added_at: datetime
    refused: str = ""
    signer: str = ""
    edition: int = 0


class What(StrEnum):
    """What happens to a row."""

    ADDED = "added"
    CHANGED = "changed"
    CLOSED = "closed"  #: it gets a last day, or is locked
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Line:
    """What happens to one row; `fields` are those that differ, with the value before and after."""

    what: What
    key: str
    name: str
    is_node: bool = False
    fields: Mapping[str, tuple[object, object]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """The line as JSON holds it."""
        return {
            "what": self.what.value,
            "table": "nodes" if self.is_node else "agencies",
            "key": self.key,
            "name": self.name,
            "fields": {name: list(values) for name, values in self.fields.items()},
        }


def difference(before: Directory, after: Directory) -> Change:
    """What turns `before` into `after`. The version of a row is no difference, nor is the order of rows."""
    nodes, removed_nodes = _rows(before.node_rows, after.node_rows, _id, _is_same)
    agencies, removed = _rows(before.agency_rows, after.agency_rows, _code, _is_same_agency)
    return Change(nodes, agencies, removed_nodes, removed)


def applied(directory: Directory, change: Change, version: int = 0) -> Directory:
    """
    The directory after a change, in its next version, or in `version` if that is higher; not checked here.

    Changed rows keep their places, new ones come last. A change that says nothing new leaves it as it is.
    """
    news = Change(
        tuple(row for row in change.nodes if directory.nodes.get(row.id) != row),
        tuple(row for row in change.agencies if not _is_known(directory, row)),
        tuple(key for key in change.removed_nodes if normal(key) in map(_id, directory.node_rows)),
        tuple(key for key in change.removed_agencies if _primary(directory, key) is not None),
    )
    if not news:
        return directory
    version = max(directory.version + 1, version)
    rows = [replace(row, version=version) for row in news.agencies]
    return Directory(
        version,
        _with(directory.node_rows, news.nodes, news.removed_nodes, _id),
        _with(directory.agency_rows, rows, news.removed_agencies, _code),
    )


def lines(before: Directory, change: Change) -> Iterator[Line]:
    """What a change does to each row, as an operator reads it."""
    for node in change.nodes:
        former = before.nodes.get(node.id)
        what = What.ADDED if former is None else What.CHANGED
        yield Line(what, node.id, node.name, True, _fields(former, node))
    for key in change.removed_nodes:
        yield Line(What.REMOVED, key, "", True)
    for agency in change.agencies:
        known = _primary(before, agency.code)
        yield Line(_what(known, agency), agency.code, agency.name, fields=_fields(known, agency))
    for key in change.removed_agencies:
        gone = _primary(before, key)
        yield Line(What.REMOVED, key, "" if gone is None else gone.name)


def read_change(raw: object) -> Change:
    """
    The change that `as_dict` wrote.

    Raises: Misconfigured with every row that cannot be read.
    """
    faults: list[Finding] = []
    known = ("nodes", "agencies", "removed_nodes", "removed_agencies")
    if not isinstance(raw, Mapping):
        raise Misconfigured(bad_value("change", "phải là một bảng / must be a table"))
    faults += [unknown_key("", str(key), known) for key in raw if key not in known]
    lists: dict[str, Sequence[Any]] = {key: raw.get(key, []) for key in known}
    for key, rows in lists.items():
        if not isinstance(rows, list) or (key.startswith("removed") and not all(map(_is_text, rows))):
            faults.append(bad_value(key, "phải là danh sách / must be a list"))
            lists[key] = []
    nodes = [read_node(row, f"nodes[{n}]", faults) for n, row in enumerate(lists["nodes"])]
    agencies = [read_agency(row, f"agencies[{n}]", faults) for n, row in enumerate(lists["agencies"])]
    if faults:
        raise Misconfigured(*faults)
    return Change(
        tuple(row for row in nodes if row is not None),
        tuple(row for row in agencies if row is not None),
        tuple(lists["removed_nodes"]),
        tuple(lists["removed_agencies"]),
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _id(row: NodeRow) -> str:
    return normal(row.id)


def _code(row: Agency) -> str:
    return normal(row.code)


def _primary(directory: Directory, code: str) -> Agency | None:
    """The agency whose primary code this is; an alias of another one is no key."""
    found = directory.find(code)
    return found if found is not None and _code(found) == normal(code) else None


def _is_known(directory: Directory, row: Agency) -> bool:
    former = _primary(directory, row.code)
    return former is not None and _is_same_agency(former, row)


def _is_same(former: NodeRow, row: NodeRow) -> bool:
    return former is row or former == row


def _is_same_agency(former: Agency, row: Agency) -> bool:
    if former is row or former == row:
        return True
    return former.version != row.version and former == replace(row, version=former.version)


def _rows(
    before: Sequence[Row],
    after: Sequence[Row],
    key: Callable[[Row], str],
    is_same: Callable[[Row, Row], bool],
) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The rows of `after` that are new or differ, and the keys that it no longer has."""
    former = {key(row): row for row in reversed(before)}
    wanted = {key(row): row for row in reversed(after)}
    news = tuple(
        row for name, row in reversed(wanted.items()) if name not in former or not is_same(former[name], row)
    )
    return news, tuple(name for name in reversed(former) if name not in wanted)


def _with(
    rows: Iterable[Row], news: Iterable[Row], removed: Iterable[str], key: Callable[[Row], str]
) -> tuple[Row, ...]:
    left: dict[str, Row] = {key(row): row for row in news}
    gone = {normal(name) for name in removed} - left.keys()
    kept: list[Row] = [left.pop(key(row), row) for row in rows if key(row) not in gone]
    return tuple(kept + list(left.values()))


def _fields(former: Agency | NodeRow | None, row: Agency | NodeRow) -> dict[str, tuple[object, object]]:
    if former is None:
        return {}
    was = former.as_row()
    changed = {name: (was[name], value) for name, value in row.as_row().items() if was[name] != value}
    changed.pop("version", None)
    return changed


def _what(former: Agency | None, row: Agency) -> What:
    if former is None:
        return What.ADDED
    is_closing = row.valid_to is not None and row.valid_to != former.valid_to
    return What.CLOSED if is_closing or (row.locked and not former.locked) else What.CHANGED
