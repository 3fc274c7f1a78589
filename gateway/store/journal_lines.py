"""
The journal, read: forwards by who checks its chain, backwards by who looks for what happened.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from gateway.core.model import NodeId
from gateway.ports import JournalPage, JournalRow, JournalWish
from gateway.store.tables import journal

SCANNED = 5_000
"""Lines that one page looks through for those that fit: what a page costs, at most."""

CONTENT_OPENED = "console.content_opened"
"""The event that an agency may read when it was about its own letters."""


def journal_after(connection: Connection, writer: NodeId, after: int, limit: int) -> list[JournalRow]:
    """The lines that follow a number, in their order."""
    found = connection.execute(
        select(journal)
        .where(journal.c.writer == writer, journal.c.number > after)
        .order_by(journal.c.number)
        .limit(limit)
    )
    return [_line(row) for row in found]


def journal_back(connection: Connection, node: NodeId, wish: JournalWish, limit: int) -> JournalPage:
    """The newest `limit` lines that fit, among the next SCANNED at most."""
    candidates, fits = list(_candidates(node, wish)), list(_fitting(wish))
    newest_first = journal.c.number.desc()
    lowest: int | None = None  # how far this page looks; None: to the beginning
    if fits:
        bound = select(journal.c.number).where(*candidates).order_by(newest_first).offset(SCANNED - 1)
        lowest = connection.execute(bound.limit(1)).scalar_one_or_none()
    if lowest is not None:
        candidates.append(journal.c.number >= lowest)
    asked = select(journal).where(*candidates, *fits).order_by(newest_first).limit(limit)
    found = [_line(row) for row in connection.execute(asked)]
    last = found[-1].number if len(found) == limit else lowest
    return JournalPage(found, None if last is None or last <= 1 else last)


def _candidates(node: NodeId, wish: JournalWish) -> Iterator[ColumnElement[bool]]:
    """What the index finds."""
    yield journal.c.writer == node
    if wish.before is not None:
        yield journal.c.number < wish.before
    if wish.agency is not None:
        # as in the condition of the index: SQLite uses it only where it sees the value
        yield journal.c.event == literal_column(f"'{CONTENT_OPENED}'")
        yield journal.c.target == f"agency:{wish.agency}"


def _fitting(wish: JournalWish) -> Iterator[ColumnElement[bool]]:
    """What is looked up in each line. Not by LIKE, which disregards case in SQLite alone."""
    if wish.events:
        yield func.substr(journal.c.event, 1, len(wish.events)) == wish.events
    if wish.letter_id:
        yield journal.c.letter_id == wish.letter_id
    if wish.target:
        yield func.replace(journal.c.target, wish.target, "") != journal.c.target
    if wish.until is not None:
        yield journal.c.at < wish.until


def _line(row: Any) -> JournalRow:
    """One line of the journal from its row."""
    return JournalRow(
        number=row.number,
        at=row.at,
        event=row.event,
        letter_id=row.letter_id,
        target=row.target,
        code=row.code,
        detail=json.loads(row.detail),
        sha256=row.sha256,
    )
