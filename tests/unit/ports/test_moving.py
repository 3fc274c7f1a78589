"""
What is set for an agency that moves, as a row.
"""

from __future__ import annotations

from typing import Any

import pytest

from gateway.ports.moving import House, Served


def test_row_is_read_as_it_was_written() -> None:
    house = House(
        served=Served.BOTH, system_id="vxp.own", sealed_secret="gAAA", delivery="folder", sends_arrived=True
    )
    assert House.of(house.as_row()) == house
    assert House.of({**house.as_row(), "of a newer release": 1}) == house
    assert house.has_system


@pytest.mark.parametrize(
    "row", [{}, {"served": ""}, {"served": "moon"}, {"served": None}, {"dialect": "dotnet"}]
)
def test_without_a_place_no_move_is_set(row: dict[str, Any]) -> None:
    assert House.of(row) is None


def test_move_needs_nothing_but_a_place() -> None:
    house = House.of({"served": "local"})
    assert house is not None
    assert (house.served, house.delivery, house.has_system) == (Served.LOCAL, "mailbox", False)
