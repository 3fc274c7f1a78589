"""Estimate and simulation of the same load tell the same."""

from __future__ import annotations

from random import Random

import pytest

from gateway.core.capacity.comparison import hops, largest, study
from gateway.core.capacity.estimate import Machines
from gateway.core.capacity.nation import Kind, Nation, Tier
from gateway.core.capacity.simulation import Question
from tests.kit.service_times import TIMES


@pytest.mark.parametrize("load", [1, 8])
def test_both_tell_the_same_utilisation_and_at_light_load_the_same_times(load: float) -> None:
    found = study(Question(Nation().times(load), TIMES, Machines(), 30_000), Random(2))
    assert any(one.difference is not None for one in found.stations)
    assert found.utilisation_within is not None
    assert found.utilisation_within < 0.15
    statuses = [way for way in found.ways if way.stream.kind is Kind.STATUS]
    assert all(way.copies for way in statuses)
    assert max(abs(way.difference or 0) for way in statuses) < (0.15 if load == 1 else 0.4)


def test_overloaded_load_is_said_to_be_and_not_compared() -> None:
    found = study(Question(Nation().times(200), TIMES, Machines(), 3000), Random(2))
    assert found.overloaded
    assert found.time_within is None
    assert all(one.difference is None for one in found.stations if one.expected.is_overloaded)


def test_circular_is_on_top_of_the_estimate_and_not_compared() -> None:
    question = Question(Nation(provinces=2, communes=4), TIMES, Machines(), 2000, whole=2, circular=True)
    found = study(question, Random(2))
    assert found.utilisation_within is None
    assert found.time_within is None


def test_hops_are_those_of_the_tree() -> None:
    found = study(Question(Nation(provinces=2, communes=4), TIMES, Machines(), 2000), Random(2))
    links = [(one, other) for one, other, _, _, _ in hops(found.seen)]
    assert links == [
        (Tier.CENTRAL, Tier.PROVINCE),
        (Tier.PROVINCE, Tier.CENTRAL),
        (Tier.PROVINCE, Tier.COMMUNE),
        (Tier.COMMUNE, Tier.PROVINCE),
    ]
    assert all(0 < p50 <= p99 for _, _, p50, p99, _ in hops(found.seen))


def test_largest_difference_counts_in_both_directions() -> None:
    assert largest([0.1, None, -0.3]) == 0.3
    assert largest([None]) is None
