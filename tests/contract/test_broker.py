"""
What every broker promises to the doors, whatever it is made of.

A broker joins the suite with one line in KITS. Ends: PARENT owns the link, CHILD connects to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import pytest

from gateway.core.errors import Unavailable
from gateway.core.model import Lane, NodeId
from gateway.ports import Broker, Inbox, Incoming
from tests.contract.broker_kit import (
    CHILD,
    DELIVERY_LIMIT,
    PARENT,
    QUEUE_BYTES,
    BrokerKit,
    memory_kit,
    rabbit_kit,
)

KITS: dict[str, Callable[[pytest.Config], AbstractAsyncContextManager[BrokerKit]]] = {
    "memory": memory_kit,
    "rabbitmq": rabbit_kit,
}
PLENTY = (1000, 100 * QUEUE_BYTES)
WAYS = [(PARENT, CHILD), (CHILD, PARENT)]


@pytest.fixture(params=["memory", pytest.param("rabbitmq", marks=pytest.mark.external)])
async def kit(request: pytest.FixtureRequest) -> AsyncIterator[BrokerKit]:
    async with KITS[request.param](request.config) as ready:
        yield ready


async def send(broker: Broker, to: NodeId, *frames: bytes, lane: Lane = Lane.NORMAL) -> None:
    for frame in frames:
        await broker.publish(to, lane, frame)


async def receive(inbox: Inbox, number: int) -> list[Incoming]:
    """`number` frames, however many come at once."""
    got: list[Incoming] = []
    while len(got) < number:
        got += await inbox.get(number - len(got), PLENTY[1])
    return got


def data(frames: Sequence[Incoming]) -> list[bytes]:
    return [frame.data for frame in frames]


async def fill(broker: Broker, to: NodeId, lane: Lane) -> int:
    """Publish until the queue refuses; how many frames it confirmed."""
    for confirmed in range(100):
        try:
            await broker.publish(to, lane, bytes(QUEUE_BYTES // 8))
        except Unavailable as refused:
            assert refused.code == "TRUC-510"  # noqa: PT017 - the loop needs to know which one it was
            return confirmed
    raise AssertionError("a queue without bounds")


@pytest.mark.parametrize(("sender", "receiver"), WAYS)
async def test_frames_arrive_in_order_with_their_sender_and_lane(
    kit: BrokerKit, sender: NodeId, receiver: NodeId
) -> None:
    frames = [b"%d" % n for n in range(20)]
    await send(await kit.open(sender), receiver, *frames, lane=Lane.URGENT)
    got = await receive((await kit.open(receiver)).inbox(sender, Lane.URGENT), 20)
    assert data(got) == frames
    assert {(f.neighbour, f.lane, f.redelivered) for f in got} == {(sender, Lane.URGENT, False)}


async def test_lanes_do_not_mix(kit: BrokerKit) -> None:
    sender, receiver = await kit.open(PARENT), await kit.open(CHILD)
    for lane in Lane:
        await send(sender, CHILD, lane.value.encode(), lane=lane)
    for lane in Lane:
        assert data(await receive(receiver.inbox(PARENT, lane), 1)) == [lane.value.encode()]


async def test_directions_do_not_mix(kit: BrokerKit) -> None:
    parent, child = await kit.open(PARENT), await kit.open(CHILD)
    await send(parent, CHILD, b"down")
    await send(child, PARENT, b"up")
    assert data(await receive(parent.inbox(CHILD, Lane.NORMAL), 1)) == [b"up"]
    assert data(await receive(child.inbox(PARENT, Lane.NORMAL), 1)) == [b"down"]


async def test_a_frame_may_hold_any_bytes(kit: BrokerKit) -> None:
    frame = bytes(range(256)) * 200
    await send(await kit.open(PARENT), CHILD, frame)
    assert data(await receive((await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL), 1)) == [frame]


async def test_get_waits_until_a_frame_comes(kit: BrokerKit) -> None:
    inbox = (await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL)
    waiting = asyncio.ensure_future(inbox.get(*PLENTY))
    await asyncio.sleep(0)
    assert not waiting.done()
    await send(await kit.open(PARENT), CHILD, b"at last")
    assert data(await waiting) == [b"at last"]


async def test_get_gives_no_more_frames_than_asked_for(kit: BrokerKit) -> None:
    await send(await kit.open(PARENT), CHILD, b"1", b"2", b"3")
    inbox = (await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL)
    first = await inbox.get(2, PLENTY[1])
    assert len(first) <= 2
    assert data(first + await receive(inbox, 3 - len(first))) == [b"1", b"2", b"3"]


async def test_get_gives_no_more_bytes_than_asked_for_but_one_frame_at_least(kit: BrokerKit) -> None:
    await send(await kit.open(PARENT), CHILD, b"a" * 100, b"b" * 40, b"c" * 40, b"d" * 40)
    inbox = (await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL)
    assert data(await inbox.get(10, 80)) == [b"a" * 100]
    got: list[Incoming] = []
    while len(got) < 3:
        more = await inbox.get(10, 80)
        assert sum(map(len, data(more))) <= 80
        got += more


async def test_what_was_acknowledged_never_comes_again(kit: BrokerKit) -> None:
    await send(await kit.open(PARENT), CHILD, b"1", b"2", b"3")
    child = await kit.open(CHILD)
    inbox = child.inbox(PARENT, Lane.NORMAL)
    got = await receive(inbox, 3)
    await inbox.ack(got[:2])
    await child.close()
    again = await receive((await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL), 1)
    assert data(again) == [b"3"]


async def test_what_was_not_acknowledged_comes_again_after_a_close_in_its_old_order(kit: BrokerKit) -> None:
    parent, child = await kit.open(PARENT), await kit.open(CHILD)
    await send(parent, CHILD, b"1", b"2", b"3")
    await receive(child.inbox(PARENT, Lane.NORMAL), 2)
    await child.close()
    await send(parent, CHILD, b"4")
    again = await receive((await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL), 4)
    assert data(again) == [b"1", b"2", b"3", b"4"]
    assert [f.redelivered for f in again[:2]] == [True, True]


async def test_what_was_put_back_comes_again(kit: BrokerKit) -> None:
    await send(await kit.open(PARENT), CHILD, b"1", b"2")
    inbox = (await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL)
    first, second = await receive(inbox, 2)
    await inbox.nack([first])
    await inbox.ack([second])
    again = await receive(inbox, 1)
    assert data(again) == [b"1"]
    assert again[0].redelivered


async def test_a_frame_in_the_receivers_hands_is_given_to_nobody_else(kit: BrokerKit) -> None:
    parent, child = await kit.open(PARENT), await kit.open(CHILD)
    await send(parent, CHILD, b"1")
    await receive(child.inbox(PARENT, Lane.NORMAL), 1)
    await send(parent, CHILD, b"2")
    assert data(await receive(child.inbox(PARENT, Lane.NORMAL), 1)) == [b"2"]


async def test_frames_wait_for_a_receiver_that_is_away(kit: BrokerKit) -> None:
    child = await kit.open(CHILD)
    child.inbox(PARENT, Lane.NORMAL)
    await child.close()
    await send(await kit.open(PARENT), CHILD, b"1", b"2")
    assert data(await receive((await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL), 2)) == [b"1", b"2"]


async def test_a_sender_may_leave_after_its_confirm(kit: BrokerKit) -> None:
    parent = await kit.open(PARENT)
    await send(parent, CHILD, b"1")
    await parent.close()
    assert data(await receive((await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL), 1)) == [b"1"]


async def test_a_full_queue_refuses_and_keeps_all_it_confirmed(kit: BrokerKit) -> None:
    parent = await kit.open(PARENT)
    confirmed = await fill(parent, CHILD, Lane.NORMAL)
    assert 1 <= confirmed <= 16  # RabbitMQ notices a little late
    inbox = (await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL)
    await inbox.ack(await receive(inbox, confirmed))
    await parent.publish(CHILD, Lane.NORMAL, b"room again")
    assert data(await receive(inbox, 1)) == [b"room again"]


async def test_a_full_lane_leaves_the_others_open(kit: BrokerKit) -> None:
    parent = await kit.open(PARENT)
    await fill(parent, CHILD, Lane.NORMAL)
    await parent.publish(CHILD, Lane.URGENT, b"urgent")
    assert data(await receive((await kit.open(CHILD)).inbox(PARENT, Lane.URGENT), 1)) == [b"urgent"]


@pytest.mark.parametrize(("sender", "receiver"), WAYS)
async def test_a_frame_that_nobody_can_take_is_parked_and_the_next_passes(
    kit: BrokerKit, sender: NodeId, receiver: NodeId
) -> None:
    brokers = {PARENT: await kit.open(PARENT), CHILD: await kit.open(CHILD)}
    await send(brokers[sender], receiver, b"poison", b"letter")
    inbox = brokers[receiver].inbox(sender, Lane.NORMAL)
    seen: list[bytes] = []
    while len(seen) < DELIVERY_LIMIT + 2:  # in which order is the broker's business
        got = await receive(inbox, 1)
        seen += data(got)
        await (inbox.ack(got) if got[0].data == b"letter" else inbox.nack(got))
    assert sorted(seen) == [b"letter"] + [b"poison"] * (DELIVERY_LIMIT + 1)
    holder, parked = await parked_at_either_end(*brokers.values())
    await holder.ack_parked(parked)
    assert data(parked) == [b"poison"]
    assert parked[0].lane is Lane.NORMAL
    assert parked[0].neighbour in WAYS[0]
    assert await brokers[PARENT].parked() == await brokers[CHILD].parked() == []


async def parked_at_either_end(*brokers: Broker) -> tuple[Broker, list[Incoming]]:
    """What was parked, and at whose end: there where its queue lives, sooner or later."""
    async with asyncio.timeout(30):
        while True:
            for broker in brokers:
                if frames := await broker.parked():
                    return broker, frames
            await asyncio.sleep(0.01)


async def test_a_parked_frame_that_was_not_acknowledged_is_shown_again_after_a_restart(
    kit: BrokerKit,
) -> None:
    child = await kit.open(CHILD)
    await send(await kit.open(PARENT), CHILD, b"poison")
    inbox = child.inbox(PARENT, Lane.NORMAL)
    for _ in range(DELIVERY_LIMIT + 1):
        await inbox.nack(await receive(inbox, 1))
    _, before = await parked_at_either_end(await kit.open(PARENT), child)
    _, after = await parked_at_either_end(await kit.open(PARENT), await kit.open(CHILD))
    assert data(before) == data(after) == [b"poison"]


async def test_links_that_work_are_up_until_the_broker_is_closed(kit: BrokerKit) -> None:
    parent, child = await kit.open(PARENT), await kit.open(CHILD)
    await send(parent, CHILD, b"1")
    child.inbox(PARENT, Lane.NORMAL)
    assert parent.neighbours_up() == {CHILD: True}
    assert child.neighbours_up() == {PARENT: True}
    await child.close()
    assert child.neighbours_up() == {PARENT: False}


async def test_a_closed_broker_neither_sends_nor_receives(kit: BrokerKit) -> None:
    parent, child = await kit.open(PARENT), await kit.open(CHILD)
    await send(parent, CHILD, b"1")
    inbox = child.inbox(PARENT, Lane.NORMAL)
    waiting = asyncio.ensure_future(child.inbox(PARENT, Lane.URGENT).get(*PLENTY))
    got = await receive(inbox, 1)
    await child.close()
    await child.close()
    for call in (child.publish(PARENT, Lane.NORMAL, b"x"), inbox.get(*PLENTY), inbox.ack(got), waiting):
        with pytest.raises(Unavailable, match="TRUC-504"):
            await call
    assert data(await receive((await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL), 1)) == [b"1"]


async def test_an_ack_that_comes_too_late_is_refused_and_the_frame_comes_again(kit: BrokerKit) -> None:
    await send(await kit.open(PARENT), CHILD, b"1")
    child = await kit.open(CHILD)
    got = await receive(child.inbox(PARENT, Lane.NORMAL), 1)
    await child.close()
    inbox = (await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL)
    with pytest.raises(Unavailable, match="TRUC-504"):
        await inbox.ack(got)
    assert data(await receive(inbox, 1)) == [b"1"]


async def test_putting_back_too_late_changes_nothing(kit: BrokerKit) -> None:
    parent, child = await kit.open(PARENT), await kit.open(CHILD)
    await send(parent, CHILD, b"1")
    got = await receive(child.inbox(PARENT, Lane.NORMAL), 1)
    await child.close()
    inbox = (await kit.open(CHILD)).inbox(PARENT, Lane.NORMAL)
    await inbox.nack(got)
    await send(parent, CHILD, b"2")
    assert data(await receive(inbox, 2)) == [b"1", b"2"]


async def test_probe_of_a_link_that_works_has_only_good_steps(kit: BrokerKit) -> None:
    for node, other in WAYS:
        steps = await (await kit.open(node)).probe(other)
        assert steps
        assert all(step.is_good for step in steps)
