"""The times of a letter at intake. The way they take through the axis is told in tests/network."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.doors.wishes import local, signed_at
from signing.verdict import Facts, Outcome, Verdict
from tests.kit.clock import START


@pytest.mark.parametrize(
    ("outcome", "after", "is_known"),
    [
        (Outcome.PASSED, timedelta(0), True),
        (Outcome.PASSED, -timedelta(days=9), True),
        (Outcome.PASSED, timedelta(seconds=1), False),
        (Outcome.UNDETERMINED, timedelta(0), False),
        (Outcome.FAILED, timedelta(0), False),
    ],
)
def test_only_a_seal_that_holds_says_when_it_was_made(
    outcome: Outcome, after: timedelta, is_known: bool
) -> None:
    at = START + after
    assert signed_at(Verdict(outcome, facts=Facts(signed_at=at)), START) == (at if is_known else None)


def test_seal_without_a_time_says_nothing() -> None:
    assert signed_at(Verdict(Outcome.PASSED), START) is None


def test_hour_is_told_in_the_time_of_vietnam() -> None:
    assert local(START) == "02/03/2026 08:30"
