"""The estimate: who is visited how often, what is full first, and how many machines are enough."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.capacity.estimate import (
    WANTED,
    Machines,
    behind,
    distinct,
    estimate,
    need,
    planned,
    visits,
)
from gateway.core.capacity.nation import PEAK_PER_SECOND, Flow, Kind, Nation, Stream, Tier
from gateway.core.capacity.service import Stage
from tests.kit.service_times import TIMES

C, P, X = Tier


def often(flow: Flow, recipients: float = 1.0) -> dict[tuple[Tier, Stage], float]:
    stream = Stream(flow, Kind.DOCUMENT, 1.0, recipients)
    found: dict[tuple[Tier, Stage], float] = {}
    for visit in visits(stream, Nation()):
        found[visit.tier, visit.stage] = found.get((visit.tier, visit.stage), 0) + visit.often
    return found


def test_letter_between_communes_of_two_provinces_goes_over_four_links() -> None:
    found = often(Flow(X, X, False, 1.0))
    assert found == pytest.approx(
        {
            (X, Stage.INTAKE): 1,
            (X, Stage.RELAY): 1,
            (X, Stage.ARRIVAL): 1,
            (X, Stage.HANDOVER): 1,
            (P, Stage.ARRIVAL): 2,
            (P, Stage.RELAY): 2,
            (P, Stage.BROKER): 2,
            (C, Stage.ARRIVAL): 1,
            (C, Stage.RELAY): 1,
            (C, Stage.BROKER): 2,
        }
    )


def test_letter_inside_one_node_crosses_no_link() -> None:
    assert often(Flow(P, P, True, 1.0), 2.0) == {(P, Stage.INTAKE): 1, (P, Stage.HANDOVER): 2}


def test_many_recipients_in_one_place_get_one_copy_over_the_link() -> None:
    found = often(Flow(X, C, False, 1.0), 50.0)
    assert found[C, Stage.ARRIVAL] == 1
    assert found[C, Stage.HANDOVER] == 50


@given(st.integers(1, 5000), st.floats(1, 100))
def test_places_are_no_more_than_recipients_nor_than_there_are(among: int, recipients: float) -> None:
    found = distinct(among, recipients)
    assert 1 - 1e-9 <= found <= min(among, recipients) + 1e-6


def test_places_of_a_letter_are_as_many_as_drawing_shows() -> None:
    chance, total = Random(1), 0
    for _ in range(20_000):
        found = {chance.randrange(34)}
        while chance.random() < 1 - 1 / 2.5:
            found.add(chance.randrange(34))
        total += len(found)
    assert total / 20_000 == pytest.approx(distinct(34, 2.5), rel=0.01)


def test_of_a_batch_the_later_ones_wait_for_the_earlier() -> None:
    assert behind(1.0, 1) == 0
    assert behind(3.0, 1) == pytest.approx(2.0)  # geometric with mean n: E[X(X-1)/2] / E[X] = n - 1
    assert behind(3.0, 4) < behind(3.0, 2) < behind(3.0, 1)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.01, 300))
def test_every_station_is_within_its_servers_or_said_to_be_overloaded(load: float) -> None:
    found = estimate(Nation().times(load), TIMES, Machines(), PEAK_PER_SECOND)
    for station in found.stations:
        assert 0 <= station.utilisation <= 1
        assert station.wait >= 0
        assert station.is_overloaded == (station.wait == math.inf)
    assert found.first_full.full == max(station.full for station in found.stations)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.1, 100))
def test_load_that_fills_a_station_is_told(load: float) -> None:
    first = estimate(Nation().times(load), TIMES, Machines(), PEAK_PER_SECOND).first_full
    again = estimate(Nation().times(load * first.breaks_at), TIMES, Machines(), PEAK_PER_SECOND)
    assert again.first_full.full == pytest.approx(1)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.1, 300))
def test_machines_that_are_planned_are_enough(load: float) -> None:
    nation = Nation().times(load)
    machines = planned(estimate(nation, TIMES, Machines(), PEAK_PER_SECOND), Machines())
    found = estimate(nation, TIMES, machines, PEAK_PER_SECOND)
    assert all(one.full <= WANTED + 1e-9 for one in found.stations)


def test_busiest_province_needs_more_than_a_mean_one() -> None:
    found = estimate(Nation().times(50), TIMES, Machines(), PEAK_PER_SECOND)
    mean, busiest = need(found, Tier.PROVINCE), need(found, Tier.PROVINCE, 5)
    assert busiest.cores > mean.cores
    assert busiest.bytes_of_year == pytest.approx(5 * mean.bytes_of_year)
    assert need(found, Tier.COMMUNE).broker_cores == 0


def test_country_without_letters_is_idle() -> None:
    found = estimate(Nation(national=0, inside=0), TIMES, Machines(), PEAK_PER_SECOND)
    assert all(one.full == one.wait == one.rate == 0 for one in found.stations)
    assert found.first_full.breaks_at == math.inf
    assert need(found, Tier.CENTRAL).cores == 0
