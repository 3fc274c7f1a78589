"""
The directory as rows: changed while the node runs, no restart to add an agency.

A change writes only the rows that it changes, however many agencies there are. Each row has a place, which
says the order; places have gaps, so that a row between two others moves nobody.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import repeat
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, bindparam, delete, insert, select

from gateway.core.codes import normal
from gateway.core.directory import Agency, Directory, NodeRow
from gateway.store.ordering import places
from gateway.store.tables import agencies, aliases, directory_versions, nodes
from gateway.store.transaction import Transaction

NO_DIRECTORY = Directory(0, (), ())
FETCHED_AT_ONCE = 2000  # rows; one by one costs a third more, all at once their memory twice

Row = TypeVar("Row", Agency, NodeRow)


class DirectoryShelf:
    """
    The directory last read, kept until the tables hold another one.

    A directory of 111,339 agencies takes most of a second to read and is asked for with every letter. Threads
    may read at once: at worst both read the same rows.
    """

    def __init__(self) -> None:
        self._kept: tuple[tuple[int, int, datetime] | None, Directory] = (None, NO_DIRECTORY)

    def read(self, connection: Connection) -> Directory:
        """The directory that this connection sees."""
        row = connection.execute(_NEWEST).one_or_none()
        edition = None if row is None else (row.number, row.version, row.set_at)
        kept_edition, directory = self._kept
        if edition != kept_edition:
            with _collecting_no_garbage():
                directory = NO_DIRECTORY if edition is None else _load(connection, edition[1])
                directory.find("")  # builds the index of codes here, not in the event loop at the next letter
            self._kept = (edition, directory)
        return directory


@contextmanager
def _collecting_no_garbage() -> Iterator[None]:
    """Half a million objects that all stay make the collector look at them again and again: half the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


_NEWEST = (
    select(directory_versions.c.number, directory_versions.c.version, directory_versions.c.set_at)
    .order_by(directory_versions.c.number.desc())
    .limit(1)
)


def _load(connection: Connection, version: int) -> Directory:
    named: dict[int, tuple[str, ...]] = {}
    for place, alias in connection.execute(_ALIASES).all():
        named[place] = (*named[place], alias) if place in named else (alias,)
    node_rows = connection.execute(select(nodes).order_by(nodes.c.position))
    texts: dict[str, str] = {}
    agency_rows: list[Agency] = []
    for found in connection.execute(_AGENCIES).partitions(FETCHED_AT_ONCE):
        agency_rows += _agencies_of(found, named, texts)
    return Directory(
        version, tuple(NodeRow(**_without_position(row)) for row in node_rows), tuple(agency_rows)
    )


def _agencies_of(
    found: Sequence[Any], named: Mapping[int, tuple[str, ...]], texts: dict[str, str]
) -> list[Agency]:
    """
    The agencies of these rows, filled column by column; `texts` keeps one of each text that many rows share.

    A node of the whole axis shall start within a second. Made row by row, past the guard of a frozen class,
    its 111,339 agencies alone cost 0.4 s; like this 0.15 s. Rows of our own need not be read as strictly as
    those of a file.
    """
    columns: dict[str, Iterable[Any]] = dict(zip(_COLUMNS, zip(*found, strict=True), strict=True))
    columns[_ALIASES_OF] = map(named.get, columns.pop(_PLACE), repeat(()))
    for name in _SHARED:
        columns[name] = map(texts.setdefault, columns[name], columns[name])
    for name in _LISTS:
        columns[name] = [tuple(text.split()) if text else () for text in columns[name]]
    rows: list[Agency] = [Agency.__new__(Agency) for _ in found]
    for name, fill in _FILL.items():
        deque(map(fill, rows, columns[name]), maxlen=0)
    return rows


