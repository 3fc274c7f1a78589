"""
The axis above as a node knows it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.vxp_uplink.axis import FIRST_REST, LONGEST_REST, Axis, System
from gateway.config import UplinkSection
from gateway.config.values import Secret
from gateway.core.catalogue import VXP_REFUSED, VXP_UNREACHABLE
from gateway.core.errors import Misconfigured, Rejected, TrucError, Unavailable, find
from gateway.core.model import AgencyCode
from tests.kit.uplink import ABOVE, OURS, OURS_TOO, SECRET, SYSTEM, node_below

ENDPOINT = "http://127.0.0.1:9"


def unreachable(code: str) -> TrucError:
    return Unavailable(find(VXP_UNREACHABLE, url=ENDPOINT, code=code, detail="x"))


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (UplinkSection(endpoint=ENDPOINT, system_id="a"), "uplink.secret"),
        (UplinkSection(endpoint=ENDPOINT, secret=Secret("env", "UPLINK_SECRET")), "system_id"),
        (UplinkSection(endpoint=ENDPOINT, system_id="a", secret=Secret("env", "NONE")), "env:NONE"),
        (UplinkSection(endpoint="http://a?b=c", system_id="a", secret=Secret("env", "UPLINK_SECRET")), "url"),
    ],
)
async def test_settings_that_cannot_work_are_told_when_the_node_starts(
    tmp_path: Path, settings: UplinkSection, key: str
) -> None:
    async with node_below("", tmp_path) as house:
        with pytest.raises(Misconfigured) as told:
            Axis(replace(house.workplace(), settings=settings))
    assert told.value.first.params["key"] == key


@pytest.mark.parametrize("settings", [UplinkSection(), None, {}, {"endpoint": ENDPOINT}])
async def test_without_an_endpoint_there_is_no_axis_above(tmp_path: Path, settings: object) -> None:
    async with node_below("", tmp_path) as house:
        axis = Axis(replace(house.workplace(), settings=settings))
        assert axis.own is None
        assert list(axis.drained()) == []


async def test_rest_grows_to_five_minutes_and_ends_with_an_answer(tmp_path: Path) -> None:
    async with node_below(ENDPOINT, tmp_path) as house:
        axis, clock = house.adapter.axis, house.axis.clock
        assert axis.own is not None
        rests = []
        for _ in range(12):
            axis.fails(axis.own, unreachable("HTTP 502"))
            rests.append(timedelta(seconds=axis.rest(axis.own)))
        with pytest.raises(Unavailable):
            axis.ask_first(axis.own)
        clock.advance(LONGEST_REST)
        axis.ask_first(axis.own)
        axis.works(axis.own)
        axis.works(axis.own)
        (down,), (up,) = house.node.said("uplink.down"), house.node.said("uplink.up")
    assert rests[:3] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
    assert rests[-1] == LONGEST_REST
    assert (down["system"], up["system"]) == (SYSTEM, SYSTEM)


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (unreachable("20"), False),
        (unreachable("21"), False),
        (unreachable("19"), False),
        (unreachable("HTTP 503"), True),
        (unreachable("—"), True),
        (Rejected(find(VXP_REFUSED, url=ENDPOINT, code="15", detail="x")), True),
    ],
)
async def test_fault_with_one_letter_is_not_the_axis(tmp_path: Path, error: TrucError, counts: bool) -> None:
    async with node_below(ENDPOINT, tmp_path) as house:
        axis = house.adapter.axis
        assert axis.own is not None
        axis.fails(axis.own, error)
        assert (axis.rest(axis.own) > 0) is counts


async def test_only_agencies_that_are_served_here_are_drained_each_system_once(tmp_path: Path) -> None:
    async with node_below(ENDPOINT, tmp_path) as house:
        own = {"system_id": "vxp.own", "secret": "s2"}
        await house.move(OURS, "mailbox", "both", **own)
        await house.move(OURS_TOO, "mailbox", "both", **own)
        together = list(house.adapter.axis.drained())
        await house.move(OURS_TOO, "mailbox", "local")
        alone = list(house.adapter.axis.drained())
        await house.move(OURS, "uplink", "both")  # the row is not changed yet, or not any more
        row_says_uplink = list(house.adapter.axis.drained())
        await house.move(OURS, "mailbox", "both", system_id=SYSTEM)
        same_as_the_node = list(house.adapter.axis.drained())
    assert together == [System("vxp.own", "s2", frozenset({OURS, OURS_TOO}))]
    assert alone == [System("vxp.own", "s2", frozenset({OURS}))]
    assert row_says_uplink == same_as_the_node == []


async def test_secret_that_the_vault_cannot_open_stops_nobody_else(tmp_path: Path) -> None:
    async with node_below(ENDPOINT, tmp_path) as house:
        await house.move(OURS, "mailbox", "both", system_id="vxp.one", secret="s1")
        await house.move(OURS_TOO, "mailbox", "both", system_id="vxp.two", secret="s2")
        house.ways[OURS] = {**house.ways[OURS], "secret": "rubbish"}
        assert [s.system_id for s in house.adapter.axis.drained()] == ["vxp.two"]
        (down,) = house.node.said("uplink.down")
    assert down["system"] == "vxp.one"


async def test_letters_go_up_in_whose_name_they_may(tmp_path: Path) -> None:
    async with node_below(ENDPOINT, tmp_path) as house:
        axis = house.adapter.axis
        assert axis.system_for(OURS) == axis.own == System(SYSTEM, SECRET)
        assert axis.system_for(ABOVE) is None, "what came down must not go up again"
        assert axis.system_for(AgencyCode("AX.H14")) == axis.own
        await house.move(ABOVE, "uplink", "uplink", system_id="vxp.own", secret="s2")
        assert axis.system_for(ABOVE) == System("vxp.own", "s2")
        await house.move(OURS, "mailbox", "local", system_id="vxp.old", secret="s3")
        assert axis.system_for(OURS) == axis.own
