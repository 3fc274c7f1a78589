"""
Counting for reports: line by line of the journal, and duty by duty once their time is over.

The journal's numbers are given in the order of commits (its head is locked until then), so whoever has
counted up to a number has missed nothing below it. How far that is stands in `counters`, locked by who
counts and moved on in the transaction that adds up: after a crash, or with a second instance, nothing counts
twice. A duty is marked by the transaction that counts it. Letters are never held up by any of this.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, exists, func, select, tuple_, update

from gateway.core.calendar import today
from gateway.core.catalogue import NOT_CONFIRMED, NOT_PICKED_UP, STOPPED
from gateway.core.codes import normal
from gateway.core.deadlines import Case, Reckoning, due, due_date_end
from gateway.core.delivery import State
from gateway.core.directory import Directory
from gateway.core.lifecycle import NOTICE, REJECTED, normal_code, same_organ_in
from gateway.core.model import Kind, LetterFacts
from gateway.core.refusal_reasons import code_in, reason_of
from gateway.core.routing import rank_of
from gateway.core.statistics import JUDGED, NAMES, class_of, level_of
from gateway.ports import LineCounted, Side
from gateway.store.rows import load_routing, read_facts
from gateway.store.statements import count_up, insert_new
from gateway.store.tables import (
    counters,
    deliveries,
    delivery_times,
    journal,
    journal_heads,
    letters,
    refusal_counts,
    sameness,
    statistics,
)
from gateway.store.transaction import Transaction
from gateway.store.wall import is_worth_repeating, translate

CURSOR: Final = "statistics"
"""The row of `counters` that says how far the journal is counted."""

ACCEPTED, OFFERED, PUSHED = "letter.accepted", "delivery.offered", "delivery.acknowledged"

NO_RETURNS: Final = frozenset({NOT_CONFIRMED.code, NOT_PICKED_UP.code, STOPPED.code})
"""Notices that are a 02 too, and tell of nothing that came back unwanted."""

DAY, MONTH = "day", "month"


# --- adding up -----------------------------------------------------------------------------------

Key = tuple[str, date, str, str]
_ADD = count_up(statistics, *NAMES)
_ADD_REFUSALS = count_up(refusal_counts, "number")
_ADD_TIMES = count_up(delivery_times, "number")


class Tally:
    """What one transaction adds, by day and by month, at the level that each agency has now."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._axis = {normal(node.organ_code) for node in directory.node_rows}
        self._figures: dict[Key, Counter[str]] = {}
        self._refusals: Counter[tuple[Key, str, str]] = Counter()
        self._times: Counter[tuple[Key, int]] = Counter()

    def is_notice(self, sender: str, facts: LetterFacts) -> bool:
        """Whether the axis itself says so, by the organ of a node; that may be an agency's own, too."""
        return normal(sender) in self._axis and facts.extra.get("description", "").startswith(NOTICE)

    def add(self, agency: str, day: date, *figures: str) -> None:
        """One more of each of these figures."""
        for key in self._keys(agency, day):
            self._figures.setdefault(key, Counter()).update(figures)

    def add_refusal(self, agency: str, day: date, side: Side, reason: str) -> None:
        for key in self._keys(agency, day):
            self._refusals[key, side.value, reason] += 1

    def add_time(self, agency: str, day: date, seconds: float) -> None:
        for key in self._keys(agency, day):
            self._times[key, class_of(seconds)] += 1

    def write(self, connection: Connection) -> None:
        """Add it to the tables; rows are locked in one order by all instances."""
        for key, counted in sorted(self._figures.items()):
            row = {**_named(key), **dict.fromkeys(NAMES, 0), **counted}
            connection.execute(_ADD.of(connection), row)
        for (key, side, reason), number in sorted(self._refusals.items()):
            row = {**_named(key), "side": side, "reason": reason, "number": number}
            connection.execute(_ADD_REFUSALS.of(connection), row)
        for (key, place), number in sorted(self._times.items()):
            row = {**_named(key), "place": place, "number": number}
            connection.execute(_ADD_TIMES.of(connection), row)

    def _keys(self, agency: str, day: date) -> tuple[Key, Key]:
        row = self._directory.find(agency)
        level = "" if row is None else level_of(self._directory, row)
        return (DAY, day, agency, level), (MONTH, day.replace(day=1), agency, level)


