"""
Alerts: what stands, whom it is to be told, and what the watch asks about letters on their way.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, literal_column, select, update

from gateway.core.alert_words import News
from gateway.core.alerts import Alert, AlertKind, AlertStep, step
from gateway.core.delivery import State
from gateway.core.model import Lane, NodeId
from gateway.ports import ALERTS, Act, AlertLook, AlertMessage
from gateway.store.access import Access
from gateway.store.accounts import note
from gateway.store.claims import database_time
from gateway.store.columns import write_json
from gateway.store.rows import LOCAL
from gateway.store.statements import in_both
from gateway.store.tables import alert_messages, alerts, deliveries, journal_receivers, letters, quarantine
from gateway.store.transaction import Transaction

WORTH_COUNTING = 500
"""A number in an alert beyond this says no more than this does."""

_NEWS = tuple(field.name for field in fields(News))

# --- letters on their way ------------------------------------------------------------------------

_d = deliveries.c


def oldest_waiting(connection: Connection, neighbours: Collection[NodeId]) -> dict[NodeId, datetime]:
    """
    For each neighbour, since when the oldest letter waits that it does not hold yet.

    What was never tried, or lies on the link, stands in its state since then. What failed stands in its own
    since the last try only, so of those the oldest letter is asked for when it came.
    """
    found: dict[NodeId, datetime] = {}
    for neighbour in neighbours:
        asked = {"to": f"link:{neighbour}"}
        moments = [connection.execute(each, asked).scalar_one() for each in _SINCE]
        moments += [
            connection.execute(_FAILED, {**asked, "on": lane.value}).scalar_one_or_none() for lane in Lane
        ]
        known = [at for at in moments if at is not None]
        if known:
            found[neighbour] = min(known)
    return found


_SINCE = [
    select(func.min(_d.since)).where(_d.target == bindparam("to"), _d.state == literal_column(f"'{s.value}'"))
    for s in (State.QUEUED, State.TRYING, State.SENT)
]
_FIRST_FAILED = (
    select(func.min(_d.seq))
    .where(_d.door == bindparam("to"), _d.lane == bindparam("on"), _d.wakes_at.is_not(None))
    .scalar_subquery()
)
_FAILED = (
    select(letters.c.received_at)
    .join_from(deliveries, letters, letters.c.letter_id == _d.letter_id)
    .where(_d.seq == _FIRST_FAILED)
)


def urgent_standing(connection: Connection, neighbours: Collection[NodeId], before: datetime) -> int:
    """How many urgent letters that came before this moment have not gone on, nor reached a door."""
    found: set[str] = set()
    for door in (*(f"link:{neighbour}" for neighbour in neighbours), LOCAL):
        for which in _URGENT:
            asked = {"at_door": door, "before": before}
            found.update(connection.execute(which, asked).scalars())
    return len(found)


_URGENT = [
    select(_d.letter_id)
    .join_from(deliveries, letters, letters.c.letter_id == _d.letter_id)
    .where(
        _d.door == bindparam("at_door"),
        lane == Lane.URGENT.value,
        kept,
        letters.c.received_at < bindparam("before"),
    )
    .limit(WORTH_COUNTING)
    for lane, kept in (
        (_d.lane, _d.turn.is_not(None)),
        (_d.lane, _d.wakes_at.is_not(None)),
        (_d.window_lane, _d.window_lane.is_not(None)),
    )
]


def quarantined_since(connection: Connection, since: datetime) -> int:
    """How much was put into quarantine without a delivery of ours since then."""
    latest = select(quarantine.c.at).order_by(quarantine.c.number.desc()).limit(WORTH_COUNTING)
    return sum(at >= since for at in connection.execute(latest).scalars())


# --- alerts --------------------------------------------------------------------------------------

_a, _m = alerts.c, alert_messages.c


def _alert(row: Any) -> Alert:
    return Alert(
        number=row.number,
        kind=AlertKind(row.kind),
        place=row.place,
        began_at=row.began_at,
        last_at=row.last_at,
        raised_at=row.raised_at,
        told_at=row.told_at,
        ended_at=row.ended_at,
        value=row.value,
        limit=row.threshold,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
    )


def _row(alert: Alert) -> dict[str, Any]:
    told = {field.name: getattr(alert, field.name) for field in fields(Alert)}
    threshold = told.pop("limit")  # a word of SQL
    return {**told, "kind": alert.kind.value, "threshold": threshold}


_OPEN = select(alerts).where(_a.ended_at.is_(None)).order_by(_a.number)
_CLAIM_OPEN = _OPEN.with_for_update()
"""Ours until the commit: another instance that looks meanwhile waits, and then finds what this one told."""


def standing(connection: Connection) -> list[Alert]:
    """Alerts that were raised and have not ended."""
    return [_alert(row) for row in connection.execute(_OPEN) if row.raised_at is not None]


def past(connection: Connection, before: int | None, limit: int) -> list[Alert]:
    """Alerts that have ended, newest first."""
    found = select(alerts).where(_a.ended_at.is_not(None)).order_by(_a.number.desc()).limit(limit)
    if before is not None:
        found = found.where(_a.number < before)
    return [_alert(row) for row in connection.execute(found)]


def look(transaction: Transaction, looks: Sequence[AlertLook]) -> list[AlertStep]:
    """Take each look in turn."""
    return [_look(transaction, each) for each in looks]


def _look(transaction: Transaction, look: AlertLook) -> AlertStep:
    known = [_alert(row) for row in transaction.connection.execute(_CLAIM_OPEN)]
    done = step(known, look.seen, look.now, look.patience)
    kept = {
        name: [_kept(transaction.connection, alert) for alert in getattr(done, name)]
        for name in ("raised", "reminded", "continuing", "waiting", "ended")
    }
    for alert in done.gone:
        if alert.number:
            transaction.connection.execute(delete(alerts).where(_a.number == alert.number))
    for event in ("raised", "ended"):
        for alert in kept[event]:
            transaction.note(look.now, f"alert.{event}", kind=alert.kind.value, place=alert.place)
    after = AlertStep(**kept, gone=done.gone)
    news = {name: [alert.number for alert in kept[name] if alert.kind not in look.quiet] for name in _NEWS}
    if any(news.values()):
        _owe(transaction, look.ways, news, look.now)
    return after


def _kept(connection: Connection, alert: Alert) -> Alert:
    """Write it down; one that is new gets its number."""
    row = _row(alert)
    del row["number"]
    if alert.number:
        connection.execute(update(alerts).where(_a.number == alert.number).values(row))
        return alert
    number = connection.execute(insert(alerts).values(row).returning(_a.number)).scalar_one()
    return _alert(connection.execute(select(alerts).where(_a.number == number)).one())


def _owe(
    transaction: Transaction, ways: Collection[str], news: Mapping[str, Sequence[int]], now: datetime
) -> None:
    rows = [
        {
            "way": way,
            "news": write_json({name: list(numbers) for name, numbers in news.items()}),
            "at": now,
            "due_at": now,
            "attempts": 0,
            "given_up": False,
            "code": "",
        }
        for way in sorted(ways)
    ]
    if rows:
        transaction.connection.execute(insert(alert_messages), rows)
        transaction.topics.add(ALERTS)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has seen which alert."""

    number: int
    act: Act


