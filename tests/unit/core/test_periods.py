from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.periods import LONGEST, Period, month_of, quarter_of, read_period, year_of

DAYS = st.dates(date(2005, 1, 1), date(2098, 12, 31))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first = draw(DAYS)
    return Period(first, first + timedelta(days=draw(st.integers(1, 800))))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026-q1", date(2026, 1, 1), date(2026, 3, 31)),
        (" 2026 ", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_months_quarters_and_years_are_read_and_named_alike(text: str, first: date, last: date) -> None:
    period = read_period(text)
    assert (period.first, period.last) == (first, last)
    assert period.name == text.strip().upper()


@pytest.mark.parametrize("text", ["", "2026-13", "2026-00", "2026-Q5", "1999", "26-11", "2026-11-01", "٢٠٢٦"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no period|month"):
        read_period(text)


@pytest.mark.parametrize(
    ("first", "end"),
    [
        (date(2026, 1, 2), date(2026, 1, 2)),
        (date(2026, 1, 2), date(2026, 1, 1)),
        (date(2026, 1, 1), date(2026, 1, 1) + LONGEST + timedelta(days=1)),
        (date(1999, 12, 31), date(2000, 1, 2)),
        (date(2100, 12, 31), date(2101, 1, 2)),
    ],
)
def test_days_without_sense_make_no_period(first: date, end: date) -> None:
    with pytest.raises(ValueError, match="…"):
        Period(first, end)


@given(periods())
def test_months_and_loose_days_are_the_whole_period_and_nothing_twice(period: Period) -> None:
    covered = [
        first + timedelta(days=day)
        for first, end in (
            *period.loose_days(),
            *((month_of(month).first, month_of(month).end) for month in period.months()),
        )
        for day in range((end - first).days)
    ]
    assert sorted(covered) == [
        period.first + timedelta(days=day) for day in range((period.end - period.first).days)
    ]


@given(periods())
def test_period_before_ends_where_this_one_begins(period: Period) -> None:
    assert period.before().end == period.first


@given(DAYS)
def test_kinds_of_periods_hold_their_day(day: date) -> None:
    for period in (month_of(day), quarter_of(day), year_of(day.year)):
        assert period.first <= day <= period.last
        assert period.is_whole_months
        assert read_period(period.name) == period
        assert period.before().name != period.name


def test_days_begin_at_midnight_in_vietnam() -> None:
    period = read_period("2026-11")
    assert period.begins.isoformat() == "2026-11-01T00:00:00+07:00"
    assert period.ends.isoformat() == "2026-12-01T00:00:00+07:00"
    assert Period(date(2026, 11, 2), date(2026, 11, 9)).name == "2026-11-02…2026-11-08"
