"""
What all tables share: their metadata, and the columns and indexes that many of them have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import DDL, Column, ColumnElement, ForeignKey, Index, MetaData, Table, Text, event, text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def texts(*names: str) -> list[Column[str]]:
    """Columns that always hold text."""
    return [Column(name, Text, nullable=False) for name in names]


def later_texts(*names: str) -> list[Column[str]]:
    """The same, added to a table when it was in use: the release before does not know them."""
    return [Column(name, Text, nullable=False, server_default=text("''")) for name in names]


def letter_id(*, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    """The column that names a letter of ours."""
    key = ForeignKey("letters.letter_id")
    return Column("letter_id", Text, key, nullable=nullable, primary_key=primary_key)


def sparse(name: str, *columns: ColumnElement[Any], holds: ColumnElement[bool]) -> Index:
    """An index of only those rows for which `holds` is true."""
    return Index(name, *columns, sqlite_where=holds, postgresql_where=holds)


def after_create(table: Table, statements: Mapping[str, Iterable[str]]) -> None:
    """Statements to run when the table was made, by the name of the dialect."""
    for dialect, each in statements.items():
        for statement in each:
            made = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", made)
