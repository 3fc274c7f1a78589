"""
The adapter: closed until it is switched on, then one listener with limits and a voice of its own.
"""

from __future__ import annotations

from dataclasses import replace

from adapters.vxp.adapter import VxpAdapter
from adapters.vxp.app import VXP_LIMITS, refuse
from gateway.config import VxpSection
from gateway.v1.transfer import LIMITS
from gateway.vxp.functions import FUNCTIONS
from tests.kit.office import SmallOffice
from tests.kit.vxp_door import SmallKeyring, workplace


async def test_door_is_closed_until_it_is_switched_on() -> None:
    place = workplace(SmallOffice(), SmallKeyring(), {})
    assert VxpAdapter(replace(place, settings=VxpSection())).counters() == ()


async def test_open_door_has_a_listener_of_its_own() -> None:
    place = workplace(SmallOffice(), SmallKeyring(), {})
    adapter = VxpAdapter(place)
    (counter,) = adapter.counters()
    assert (counter.name, counter.section, counter.refuse) == ("vxp", place.settings, refuse)
    assert counter.app[LIMITS] == VXP_LIMITS
    assert VXP_LIMITS.header_bytes == 2 * 1024 * 1024
    assert adapter.operations() == adapter.pollers() == ()


async def test_every_function_of_the_protocol_is_served() -> None:
    roof = VxpAdapter(workplace(SmallOffice(), SmallKeyring(), {})).roof()
    assert roof.functions == frozenset(FUNCTIONS.values())
