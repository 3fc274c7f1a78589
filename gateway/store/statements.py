"""
Statements that each database writes in its own way, built once.

To build a statement costs as much as to run it; what runs with every letter is a constant of its room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert
"""An INSERT that knows ON CONFLICT; the two dialects spell it alike."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement in both dialects."""

    sqlite: Executable
    postgresql: Executable

    def of(self, connection: Connection) -> Executable:
        """The form for the database that is connected."""
        return self.postgresql if connection.dialect.name == "postgresql" else self.sqlite


def in_both(table: Table, build: Callable[[Insert], Executable]) -> Statement:
    """What `build` makes of an INSERT into `table`, in both dialects."""
    return Statement(build(sqlite.insert(table)), build(postgresql.insert(table)))


def insert_new(table: Table) -> Statement:
    """INSERT that leaves rows alone that are there already."""
    return in_both(table, lambda insert: insert.on_conflict_do_nothing())


def upsert(table: Table, *, keep: tuple[str, ...] = ()) -> Statement:
    """INSERT that replaces the row of the same key, except the columns `keep`."""

    def build(insert: Insert) -> Executable:
        replaced = {
            column.name: insert.excluded[column.name]
            for column in table.columns
            if not column.primary_key and column.name not in keep
        }
        return insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=replaced)

    return in_both(table, build)


def count_up(table: Table, *columns: str, also: tuple[str, ...] = ()) -> Statement:
    """
    INSERT that adds its `columns` to those of the row of the same key.

    Columns `also` are replaced, the others stay as they were first. It gives nothing back: SQLite cannot
    commit while somebody still holds an answer that was not read.
    """
    return in_both(table, lambda insert: _counting(table, insert, columns, also))


def count_and_tell(table: Table, *columns: str, also: tuple[str, ...] = ()) -> Statement:
    """The same, and it gives back the sums, which must be read."""
    return in_both(
        table,
        lambda insert: _counting(table, insert, columns, also).returning(*(table.c[n] for n in columns)),
    )


def _counting(table: Table, insert: Insert, columns: tuple[str, ...], also: tuple[str, ...]) -> Insert:
    changes: dict[str, Any] = {name: table.c[name] + insert.excluded[name] for name in columns}
    changes |= {name: insert.excluded[name] for name in also}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changes)
