"""
The directory as rows: changed while the node runs, no restart to add an agency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from gateway.core.directory import Directory, from_rows
from gateway.store.tables import agencies, aliases, directory_versions, nodes
from gateway.store.transaction import Transaction

NO_DIRECTORY = Directory(0, (), ())


class DirectoryShelf:
    """
    The directory last read, kept until the tables hold another one.

    A directory of 111,339 agencies takes seconds to read and is asked for with every letter. Threads may read
    at once: at worst both read the same rows.
    """

    def __init__(self) -> None:
        self._kept: tuple[tuple[int, int, datetime] | None, Directory] = (None, NO_DIRECTORY)

    def read(self, connection: Connection) -> Directory:
        """The directory that this connection sees."""
        row = connection.execute(
            select(directory_versions.c.number, directory_versions.c.version, directory_versions.c.set_at)
            .order_by(directory_versions.c.number.desc())
            .limit(1)
        ).one_or_none()
        edition = None if row is None else (row.number, row.version, row.set_at)
        kept_edition, directory = self._kept
        if edition != kept_edition:
            directory = NO_DIRECTORY if edition is None else _load(connection, edition[1])
            self._kept = (edition, directory)
        return directory


def _load(connection: Connection, version: int) -> Directory:
    named: dict[int, list[str]] = {}
    for row in connection.execute(select(aliases).order_by(aliases.c.agency, aliases.c.position)):
        named.setdefault(row.agency, []).append(row.alias)
    node_rows = connection.execute(select(nodes).order_by(nodes.c.position))
    agency_rows = connection.execute(select(agencies).order_by(agencies.c.position))
    return from_rows(
        version,
        [_without_position(row) for row in node_rows],
        [_without_position(row) | {"aliases": named.get(row.position, [])} for row in agency_rows],
    )


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
    """Replace all rows; of several that wait the last one stays."""
    for each in new:
        _replace(transaction, each)
    return [None] * len(new)


def _replace(transaction: Transaction, new: NewDirectory) -> None:
    connection, directory = transaction.connection, new.directory
    connection.execute(insert(directory_versions).values(version=directory.version, set_at=new.now))
    for table in (aliases, agencies, nodes):
        connection.execute(delete(table))
    node_rows = [{"position": n, **row.as_row()} for n, row in enumerate(directory.node_rows)]
    agency_rows = [
        {
            **{key: value for key, value in row.as_row().items() if key != "aliases"},
            "position": n,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
        }
        for n, row in enumerate(directory.agency_rows)
    ]
    alias_rows = [
        {"agency": n, "position": place, "alias": alias}
        for n, row in enumerate(directory.agency_rows)
        for place, alias in enumerate(row.aliases)
    ]
    for table, rows in ((nodes, node_rows), (agencies, agency_rows), (aliases, alias_rows)):
        if rows:
            connection.execute(insert(table), rows)
    transaction.note(
        new.now,
        "directory.set",
        version=directory.version,
        nodes=len(node_rows),
        agencies=len(agency_rows),
    )