def acknowledge(transaction: Transaction, seen: Sequence[Acknowledgement]) -> list[bool]:
    """Note each; one that does not stand is none. What was acknowledged before stays so."""
    done = []
    for each in seen:
        stands = (_a.number == each.number, _a.raised_at.is_not(None), _a.ended_at.is_(None))
        values = {"acknowledged_by": each.act.by, "acknowledged_at": each.act.at}
        first = (*stands, _a.acknowledged_at.is_(None))
        is_first = transaction.connection.execute(update(alerts).where(*first).values(values)).rowcount == 1
        if is_first:
            note(transaction, each.act)
        there = select(_a.number).where(*stands)
        done.append(is_first or transaction.connection.execute(there).first() is not None)
    return done


# --- messages ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WayTest:
    """Which way is tried, and by whom."""

    way: str
    act: Act


def owe_tests(transaction: Transaction, tests: Sequence[WayTest]) -> list[None]:
    """Owe each way a message that tells nothing."""
    for each in tests:
        _owe(transaction, (each.way,), dict.fromkeys(_NEWS, ()), each.act.at)
        note(transaction, each.act)
    return [None] * len(tests)


@dataclass(frozen=True, slots=True)
class MessageClaim:
    """Who is about to send, and until when nobody else does."""

    now: datetime
    until: datetime
    limit: int


def claim_messages(transaction: Transaction, claims: Sequence[MessageClaim]) -> list[list[AlertMessage]]:
    """Claim for each in turn."""
    return [_claim(transaction.connection, claim) for claim in claims]


def _claim(connection: Connection, claim: MessageClaim) -> list[AlertMessage]:
    due = (
        select(alert_messages)
        .where(_m.due_at.is_not(None), _m.due_at <= claim.now)
        .order_by(_m.number)
        .limit(claim.limit)
        .with_for_update(skip_locked=True)
    )
    claimed = []
    for row in connection.execute(due).all():
        attempts = row.attempts + 1
        changed = update(alert_messages).where(_m.number == row.number)
        connection.execute(changed.values(due_at=claim.until, attempts=attempts))
        claimed.append(_message(row, attempts, _news(connection, json.loads(row.news))))
    return claimed


