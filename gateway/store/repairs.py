"""
Failures by their cause, what is done about a group of them, and bytes that were not taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, insert, select, tuple_, update

from gateway.core.catalogue import GIVEN_BACK
from gateway.core.delivery import Event, GiveBack, Hold, Release, SendAgain, State, Target
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.ports import (
    Act,
    Odd,
    Repair,
    RepairAction,
    RepairState,
    Trouble,
    TroubleGroup,
    TroubleLine,
)
from gateway.ports.repairs import MOST_COUNTED, MOST_PLANNED
from gateway.store.access import Access
from gateway.store.accounts import note
from gateway.store.moves import SELECT_HELD, Changes, Held, read_held
from gateway.store.tables import deliveries, fetches, letters, quarantine, refused, repairs
from gateway.store.transaction import Transaction

TOPIC = "repairs"
_d, _r = deliveries.c, repairs.c


class RepairAccess(Access):
    """Everything that `ports.repairs.RepairBook` promises."""

    async def troubles(self, limit: int) -> Sequence[TroubleGroup]:
        return await self._read(lambda c: troubles(c, limit))

    async def trouble_lines(self, group: TroubleGroup, after: int, limit: int) -> Sequence[TroubleLine]:
        return await self._read(lambda c: trouble_lines(c, group, after, limit))

    async def plan_repair(self, repair: Repair, act: Act) -> int:
        return await self._do(plan_repairs, Plan(repair, act))

    async def call_off_repair(self, number: int, act: Act) -> bool:
        return await self._do(call_off_repairs, CallOff(number, act))

    async def repairs(self, limit: int) -> Sequence[Repair]:
        return await self._read(lambda c: latest_repairs(c, limit))

    async def repair(self, number: int) -> Repair | None:
        return await self._read(lambda c: one_repair(c, number))

    async def run_repairs(self, now: datetime, limit: int) -> int:
        if not await self._read(lambda c: _next_repair(c, now)):
            return 0
        return await self._do(run_repairs, Run(now, limit))

    async def odd_frames(self, before: int | None, limit: int) -> Sequence[Odd]:
        return await self._read(lambda c: _odd(c, quarantine, before, limit))

    async def odd_frame(self, number: int) -> Odd | None:
        return await self._read(lambda c: _one_odd(c, quarantine, number))

    async def odd_input(self, before: int | None, limit: int) -> Sequence[Odd]:
        return await self._read(lambda c: _odd(c, refused, before, limit))

    async def odd_input_of(self, number: int) -> Odd | None:
        return await self._read(lambda c: _one_odd(c, refused, number))


# --- failures by their cause ---------------------------------------------------------------------


def troubles(connection: Connection, limit: int) -> list[TroubleGroup]:
    """From group to group down the index, never through one."""
    found: list[TroubleGroup] = []
    for trouble in Trouble:
        last: tuple[str, str] | None = None
        while len(found) < limit and (following := _following(connection, trouble, last)) is not None:
            last = following
            group = TroubleGroup(trouble, last[0], Target.of_key(last[1]))
            found.append(_counted(connection, group))
    return found


def _following(
    connection: Connection, trouble: Trouble, last: tuple[str, str] | None
) -> tuple[str, str] | None:
    """
    Code and target of the group behind `last`: first of the same code, then of the next.

    Not both in one question: SQLite would walk through all letters of the code.
    """
    fits = [[_d.trouble == trouble.value]]
    if last is not None:
        same, higher = (_d.last_code == last[0], _d.target > last[1]), (_d.last_code > last[0],)
        fits = [[*fits[0], *same], [*fits[0], *higher]]
    for each in fits:
        groups = select(_d.last_code, _d.target).where(*each).order_by(_d.last_code, _d.target).limit(1)
        if (row := connection.execute(groups).first()) is not None:
            return row.last_code, row.target
    return None


def _of(group: TroubleGroup) -> tuple[ColumnElement[bool], ...]:
    return (
        _d.trouble == group.trouble.value,
        _d.last_code == group.code,
        _d.target == group.target.key,
    )


def _counted(connection: Connection, group: TroubleGroup) -> TroubleGroup:
    # what failed stands where it stands since its last try only: since when it waits, its coming tells
    moment = letters.c.received_at if group.trouble is Trouble.RETRYING else _d.since
    first = select(moment).join_from(deliveries, letters).where(*_of(group)).order_by(_d.seq).limit(1)
    since = connection.execute(first).scalar_one_or_none()
    return TroubleGroup(
        group.trouble, group.code, group.target, _number(connection, group, MOST_COUNTED), since
    )


def _number(connection: Connection, group: TroubleGroup, most: int) -> int:
    """How many the group has; one more than `most` if there are more."""
    some = select(_d.seq).where(*_of(group)).limit(most + 1).subquery()
    number: int = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return number


def trouble_lines(connection: Connection, group: TroubleGroup, after: int, limit: int) -> list[TroubleLine]:
    """Some deliveries of a group, in the order they came."""
    rows = connection.execute(
        select(
            *(_d.seq, _d.letter_id, _d.target, _d.state, _d.since, _d.due_at, _d.expires_at, _d.attempts),
            *(letters.c.kind, letters.c.sender, letters.c.document_id, letters.c.code),
            letters.c.original_size,
        )
        .join_from(deliveries, letters)
        .where(*_of(group), _d.seq > after)
        .order_by(_d.seq)
        .limit(limit)
    )
    return [
        TroubleLine(
            seq=row.seq,
            letter_id=LetterId(row.letter_id),
            target=Target.of_key(row.target),
            state=State(row.state),
            since=row.since,
            due_at=row.due_at,
            expires_at=row.expires_at,
            attempts=row.attempts,
            kind=Kind(row.kind),
            sender=AgencyCode(row.sender),
            document_id=row.document_id,
            code=row.code,
            size=row.original_size,
        )
        for row in rows
    ]


# --- repairs -------------------------------------------------------------------------------------

OPEN = (RepairState.PLANNED.value, RepairState.RUNNING.value)


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody wants done with a group."""

    repair: Repair
    act: Act


