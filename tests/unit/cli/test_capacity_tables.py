"""Figures of `truc capacity` as people read them."""

from __future__ import annotations

import pytest

from gateway.cli import capacity_tables as tables
from gateway.core.capacity.estimate import Machines, estimate
from gateway.core.capacity.nation import INSIDE, PEAK_PER_SECOND, Nation, Tier
from tests.kit.service_times import TIMES


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1e-9, "0"),
        (0.0123, "0.012"),
        (1.24, "1.2"),
        (12.4, "12"),
        (12_345.6, "12,346"),
        (float("inf"), "∞"),
    ],
)
def test_numbers_have_the_digits_that_count(value: float, text: str) -> None:
    assert tables.number(value) == text


def test_differences_bear_their_sign() -> None:
    assert [tables.signed(one) for one in (0.04, -0.1, None)] == ["+4 %", "-10 %", "–"]


def test_share_that_is_not_known_is_a_dash() -> None:
    assert [tables.percent(share) for share in (0.123, 1.0, None)] == ["12 %", "100 %", "–"]


def test_way_inside_a_province_says_so() -> None:
    assert tables.way(INSIDE[0]) == "province → commune (trong tỉnh · inside)"


def test_what_is_full_first_stands_first() -> None:
    found = estimate(Nation(), TIMES, Machines(), PEAK_PER_SECOND)
    rows = tables.limits(found).rows
    assert rows[0][0] == tables.BUSIEST_PROVINCE
    assert len(rows) == len(found.stations) + sum(one.tier is Tier.PROVINCE for one in found.stations)


def test_needs_name_every_kind_of_node_for_every_load() -> None:
    found = {load: estimate(Nation().times(load), TIMES, Machines(), PEAK_PER_SECOND) for load in (1.0, 10.0)}
    table = tables.needs(Nation(), found)
    assert [row[0] for row in table.rows] == ["1 ×"] * 4 + ["10 ×"] * 4
    assert {len(row) for row in table.rows} == {len(table.columns)}
