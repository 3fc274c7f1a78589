"""
Days and times as /v1 takes them: in one form each, so that nobody reads one another way than it was meant.

Spec: RFC3339
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

A_DAY, A_MOMENT = "2026-11-23", "2026-11-23T08:00:00+07:00"
"""How each is written, for whoever wrote it otherwise."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_SPACE_FOR_PLUS = re.compile(r" (?=\d\d:\d\d$)")  # what a `+` in a query becomes that nobody escaped


def _day(value: object) -> object:
    if isinstance(value, date):
        return value
    if not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise _other_form("no_day", A_DAY)  # pydantic alone would also take a count of seconds
    try:
        return date.fromisoformat(value)
    except ValueError:  # the 30th of February
        raise _other_form("no_day", A_DAY) from None


def _moment(value: object) -> object:
    if isinstance(value, datetime):
        return value
    text = _SPACE_FOR_PLUS.sub("+", value) if isinstance(value, str) else ""
    if not _MOMENT.fullmatch(text):
        raise _other_form("no_time", A_MOMENT)
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:  # the 30th of February
        raise _other_form("no_time", A_MOMENT) from None


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first and the last day that there is, seen from elsewhere
        raise _other_form("no_time", A_MOMENT) from None


def _other_form(kind: str, wanted: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{wanted}", {"wanted": wanted})


Day = Annotated[date, BeforeValidator(_day)]
"""A day, `2026-11-23`."""

Moment = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_utc)]
"""A time with its offset, `2026-11-23T08:00:00+07:00`; read as UTC."""
