"""Queues of the simulation: first come first served, and as long as theory says."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.capacity.queueing import group_commit, mean_wait
from gateway.core.capacity.stations import Agenda, Disk, Servers, Tally

JOBS = 60_000


def queue(servers: int, service: Callable[[Random], float], load: float) -> Tally:
    """Poisson arrivals at a queue whose mean service takes a second."""
    chance, agenda, tally = Random(7), Agenda(), Tally(0, math.inf)
    station = Servers(agenda, servers, tally, lambda _job: None)
    moment = 0.0
    for _ in range(JOBS):
        moment += chance.expovariate(load * servers)
        agenda.at(moment, lambda seconds: station.offer("job", seconds), service(chance))
    tally.end = moment
    agenda.run()
    return tally


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
@pytest.mark.parametrize("servers", [1, 3])
def test_exponential_service_waits_as_m_m_c(servers: int, load: float) -> None:
    tally = queue(servers, lambda chance: chance.expovariate(1), load)
    expected = mean_wait(load * servers, 1, 2, servers)
    assert sum(tally.waits) / len(tally.waits) == pytest.approx(expected, rel=0.1)
    assert tally.utilisation == pytest.approx(load, rel=0.05)


def test_constant_service_waits_as_m_d_1() -> None:
    tally = queue(1, lambda _chance: 1.0, 0.7)
    assert sum(tally.waits) / len(tally.waits) == pytest.approx(mean_wait(0.7, 1, 1, 1), rel=0.1)
    assert tally.queue == pytest.approx(0.7 * mean_wait(0.7, 1, 1, 1), rel=0.1)


@pytest.mark.parametrize("rate", [20.0, 400.0])
def test_disk_takes_as_long_as_the_formula_says(rate: float) -> None:
    chance, agenda, tally = Random(3), Agenda(), Tally(0, math.inf)
    disk = Disk(agenda, 0.004, 64, tally, lambda _job: None)
    moment = 0.0
    for _ in range(JOBS):
        moment += chance.expovariate(rate)
        agenda.at(moment, lambda seconds: disk.offer("job", seconds), 0.0002)
    tally.end = moment
    agenda.run()
    expected = group_commit(rate, 0.004, 0.0002, 0.0002**2, 64)
    assert tally.utilisation == pytest.approx(expected.busy, rel=0.1)
    waits = sum(tally.waits) / len(tally.waits)
    assert waits + 0.0042 == pytest.approx(expected.sojourn, rel=0.1)


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 3)), max_size=40), st.integers(1, 4))
def test_jobs_begin_in_their_order_and_none_is_lost(jobs: list[tuple[float, float]], servers: int) -> None:
    agenda, tally, done = Agenda(), Tally(0, 100), list[int]()
    station = Servers(agenda, servers, tally, lambda job: done.append(job))
    for number, (when, seconds) in enumerate(jobs):
        agenda.at(when, lambda given: station.offer(*given), (number, seconds))
    agenda.run()
    assert sorted(done) == list(range(len(jobs)))
    assert all(wait >= 0 for wait in tally.waits)
    assert tally.jobs == len(tally.waits) == len(jobs)
    assert tally.busy <= sum(seconds for _, seconds in jobs) + 1e-9
    if servers == 1:
        assert done == sorted(range(len(jobs)), key=lambda n: (jobs[n][0], n))


def test_disk_tells_only_of_jobs_that_somebody_waits_for() -> None:
    agenda, told = Agenda(), list[str]()
    disk = Disk(agenda, 1.0, 2, Tally(0, 100), told.append)
    for job in ("a", None, "b"):
        disk.offer(job, 0.5)
    agenda.run()
    assert told == ["a", "b"]
    assert agenda.now == pytest.approx(1.5 + 2.0)  # the first alone, then both others at once


def test_only_what_lies_in_the_window_is_counted() -> None:
    tally = Tally(10, 20, count=1)
    tally.worked(5, 12)
    tally.worked(19, 30)
    tally.waited(9.9, 1.0)
    tally.waited(10, 2.0)
    assert tally.utilisation == pytest.approx(0.3)
    assert tally.waits == [2.0]
    assert Tally(0, 0).utilisation == Tally(0, 0).queue == 0
