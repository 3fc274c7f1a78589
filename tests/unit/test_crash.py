"""Crash points kill at the right moment, and never by accident."""

from __future__ import annotations

import pytest

from gateway.core.errors import Misconfigured
from gateway.crash import POINTS, crash_points, no_crash


def test_a_point_dies_at_its_number_and_not_before() -> None:
    deaths: list[int] = []
    at = crash_points("C4:3", lambda: deaths.append(1))
    at("C4")
    at("C4")
    assert deaths == []
    at("C4")
    assert deaths == [1]
    at("C4")
    assert deaths == [1]


def test_several_points_count_apart() -> None:
    deaths: list[int] = []
    at = crash_points("C4:2,C11", lambda: deaths.append(1))
    at("C4")
    assert deaths == []
    at("C11")
    assert deaths == [1]


@pytest.mark.parametrize("spec", ["C99", "C4:x", "c4"])
def test_a_point_that_does_not_exist_is_refused_by_name(spec: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        crash_points(spec)
    assert spec.partition(":")[0] in refused.value.first.en


def test_by_default_nothing_dies() -> None:
    for point in POINTS:
        no_crash(point)
