from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from gateway.http.console.formats import Formats
from gateway.http.console.words import words

VI, EN = Formats(words("vi")), Formats(words("en"))
LATE = datetime(2026, 12, 31, 17, 30, 5, tzinfo=UTC)
"""Half past midnight of the new year in Vietnam."""


def test_moments_are_told_in_the_time_of_vietnam() -> None:
    assert VI.moment(LATE) == "01/01/2027 00:30"
    assert VI.moment(LATE, seconds=True) == "01/01/2027 00:30:05"
    assert EN.moment(LATE) == "1 Jan 2027 00:30"
    assert (VI.moment(None), VI.day(None), VI.clock(None)) == ("—", "—", "—")


def test_days_need_no_hour() -> None:
    assert (VI.day(date(2026, 3, 2)), EN.day(date(2026, 3, 2))) == ("02/03/2026", "2 Mar 2026")


def test_what_is_due_by_midnight_is_due_on_the_day_before() -> None:
    midnight = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
    assert VI.due(midnight) == "02/03/2026 23:59"
    assert VI.due(datetime(2026, 3, 2, 4, 30, tzinfo=UTC)) == "02/03/2026 11:30"
    assert VI.due(None) == "—"


def test_numbers_have_dots_between_thousands_in_vietnamese() -> None:
    assert (VI.number(1234567), EN.number(1234567)) == ("1.234.567", "1,234,567")
    assert (VI.number(1234.5, 1), EN.number(1234.5, 1)) == ("1.234,5", "1,234.5")
    assert (VI.share(0.985), EN.share(1)) == ("98,5 %", "100.0 %")


def test_sizes_and_spans_are_told_by_their_largest_unit() -> None:
    assert [VI.size(n) for n in (0, 1023, 1536, 5 * 1024**3)] == ["0 B", "1.023 B", "1,5 KB", "5,0 GB"]
    spans = (timedelta(seconds=59), 60, 3_600, 90_000, -5)
    assert [VI.span(s) for s in spans] == ["59 giây", "1 phút", "1 giờ", "1 ngày", "0 giây"]
    assert EN.span(7200) == "2 h"
