from __future__ import annotations

from datetime import date

import pytest

from gateway.core.errors import Rejected
from gateway.core.periods import read_period
from gateway.v1.stats import NamedPeriod, PeriodShape, StatsQuery, period_between

THIS = read_period("2026-11")


def test_period_is_the_one_named_else_this_month() -> None:
    assert NamedPeriod().read(THIS) == THIS
    assert NamedPeriod(period="2026-Q4").read(THIS) == read_period("2026-Q4")
    days = StatsQuery(first=date(2026, 10, 1), last=date(2026, 12, 31))
    assert days.read(THIS) == read_period("2026-Q4")


def test_half_a_span_or_two_periods_at_once_are_refused() -> None:
    for query in (
        StatsQuery(first=date(2026, 10, 1)),
        StatsQuery(last=date(2026, 10, 1)),
        StatsQuery(first=date(2026, 10, 1), last=date(2026, 10, 2), period="2026"),
    ):
        with pytest.raises(Rejected):
            query.read(THIS)


def test_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Rejected):
        period_between(date(2026, 10, 2), date(2026, 10, 1))
    with pytest.raises(Rejected):
        period_between(date(2026, 10, 2), date.max)


def test_period_is_told_with_its_last_day() -> None:
    shape = PeriodShape.of(read_period("2026-02"))
    assert (shape.name, shape.first, shape.last) == ("2026-02", date(2026, 2, 1), date(2026, 2, 28))
