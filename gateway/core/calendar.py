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
from typing import TYPE_CHECKING

from gateway.core.catalogue import CONFIG_BAD_VALUE
from gateway.core.errors import Misconfigured, find

if TYPE_CHECKING:
    from holidays import HolidayBase

# Asia/Ho_Chi_Minh has been UTC+7 without summer time since 1975. Written out, it needs no zone files,
# which slim containers and Windows do not have.
VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")

MIDNIGHT = time(0)

TTL_WORKING_DAYS = 5  # as long as mail relays try (RFC 5321 4.5.4.1: at least 4-5 days)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """
    Some hours of a day in Vietnam, written `07:30-11:30`.

    Raises: ValueError if it ends before it begins.
    """

    begins: time
    ends: time

    def __post_init__(self) -> None:
        if self.begins >= self.ends:
            raise ValueError(f"{self}: it ends before it begins")

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """
    When offices are open on a working day. No law names hours; they differ from province to province.

    Raises: Misconfigured if the afternoon begins before the morning has ended.
    """

    morning: Span = Span(time(7, 30), time(11, 30))
    afternoon: Span = Span(time(13), time(17))

    def __post_init__(self) -> None:
        if self.afternoon.begins < self.morning.ends:
            detail = f"{self.morning} … {self.afternoon}"
            raise Misconfigured(find(CONFIG_BAD_VALUE, key="calendar.afternoon", detail=detail))


class Calendar:
    """
    Which days are worked, and at which hours.

    `extra_holidays` are days off that the package does not know, `make_up_days` days worked although
    they are at a weekend or listed as a holiday. The operator's word goes before the package's.

    Raises: Misconfigured if a day is in both.
    """

    def __init__(
        self,
        extra_holidays: Iterable[date] = (),
        make_up_days: Iterable[date] = (),
        hours: OfficeHours | None = None,
    ) -> None:
        self.hours = hours or OfficeHours()
        self._off = frozenset(extra_holidays)
        self._worked = frozenset(make_up_days)
        self._years: dict[int, HolidayBase] = {}
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
        return self._year(day.year).is_working_day(day)

    def provisional_years(self) -> tuple[int, ...]:
        """
        The years asked for so far that the package only computes.

        It knows what the Government decided (bridge days, Saturdays worked for them, the days of Tết) up to
        the last year for which it lists such a decision; after that only what follows from the Labour Code,
        and beyond 2100 no holiday at all. A year of which the operator named days counts as settled.
        """
        settled = {day.year for day in self._off | self._worked}
        return tuple(
            sorted(y for y, table in self._years.items() if y not in settled and y > _decided(table))
        )

    def next_working_day(self, after: date) -> date:
        """The first working day after that day."""
        day = after + ONE_DAY
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def previous_working_day(self, before: date) -> date:
        """The last working day before that day."""
        day = before - ONE_DAY
        while not self.is_working_day(day):
            day -= ONE_DAY
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
        The end of the morning of the next working day: the latest moment to send a document signed at `at`.

        Spec: QD28/6.2 (at the latest in the morning of the next working day)
        """
        return _moment(self.next_working_day(today(at)), self.hours.morning.ends)

    def next_working_day_end(self, at: datetime) -> datetime:
        """
        The midnight that ends the next working day after the day of `at`.

        Spec: ND30/23.1 (presented at the latest on the next working day)
        """
        return end_of(self.next_working_day(today(at)))

    def at_once(self, at: datetime) -> datetime:
        """
        When what had to be done at once is late: not on that day, since the law names no hour.

        What begins on a day off or after closing time has until the end of the next working morning.

        Spec: QD28/6.2, ND30/23.1 (urgent documents at once)
        """
        local = _local(at)
        is_open = self.is_working_day(local.date()) and local.time() < self.hours.afternoon.ends
        return self.same_day_end(at) if is_open else self.next_working_morning(at)

    def due_soon_until(self, now: datetime) -> datetime:
        """
        What is due before this moment is due soon.

        On a working day, from its opening on: the end of the next working day. Before the opening and on
        days off: what it was on the last working day.
        """
        local = _local(now)
        day = local.date()
        if not self.is_working_day(day) or local.time() < self.hours.morning.begins:
            day = self.previous_working_day(day)
        return end_of(self.next_working_day(day))

    def same_day_end(self, at: datetime) -> datetime:
        """
        The midnight that ends the day of `at`: the first moment that is no longer the same day.

        Spec: ND30/21.2c (the sender is told of the receipt on the same day)
        """
        return end_of(today(at))

    def expires_at(self, accepted_at: datetime, ttl_working_days: int = TTL_WORKING_DAYS) -> datetime:
        """When a letter that the axis could not hand over goes back to its sender."""
        if ttl_working_days < 1:
            raise ValueError("a letter lives for at least one working day")
        return self.add_working_days(accepted_at, ttl_working_days)

    def life_ends(self, accepted_at: datetime, ttl_working_days: int, wish: timedelta | None) -> datetime:
        """The same for a sender that wishes so much time: never longer than the axis lets letters live."""
        longest = self.expires_at(accepted_at, ttl_working_days)
        return longest if wish is None else min(longest, accepted_at + wish)

    def pick_up_deadline(self, waiting_since: datetime) -> datetime:
        """When sender and operators are told that the agency has not fetched its letter."""
        return self.add_working_days(waiting_since, 1)

    def _year(self, year: int) -> HolidayBase:
        known = self._years.get(year)
        if known is None:
            known = self._years[year] = _read_year(year)
        return known


def today(at: datetime) -> date:
    """The calendar day in Vietnam at this moment."""
    return _local(at).date()


def end_of(day: date) -> datetime:
    """The midnight that ends a day in Vietnam: the first moment after it."""
    return _moment(day + ONE_DAY, MIDNIGHT)


def _read_year(year: int) -> HolidayBase:
    # Imported on first use: it costs 0.1 s and most commands never ask for a working day.
    from holidays import country_holidays

    return country_holidays("VN", years=year, expand=False)


def _decided(table: HolidayBase) -> int:
    """The last year of which the package knows what the Government decided."""
    last: int = max(table.special_public_holidays)
    return last


def _local(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone is no moment")
    return at.astimezone(VIETNAM)


def _moment(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, VIETNAM).astimezone(UTC)
