"""
What is looked for, in the words of the office.
"""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.ports import Wanted
from gateway.v1.found import FindQuery


def test_nothing_asked_is_everything_wanted() -> None:
    assert FindQuery().wanted() == Wanted()


def test_every_wish_reaches_the_office() -> None:
    query = FindQuery.model_validate(
        {
            "find": " 12/UBND-VX ",
            "issue_date": "2026-11-23",
            "sha256": "AB" * 32,
            "direction": "received",
            "since": "2026-11-23T08:00:00+07:00",
        }
    )
    assert query.wanted() == Wanted(
        text="12/UBND-VX",
        issue_date="2026/11/23",
        sha256="ab" * 32,
        sent=False,
        since=datetime(2026, 11, 23, 1, tzinfo=UTC),
    )