_PLACE, _ALIASES_OF = "position", "aliases"
_FILL = {field.name: getattr(Agency, field.name).__set__ for field in fields(Agency)}
_COLUMNS = (_PLACE, *(name for name in _FILL if name != _ALIASES_OF))
_SHARED = ("node", "parent", "tier", "successor", "delivery")  # thousands of rows name the same ones
_LISTS = ("types", "certificates")
_AGENCIES = select(*(agencies.c[name] for name in _COLUMNS)).order_by(agencies.c.position)
_ALIASES = select(aliases.c.agency, aliases.c.alias).order_by(aliases.c.agency, aliases.c.position)


def _without_position(row: Any) -> dict[str, Any]:
    values = dict(row._mapping)
    del values["position"]
    return values


@dataclass(frozen=True, slots=True)
class NewDirectory:
    """A directory that is to replace the present one."""

    directory: Directory
    now: datetime


def set_directory(transaction: Transaction, new: Sequence[NewDirectory]) -> list[None]:
    """Replace the directory; of several that wait the last one stays."""
    for each in new:
        replace_directory(transaction, each)
    return [None] * len(new)


def replace_directory(transaction: Transaction, new: NewDirectory) -> None:
    """Write the rows in which the new directory differs from the present one."""
    connection, directory = transaction.connection, new.directory
    # Two instances that change it at once wait for each other, or the later would write over rows unseen.
    connection.execute(_NEWEST.with_for_update()).all()
    before = transaction.directory()
    gone_nodes, new_nodes = _moves(connection, nodes, before.node_rows, directory.node_rows, _id)
    gone, added = _moves(connection, agencies, before.agency_rows, directory.agency_rows, _code)
    _delete(connection, nodes, "position", gone_nodes)
    _delete(connection, aliases, "agency", gone)
    _delete(connection, agencies, "position", gone)
    alias_rows = [
        {"agency": place, "position": n, "alias": alias}
        for place, row in added.items()
        for n, alias in enumerate(row.aliases)
    ]
    _insert(connection, nodes, [{"position": place, **row.as_row()} for place, row in new_nodes.items()])
    _insert(connection, agencies, [_agency_row(place, row) for place, row in added.items()])
    _insert(connection, aliases, alias_rows)
    connection.execute(insert(directory_versions).values(version=directory.version, set_at=new.now))
    transaction.note(
        new.now,
        "directory.set",
        version=directory.version,
        nodes=len(directory.node_rows),
        agencies=len(directory.agency_rows),
    )


def _moves(
    connection: Connection,
    table: Table,
    before: Sequence[Row],
    after: Sequence[Row],
    key: Callable[[Row], str],
) -> tuple[list[int], dict[int, Row]]:
    """The places to clear, and the rows to write, each at its place."""
    held = connection.scalars(select(table.c.position).order_by(table.c.position)).all()
    if len(held) != len(before):  # somebody changed the table by hand: all is written anew
        return list(held), dict(enumerate(after))
    former = dict(zip(held, before, strict=True))
    keyed = [(key(row), place) for place, row in former.items()]
    wanted = dict(zip(places(keyed, map(key, after)), after, strict=True))
    gone = [place for place, row in former.items() if not _is_same(wanted.get(place), row)]
    return gone, {place: row for place, row in wanted.items() if not _is_same(former.get(place), row)}


def _is_same(one: object, other: object) -> bool:
    return one is other or one == other


def _id(row: NodeRow) -> str:
    return normal(row.id)


def _code(row: Agency) -> str:
    return normal(row.code)


def _agency_row(place: int, row: Agency) -> dict[str, Any]:
    values = {key: value for key, value in row.as_row().items() if key != "aliases"}
    days = {"valid_from": row.valid_from, "valid_to": row.valid_to}
    lists = {"types": " ".join(row.types), "certificates": " ".join(row.certificates)}
    return {**values, **days, **lists, "position": place}


def _delete(connection: Connection, table: Table, column: str, gone: Sequence[int]) -> None:
    if gone:
        rows: list[Mapping[str, int]] = [{"place": place} for place in gone]
        connection.execute(delete(table).where(table.c[column] == bindparam("place")), rows)


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)
