"""
Days and times in one form each.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.v1.moments import Day, Moment

MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
DAY: TypeAdapter[date] = TypeAdapter(Day)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T08:00:00+07:00",
        "2026-11-23T08:00:00 07:00",  # a plus that nobody escaped
        "2026-11-23t01:00:00z",
        "2026-11-23 01:00:00.000Z",
    ],
)
def test_time_is_read_as_utc(text: str) -> None:
    moment = MOMENT.validate_python(text)
    assert (moment, moment.tzinfo) == (datetime(2026, 11, 23, 1, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "1700000000", "2026-11-23", "2026-11-23T08:00:00", "2026-11-23T08:00Z", "now"),
        *("2026-13-01T00:00:00Z", "2026-11-23T24:01:00Z", "0001-01-01T00:00:00+14:00"),
        *("9999-12-31T23:59:59-12:00", "２026-11-23T08:00:00Z"),
    ],
)
def test_anything_else_is_no_time(text: str) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_python(text)


def test_day_is_a_day() -> None:
    assert DAY.validate_python("2026-11-23") == date(2026, 11, 23)


@pytest.mark.parametrize("text", ["", "86400", "23/11/2026", "2026-11-23T00:00:00", "2026-02-30", "2026-1-1"])
def test_anything_else_is_no_day(text: str) -> None:
    with pytest.raises(ValidationError):
        DAY.validate_python(text)
