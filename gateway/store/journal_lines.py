"""
The journal, read: forwards by who checks its chain, backwards by who looks for what happened.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, literal_column, select

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
    ours = select(journal).where(journal.c.writer == node).order_by(journal.c.number.desc())
    if wish.before is not None:
        ours = ours.where(journal.c.number < wish.before)
    if wish.agency is not None:
        # as in the condition of the index: SQLite uses it only where it sees the value
        is_opening = journal.c.event == literal_column(f"'{CONTENT_OPENED}'")
        ours = ours.where(is_opening, journal.c.target == f"agency:{wish.agency}")
    fits = _fitting(wish)
    found: list[JournalRow] = []
    looked, last = 0, 0
    for row in connection.execute(ours.limit(SCANNED)):
        looked, last = looked + 1, row.number
        if fits(row):
            found.append(_line(row))
        if len(found) == limit:
            break
    is_end = looked < SCANNED and len(found) < limit
    return JournalPage(found, None if is_end or last <= 1 else last)


def _fitting(wish: JournalWish) -> Callable[[Any], bool]:
    def fits(row: Any) -> bool:
        return (
            row.event.startswith(wish.events)
            and wish.letter_id in ("", row.letter_id)
            and (not wish.target or wish.target in row.target)
            and (wish.until is None or row.at < wish.until)
        )

    return fits


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
