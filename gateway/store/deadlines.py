"""
What is due at the agencies of this node, and the words of it that are told once each.

A row is written when a document with a due date first comes to an agency's door, and asks for no more words
once the agency has reported an end. So a sweep finds what it must tell from an index, however much is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from gateway.core.deadlines import Reminder, Word, due_date_end
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.core.time_limits import HANDLED, RULES
from gateway.ports import Occasion
from gateway.store.answers import answers_to
from gateway.store.notices import Offer, owe_for
from gateway.store.statements import insert_new
from gateway.store.tables import deadlines
from gateway.store.transaction import Transaction

OCCASIONS: Final[Mapping[Word, Occasion]] = {
    Word.SOON: Occasion.LETTER_DUE_SOON,
    Word.OVERDUE: Occasion.LETTER_OVERDUE,
}


@dataclass(frozen=True, slots=True)
class Came:
    """A letter that came to an agency's door for the first time. `more_facts` is the column of that name."""

    agency: AgencyCode
    kind: Kind
    letter_id: LetterId
    more_facts: str | None


_KEEP = insert_new(deadlines)


def keep(transaction: Transaction, letters: Iterable[Came]) -> None:
    """Remember until when each of them is to be handled, if it says so."""
    rows = [row for came in letters for row in _rows(came)]
    if rows:
        transaction.connection.execute(_KEEP.of(transaction.connection), rows)


def _rows(came: Came) -> Iterator[dict[str, Any]]:
    if came.kind is not Kind.DOCUMENT or not came.more_facts:
        return
    due_at = due_date_end(str(json.loads(came.more_facts).get("due_date", "")))
    if due_at is not None:
        yield {
            "letter_id": came.letter_id,
            "agency": came.agency,
            "what": HANDLED.name,
            "due_at": due_at,
            "next_word": Word.SOON.value,
        }


_CLOSE = (
    update(deadlines)
    .where(deadlines.c.letter_id == bindparam("letter"), deadlines.c.agency == bindparam("whose"))
    .values(next_word=None)
)


def close(transaction: Transaction, letter_id: LetterId, agency: AgencyCode) -> None:
    """The agency has reported an end of this letter: no word of it is told any more."""
    transaction.connection.execute(_CLOSE, {"letter": letter_id, "whose": agency})


@dataclass(frozen=True, slots=True)
class Sweep:
    """Somebody looks at the time: what is late now, and what is due until `soon_until`; most rows of each."""

    now: datetime
    soon_until: datetime
    limit: int


_DUE = (
    select(deadlines.c.letter_id, deadlines.c.agency, deadlines.c.what, deadlines.c.due_at)
    .where(deadlines.c.next_word == bindparam("word"), deadlines.c.due_at <= bindparam("until"))
    .order_by(deadlines.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # what another instance is just telling is not told twice
)
_TOLD = (
    update(deadlines)
    .where(
        deadlines.c.letter_id == bindparam("letter"),
        deadlines.c.agency == bindparam("whose"),
        deadlines.c.what == bindparam("rule"),
    )
    .values(next_word=bindparam("following"))
)


def remind(transaction: Transaction, sweeps: Sequence[Sweep]) -> list[list[Reminder]]:
    """
    Tell what is to be told, each word once: in the journal, and to those who want to hear of it.

    An agency that has answered a letter by one of its own is not told of it.
    """
    return [_remind(transaction, sweep) for sweep in sweeps]


def _remind(transaction: Transaction, sweep: Sweep) -> list[Reminder]:
    # What is told as due soon here can't be late too: each question is asked before anything is written.
    found = [r for word in Word for r in _found(transaction, sweep, word)]
    if not found:
        return []
    connection = transaction.connection
    answered = [r for r in found if r.agency in answers_to(connection, r.letter_id)]
    told = [r for r in found if r not in answered]
    connection.execute(_TOLD, [_following(r, None) for r in answered] + [_following(r, r.word) for r in told])
    for reminder in told:
        transaction.note(
            sweep.now,
            OCCASIONS[reminder.word].value,
            letter_id=reminder.letter_id,
            target=f"agency:{reminder.agency}",
            what=reminder.rule.name,
            due_at=reminder.due_at.isoformat(),
        )
    owe_for(transaction, [Offer(r.agency, OCCASIONS[r.word], r.letter_id, sweep.now) for r in told])
    return told


def _following(reminder: Reminder, told: Word | None) -> dict[str, Any]:
    """What is told next after this word; after none (it was answered) nothing."""
    return {
        "letter": reminder.letter_id,
        "whose": reminder.agency,
        "rule": reminder.rule.name,
        "following": Word.OVERDUE.value if told is Word.SOON else None,
    }


def _found(transaction: Transaction, sweep: Sweep, word: Word) -> Iterator[Reminder]:
    """What waits for this word. What was too late from the start is never called due soon."""
    until = sweep.soon_until if word is Word.SOON else sweep.now
    asked = {"word": word.value, "until": until, "most": sweep.limit}
    for row in transaction.connection.execute(_DUE, asked):
        is_late = row.due_at <= sweep.now
        yield Reminder(
            letter_id=LetterId(row.letter_id),
            agency=AgencyCode(row.agency),
            rule=RULES[row.what],
            word=Word.OVERDUE if is_late else Word.SOON,
            due_at=row.due_at,
        )
