"""
What reports read: sums by agency, day, reason and time, and samples of letters for auditors.

A period is read as its whole months and the days that belong to none: a year costs no more than a week.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
)

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
    Drawn,
    LineCounted,
    PaperOnly,
    RefusalCount,
    Sampled,
    Side,
)
from gateway.ports.statistics import MOST_DRAWN_FROM
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


def sample(connection: Connection, draw: Draw) -> Drawn:
    """
    The documents at places that the seed gives, in the order of time: first all that were sent, then all that
    came.

    Each is drawn with the same chance. Places are counted in the indexes, which hold all that is asked for
    there; letters are read only once they are drawn.
    """
    shelves = [_Shelf(connection, draw, direction) for direction in (Direction.OUT, Direction.IN)]
    sizes = [shelf.size() for shelf in shelves]
    whole = sum(sizes)
    if whole > MOST_DRAWN_FROM:
        return Drawn([], MOST_DRAWN_FROM, is_too_many=True)
    places, passed = _places(draw, whole), 0
    drawn: list[Sampled] = []
    for shelf, size in zip(shelves, sizes, strict=True):
        drawn += shelf.at_places([place - passed for place in places if passed <= place < passed + size])
        passed += size
    return Drawn(sorted(drawn, key=lambda found: (found.at, found.letter_id, found.direction)), whole)


def _places(draw: Draw, whole: int) -> list[int]:
    """So many different numbers below `whole`, each set of them with the same chance (R. Floyd's way)."""
    chosen: set[int] = set()
    for last in range(whole - min(draw.number, whole), whole):
        lot = hashlib.sha256(f"{draw.seed}/{last}".encode()).digest()
        place = int.from_bytes(lot) % (last + 1)
        chosen.add(last if place in chosen else place)
    return sorted(chosen)


@dataclass(frozen=True, slots=True)
class _Questions:
    """What is asked of the documents of one direction that lie between two moments."""

    size: Select[int]
    further: Select[datetime]  # the moment of what lies so many `places` further
    between: Select[int]
    same: Select[str, str, int]  # letters of one moment


def _questions(at: ColumnElement[datetime], *fits: ColumnElement[bool], source: FromClause) -> _Questions:
    # one bound on each side: of two, SQLite would go by the first, and walk along what the other spares
    within = (*fits, at > bindparam("after"), at < bindparam("before"))
    some = select(at).where(*within).limit(MOST_DRAWN_FROM + 1).subquery()
    return _Questions(
        size=select(func.count()).select_from(some),
        further=select(at).where(*within).order_by(at).offset(bindparam("places")).limit(1),
        between=select(func.count()).where(*within),
        same=select(letters.c.letter_id, letters.c.sender, letters.c.original_size)
        .select_from(source)
        .where(*fits, at == bindparam("moment"))
        .order_by(letters.c.letter_id),
    )


_WHOSE: BindParameter[str] = bindparam("whose")
_QUESTIONS: Mapping[Direction, _Questions] = {
    Direction.OUT: _questions(
        letters.c.received_at,
        letters.c.sender == _WHOSE,
        letters.c.came_from.is_(None),
        letters.c.kind == Kind.DOCUMENT.value,
        source=letters,
    ),
    Direction.IN: _questions(
        deliveries.c.offered_at,
        deliveries.c.agency == _WHOSE,
        deliveries.c.kind == Kind.DOCUMENT.value,
        source=deliveries.join(letters),
    ),
}


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The documents of one direction that a sample is drawn from, in the order of time."""

    connection: Connection
    draw: Draw
    direction: Direction

    def size(self) -> int:
        """How many there are; one more than MOST_DRAWN_FROM if there are more."""
        return int(self._ask(self._questions.size, after=None).scalar_one())

    def at_places(self, places: Sequence[int]) -> Iterator[Sampled]:
        """
        The documents at these places, which ascend: from each on to the next, never back to the beginning.

        Those of one moment stand in the order of their ids. The index has no ids: they are read at once.
        """
        same: list[Sampled] = []
        begins, ends = 0, 0  # the places of `same`
        at: datetime | None = None
        for place in places:
            if place >= ends:
                last = at
                at = self._ask(self._questions.further, after=last, places=place - ends).scalar_one()
                begins = ends + self._ask(self._questions.between, after=last, before=at).scalar_one()
                same = self._of_moment(at)
                ends = begins + len(same)
            yield same[place - begins]

    @property
    def _questions(self) -> _Questions:
        return _QUESTIONS[self.direction]

    def _of_moment(self, at: datetime) -> list[Sampled]:
        rows = self.connection.execute(self._questions.same, {"whose": self.draw.agency, "moment": at})
        return [
            Sampled(LetterId(row.letter_id), self.direction, at, AgencyCode(row.sender), row.original_size)
            for row in rows
        ]

    def _ask(self, question: Select[Any], *, after: datetime | None, **more: Any) -> Any:
        """`after` None: from the beginning of the period on; to its end unless `before` says otherwise."""
        period = self.draw.period
        begins = period.begins - timedelta(microseconds=1) if after is None else after
        return self.connection.execute(
            question, {"whose": self.draw.agency, "after": begins, "before": period.ends, **more}
        )


# --- the room ------------------------------------------------------------------------------------


class StatisticsAccess(Access):
    """Everything that `ports.statistics.StatisticsBook` promises."""

    async def count_lines(self, reckoning: Reckoning, limit: int) -> int:
        return await self._do(statistics.count_lines, statistics.Lines(reckoning, limit))

    async def count_line(self, reckoning: Reckoning) -> LineCounted | None:
        return await self._do(statistics.count_line, reckoning)

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

    async def sample(self, agency: AgencyCode, period: Period, seed: str, number: int) -> Drawn:
        return await self._read(lambda c: sample(c, Draw(agency, period, seed, number)))
