"""
Makes reports of what was counted, for pages, programs and files alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.config import ReportsSection
from gateway.core.calendar import ONE_DAY, Calendar, today
from gateway.core.directory import Directory
from gateway.core.model import AgencyCode, NodeId
from gateway.core.periods import Period, month_of
from gateway.core.report import Given, Report, make_report
from gateway.core.statistics import NOTHING, Figures
from gateway.ports import Clock, Counted, StatisticsBook

DAYS_SHOWN = timedelta(days=62)
"""A longer period is shown month by month: more columns than that nobody tells apart."""


@dataclass(frozen=True, slots=True)
class Told:
    """A report, the course of its period by day or month, and how far counting has come."""

    report: Report
    course: Mapping[date, Figures]
    is_monthly: bool
    counted: Counted


@dataclass(frozen=True, slots=True)
class ReportDesk:
    """Makes the reports of one node."""

    node: NodeId
    store: StatisticsBook
    directory: Callable[[], Directory]
    clock: Clock
    calendar: Calendar
    settings: ReportsSection

    def this_month(self) -> Period:
        return month_of(today(self.clock.now()))

    async def report(self, period: Period, agencies: Collection[AgencyCode] | None = None) -> Told:
        """The report of these agencies of the node (None: of all)."""
        is_monthly = period.end - period.first > DAYS_SHOWN
        figures, times, refusals, paper, course, counted = await asyncio.gather(
            self.store.figures_of(period, agencies),
            self.store.times_of(period, agencies),
            self.store.refusals_of(period, agencies),
            self.store.paper_only(period),
            self.store.figures_by_day(period, agencies, monthly=is_monthly),
            self.store.counted(),
        )
        on_paper: dict[AgencyCode, dict[date, int]] = {}
        for row in paper:
            if agencies is None or row.agency in agencies:
                on_paper.setdefault(row.agency, {})[row.month] = row.number
        report = make_report(
            Given(
                period=period,
                node=self.node,
                directory=self.directory(),
                figures=figures,
                times=times,
                refusals=[(row.side.value, row.reason, row.number) for row in refusals],
                paper=on_paper,
                today=today(self.clock.now()),
                agencies=agencies,
            )
        )
        whole = {first: course.get(first, NOTHING) for first in self._steps(period, monthly=is_monthly)}
        return Told(report, whole, is_monthly, counted)

    def _steps(self, period: Period, *, monthly: bool) -> Iterator[date]:
        """Every day (or the first day of every month) of a period that has begun."""
        last = min(period.last, today(self.clock.now()))
        day = month_of(period.first).first if monthly else period.first
        while day <= last:
            yield day
            day = month_of(day).end if monthly else day + ONE_DAY
