"""
Statistics over /v1: which period is asked for, and its figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from gateway.core.periods import Period, read_period
from gateway.core.refusal_reasons import words_of
from gateway.core.report import INDICATORS, Report, Row, value_of
from gateway.ports import Counted
from gateway.v1.findings import Shape
from gateway.v1.moments import Day
from gateway.v1.query import Query, bad, described

PERIOD = r"^(20[0-9]{2}(-(0[1-9]|1[0-2]|Q[1-4]))?)?$"

PeriodText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=7, pattern=PERIOD)]


class NamedPeriod(Query):
    """Of which month, quarter or year."""

    period: PeriodText = described(
        "",
        "Tháng 2026-11, quý 2026-Q4 hoặc năm 2026; mặc định tháng này",
        "A month 2026-11, a quarter 2026-Q4 or a year 2026; this month if left out",
    )

    def read(self, this_month: Period) -> Period:
        """The period that is meant."""
        return read_period(self.period) if self.period else this_month


class StatsQuery(NamedPeriod):
    """Of which time."""

    first: Day | None = described(
        None, "Từ ngày, cùng với last, thay cho period", "From this day on, with `last` in place of `period`"
    )
    last: Day | None = described(None, "Đến hết ngày", "To the end of this day")

    def read(self, this_month: Period) -> Period:
        """The period that is meant. Raises: Rejected (BAD_REQUEST)."""
        if self.first is None and self.last is None:
            return super().read(this_month)
        if self.first is None or self.last is None or self.period:
            raise bad("first + last | period", element="first")
        return period_between(self.first, self.last)


def period_between(first: date, last: date) -> Period:
    """From the beginning of a day to the end of another. Raises: Rejected (BAD_REQUEST)."""
    try:
        return Period(first, date.fromordinal(last.toordinal() + 1))
    except ValueError:
        raise bad(f"{first} … {last} (≤ 5 × 366)", element="last") from None


class PeriodShape(Shape):
    """A period: its first and its last day. `name` is what `period` takes, where it has a name."""

    name: str
    first: date
    last: date

    @classmethod
    def of(cls, period: Period) -> PeriodShape:
        return cls(name=period.name, first=period.first, last=period.last)


class StatsRow(Shape):
    """
    The figures of an agency, of a level, or of all.

    `share_of` says in Vietnamese and English what `electronic_share` is a share of. A figure that nobody
    knows is null. Times in seconds, shares of one.
    """

    code: str
    name: str
    level: str
    share_of: tuple[str, str]
    figures: Mapping[str, int | float | None] = Field(
        json_schema_extra={"propertyNames": {"enum": list(INDICATORS)}}
    )

    @classmethod
    def of(cls, row: Row) -> StatsRow:
        return cls(
            code=row.code,
            name=row.name,
            level=row.level,
            share_of=row.share_of,
            figures={name: value_of(row, name) for name in INDICATORS},
        )


class SilentShape(Shape):
    """An agency that neither sent nor received."""

    code: str
    name: str
    level: str


class RefusalShape(Shape):
    """
    What was refused for one reason. `side` sent: what agencies here had sent; received: what they refused.

    `reason` is a class, or a code of the axis.
    """

    side: str
    reason: str
    vi: str
    en: str
    number: int


class IndicatorShape(Shape):
    """A configured code of a reporting system, the figure it stands for, and its value in total."""

    code: str
    figure: str
    vi: str
    en: str
    value: int | float | None


class StatsShape(Shape):
    """
    Statistics of one period. Levels add up to the total, and so do agencies.

    `lines_left`: lines of the journal that are not counted yet. `judged_until`: duties that fell due before
    then are counted; null: all of them.
    """

    period: PeriodShape
    lines_left: int
    judged_until: datetime | None
    total: StatsRow
    levels: tuple[StatsRow, ...]
    agencies: tuple[StatsRow, ...]
    silent: tuple[SilentShape, ...]
    refusals: tuple[RefusalShape, ...]
    indicators: tuple[IndicatorShape, ...]

    @classmethod
    def of(cls, report: Report, counted: Counted, codes: Mapping[str, str]) -> StatsShape:
        return cls(
            period=PeriodShape.of(report.period),
            lines_left=counted.lines_left,
            judged_until=counted.judged_until,
            total=StatsRow.of(report.total),
            levels=tuple(map(StatsRow.of, report.by_level)),
            agencies=tuple(map(StatsRow.of, report.by_agency)),
            silent=tuple(SilentShape(code=s.code, name=s.name, level=s.level) for s in report.silent),
            refusals=tuple(
                RefusalShape(side=side, reason=reason, number=number, **_words(reason))
                for (side, reason), number in report.refusals.items()
            ),
            indicators=tuple(indicators(report.total, codes)),
        )


class PublicStats(Shape):
    """The totals that anybody may see."""

    period: PeriodShape
    total: StatsRow
    levels: tuple[StatsRow, ...]

    @classmethod
    def of(cls, report: Report) -> PublicStats:
        return cls(
            period=PeriodShape.of(report.period),
            total=StatsRow.of(report.total),
            levels=tuple(map(StatsRow.of, report.by_level)),
        )


def indicators(row: Row, codes: Mapping[str, str]) -> list[IndicatorShape]:
    """The configured indicators of a row, in the order in which they are configured."""
    found = []
    for code, name in codes.items():
        vi, en, _ = INDICATORS[name]
        found.append(IndicatorShape(code=code, figure=name, vi=vi, en=en, value=value_of(row, name)))
    return found


def _words(reason: str) -> dict[str, Any]:
    vi, en = words_of(reason)
    return {"vi": vi, "en": en}