def _named(key: Key) -> dict[str, Any]:
    return dict(zip(("span", "first", "agency", "level"), key, strict=True))


# --- the journal, line by line -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lines:
    """The next lines of the journal, at most so many."""

    reckoning: Reckoning
    limit: int


_NO_CURSOR = insert_new(counters)
_LOCK = select(counters.c.value).where(counters.c.name == CURSOR).with_for_update()
_MOVE = update(counters).where(counters.c.name == CURSOR).values(value=bindparam("number"))
HEAD = select(journal_heads.c.number).where(journal_heads.c.writer == bindparam("node"))
_LINES = (
    select(journal.c.at, journal.c.event, journal.c.letter_id, journal.c.target, journal.c.detail)
    .where(
        journal.c.writer == bindparam("node"),
        journal.c.number > bindparam("after"),
        journal.c.number <= bindparam("up_to"),
        journal.c.event.in_([ACCEPTED, OFFERED, PUSHED]),
    )
    .order_by(journal.c.number)
)
_LINE = select(journal.c.number, journal.c.letter_id).where(
    journal.c.writer == bindparam("node"), journal.c.number == bindparam("which")
)
_LETTERS = select(letters).where(letters.c.letter_id.in_(bindparam("ids", expanding=True)))
_DOORS = select(deliveries.c.letter_id, deliveries.c.target, deliveries.c.offered_at).where(
    tuple_(deliveries.c.letter_id, deliveries.c.target).in_(bindparam("keys", expanding=True))
)
_other = sameness.alias("other")
# One row stands for a letter: they all bear its digest, and to compare each with each takes minutes
# for a circular.
_mine = (
    select(sameness.c.letter_id, func.min(sameness.c.sameness).label("sameness"))
    .where(sameness.c.letter_id.in_(bindparam("ids", expanding=True)))
    .group_by(sameness.c.letter_id)
    .subquery("mine")
)
_SENT_BEFORE = select(_mine.c.letter_id).where(
    exists().where(and_(_other.c.sameness == _mine.c.sameness, _other.c.letter_id < _mine.c.letter_id))
)
"""Letters that repeat one for further recipients, or after it came to nothing: the same document."""


def count_lines(transaction: Transaction, asked: Sequence[Lines]) -> list[int]:
    """Count what the next lines tell; how many lines those were."""
    return [_count(transaction, lines) for lines in asked]


def count_line(transaction: Transaction, asked: Sequence[Reckoning]) -> list[LineCounted | None]:
    """
    Count one line each, or pass it over.

    A line that our code fails on would stop counting for ever; it stays in the journal, whole.
    """
    return [_count_or_pass(transaction, reckoning) for reckoning in asked]


def _count_or_pass(transaction: Transaction, reckoning: Reckoning) -> LineCounted | None:
    connection, fault = transaction.connection, None
    after = _counted_until(connection)
    line = connection.execute(_LINE, {"node": transaction.node, "which": after + 1}).one_or_none()
    if line is None:
        return None
    try:
        with connection.begin_nested():
            _count(transaction, Lines(reckoning, 1))
    except Exception as error:
        if translate(error) is not None or is_worth_repeating(error):
            raise  # the database, not the line
        fault = error
        connection.execute(_MOVE, {"number": line.number})
    return LineCounted(line.number, line.letter_id, fault)


def _counted_until(connection: Connection) -> int:
    """The last line that is counted; nobody else counts until the commit."""
    after = connection.execute(_LOCK).scalar_one_or_none()
    if after is None:
        connection.execute(_NO_CURSOR.of(connection), {"name": CURSOR, "value": 0})
        after = connection.execute(_LOCK).scalar_one()
    return int(after)


