"""
How long a letter may take, as a sender writes it: `90m`, `12h`, `3d`.

Days are of 24 hours: whoever sets a time of its own means the clock, not the office.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError

PATTERN = "^[1-9][0-9]{0,3}[mhd]$"
A_LIFETIME = "90m, 12h, 3d"

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def lifetime_of(text: str) -> timedelta:
    """The time that is written so. Raises: ValueError."""
    if not re.fullmatch(PATTERN[1:-1], text, re.ASCII):
        raise ValueError(A_LIFETIME)
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def lifetime_text(lifetime: timedelta) -> str:
    """The same time as it is written, to the minute."""
    return f"{int(lifetime.total_seconds()) // 60}m"


def _read(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    try:
        return lifetime_of(value if isinstance(value, str) else "")
    except ValueError:
        raise PydanticCustomError("no_lifetime", "{wanted}", {"wanted": A_LIFETIME}) from None


class _Form:
    """How docs show it."""

    def __get_pydantic_json_schema__(self, _schema: Any, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": PATTERN, "examples": ["3d"]}


Lifetime = Annotated[timedelta, BeforeValidator(_read), _Form()]
"""A length of time, `3d`."""
