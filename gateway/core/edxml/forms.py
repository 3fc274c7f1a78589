"""
The forms of values: dates, times and numbers as they are seen, and as the standard writes them.
"""

from __future__ import annotations

import re
from datetime import date, time

from gateway.core.model import issue_day

_WRITTEN_DATE = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}")
_WRITTEN_TIMESTAMP = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")


def is_written_date(text: str) -> bool:
    """Whether a date has the form of the standard, `yyyy/MM/dd`."""
    return _WRITTEN_DATE.fullmatch(text) is not None


def is_written_timestamp(text: str) -> bool:
    """Whether a time has the form of the standard, `yyyy/MM/dd HH:mm:ss`."""
    return _WRITTEN_TIMESTAMP.fullmatch(text) is not None


def written_date(text: str) -> str:
    """A date of any form in that of the standard; "" if it cannot be read."""
    day = issue_day(text)
    return _write(day) if day else ""


def written_timestamp(text: str) -> str:
    """A time of any form (the day alone means midnight) in that of the standard; "" if it cannot be read."""
    day = issue_day(text)
    if day is None:
        return ""
    clock = _CLOCK.search(text)
    if clock is None:
        return f"{_write(day)} 00:00:00"
    try:
        moment = time(int(clock[1]), int(clock[2]), int(clock[3] or 0))
    except ValueError:
        return ""
    return f"{_write(day)} {moment:%H:%M:%S}"


def integer(text: str) -> int | None:
    """A whole number of at most nine digits, or None."""
    return int(text) if _INTEGER.fullmatch(text) and text.isascii() else None


def _write(day: date) -> str:
    return f"{day.year:04}/{day.month:02}/{day.day:02}"
