"""
Periods of reports: days of Vietnam, from one to before another, and how people write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gateway.core.calendar import MIDNIGHT, ONE_DAY, VIETNAM

YEARS = range(2000, 2101)
"""Before and after, a year is a slip of the pen."""

LONGEST = timedelta(days=366 * 5)
"""What one report may span: five years of days are still read in a moment."""

_WRITTEN = re.compile(r"(\d{4})(?:-(?:(\d\d)|[Qq]([1-4])))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """
    Days from `first` to before `end`.

    Raises: ValueError if it has no day, is longer than LONGEST or lies outside YEARS.
    """

    first: date
    end: date

    def __post_init__(self) -> None:
        is_sensible = self.first.year in YEARS and (self.end - ONE_DAY).year in YEARS
        if not (is_sensible and ONE_DAY <= self.end - self.first <= LONGEST):
            raise ValueError(f"{self.first} … {self.end}")

    @property
    def last(self) -> date:
        return self.end - ONE_DAY

    @property
    def begins(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first, MIDNIGHT, VIETNAM)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.end, MIDNIGHT, VIETNAM)

    @property
    def name(self) -> str:
        """`2026-11`, `2026-Q4`, `2026`, else `2026-11-03…2026-11-09`; `read_period` reads the first three."""
        year, month = self.first.year, self.first.month
        if self == month_of(self.first):
            return f"{year}-{month:02d}"
        if self == quarter_of(self.first):
            return f"{year}-Q{(month + 2) // 3}"
        if self == year_of(year):
            return f"{year}"
        return f"{self.first}…{self.last}"

    @property
    def is_whole_months(self) -> bool:
        return self.first.day == 1 and self.end.day == 1

    def months(self) -> Iterator[date]:
        """The first day of every month that begins and ends within it."""
        month = self.first if self.first.day == 1 else month_of(self.first).end
        while (following := month_of(month).end) <= self.end:
            yield month
            month = following

    def loose_days(self) -> tuple[tuple[date, date], ...]:
        """The days that belong to none of its `months`, as spans from a day to before another."""
        months = list(self.months())
        if not months:
            return ((self.first, self.end),)
        spans = ((self.first, months[0]), (month_of(months[-1]).end, self.end))
        return tuple((first, end) for first, end in spans if first < end)

    def before(self) -> Period:
        """The period of the same kind that ends where this one begins."""
        if self == month_of(self.first):
            return month_of(self.first - ONE_DAY)
        if self == quarter_of(self.first):
            return quarter_of(self.first - ONE_DAY)
        if self == year_of(self.first.year):
            return year_of(self.first.year - 1)
        return Period(self.first - (self.end - self.first), self.first)


def month_of(day: date) -> Period:
    """The month that a day lies in."""
    return Period(day.replace(day=1), (day.replace(day=1) + timedelta(days=32)).replace(day=1))


def quarter_of(day: date) -> Period:
    """The quarter that a day lies in."""
    first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return Period(first, (first + timedelta(days=95)).replace(day=1))


def year_of(year: int) -> Period:
    """A calendar year. Raises: ValueError."""
    if year not in YEARS:
        raise ValueError(f"no year: {year}")
    return Period(date(year, 1, 1), date(year + 1, 1, 1))


def read_period(text: str) -> Period:
    """
    `2026-11`, `2026-Q4` or `2026`.

    Raises: ValueError for anything else.
    """
    match = _WRITTEN.fullmatch(text.strip())
    if match is None or int(match[1]) not in YEARS:
        raise ValueError(f"no period: {text[:20]}")
    year = int(match[1])
    if match[2]:
        return month_of(date(year, int(match[2]), 1))
    if match[3]:
        return quarter_of(date(year, int(match[3]) * 3, 1))
    return year_of(year)