def _count(transaction: Transaction, lines: Lines) -> int:
    connection = transaction.connection
    after = _counted_until(connection)
    head = connection.execute(HEAD, {"node": transaction.node}).scalar_one_or_none() or 0
    up_to = min(after + lines.limit, head)
    if up_to <= after:
        return 0
    found = connection.execute(_LINES, {"node": transaction.node, "after": after, "up_to": up_to}).all()
    told = [row for row in found if _is_first_word(row)]
    if told:
        tally = Tally(transaction.directory())
        _add_lines(connection, tally, told, lines.reckoning, same_organ_in(transaction.directory()))
        tally.write(connection)
    connection.execute(_MOVE, {"number": up_to})
    return up_to - after


def _is_first_word(row: Any) -> bool:
    """Not the acknowledgement of what has lain at the door: that was counted when it came there."""
    return row.event != PUSHED or bool(json.loads(row.detail).get("was") != State.WAITING.value)


def _add_lines(
    connection: Connection,
    tally: Tally,
    told: Sequence[Any],
    reckoning: Reckoning,
    same_organ: Callable[[str, str], bool],
) -> None:
    ids = list(dict.fromkeys(row.letter_id for row in told))
    held = {row.letter_id: row for row in connection.execute(_LETTERS, {"ids": ids})}
    repeats = set(connection.execute(_SENT_BEFORE, {"ids": ids}).scalars())
    keys = [(row.letter_id, row.target) for row in told if row.event != ACCEPTED]
    doors = (
        {(row.letter_id, row.target): row.offered_at for row in connection.execute(_DOORS, {"keys": keys})}
        if keys
        else {}
    )
    for row in told:
        letter = held.get(row.letter_id)
        if letter is None:
            continue
        if row.event == ACCEPTED:
            _add_accepted(tally, letter, reckoning, same_organ, is_repeat=row.letter_id in repeats)
        else:
            first = doors.get((row.letter_id, row.target))
            # only the first time: what was held at the door and let go on comes there again
            if first is not None and row.at <= first:
                _add_offered(tally, letter, row.target.removeprefix("agency:"), row.at)


def _add_accepted(
    tally: Tally,
    letter: Any,
    reckoning: Reckoning,
    same_organ: Callable[[str, str], bool],
    *,
    is_repeat: bool,
) -> None:
    """A letter that an agency handed in here."""
    day, facts = today(letter.received_at), read_facts(letter)
    if letter.kind == Kind.STATUS.value:
        if normal_code(facts.status_code) == REJECTED and not tally.is_notice(letter.sender, facts):
            tally.add(letter.sender, day, "refused")
            reason = reason_of(facts.extra.get("description", ""))
            tally.add_refusal(letter.sender, day, Side.RECEIVED, reason)
        return
    if is_repeat:
        return
    routing = load_routing(letter.routing)
    case = Case(
        kind=Kind.DOCUMENT,
        facts=facts,
        sender=letter.sender,
        accepted_at=routing.accepted_at,
        signed_at=routing.signed_at,
    )
    state = due(case, None, reckoning, same_organ=same_organ)[0].state
    figures = ["sent", f"sent_{JUDGED[state]}"]
    if facts.extra.get("paper"):
        figures.append("sent_on_paper")
    if rank_of(facts.priority):
        figures.append("sent_urgent")
    tally.add(letter.sender, day, *figures)


def _add_offered(tally: Tally, letter: Any, agency: str, at: datetime) -> None:
    """A letter that came to an agency's door."""
    day, facts = today(at), read_facts(letter)
    if letter.kind == Kind.DOCUMENT.value:
        tally.add(agency, day, "received", *(("received_on_paper",) if facts.extra.get("paper") else ()))
        accepted_at = load_routing(letter.routing).accepted_at
        tally.add_time(agency, day, max(0.0, (at - accepted_at).total_seconds()))
        if facts.due_date and due_date_end(facts.due_date) is None:
            tally.add(agency, day, "handled_no_data")
    elif normal_code(facts.status_code) == REJECTED:
        reason = _reason(tally, letter.sender, facts)
        if reason not in NO_RETURNS:
            tally.add(agency, day, "came_back")
            tally.add_refusal(agency, day, Side.SENT, reason)


def _reason(tally: Tally, sender: str, facts: LetterFacts) -> str:
    """The class of what a receiver wrote, or the code that the axis names."""
    description = facts.extra.get("description", "")
    if tally.is_notice(sender, facts):
        return code_in(description)
    return reason_of(description)
