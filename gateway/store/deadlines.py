"""
What is due at the agencies of this node: kept with what causes it, ended by what fulfils it.

A row is written when a document first comes to an agency's door, or when its sender hands it in here; it asks
for no more words once its duty is done. So a sweep (`reminders`) finds what it must tell from an index,
however much is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from gateway.core.deadlines import ENDING, Watch, watches_of_receiver
from gateway.core.lifecycle import normal_code
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.core.time_limits import TOLD
from gateway.store.statements import insert_new
from gateway.store.tables import deadlines
from gateway.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Came:
    """A letter that came to an agency's door for the first time. `more_facts` is the column of that name."""

    agency: AgencyCode
    kind: Kind
    letter_id: LetterId
    more_facts: str | None
    at: datetime


_KEEP = insert_new(deadlines)


def keep(transaction: Transaction, letters: Iterable[Came]) -> None:
    """Remember until when the agency must tell of the receipt of each, and handle it if it says so."""
    _write(transaction, [row for came in letters for row in _rows(came)])


def keep_of_sender(
    transaction: Transaction, letters: Iterable[tuple[LetterId, AgencyCode, Sequence[Watch]]]
) -> None:
    """Remember of what the senders of letters that were handed in here are to be told."""
    _write(transaction, [_row(i, agency, watch) for i, agency, watches in letters for watch in watches])


def _write(transaction: Transaction, rows: list[dict[str, Any]]) -> None:
    if rows:
        transaction.connection.execute(_KEEP.of(transaction.connection), rows)


def _rows(came: Came) -> Iterator[dict[str, Any]]:
    if came.kind is Kind.DOCUMENT:
        more = json.loads(came.more_facts) if came.more_facts else {}
        for watch in watches_of_receiver(str(more.get("due_date", "")), came.at):
            yield _row(came.letter_id, came.agency, watch)


def _row(letter_id: LetterId, agency: AgencyCode, watch: Watch) -> dict[str, Any]:
    return {
        "letter_id": letter_id,
        "agency": agency,
        "what": watch.rule.name,
        "due_at": watch.due_at,
        "next_word": watch.first.value,
    }


_CLOSE = (
    update(deadlines)
    .where(deadlines.c.letter_id == bindparam("letter"), deadlines.c.agency == bindparam("whose"))
    .values(next_word=None)
)
_CLOSE_TOLD = _CLOSE.where(deadlines.c.what == TOLD.name)


def close(transaction: Transaction, letter_id: LetterId, agency: AgencyCode, status_code: str) -> None:
    """The agency has reported a status of this letter: what that fulfils is told of no more."""
    code = normal_code(status_code)
    asked = {"letter": letter_id, "whose": agency}
    if code in ENDING:
        transaction.connection.execute(_CLOSE, asked)
    elif code in TOLD.statuses:
        transaction.connection.execute(_CLOSE_TOLD, asked)
