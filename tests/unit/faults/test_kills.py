"""
The schedule of kills: enough of them, everybody's turn, and the same again for the same seed.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from gateway.core.model import NodeId
from tests.faults.kills import BROKER, BROKER_KILLS, GAPS, schedule

NODES = [NodeId(name) for name in ("G22", "H14", "H21")]


@pytest.mark.parametrize("kills", [6, 20, 200])
def test_schedule_kills_as_often_as_asked(kills: int) -> None:
    assert len(schedule(NODES, kills, Random(1))) == kills


def test_schedule_kills_more_often_rather_than_leave_somebody_out() -> None:
    assert len(schedule(NODES, 1, Random(1))) == len(NODES) + BROKER_KILLS


@pytest.mark.parametrize("seed", range(5))
def test_every_node_dies_and_the_broker_three_times(seed: int) -> None:
    deaths = Counter(kill.victim for kill in schedule(NODES, 20, Random(seed)))
    assert deaths[BROKER] >= BROKER_KILLS
    assert all(deaths[node] for node in NODES)


def test_same_seed_gives_the_same_schedule() -> None:
    assert schedule(NODES, 20, Random(7)) == schedule(NODES, 20, Random(7))
    assert schedule(NODES, 20, Random(7)) != schedule(NODES, 20, Random(8))


def test_kills_keep_their_distance() -> None:
    first, last = GAPS
    assert all(first <= kill.after <= last for kill in schedule(NODES, 50, Random(3)))
