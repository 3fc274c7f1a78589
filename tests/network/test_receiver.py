"""
The receiving end of a lane: what comes while its connection, its queue or its consumer comes and goes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from gateway.broker.topology import PARKED, Direction, Link
from gateway.core.errors import Unavailable
from gateway.core.model import Lane
from gateway.ports import Incoming
from tests.kit.faultproxy import FaultProxy
from tests.kit.rabbitmq import (
    CHILD,
    LINK,
    PARENT,
    SIBLING,
    Opened,
    Site,
    fresh_site,
    persist,
    raw,
    receive,
    running,
    start,
    take,
    until,
)

pytestmark = pytest.mark.external

DOWN = LINK.queue(Direction.DOWN, Lane.NORMAL)
UP = LINK.queue(Direction.UP, Lane.NORMAL)
MIB = 1 << 20


@pytest.fixture
def site(pytestconfig: pytest.Config) -> Site:
    return fresh_site(pytestconfig)


@pytest.fixture
async def owner(site: Site) -> AsyncIterator[AbstractChannel]:
    """What the owner of the broker may do by hand."""
    async with raw(site.url(PARENT)) as channel:
        yield channel


async def parked(opened: Opened) -> list[Incoming]:
    async with asyncio.timeout(30):
        while True:
            if frames := await opened.broker.parked():
                return frames
            await asyncio.sleep(0.01)


async def test_consumer_that_the_broker_cancels_consumes_again_when_the_queue_is_back(
    site: Site, owner: AbstractChannel
) -> None:
    async with running(site, PARENT) as parent, running(site, CHILD) as child:
        await owner.queue_delete(DOWN)
        await child.until_logged("link.down")
        assert "cancelled" in child.log("link.down")[0]["error"]
        assert not child.broker.neighbours_up()[PARENT]
        arguments = dict(site.plan.queues[DOWN])
        queue = await owner.declare_queue(DOWN, durable=True, arguments=arguments)
        await queue.bind(LINK.exchange(Direction.DOWN), Lane.NORMAL.value)
        await persist(parent.broker, CHILD, Lane.NORMAL, b"again")
        assert (await receive(child.broker.inbox(PARENT, Lane.NORMAL), 1))[0].data == b"again"
        await child.until_up()


async def test_consumer_that_is_gone_without_a_word_is_missed(site: Site, owner: AbstractChannel) -> None:
    async with running(site, CHILD, check_every=timedelta(milliseconds=200)) as child:
        receiver = child.broker.inbox(PARENT, Lane.NORMAL)
        channel = receiver._session.channel  # type: ignore[attr-defined]
        (tag,) = channel.consumers
        channel.on_consumer_cancel_callbacks.clear()
        await channel.basic_cancel(tag)
        await child.until_logged("link.down")
        assert "forgotten" in child.log("link.down")[0]["error"]
        await child.until_up()
        await owner.default_exchange.publish(aio_pika.Message(b"heard"), DOWN)
        assert (await receive(receiver, 1))[0].data == b"heard"


async def test_frames_of_a_connection_that_is_gone_are_not_handed_over(site: Site) -> None:
    """They come again over the next one; given out from both, they would be worked on twice at once."""
    async with FaultProxy(site.rabbit.port) as line, running(site, PARENT) as parent:
        await persist(parent.broker, CHILD, Lane.NORMAL, b"1", b"2")
        async with running(site, CHILD, port=line.port) as child:
            inbox = child.broker.inbox(PARENT, Lane.NORMAL)
            first = await inbox.get(1, MIB)
            line.reset()
            await until(lambda: not child.broker.neighbours_up()[PARENT])
            await child.until_up()
            again = await receive(inbox, 2)
            assert [f.data for f in (*first, *again)] == [b"1", b"1", b"2"]
            assert [f.redelivered for f in again] == [True, True]
            with pytest.raises(Unavailable, match="TRUC-504"):
                await inbox.ack(first)


async def test_second_process_of_a_node_gets_nothing_while_the_first_is_there(site: Site) -> None:
    first = start(site, CHILD)
    await first.until_up()
    async with running(site, PARENT) as parent, running(site, CHILD) as second:
        waiting = asyncio.ensure_future(second.broker.inbox(PARENT, Lane.NORMAL).get(1, MIB))
        await persist(parent.broker, CHILD, Lane.NORMAL, b"1", b"2")
        assert len(await receive(first.broker.inbox(PARENT, Lane.NORMAL), 2)) == 2
        assert not waiting.done()
        await first.broker.close()
        await persist(parent.broker, CHILD, Lane.NORMAL, b"3")
        assert [f.data for f in await waiting] == [b"3"]


async def test_no_more_frames_are_in_hand_than_the_prefetch(site: Site, owner: AbstractChannel) -> None:
    async with running(site, PARENT) as parent:
        await persist(parent.broker, CHILD, Lane.NORMAL, *(b"%d" % n for n in range(150)))
    async with running(site, CHILD) as child:
        inbox = child.broker.inbox(PARENT, Lane.NORMAL)
        held: list[Incoming] = []
        while len(held) < 128:
            held += await inbox.get(1000, MIB)
        assert len(held) == 128
        waiting = asyncio.ensure_future(inbox.get(1000, MIB))
        left = await owner.declare_queue(DOWN, passive=True)
        assert left.declaration_result.message_count == 22
        assert not waiting.done()
        await inbox.ack(held[1::2])  # every second one, so none can stand for the others
        held = await waiting
        while len(held) < 22:
            held += await inbox.get(1000, MIB)
        assert [f.data for f in held] == [b"%d" % n for n in range(128, 150)]


@pytest.mark.parametrize("direction", Direction)
async def test_parked_frame_tells_its_link_and_lane(
    site: Site, owner: AbstractChannel, direction: Direction
) -> None:
    link = Link(PARENT, SIBLING)
    queue = link.queue(direction, Lane.URGENT)
    await owner.default_exchange.publish(aio_pika.Message(b"poison"), queue)
    await (await take(owner, queue)).reject(requeue=False)
    async with running(site, PARENT) as parent:
        frames = await parked(parent)
        assert [(f.data, f.neighbour, f.lane) for f in frames] == [(b"poison", SIBLING, Lane.URGENT)]
        await parent.broker.ack_parked(frames)
    async with running(site, PARENT) as parent:
        await owner.default_exchange.publish(aio_pika.Message(b"next"), PARKED)
        frames = await parked(parent)
        assert [(f.data, f.neighbour, f.lane) for f in frames] == [(b"next", PARENT, Lane.CONTROL)]


async def test_child_has_no_parking_queue(site: Site) -> None:
    async with running(site, CHILD) as child:
        assert await child.broker.parked() == []
        await child.broker.ack_parked([])


async def test_noise_on_a_queue_is_handed_over_like_any_frame(site: Site, owner: AbstractChannel) -> None:
    """What it is worth is for the door to say: it has a quarantine, the broker has not."""
    noise = bytes(range(255, -1, -1)) * 4096
    await owner.default_exchange.publish(aio_pika.Message(noise, headers={"x": 1}), UP)
    await owner.default_exchange.publish(aio_pika.Message(b""), UP)
    async with running(site, PARENT) as parent:
        got = await receive(parent.broker.inbox(CHILD, Lane.NORMAL), 2)
    assert [f.data for f in got] == [noise, b""]