def plan_repairs(transaction: Transaction, plans: Sequence[Plan]) -> list[int]:
    """Note each for all that its group holds now."""
    return [_plan(transaction, plan) for plan in plans]


def _plan(transaction: Transaction, plan: Plan) -> int:
    repair, connection = plan.repair, transaction.connection
    newest = select(_d.seq).where(*_of(repair.group)).order_by(_d.seq.desc()).limit(1)
    row = {
        "action": repair.action.value,
        "trouble": repair.group.trouble.value,
        "code": repair.group.code,
        "target": repair.group.target.key,
        "asked_by": repair.asked_by,
        "reason": repair.reason,
        "state": RepairState.PLANNED.value,
        "asked_at": repair.asked_at,
        "runs_at": repair.runs_at,
        "last_seq": connection.execute(newest).scalar_one_or_none() or 0,
        "reached": 0,
        "wanted": _number(connection, repair.group, MOST_PLANNED),
        "done": 0,
    }
    number: int = connection.execute(insert(repairs).returning(_r.number), row).scalar_one()
    note(transaction, plan.act)
    transaction.topics.add(TOPIC)
    return number


@dataclass(frozen=True, slots=True)
class CallOff:
    """Somebody thinks better of it."""

    number: int
    act: Act


def call_off_repairs(transaction: Transaction, wishes: Sequence[CallOff]) -> list[bool]:
    """End each that has not ended."""
    done = []
    for wish in wishes:
        statement = (
            update(repairs)
            .where(_r.number == wish.number, _r.state.in_(OPEN))
            .values(state=RepairState.UNDONE.value, runs_at=None)
        )
        is_open = transaction.connection.execute(statement).rowcount == 1
        if is_open:
            note(transaction, wish.act)
        done.append(is_open)
    return done


def latest_repairs(connection: Connection, limit: int) -> list[Repair]:
    """The latest first."""
    return [
        _repair(row) for row in connection.execute(select(repairs).order_by(_r.number.desc()).limit(limit))
    ]


def one_repair(connection: Connection, number: int) -> Repair | None:
    """The repair of this number."""
    row = connection.execute(select(repairs).where(_r.number == number)).one_or_none()
    return None if row is None else _repair(row)


def _repair(row: Any) -> Repair:
    return Repair(
        action=RepairAction(row.action),
        group=TroubleGroup(Trouble(row.trouble), row.code, Target.of_key(row.target)),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        runs_at=row.runs_at,
        reason=row.reason,
        number=row.number,
        state=RepairState(row.state),
        wanted=row.wanted,
        done=row.done,
    )


