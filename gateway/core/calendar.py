"""
Working days of Vietnam, and the moments that the axis counts by them.

Moments go in and come out as aware UTC; days are days in Vietnam. Public holidays and the Saturdays
that are worked in their place come from the `holidays` package, which is data; what the Government
decides at short notice is added by the operator, both ways.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from gateway.core.catalogue import CONFIG_BAD_VALUE
from gateway.core.errors import Misconfigured, find

# Asia/Ho_Chi_Minh has been UTC+7 without summer time since 1975. Written out, it needs no zone files,
# which slim containers and Windows do not have.
VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")

MIDNIGHT = time(0)
NOON = time(12)  # where the morning ends; office hours differ from province to province

TTL_WORKING_DAYS = 5  # as long as mail relays try (RFC 5321 4.5.4.1: at least 4-5 days)
ONE_DAY = timedelta(days=1)
SATURDAY = 5  # date.weekday()


class Calendar:
    """
    Which days are worked.

    `extra_holidays` are days off that the package does not know, `make_up_days` days worked although
    they are at a weekend or listed as a holiday. The operator's word goes before the package's.

    Raises: Misconfigured if a day is in both.
    """

    def __init__(self, extra_holidays: Iterable[date] = (), make_up_days: Iterable[date] = ()) -> None:
        self._off = frozenset(extra_holidays)
        self._worked = frozenset(make_up_days)
        self._years: dict[int, _Year] = {}
        both = sorted(self._off & self._worked)
        if both:
            detail = "vừa là ngày nghỉ vừa là ngày làm bù / is both a holiday and a make-up day"
            raise Misconfigured(find(CONFIG_BAD_VALUE, key=both[0].isoformat(), detail=detail))

    def is_working_day(self, day: date) -> bool:
        """Whether public offices work on that day."""
        if day in self._off:
            return False
        if day in self._worked:
            return True
        year = self._year(day.year)
        return day in year.worked if day.weekday() >= SATURDAY else day not in year.off

    def next_working_day(self, after: date) -> date:
        """The first working day after that day."""
        day = after + ONE_DAY
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def add_working_days(self, at: datetime, days: int) -> datetime:
        """
        The moment when `days` full working days have passed since `at`.

        A clock that stands still on days off: from Friday 15:00, one working day ends on Monday 15:00; from
        any hour of Sunday, on Tuesday 0:00. So a later start never ends sooner.
        """
        if days < 0:
            raise ValueError("working days are counted forwards")
        local = _local(at)
        day, hour = local.date(), local.time()
        if not self.is_working_day(day):
            day, hour = self.next_working_day(day), MIDNIGHT
        for _ in range(days):
            day = self.next_working_day(day)
        return _moment(day, hour)

    def next_working_morning(self, at: datetime) -> datetime:
        """
        Noon of the next working day: the latest moment to send a document signed at `at`.

        Spec: QD28/6.2 (at the latest in the morning of the next working day)
        """
        return _moment(self.next_working_day(today(at)), NOON)

    def same_day_end(self, at: datetime) -> datetime:
        """
        The midnight that ends the day of `at`: the first moment that is no longer the same day.

        Spec: ND30/21.2c (the sender is told of the receipt on the same day)
        """
        return _moment(today(at) + ONE_DAY, MIDNIGHT)

    def expires_at(self, accepted_at: datetime, ttl_working_days: int = TTL_WORKING_DAYS) -> datetime:
        """When a letter that the axis could not hand over goes back to its sender."""
        if ttl_working_days < 1:
            raise ValueError("a letter lives for at least one working day")
        return self.add_working_days(accepted_at, ttl_working_days)

    def pick_up_deadline(self, waiting_since: datetime) -> datetime:
        """When sender and operators are told that the agency has not fetched its letter."""
        return self.add_working_days(waiting_since, 1)

    def _year(self, year: int) -> _Year:
        known = self._years.get(year)
        if known is None:
            known = self._years[year] = _read_year(year)
        return known


@dataclass(frozen=True, slots=True)
class _Year:
    off: frozenset[date]
    worked: frozenset[date]


def today(at: datetime) -> date:
    """The calendar day in Vietnam at this moment."""
    return _local(at).date()


def _read_year(year: int) -> _Year:
    # Imported on first use: it costs 0.1 s and most commands never ask for a working day.
    from holidays import country_holidays

    table = country_holidays("VN", years=year, expand=False)
    return _Year(frozenset(table), frozenset(table.weekend_workdays))


def _local(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone is no moment")
    return at.astimezone(VIETNAM)


def _moment(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, VIETNAM).astimezone(UTC)
