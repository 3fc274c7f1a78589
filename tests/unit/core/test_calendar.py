"""Working days of Vietnam, and the moments counted by them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.calendar import VIETNAM, Calendar, OfficeHours, Span, today
from gateway.core.errors import Misconfigured

CALENDAR = Calendar()


def at(text: str) -> datetime:
    """A moment written in the time of Vietnam."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def said(moment: datetime) -> str:
    """A moment in the time of Vietnam, to the minute."""
    assert moment.tzinfo is UTC
    return moment.astimezone(VIETNAM).strftime("%a %Y-%m-%d %H:%M")


MOMENTS = st.datetimes(datetime(2019, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("day", "works"),
        [
            ("2026-11-20", True),  # an ordinary Friday
            ("2026-11-21", False),  # Saturday
            ("2026-11-22", False),
            ("2026-01-01", False),  # New Year
            ("2026-02-16", False),  # Tết
            ("2026-02-20", False),
            ("2026-02-23", True),
            ("2026-04-27", False),  # Hùng Kings' day fell on a Sunday
            ("2026-04-30", False),
            ("2026-05-01", False),
            ("2026-09-01", False),
            ("2026-09-02", False),
            ("2026-08-31", False),  # a bridge day ...
            ("2026-08-22", True),  # ... for which this Saturday is worked
            ("2025-04-26", True),
            ("2014-12-27", True),  # a Saturday worked for a day of the next year
            ("2019-01-05", True),  # and for one of the year before
            ("2018-12-31", False),
        ],
    )
    def test_the_official_calendar_is_known(self, day: str, works: bool) -> None:
        assert Calendar().is_working_day(date.fromisoformat(day)) is works

    def test_the_operator_adds_holidays(self) -> None:
        day = date(2026, 11, 20)
        assert not Calendar(extra_holidays=[day]).is_working_day(day)

    @pytest.mark.parametrize("day", [date(2026, 11, 21), date(2026, 1, 1)])
    def test_the_operator_adds_days_that_are_worked(self, day: date) -> None:
        assert Calendar(make_up_days=[day]).is_working_day(day)

    def test_the_operator_may_cancel_a_make_up_saturday(self) -> None:
        assert not Calendar(extra_holidays=[date(2026, 8, 22)]).is_working_day(date(2026, 8, 22))

    def test_a_day_cannot_be_both(self) -> None:
        with pytest.raises(Misconfigured) as caught:
            Calendar([date(2026, 1, 2), date(2026, 1, 9)], [date(2026, 1, 9)])
        assert (caught.value.code, caught.value.first.params["key"]) == ("TRUC-802", "2026-01-09")

    def test_the_next_working_day_skips_a_whole_tet(self) -> None:
        assert CALENDAR.next_working_day(date(2026, 2, 13)) == date(2026, 2, 23)
        assert CALENDAR.previous_working_day(date(2026, 2, 23)) == date(2026, 2, 13)

    def test_the_tet_of_2027_is_computed_and_the_operator_may_shift_it(self) -> None:
        assert CALENDAR.next_working_day(date(2027, 2, 3)) == date(2027, 2, 11)
        shifted = Calendar(extra_holidays=[date(2027, 2, 11)], make_up_days=[date(2027, 2, 4)])
        assert shifted.next_working_day(date(2027, 2, 3)) == date(2027, 2, 4)
        assert shifted.next_working_day(date(2027, 2, 4)) == date(2027, 2, 12)


class TestWhatThePackageDoesNotKnow:
    def test_years_with_decisions_of_the_government_are_settled(self) -> None:
        calendar = Calendar()
        assert calendar.is_working_day(date(2026, 8, 22))
        assert calendar.provisional_years() == ()

    @pytest.mark.parametrize("year", [2099, 2101, 2150])  # beyond 2100 it lists no holiday at all
    def test_later_years_are_provisional_from_the_first_question_on(self, year: int) -> None:
        calendar = Calendar()
        assert calendar.provisional_years() == ()
        calendar.is_working_day(date(year, 3, 3))
        assert calendar.provisional_years() == (year,)

    def test_a_year_of_which_the_operator_named_days_is_settled(self) -> None:
        calendar = Calendar(extra_holidays=[date(2099, 1, 2)])
        calendar.is_working_day(date(2099, 3, 3))
        assert calendar.provisional_years() == ()


class TestOfficeHours:
    def test_hours_are_written_as_people_write_them(self) -> None:
        assert [str(OfficeHours().morning), str(OfficeHours().afternoon)] == ["07:30-11:30", "13:00-17:00"]

    def test_hours_that_end_before_they_begin_are_refused(self) -> None:
        with pytest.raises(ValueError, match="ends before"):
            Span(time(11), time(11))

    def test_an_afternoon_in_the_morning_is_refused(self) -> None:
        with pytest.raises(Misconfigured) as caught:
            OfficeHours(Span(time(8), time(12)), Span(time(11), time(17)))
        assert caught.value.first.params["key"] == "calendar.afternoon"


class TestCounting:
    @pytest.mark.parametrize(
        ("start", "days", "end"),
        [
            ("2026-11-02 09:30", 1, "Tue 2026-11-03 09:30"),
            ("2026-11-06 15:00", 1, "Mon 2026-11-09 15:00"),  # over a weekend
            ("2026-11-02 09:30", 5, "Mon 2026-11-09 09:30"),
            ("2026-11-08 03:00", 0, "Mon 2026-11-09 00:00"),
            ("2026-11-07 23:00", 1, "Tue 2026-11-10 00:00"),  # the clock starts on Monday
            ("2026-11-02 09:30", 0, "Mon 2026-11-02 09:30"),
            ("2026-11-23 10:00", 1, "Wed 2026-11-25 10:00"),  # over the Cultural Day, a holiday since 2026
            ("2026-02-12 10:00", 5, "Thu 2026-02-26 10:00"),  # over Tết
            ("2026-08-21 10:00", 1, "Sat 2026-08-22 10:00"),  # onto a make-up Saturday
            ("2026-12-31 10:00", 1, "Mon 2027-01-04 10:00"),  # over the year
            ("2027-02-03 16:00", 1, "Thu 2027-02-11 16:00"),  # over the Tết of the year after
            ("2026-04-29 16:00", 1, "Mon 2026-05-04 16:00"),  # over 30 April, 1 May and a weekend
        ],
    )
    def test_days_off_do_not_count(self, start: str, days: int, end: str) -> None:
        assert said(CALENDAR.add_working_days(at(start), days)) == end

    def test_the_day_is_that_of_vietnam(self) -> None:
        """17:30 UTC on Sunday is half past midnight on Monday in Hanoi."""
        sunday = datetime(2026, 11, 8, 17, 30, tzinfo=UTC)
        assert said(CALENDAR.add_working_days(sunday, 1)) == "Tue 2026-11-10 00:30"

    @given(MOMENTS, st.integers(0, 12))
    @settings(max_examples=200)
    def test_exactly_so_many_working_days_lie_between(self, start: datetime, days: int) -> None:
        end = CALENDAR.add_working_days(start, days)
        worked, moment = timedelta(0), start
        while moment < end:
            local = moment.astimezone(VIETNAM)
            midnight = datetime.combine(local.date() + timedelta(days=1), time(0), VIETNAM)
            step = min(end, midnight.astimezone(UTC))
            if CALENDAR.is_working_day(local.date()):
                worked += step - moment
            moment = step
        assert worked == timedelta(days=days)

    @given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=20)), st.integers(0, 6))
    @settings(max_examples=200)
    def test_what_starts_later_never_ends_sooner(self, start: datetime, later: timedelta, days: int) -> None:
        first, second = (CALENDAR.add_working_days(moment, days) for moment in (start, start + later))
        assert first <= second

    @given(MOMENTS, st.integers(0, 6), st.integers(0, 6))
    @settings(max_examples=100)
    def test_counting_in_two_parts_is_counting_at_once(self, start: datetime, a: int, b: int) -> None:
        in_parts = CALENDAR.add_working_days(CALENDAR.add_working_days(start, a), b)
        assert in_parts == CALENDAR.add_working_days(start, a + b)

    def test_counting_backwards_is_refused(self) -> None:
        with pytest.raises(ValueError, match="forwards"):
            CALENDAR.add_working_days(at("2026-11-20 10:00"), -1)

    def test_a_moment_without_a_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            CALENDAR.add_working_days(datetime(2026, 11, 20), 1)  # noqa: DTZ001