@dataclass(frozen=True, slots=True)
class Run:
    """It is time to go on."""

    now: datetime
    limit: int


def _next_repair(connection: Connection, now: datetime, *, lock: bool = False) -> Any:
    due = select(repairs).where(_r.runs_at <= now).order_by(_r.runs_at, _r.number).limit(1)
    return connection.execute(due.with_for_update() if lock else due).first()


def run_repairs(transaction: Transaction, runs: Sequence[Run]) -> list[int]:
    """Go on with the one that is due first."""
    return [_run(transaction, run) for run in runs]


def _run(transaction: Transaction, run: Run) -> int:
    connection = transaction.connection
    repair = _next_repair(connection, run.now, lock=True)
    if repair is None:
        return 0
    group = TroubleGroup(Trouble(repair.trouble), repair.code, Target.of_key(repair.target))
    event = _event(RepairAction(repair.action), group.trouble)
    rows = connection.execute(
        SELECT_HELD.where(*_of(group), _d.seq > repair.reached, _d.seq <= repair.last_seq)
        .order_by(_d.seq)
        .limit(run.limit)
        .with_for_update(of=deliveries)
    )
    held = [read_held(row) for row in rows]
    changes = Changes(transaction)
    seen = _seen(connection, held) if isinstance(event, GiveBack) else set()
    # one that is being tried just now, has ended meanwhile or was fetched by its agency is left alone
    moved = sum(changes.apply(each, event, run.now) is not None for each in held if each.seq not in seen)
    changes.write()
    is_done = len(held) < run.limit
    connection.execute(
        update(repairs)
        .where(_r.number == repair.number)
        .values(
            state=(RepairState.DONE if is_done else RepairState.RUNNING).value,
            runs_at=None if is_done else repair.runs_at,
            reached=held[-1].seq if held else repair.reached,
            done=repair.done + moved,
        )
    )
    return len(held)


def _seen(connection: Connection, held: Sequence[Held]) -> set[int]:
    """Which of them their agencies fetched: to tell their senders that they go back would be untrue."""
    told = {
        (each.delivery.letter_id, str(each.delivery.target.agency)): each.seq
        for each in held
        if each.delivery.target.agency is not None
    }
    if not told:
        return set()
    rows = connection.execute(
        select(fetches.c.letter_id, fetches.c.agency).where(
            tuple_(fetches.c.letter_id, fetches.c.agency).in_(list(told))
        )
    )
    return {told[row.letter_id, row.agency] for row in rows}


def _event(action: RepairAction, trouble: Trouble) -> Event:
    match action:
        case RepairAction.HOLD:
            return Hold()
        case RepairAction.GIVE_BACK:
            return GiveBack(GIVEN_BACK.code)
        case RepairAction.RELEASE:
            return Release()
        case RepairAction.SEND_AGAIN:
            return SendAgain() if trouble is Trouble.RETRYING else Release()


# --- bytes that were not taken -------------------------------------------------------------------


def _odd(connection: Connection, table: Table, before: int | None, limit: int) -> list[Odd]:
    data = _data(table)
    columns = [column for column in table.c if column is not data]
    question = select(*columns, func.length(data).label("size")).order_by(table.c.number.desc()).limit(limit)
    if before is not None:
        question = question.where(table.c.number < before)
    return [_read_odd(row) for row in connection.execute(question)]


def _one_odd(connection: Connection, table: Table, number: int) -> Odd | None:
    data = _data(table)
    question = select(table, func.length(data).label("size")).where(table.c.number == number)
    row = connection.execute(question).one_or_none()
    return None if row is None else _read_odd(row, row._mapping[data.name])


def _data(table: Table) -> Any:
    return table.c.data if table is quarantine else table.c.head


def _read_odd(row: Any, data: bytes = b"") -> Odd:
    told = dict(_told(row))
    return Odd(number=row.number, at=row.at, code=row.code, size=row.size, data=data, **told)


def _told(row: Any) -> Iterator[tuple[str, str]]:
    for name in ("caller", "neighbour", "lane", "letter_id"):
        if name in row._mapping:
            yield name, row._mapping[name]
