"""
What reports read: sums by agency, day, reason and time, and samples of letters for auditors.

A period is read as its whole months and the days that belong to none: a year costs no more than a week.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select

from gateway.core.deadlines import Reckoning
from gateway.core.diary import Direction
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.core.periods import Period
from gateway.core.statistics import NAMES, NOTHING, Figures
from gateway.ports import (
    Act,
    AgencyFigures,
    AgencyTimes,
    Counted,
    PaperOnly,
    RefusalCount,
    Sampled,
    Side,
)
from gateway.store import judged_duties, statistics
from gateway.store.access import Access
from gateway.store.accounts import note
from gateway.store.statements import upsert
from gateway.store.statistics import CURSOR, DAY, HEAD, MONTH
from gateway.store.tables import (
    counters,
    deadlines,
    deliveries,
    delivery_times,
    letters,
    refusal_counts,
)
from gateway.store.tables import paper_only as paper_rows
from gateway.store.tables import statistics as sums
from gateway.store.transaction import Transaction

Agencies = Collection[AgencyCode] | None


# --- sums ----------------------------------------------------------------------------------------


def _within(table: Table, period: Period) -> ColumnElement[bool]:
    """The rows whose sum is the period."""
    months = list(period.months())
    pieces = [
        and_(table.c.span == DAY, table.c.first >= first, table.c.first < end)
        for first, end in period.loose_days()
    ]
    if months:
        pieces.append(and_(table.c.span == MONTH, table.c.first >= months[0], table.c.first <= months[-1]))
    return or_(*pieces)


def _of(table: Table, agencies: Agencies) -> list[ColumnElement[bool]]:
    return [] if agencies is None else [table.c.agency.in_(sorted(agencies))]


_SUMS = tuple(func.sum(sums.c[name]) for name in NAMES)


def figures_of(connection: Connection, period: Period, agencies: Agencies) -> list[AgencyFigures]:
    """The figures of each agency at each level."""
    found = connection.execute(
        select(sums.c.agency, sums.c.level, *_SUMS)
        .where(_within(sums, period), *_of(sums, agencies))
        .group_by(sums.c.agency, sums.c.level)
        .order_by(sums.c.agency, sums.c.level)
    )
    return [
        AgencyFigures(AgencyCode(agency), level, Figures(*map(int, counts)))
        for agency, level, *counts in found
    ]


def figures_by_day(
    connection: Connection, period: Period, agencies: Agencies, *, monthly: bool
) -> dict[date, Figures]:
    """The sums of each day (or month) on which there was anything."""
    days: dict[date, Figures] = {}
    pieces = _within(sums, period) if monthly else _days(period)
    rows = connection.execute(
        select(sums.c.first, *_SUMS)
        .where(pieces, *_of(sums, agencies))
        .group_by(sums.c.first)
        .order_by(sums.c.first)
    )
    for first, *counts in rows:
        day = first.replace(day=1) if monthly else first
        days[day] = days.get(day, NOTHING) + Figures(*map(int, counts))
    return days


def _days(period: Period) -> ColumnElement[bool]:
    return and_(sums.c.span == DAY, sums.c.first >= period.first, sums.c.first < period.end)


def refusals_of(connection: Connection, period: Period, agencies: Agencies) -> list[RefusalCount]:
    """What was refused."""
    table = refusal_counts
    key = (table.c.agency, table.c.level, table.c.side, table.c.reason)
    found = connection.execute(
        select(*key, func.sum(table.c.number))
        .where(_within(table, period), *_of(table, agencies))
        .group_by(*key)
        .order_by(*key)
    )
    return [
        RefusalCount(AgencyCode(agency), level, Side(side), reason, int(number))
        for agency, level, side, reason, number in found
    ]


def times_of(connection: Connection, period: Period, agencies: Agencies) -> list[AgencyTimes]:
    """How long documents took."""
    table = delivery_times
    key = (table.c.agency, table.c.level, table.c.place)
    classes: dict[tuple[str, str], dict[int, int]] = {}
    for agency, level, place, number in connection.execute(
        select(*key, func.sum(table.c.number))
        .where(_within(table, period), *_of(table, agencies))
        .group_by(*key)
        .order_by(*key)
    ):
        classes.setdefault((agency, level), {})[place] = int(number)
    return [AgencyTimes(AgencyCode(agency), level, of) for (agency, level), of in classes.items()]


def counted(connection: Connection, node: str) -> Counted:
    """How far counting has come."""
    done = connection.execute(select(counters.c.value).where(counters.c.name == CURSOR)).scalar_one_or_none()
    head = connection.execute(HEAD, {"node": node}).scalar_one_or_none()
    first = (
        select(deadlines.c.due_at).where(deadlines.c.judged.is_(None)).order_by(deadlines.c.due_at).limit(1)
    )
    return Counted(
        lines_left=max(0, (head or 0) - (done or 0)),
        judged_until=connection.execute(first).scalar_one_or_none(),
    )


# --- paper only ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reported:
    """What somebody reported."""

    rows: Sequence[PaperOnly]
    act: Act


_REPLACE = upsert(paper_rows)


def set_paper_only(transaction: Transaction, reports: Sequence[Reported]) -> list[None]:
    """Keep each report in the place of an earlier one."""
    for each in reports:
        for row in sorted(each.rows, key=lambda row: (row.agency, row.month)):
            values = {"agency": row.agency, "month": row.month, "number": row.number}
            values |= {"reported_by": each.act.by, "reported_at": each.act.at}
            transaction.connection.execute(_REPLACE.of(transaction.connection), values)
        note(transaction, each.act)
    return [None] * len(reports)


def paper_only(connection: Connection, period: Period) -> list[PaperOnly]:
    """What was reported for the months of a period."""
    months = list(period.months())
    if not months:
        return []
    found = connection.execute(
        select(paper_rows.c.agency, paper_rows.c.month, paper_rows.c.number)
        .where(paper_rows.c.month >= months[0], paper_rows.c.month <= months[-1])
        .order_by(paper_rows.c.agency, paper_rows.c.month)
    )
    return [PaperOnly(AgencyCode(row.agency), row.month, row.number) for row in found]


# --- samples -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draw:
    """Which letters: those of an agency in a period, so many of them, by this seed."""

    agency: AgencyCode
    period: Period
    seed: str
    number: int


def sample(connection: Connection, draw: Draw) -> list[Sampled]:
    """
    The letters whose digests with the seed are the smallest.

    So whichever letters there are, each is drawn with the same chance, and the draw can be made again.
    """

    def lot(found: Sampled) -> bytes:
        return hashlib.sha256(f"{draw.seed}/{found.direction.value}/{found.letter_id}".encode()).digest()

    drawn = heapq.nsmallest(draw.number, _candidates(connection, draw), key=lot)
    return sorted(drawn, key=lambda found: (found.at, found.letter_id, found.direction))


def _candidates(connection: Connection, draw: Draw) -> Iterator[Sampled]:
    begins, ends = draw.period.begins, draw.period.ends
    what = (letters.c.letter_id, letters.c.sender, letters.c.original_size)
    sent = select(*what, letters.c.received_at.label("at")).where(
        letters.c.sender == draw.agency,
        letters.c.received_at >= begins,
        letters.c.received_at < ends,
        letters.c.came_from.is_(None),
        letters.c.kind == Kind.DOCUMENT.value,
    )
    came = (
        select(*what, deliveries.c.offered_at.label("at"))
        .join_from(deliveries, letters)
        .where(
            deliveries.c.agency == draw.agency,
            deliveries.c.offered_at >= begins,
            deliveries.c.offered_at < ends,
            letters.c.kind == Kind.DOCUMENT.value,
        )
    )
    for direction, question in ((Direction.OUT, sent), (Direction.IN, came)):
        for row in connection.execute(question):
            yield _sampled(direction, row)


def _sampled(direction: Direction, row: Any) -> Sampled:
    return Sampled(LetterId(row.letter_id), direction, row.at, AgencyCode(row.sender), row.original_size)


# --- the room ------------------------------------------------------------------------------------


class StatisticsAccess(Access):
    """Everything that `ports.statistics.StatisticsBook` promises."""

    async def count_lines(self, reckoning: Reckoning, limit: int) -> int:
        return await self._do(statistics.count_lines, statistics.Lines(reckoning, limit))

    async def judge_duties(self, reckoning: Reckoning, until: datetime, limit: int) -> int:
        return await self._do(judged_duties.judge, judged_duties.Judgement(reckoning, until, limit))

    async def counted(self) -> Counted:
        return await self._read(lambda c: counted(c, self._instance.node))

    async def figures_of(self, period: Period, agencies: Agencies) -> Sequence[AgencyFigures]:
        return await self._read(lambda c: figures_of(c, period, agencies))

    async def figures_by_day(
        self, period: Period, agencies: Agencies, *, monthly: bool
    ) -> Mapping[date, Figures]:
        return await self._read(lambda c: figures_by_day(c, period, agencies, monthly=monthly))

    async def refusals_of(self, period: Period, agencies: Agencies) -> Sequence[RefusalCount]:
        return await self._read(lambda c: refusals_of(c, period, agencies))

    async def times_of(self, period: Period, agencies: Agencies) -> Sequence[AgencyTimes]:
        return await self._read(lambda c: times_of(c, period, agencies))

    async def paper_only(self, period: Period) -> Sequence[PaperOnly]:
        return await self._read(lambda c: paper_only(c, period))

    async def set_paper_only(self, reported: Sequence[PaperOnly], act: Act) -> None:
        await self._do(set_paper_only, Reported(reported, act))

    async def sample(self, agency: AgencyCode, period: Period, seed: str, number: int) -> Sequence[Sampled]:
        return await self._read(lambda c: sample(c, Draw(agency, period, seed, number)))
