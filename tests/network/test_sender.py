"""
The sending end of a lane: what a broker refuses, and what a node may send to whom.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from gateway.broker.frames import MAX_FRAME
from gateway.broker.topology import Direction, Link, user
from gateway.core.errors import Unavailable
from gateway.core.model import Lane
from tests.kit.rabbitmq import (
    CHILD,
    LINK,
    PARENT,
    SIBLING,
    Site,
    fresh_site,
    persist,
    raw,
    receive,
    running,
    start,
    take,
)

pytestmark = pytest.mark.external

UP, DOWN = LINK.exchange(Direction.UP), LINK.exchange(Direction.DOWN)
UP_QUEUE, DOWN_QUEUE = LINK.queue(Direction.UP, Lane.NORMAL), LINK.queue(Direction.DOWN, Lane.NORMAL)
TURNED_AWAY = "the broker turns this user away: the password, or the virtual host"
OTHER = Link(PARENT, SIBLING)


@pytest.fixture
def site(pytestconfig: pytest.Config) -> Site:
    return fresh_site(pytestconfig)


@pytest.fixture
async def owner(site: Site) -> AsyncIterator[AbstractChannel]:
    async with raw(site.url(PARENT)) as channel:
        yield channel


@pytest.fixture
async def child(site: Site) -> AsyncIterator[AbstractChannel]:
    """What somebody may do who has the password of a child."""
    async with raw(site.url(CHILD)) as channel:
        yield channel


async def test_largest_frame_passes(site: Site) -> None:
    frame = bytes(MAX_FRAME)
    async with running(site, CHILD) as sender, running(site, PARENT) as receiver:
        await sender.broker.publish(PARENT, Lane.NORMAL, frame)
        assert (await receive(receiver.broker.inbox(CHILD, Lane.NORMAL), 1))[0].data == frame


async def test_frame_survives_the_broker_and_names_its_sender(site: Site, owner: AbstractChannel) -> None:
    async with running(site, CHILD) as sender:
        await sender.broker.publish(PARENT, Lane.NORMAL, b"frame")
    message = await take(owner, UP_QUEUE)
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert message.user_id == user(CHILD)
    assert message.message_id


async def test_frame_for_which_there_is_no_queue_is_refused_and_the_lane_stays(
    site: Site, owner: AbstractChannel
) -> None:
    queue = await owner.get_queue(DOWN_QUEUE)
    await queue.unbind(DOWN, Lane.NORMAL.value)
    async with running(site, PARENT) as parent:
        for _ in range(5):
            with pytest.raises(Unavailable, match="TRUC-510") as refused:
                await parent.broker.publish(CHILD, Lane.NORMAL, b"lost?")
            assert "NO_ROUTE" in refused.value.first.en
        await queue.bind(DOWN, Lane.NORMAL.value)
        await parent.broker.publish(CHILD, Lane.NORMAL, b"kept")
        assert not parent.log("link.down")


async def test_lane_without_its_exchange_is_down_until_it_is_back(site: Site, owner: AbstractChannel) -> None:
    async with running(site, PARENT) as parent:
        await owner.exchange_delete(DOWN)
        with pytest.raises(Unavailable, match="TRUC-510") as refused:
            await parent.broker.publish(CHILD, Lane.NORMAL, b"x")
        assert "no exchange" in refused.value.first.en
        await parent.until_logged("link.down")
        with pytest.raises(Unavailable, match="TRUC-504"):
            await parent.broker.publish(CHILD, Lane.NORMAL, b"x")
        exchange = await owner.declare_exchange(DOWN, durable=True)
        await (await owner.get_queue(DOWN_QUEUE)).bind(exchange, Lane.NORMAL.value)
        await persist(parent.broker, CHILD, Lane.NORMAL, b"back")


async def test_password_that_is_wrong_is_told_in_the_log_once_and_opens_nothing(site: Site) -> None:
    stranger = start(replace(site, password="wrong"), CHILD)
    await stranger.until_logged("link.down", 6)
    assert {down["error"] for down in stranger.log("link.down")} == {TURNED_AWAY}
    with pytest.raises(Unavailable, match="TRUC-504"):
        await stranger.broker.publish(PARENT, Lane.NORMAL, b"x")
    await stranger.broker.close()
    assert len(stranger.log("link.down")) == 6
    assert not stranger.log("link.up")


async def test_sender_under_a_false_name_is_refused(child: AbstractChannel) -> None:
    exchange = await child.get_exchange(UP, ensure=False)
    forged = aio_pika.Message(b"not mine", user_id=user(SIBLING))
    with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed, match="user_id"):
        await exchange.publish(forged, Lane.NORMAL.value)


async def test_child_declares_nothing(child: AbstractChannel) -> None:
    with pytest.raises(aio_pika.exceptions.ChannelClosed, match="ACCESS_REFUSED"):
        await child.declare_queue("mine", durable=True)


@pytest.mark.parametrize(
    ("exchange", "key"),
    [
        (DOWN, "normal"),
        (OTHER.exchange(Direction.UP), "normal"),
        (OTHER.exchange(Direction.DOWN), "normal"),
        ("", UP_QUEUE),
        ("amq.direct", "normal"),
    ],
)
async def test_child_publishes_nowhere_but_up_its_own_link(
    child: AbstractChannel, exchange: str, key: str
) -> None:
    where = await child.get_exchange(exchange, ensure=False) if exchange else child.default_exchange
    with pytest.raises(aio_pika.exceptions.ChannelClosed, match="ACCESS_REFUSED"):
        await where.publish(aio_pika.Message(b"x"), key)


@pytest.mark.parametrize(
    "queue",
    [UP_QUEUE, OTHER.queue(Direction.UP, Lane.NORMAL), OTHER.queue(Direction.DOWN, Lane.NORMAL), "parked"],
)
async def test_child_reads_no_queue_but_its_own(child: AbstractChannel, queue: str) -> None:
    with pytest.raises(aio_pika.exceptions.ChannelClosed, match="ACCESS_REFUSED"):
        await take(child, queue)


async def test_child_enters_no_other_virtual_host(site: Site) -> None:
    stranger = start(replace(site, plan=replace(site.plan, vhost="/")), CHILD)
    await stranger.until_logged("link.down", 6)
    await stranger.broker.close()
    assert {down["error"] for down in stranger.log("link.down")} == {TURNED_AWAY}
