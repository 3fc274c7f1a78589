import pytest

from gateway.core.edxml.forms import (
    integer,
    is_written_date,
    is_written_timestamp,
    written_date,
    written_timestamp,
)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2025/10/16", "2025/10/16"),
        ("16/10/2025", "2025/10/16"),
        ("2025-10-16", "2025/10/16"),
        ("2025-10-16T11:04:32+07:00", "2025/10/16"),
        ("6/1/2025", "2025/01/06"),
        ("30/02/2025", ""),
        ("2025", ""),
        ("2025/0999999999999999999997/16", ""),
        ("ngày 3 tháng 2", ""),
        ("", ""),
    ],
)
def test_dates_of_every_form_are_written_in_one(text: str, written: str) -> None:
    assert written_date(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2025/10/16 11:04:32", "2025/10/16 11:04:32"),
        ("16/10/2025 11:04:32", "2025/10/16 11:04:32"),
        ("2025-10-16T11:04:32.123+07:00", "2025/10/16 11:04:32"),
        ("16/10/2025 8:05", "2025/10/16 08:05:00"),
        ("2025/10/16", "2025/10/16 00:00:00"),
        ("2025/10/16 25:00:00", ""),
        ("hôm qua", ""),
    ],
)
def test_times_of_every_form_are_written_in_one(text: str, written: str) -> None:
    assert written_timestamp(text) == written


def test_only_the_form_of_the_standard_is_written_so() -> None:
    assert is_written_date("2025/10/16")
    assert not is_written_date("16/10/2025")
    assert not is_written_date("٢٠٢٥/١٠/١٦")
    assert is_written_timestamp("2025/10/16 11:04:32")
    assert not is_written_timestamp("2025/10/16")


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("-1", -1), ("+3", 3), ("18", 18), ("1.0", None), ("", None), ("9" * 10, None), ("１", None)],
)
def test_whole_numbers_are_read(text: str, number: int | None) -> None:
    assert integer(text) == number
