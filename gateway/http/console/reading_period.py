"""
Which period somebody chose on a page of reports: a month, a quarter, a year, or days of one's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from gateway.core.periods import Period, month_of, quarter_of, read_period, year_of
from gateway.http.console.view import View
from gateway.http.console.words import Words, said

OWN_DAYS = "days"
"""What stands in the place of a period's name where days are chosen one by one."""

MONTHS, QUARTERS, YEARS = 13, 5, 3  # that can be chosen; what lies before them is chosen by its days

MONTH = said("Tháng %(month)s/%(year)s")
QUARTER = said("Quý %(quarter)s/%(year)s")
YEAR = said("Năm %(year)s")
DAYS = said("Từ ngày … đến ngày …")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen. `is_wrong`: it was no period, and this month stands in its place."""

    period: Period
    name: str
    first: str
    last: str
    is_wrong: bool = False

    @property
    def query(self) -> dict[str, str]:
        """The same as the values of a query."""
        if self.name != OWN_DAYS:
            return {"period": self.name}
        return {"period": OWN_DAYS, "first": self.first, "last": self.last}


def chosen(view: View) -> Chosen:
    """The period of the query; this month if there is none."""
    name, first, last = view.query("period"), view.query("first"), view.query("last")
    this_month = view.around.reports.this_month()
    try:
        if name == OWN_DAYS:
            period = Period(date.fromisoformat(first), _after(date.fromisoformat(last)))
        else:
            period = read_period(name) if name else this_month
            name, first, last = period.name, period.first.isoformat(), period.last.isoformat()
    except ValueError:
        return Chosen(
            this_month, this_month.name, this_month.first.isoformat(), this_month.last.isoformat(), True
        )
    return Chosen(period, name, first, last)


def _after(day: date) -> date:
    if day == date.max:
        raise ValueError(day)
    return date.fromordinal(day.toordinal() + 1)


def choices(view: View, now: Chosen) -> list[tuple[str, str]]:
    """The periods to choose from, the latest first, with the one that is chosen."""
    offered = {period.name: words_of(period, view.words) for period in _offered(view)}
    if now.name != OWN_DAYS:
        offered.setdefault(now.name, words_of(now.period, view.words))
    return [*offered.items(), (OWN_DAYS, view.words(DAYS))]


def _offered(view: View) -> Iterator[Period]:
    month = view.around.reports.this_month()
    quarter, year = quarter_of(month.first), year_of(month.first.year)
    for period, number in ((month, MONTHS), (quarter, QUARTERS), (year, YEARS)):
        for _ in range(number):
            yield period
            period = period.before()


def words_of(period: Period, words: Words) -> str:
    """A period in words; days as days."""
    first = period.first
    if period == month_of(first):
        return words(MONTH, month=first.month, year=first.year)
    if period == quarter_of(first):
        return words(QUARTER, quarter=(first.month + 2) // 3, year=first.year)
    if period == year_of(first.year):
        return words(YEAR, year=first.year)
    return f"{first:%d/%m/%Y} – {period.last:%d/%m/%Y}"
