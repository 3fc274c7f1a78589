"""
Relay: a link that an operator holds or drains.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.core.delivery import State
from gateway.core.model import Lane, NodeId
from gateway.core.whereabouts import where
from gateway.ports import Accepted, Act, Caller, Maintenance, Mode
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.correspondence import letter
from tests.kit.nodes import SmallAxis, open_axis

UP = "link:G22"


def act(axis: SmallAxis) -> Act:
    return Act(event="console.link_hold", by="lan", at=axis.clock.now())


async def hold(axis: SmallAxis, mode: Mode, node: NodeId = PROVINCE, neighbour: NodeId = CENTRAL) -> None:
    wanted = Maintenance(neighbour, mode, "thay đường truyền", "lan", axis.clock.now())
    await axis.nodes[node].store.hold_link(wanted, act(axis))


async def reopen(axis: SmallAxis, node: NodeId = PROVINCE, neighbour: NodeId = CENTRAL) -> None:
    await axis.nodes[node].store.open_link(neighbour, act(axis))
    await axis.settle()


async def send(axis: SmallAxis, number: int = 1) -> Accepted:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, number=number)
    accepted = await axis.send(content, by=PROVINCE_OFFICE)
    await axis.settle()
    return accepted


async def state(axis: SmallAxis, accepted: Accepted) -> State:
    return (await axis.delivery(PROVINCE, accepted.letter_id, UP)).state


async def test_letter_waits_beside_a_held_link_and_goes_when_it_is_opened(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        await hold(axis, Mode.HELD)
        accepted = await send(axis)
        await axis.wait(timedelta(minutes=10))
        assert await state(axis, accepted) is State.QUEUED
        assert axis.post.bytes_over(PROVINCE, CENTRAL, Lane.NORMAL) == 0
        await reopen(axis)
        assert await state(axis, accepted) is State.TAKEN


async def test_sender_reads_why_his_letter_waits(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        await hold(axis, Mode.HELD)
        accepted = await send(axis)
        caller = Caller("key", frozenset({PROVINCE_OFFICE}))
        tracking = await axis.nodes[PROVINCE].office.whereabouts(caller, accepted.letter_id)
        assert "tạm ngừng để bảo trì" in where(tracking.recipients[0])[0]


async def test_what_is_on_its_way_is_not_offered_again_while_the_link_is_held(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.post.man_in_the_middle = lambda way, data: data if way.sender == PROVINCE else b"lost"
        accepted = await send(axis)
        assert await state(axis, accepted) is State.SENT
        await hold(axis, Mode.HELD)
        before = axis.post.bytes_over(PROVINCE, CENTRAL, Lane.NORMAL)
        await axis.wait(timedelta(minutes=30))
        assert axis.post.bytes_over(PROVINCE, CENTRAL, Lane.NORMAL) == before
        axis.post.man_in_the_middle = lambda _way, data: data
        await reopen(axis)
        await axis.wait(timedelta(minutes=30))
        assert await state(axis, accepted) is State.TAKEN


async def test_draining_link_sees_through_what_is_on_its_way_and_is_held_then(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.post.man_in_the_middle = lambda way, data: data if way.sender == PROVINCE else b"lost"
        first = await send(axis, 1)
        await hold(axis, Mode.DRAINING)
        second = await send(axis, 2)
        store = axis.nodes[PROVINCE].store
        await axis.wait(timedelta(seconds=5))
        assert (await store.maintenance())[CENTRAL].mode is Mode.DRAINING
        axis.post.man_in_the_middle = lambda _way, data: data
        await axis.wait(timedelta(minutes=30))
        assert (await state(axis, first), await state(axis, second)) == (State.TAKEN, State.QUEUED)
        assert (await store.maintenance())[CENTRAL].mode is Mode.HELD


async def test_what_comes_over_a_held_link_is_taken_and_answered(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        await hold(axis, Mode.HELD, CENTRAL, PROVINCE)
        assert await state(axis, await send(axis)) is State.TAKEN
