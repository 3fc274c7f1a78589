"""
The words of what is due that are told once each: in the journal, and to those who want to hear of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, or_, select, update

from gateway.core.deadlines import NEAR, Reminder, Word
from gateway.core.model import AgencyCode, LetterId
from gateway.core.stages import Stage
from gateway.core.time_limits import CARRIED, RULES
from gateway.core.tracking import trace
from gateway.ports import Figure, Occasion
from gateway.store.answers import answers_to, named_in_replies
from gateway.store.notices import Offer, owe_for
from gateway.store.tables import deadlines
from gateway.store.tracking import track
from gateway.store.transaction import Transaction

OCCASIONS: Final[Mapping[Word, Occasion]] = {
    Word.SOON: Occasion.LETTER_DUE_SOON,
    Word.OVERDUE: Occasion.LETTER_OVERDUE,
}


@dataclass(frozen=True, slots=True)
class Sweep:
    """
    Somebody looks at the time: what is late now, and what is due until `soon_until`; most rows of each.

    A timed document is due soon only NEAR its hour.
    """

    now: datetime
    soon_until: datetime
    limit: int


_DUE = (
    select(deadlines.c.letter_id, deadlines.c.agency, deadlines.c.what, deadlines.c.due_at)
    .where(
        deadlines.c.next_word == bindparam("word"),
        deadlines.c.due_at <= bindparam("until"),
        or_(deadlines.c.what != CARRIED.name, deadlines.c.due_at <= bindparam("near")),
    )
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

    An agency that has answered a letter by one of its own is not told of it, nor the sender of a timed
    document that lies at every door.
    """
    return [_remind(transaction, sweep) for sweep in sweeps]


def _remind(transaction: Transaction, sweep: Sweep) -> list[Reminder]:
    # What is told as due soon here can't be late too: each question is asked before anything is written.
    found = [r for word in Word for r in _found(transaction, sweep, word)]
    if not found:
        return []
    connection = transaction.connection
    named = named_in_replies(connection, (r.letter_id for r in found))
    done = [r for r in found if _is_done(transaction, r, named)]
    told = [r for r in found if r not in done]
    connection.execute(_TOLD, [_following(r, None) for r in done] + [_following(r, r.word) for r in told])
    for reminder in told:
        transaction.note(
            sweep.now,
            OCCASIONS[reminder.word].value,
            letter_id=reminder.letter_id,
            target=f"agency:{reminder.agency}",
            what=reminder.rule.name,
            due_at=reminder.due_at.isoformat(),
        )
        if reminder.word is Word.OVERDUE:
            transaction.count(Figure.LATE, sweep.now)
    owe_for(
        transaction,
        [Offer(r.agency, OCCASIONS[r.word], r.letter_id, sweep.now, r.rule.name) for r in told],
    )
    return told


ARRIVED: Final = frozenset({Stage.WAITING, Stage.DELIVERED, Stage.STOPPED})
"""Where a timed document lies at its door; what its sender took back need not come there any more."""


def _is_done(transaction: Transaction, reminder: Reminder, named: Set[str]) -> bool:
    connection, letter_id = transaction.connection, reminder.letter_id
    if reminder.rule is not CARRIED:
        return letter_id in named and reminder.agency in answers_to(connection, letter_id)
    record = track(connection, reminder.letter_id)
    if record is None:
        return True
    tracking = trace(record, here=transaction.node, directory=transaction.directory())
    return all(recipient.stage in ARRIVED for recipient in tracking.recipients)


def _following(reminder: Reminder, told: Word | None) -> dict[str, Any]:
    """What is told next after this word; after none (it was done) nothing."""
    return {
        "letter": reminder.letter_id,
        "whose": reminder.agency,
        "rule": reminder.rule.name,
        "following": Word.OVERDUE.value if told is Word.SOON else None,
    }


def _found(transaction: Transaction, sweep: Sweep, word: Word) -> Iterator[Reminder]:
    """What waits for this word. What was too late from the start is never called due soon."""
    until = sweep.soon_until if word is Word.SOON else sweep.now
    asked = {"word": word.value, "until": until, "near": sweep.now + NEAR, "most": sweep.limit}
    for row in transaction.connection.execute(_DUE, asked):
        is_late = row.due_at <= sweep.now
        yield Reminder(
            letter_id=LetterId(row.letter_id),
            agency=AgencyCode(row.agency),
            rule=RULES[row.what],
            word=Word.OVERDUE if is_late else Word.SOON,
            due_at=row.due_at,
        )
