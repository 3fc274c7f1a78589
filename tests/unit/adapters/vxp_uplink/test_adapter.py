"""
The loop of the uplink: what is due is done, and what fails ends nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from gateway.core.model import NodeId
from tests.kit.axis_stub import OK, PAGE, AxisStub, answer, axis_stub, by_function, said
from tests.kit.axis_stub import letter as given
from tests.kit.correspondence import letter
from tests.kit.uplink import ABOVE, OURS, Below, node_below

EMPTY = answer(OK, data=[])


@asynccontextmanager
async def running(house: Below) -> AsyncIterator[None]:
    (poller,) = house.adapter.pollers()
    task = asyncio.ensure_future(poller())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(house: Below, stub: AxisStub, function: str, times: int) -> None:
    """Let time pass, second by second, until the axis was called so often."""
    for _ in range(5000):
        if len(stub.calls(function)) >= times:
            return
        house.axis.clock.advance(1)
        for _ in range(20):
            await asyncio.sleep(0)
    raise AssertionError(f"{function} was called {len(stub.calls(function))} times")


async def test_axis_is_asked_as_often_as_the_settings_say(tmp_path: Path) -> None:
    async with axis_stub(by_function()) as stub, node_below(stub.endpoint, tmp_path) as house:
        began = house.axis.clock.now()
        async with running(house):
            await until(house, stub, "getReceivedEdocList", 6)
        passed = (house.axis.clock.now() - began).total_seconds()
        lists = len(stub.calls("getAgenciesList"))
    assert passed >= 60, "three rounds, thirty seconds apart"
    assert lists == 1


async def test_mail_that_waits_is_taken_without_a_pause(tmp_path: Path) -> None:
    content, lines = given(letter(ABOVE, OURS)), [{"docId": "1", "from": ABOVE, "to": OURS}]
    step = by_function(getReceivedEdocList=[answer(OK, data=lines), EMPTY], getEdoc=content)
    async with axis_stub(step) as stub, node_below(stub.endpoint, tmp_path) as house:
        async with running(house):
            await until(house, stub, "updateStatus", 1)
            began = house.axis.clock.now()
            await until(house, stub, "getReceivedEdocList", 4)
            passed = (house.axis.clock.now() - began).total_seconds()
        await house.axis.settle()
        assert len(await house.axis.collect(OURS)) == 1
    assert passed < 30


async def test_dead_axis_is_asked_ever_more_rarely_and_taken_up_again(tmp_path: Path) -> None:
    steps = [said(PAGE, 502)] * 5 + [EMPTY]
    step = by_function(getReceivedEdocList=steps)
    async with axis_stub(step) as stub, node_below(stub.endpoint, tmp_path) as house, running(house):
        await until(house, stub, "getReceivedEdocList", 8)
        down, up = house.node.said("uplink.down"), house.node.said("uplink.up")
    assert len(down) == len(up) == 1


async def test_agency_that_moves_is_taken_up_while_the_node_runs(tmp_path: Path) -> None:
    step = by_function()
    async with axis_stub(step) as stub, node_below(stub.endpoint, tmp_path) as house, running(house):
        await until(house, stub, "getReceivedEdocList", 2)
        await house.move(OURS, "mailbox", "both", system_id="vxp.own", secret="s2")
        await until(house, stub, "getReceivedEdocList", 4)
        asked = [call.header("XroadVnpt-systemid") for call in stub.calls("getReceivedEdocList")]
    assert asked[2] == "vxp.own"


async def test_node_that_runs_over_old_files_sweeps_them(tmp_path: Path) -> None:
    (tmp_path / "data" / "uplink" / "sent" / "20200101").mkdir(parents=True)
    async with axis_stub(by_function()) as stub, node_below(stub.endpoint, tmp_path) as house:
        async with running(house):
            await until(house, stub, "getReceivedEdocList", 2)
        assert house.node.name == NodeId("H14")
        assert not list((tmp_path / "data" / "uplink" / "sent").iterdir())


async def test_probe_goes_to_the_axis_above_and_asks_nothing(tmp_path: Path) -> None:
    async with axis_stub(by_function()) as stub, node_below(stub.endpoint, tmp_path) as house:
        steps = await house.adapter.probe(OURS)
        assert steps
        assert all(step.is_good for step in steps)
        assert stub.calls("getAgenciesList") == []
