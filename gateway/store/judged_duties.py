"""
Duties of receivers, judged for reports once their time is over: in time, late, or nobody can say.

A duty is judged a while after it fell due, when every report of it has come, and then never again. So it is
counted once, on the day on which it fell due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, tuple_, update

from gateway.core.calendar import today
from gateway.core.deadlines import Case, DueItem, Receipt, Reckoning, due
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.core.statistics import JUDGED
from gateway.core.status_history import StatusEvent, history
from gateway.core.time_limits import HANDLED, PRESENTED, TOLD
from gateway.store.answers import answers_to, named_in_replies
from gateway.store.rows import load_routing, read_facts
from gateway.store.statistics import Tally
from gateway.store.tables import deadlines, deliveries, letters, statuses
from gateway.store.transaction import Transaction

COUNTED_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    TOLD.name: (TOLD.name, PRESENTED.name),
    HANDLED.name: (HANDLED.name,),
}
"""Which duties are judged by which row: what is to be presented begins with what is to be told of."""

ELSEWHERE: Final = "elsewhere"
"""In the place of a verdict: counted at the acceptance of the letter, or not at all."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Duties that fell due before `until`, at most so many, as they stand by `reckoning`."""

    reckoning: Reckoning
    until: datetime
    limit: int


_UNJUDGED = (
    select(deadlines.c.letter_id, deadlines.c.agency, deadlines.c.what, deadlines.c.due_at)
    .where(deadlines.c.judged.is_(None), deadlines.c.due_at <= bindparam("until"))
    .order_by(deadlines.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # what another instance is just judging is not counted twice
)
_JUDGE = (
    update(deadlines)
    .where(
        deadlines.c.letter_id == bindparam("letter"),
        deadlines.c.agency == bindparam("whose"),
        deadlines.c.what == bindparam("rule"),
    )
    .values(judged=bindparam("verdict"))
)
_LETTERS = select(letters).where(letters.c.letter_id.in_(bindparam("ids", expanding=True)))
_STATUSES = select(statuses).where(
    tuple_(statuses.c.letter_id, statuses.c.recipient).in_(bindparam("keys", expanding=True))
)
_DOORS = select(deliveries.c.letter_id, deliveries.c.agency, deliveries.c.offered_at).where(
    tuple_(deliveries.c.letter_id, deliveries.c.target).in_(bindparam("keys", expanding=True))
)


def judge(transaction: Transaction, asked: Sequence[Judgement]) -> list[int]:
    """Judge and count each duty, once; how many those were."""
    return [_judge(transaction, each) for each in asked]


def _judge(transaction: Transaction, asked: Judgement) -> int:
    connection = transaction.connection
    rows = connection.execute(_UNJUDGED, {"until": asked.until, "most": asked.limit}).all()
    if not rows:
        return 0
    known, tally = _Known(connection, rows), Tally(transaction.directory())
    verdicts = []
    for row in rows:
        verdict = ELSEWHERE
        for item in _items(known, row, asked.reckoning):
            tally.add(row.agency, _day(row), f"{item.rule.name}_{JUDGED[item.state]}")
            if item.rule.name == row.what:
                verdict = item.state.value
        verdicts.append({"letter": row.letter_id, "whose": row.agency, "rule": row.what, "verdict": verdict})
    tally.write(connection)
    connection.execute(_JUDGE, verdicts)
    return len(rows)


def _day(row: Any) -> date:
    """The day that ends when it is due: `due_at` is the first moment after it."""
    return today(row.due_at - timedelta(microseconds=1))


class _Known:
    """All that the verdicts of one round need, each table asked once."""

    def __init__(self, connection: Connection, rows: Sequence[Any]) -> None:
        self._connection = connection
        ids = list({row.letter_id for row in rows})
        of_agency = [(row.letter_id, row.agency) for row in rows]
        at_door = [(row.letter_id, f"agency:{row.agency}") for row in rows]
        self.letters = {row.letter_id: row for row in connection.execute(_LETTERS, {"ids": ids})}
        self.arrived = {
            (row.letter_id, row.agency): row.offered_at
            for row in connection.execute(_DOORS, {"keys": at_door})
        }
        self.told: dict[tuple[str, str], list[StatusEvent]] = {}
        for row in connection.execute(_STATUSES, {"keys": of_agency}):
            self.told.setdefault((row.letter_id, row.recipient), []).append(
                StatusEvent(
                    AgencyCode(row.recipient), row.code, row.reported_at, row.arrived_at, row.description
                )
            )
        self._named = named_in_replies(connection, ids)
        self._answers: dict[str, Mapping[AgencyCode, datetime]] = {}

    def answered(self, letter_id: str) -> Mapping[AgencyCode, datetime]:
        if letter_id not in self._named:
            return {}
        if letter_id not in self._answers:
            self._answers[letter_id] = answers_to(self._connection, LetterId(letter_id))
        return self._answers[letter_id]


def _items(known: _Known, row: Any, reckoning: Reckoning) -> Iterator[DueItem]:
    """What became of the duties that this row stands for."""
    wanted, letter = COUNTED_WITH.get(row.what, ()), known.letters[row.letter_id]
    if not wanted or letter.kind != Kind.DOCUMENT.value:
        return
    routing, key = load_routing(letter.routing), (row.letter_id, row.agency)
    case = Case(
        kind=Kind.DOCUMENT,
        facts=read_facts(letter),
        sender=letter.sender,
        accepted_at=routing.accepted_at,
        signed_at=routing.signed_at,
    )
    receipt = Receipt(
        agency=row.agency,
        arrived_at=known.arrived.get(key),
        statuses=history(known.told.get(key, ())),
        answered_at=known.answered(row.letter_id).get(row.agency),
    )
    yield from (item for item in due(case, receipt, reckoning) if item.rule.name in wanted)
