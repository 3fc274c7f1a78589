"""
How long a letter may take, as senders write it.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import BaseModel, ValidationError

from gateway.v1.lifetime import Lifetime, lifetime_of, lifetime_text


class Asked(BaseModel):
    ttl: Lifetime | None = None


@pytest.mark.parametrize(
    ("text", "time"),
    [("90m", timedelta(minutes=90)), ("12h", timedelta(hours=12)), ("3d", timedelta(days=3))],
)
def test_minutes_hours_and_days_are_read(text: str, time: timedelta) -> None:
    assert lifetime_of(text) == time
    assert Asked(ttl=text).ttl == time  # type: ignore[arg-type]
    assert lifetime_of(lifetime_text(time)) == time


@pytest.mark.parametrize(
    "text", ["", "3", "0d", "-3d", "3 d", "3D", "3.5h", "99999d", "٣d", "3d\n", "PT3H", "1w"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="90m"):
        lifetime_of(text)
    with pytest.raises(ValidationError):
        Asked(ttl=text)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [3, 3.5, True, [], {}])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Asked(ttl=value)  # type: ignore[arg-type]


def test_docs_show_the_form() -> None:
    (shape, _) = Asked.model_json_schema()["properties"]["ttl"]["anyOf"]
    assert shape["pattern"] == "^[1-9][0-9]{0,3}[mhd]$"