@pytest.mark.parametrize(("hour", "day"), [(16, 20), (17, 21)])
def test_the_day_in_vietnam_begins_at_five_in_the_afternoon_utc(hour: int, day: int) -> None:
    assert today(datetime(2026, 11, 20, hour, tzinfo=UTC)) == date(2026, 11, day)


class TestDeadlines:
    def test_a_letter_lives_for_five_working_days(self) -> None:
        assert said(CALENDAR.expires_at(at("2026-11-06 15:00"))) == "Fri 2026-11-13 15:00"

    def test_a_sender_may_give_it_another_time(self) -> None:
        assert said(CALENDAR.expires_at(at("2026-11-20 15:00"), 1)) == "Mon 2026-11-23 15:00"
        with pytest.raises(ValueError, match="at least one"):
            CALENDAR.expires_at(at("2026-11-20 15:00"), 0)

    def test_a_letter_is_picked_up_within_a_working_day(self) -> None:
        assert said(CALENDAR.pick_up_deadline(at("2026-02-13 16:00"))) == "Mon 2026-02-23 16:00"

    @pytest.mark.parametrize(
        ("signed", "morning"),
        [
            ("2026-11-19 08:00", "Fri 2026-11-20 11:30"),
            ("2026-11-20 23:59", "Mon 2026-11-23 11:30"),
            ("2026-11-21 10:00", "Mon 2026-11-23 11:30"),
            ("2026-02-13 16:30", "Mon 2026-02-23 11:30"),  # signed on the Friday before Tết
            ("2026-08-21 16:30", "Sat 2026-08-22 11:30"),  # a Saturday that is worked
            ("2026-12-31 17:30", "Mon 2027-01-04 11:30"),
        ],
    )
    def test_the_next_working_morning_ends_with_its_office_hours(self, signed: str, morning: str) -> None:
        assert said(CALENDAR.next_working_morning(at(signed))) == morning

    def test_the_morning_ends_when_the_operator_says(self) -> None:
        noon = Calendar(hours=OfficeHours(Span(time(8), time(12)), Span(time(13, 30), time(17, 30))))
        assert said(noon.next_working_morning(at("2026-11-19 08:00"))) == "Fri 2026-11-20 12:00"

    @pytest.mark.parametrize(
        ("received", "end"),
        [
            ("2026-11-19 08:00", "Sat 2026-11-21 00:00"),
            ("2026-11-20 18:00", "Tue 2026-11-24 00:00"),
            ("2026-11-21 09:00", "Tue 2026-11-24 00:00"),
            ("2026-04-29 16:59", "Tue 2026-05-05 00:00"),
        ],
    )
    def test_the_next_working_day_ends_at_midnight(self, received: str, end: str) -> None:
        assert said(CALENDAR.next_working_day_end(at(received))) == end

    @pytest.mark.parametrize(
        ("begun", "end"),
        [
            ("2026-11-20 08:00", "Sat 2026-11-21 00:00"),
            ("2026-11-20 16:59", "Sat 2026-11-21 00:00"),
            ("2026-11-20 17:00", "Mon 2026-11-23 11:30"),  # Friday after closing time
            ("2026-11-21 09:00", "Mon 2026-11-23 11:30"),
            ("2026-02-17 00:30", "Mon 2026-02-23 11:30"),  # the first hour of Tết
        ],
    )
    def test_at_once_is_over_with_the_day(self, begun: str, end: str) -> None:
        assert said(CALENDAR.at_once(at(begun))) == end

    @pytest.mark.parametrize(
        ("now", "until"),
        [
            ("2026-11-19 07:29", "Fri 2026-11-20 00:00"),  # before the opening: as on Wednesday
            ("2026-11-19 07:30", "Sat 2026-11-21 00:00"),
            ("2026-11-20 07:30", "Tue 2026-11-24 00:00"),  # on Friday what is due on Monday
            ("2026-11-22 12:00", "Tue 2026-11-24 00:00"),
            ("2026-11-23 07:30", "Thu 2026-11-26 00:00"),  # the Cultural Day lies between
            ("2026-02-13 08:00", "Tue 2026-02-24 00:00"),  # before Tết what is due after it
            ("2026-08-21 08:00", "Sun 2026-08-23 00:00"),  # before a Saturday that is worked
        ],
    )
    def test_what_is_due_on_the_next_working_day_is_due_soon(self, now: str, until: str) -> None:
        assert said(CALENDAR.due_soon_until(at(now))) == until

    @pytest.mark.parametrize(
        ("received", "end"),
        [
            ("2026-11-20 00:00", "Sat 2026-11-21 00:00"),
            ("2026-11-20 23:59", "Sat 2026-11-21 00:00"),
            ("2026-11-21 10:00", "Sun 2026-11-22 00:00"),  # received on a Saturday is told on that Saturday
        ],
    )
    def test_the_same_day_ends_at_midnight_in_vietnam(self, received: str, end: str) -> None:
        assert said(CALENDAR.same_day_end(at(received))) == end