def _news(connection: Connection, told: Mapping[str, Sequence[int]]) -> News:
    numbers = [number for each in told.values() for number in each]
    found = select(alerts).where(_a.number.in_(numbers))
    known = {row.number: _alert(row) for row in connection.execute(found)} if numbers else {}
    return News(**{name: [known[n] for n in told.get(name, ()) if n in known] for name in _NEWS})


def _message(row: Any, attempts: int, news: News) -> AlertMessage:
    return AlertMessage(
        number=row.number,
        way=row.way,
        at=row.at,
        attempts=attempts,
        sent_at=row.sent_at,
        given_up=row.given_up,
        code=row.code,
        news=news,
    )


@dataclass(frozen=True, slots=True)
class MessageOutcome:
    """What a try came to."""

    number: int
    now: datetime
    retry_at: datetime | None
    code: str


def end_messages(transaction: Transaction, outcomes: Sequence[MessageOutcome]) -> list[None]:
    """Write each down."""
    for each in outcomes:
        values = {
            "due_at": each.retry_at if each.code else None,
            "sent_at": None if each.code else each.now,
            "given_up": bool(each.code) and each.retry_at is None,
            "code": each.code,
        }
        changed = update(alert_messages).where(_m.number == each.number).values(values)
        transaction.connection.execute(changed)
    return [None] * len(outcomes)


def latest_messages(connection: Connection, limit: int) -> list[AlertMessage]:
    """The latest messages, newest first."""
    found = select(alert_messages).order_by(_m.number.desc()).limit(limit)
    return [_message(row, row.attempts, News()) for row in connection.execute(found)]


# --- the journal, handed on ----------------------------------------------------------------------

_r = journal_receivers.c
_HANDED_ON = in_both(
    journal_receivers,
    lambda new: new.on_conflict_do_update(
        index_elements=[_r.receiver],
        set_={"number": new.excluded.number},
        where=_r.number < new.excluded.number,
    ),
)


def handed_on(connection: Connection, receiver: str) -> int:
    """The last line that this receiver has; 0 for none."""
    found = select(_r.number).where(_r.receiver == receiver)
    return connection.execute(found).scalar_one_or_none() or 0


@dataclass(frozen=True, slots=True)
class HandedOn:
    """How far a receiver has the journal."""

    receiver: str
    number: int


def note_handed_on(transaction: Transaction, told: Sequence[HandedOn]) -> list[None]:
    """Write each down; it never goes back."""
    for each in told:
        row = {"receiver": each.receiver, "number": each.number}
        transaction.connection.execute(_HANDED_ON.of(transaction.connection), row)
    return [None] * len(told)


class AlertAccess(Access):
    """Everything that `ports.alerts.AlertBook` promises."""

    async def oldest_waiting(self, neighbours: Collection[NodeId]) -> Mapping[NodeId, datetime]:
        return await self._read(lambda c: oldest_waiting(c, neighbours))

    async def urgent_standing(self, neighbours: Collection[NodeId], before: datetime) -> int:
        return await self._read(lambda c: urgent_standing(c, neighbours, before))

    async def quarantined_since(self, since: datetime) -> int:
        return await self._read(lambda c: quarantined_since(c, since))

    async def database_clock(self, now: datetime) -> datetime:
        return await self._read(lambda c: database_time(c, now))

    async def look_at_alerts(self, look_: AlertLook) -> AlertStep:
        return await self._do(look, look_)

    async def alerts_standing(self) -> list[Alert]:
        return await self._read(standing)

    async def alerts_past(self, before: int | None, limit: int) -> list[Alert]:
        return await self._read(lambda c: past(c, before, limit))

    async def acknowledge_alert(self, number: int, act: Act) -> bool:
        return await self._do(acknowledge, Acknowledgement(number, act))

    async def owe_alert_test(self, way: str, act: Act) -> None:
        await self._do(owe_tests, WayTest(way, act))

    async def claim_alert_messages(self, now: datetime, until: datetime, limit: int) -> list[AlertMessage]:
        return await self._do(claim_messages, MessageClaim(now, until, limit))

    async def alert_message_ended(
        self, number: int, now: datetime, retry_at: datetime | None, code: str
    ) -> None:
        await self._do(end_messages, MessageOutcome(number, now, retry_at, code))

    async def alert_messages(self, limit: int) -> list[AlertMessage]:
        return await self._read(lambda c: latest_messages(c, limit))

    async def journal_handed_on(self, receiver: str) -> int:
        return await self._read(lambda c: handed_on(c, receiver))

    async def note_handed_on(self, receiver: str, number: int) -> None:
        await self._do(note_handed_on, HandedOn(receiver, number))
