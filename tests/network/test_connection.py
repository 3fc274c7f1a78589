"""
One connection: told what ended it, and left without waiting for a broker that is silent.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import aio_pika
import aiormq
import pytest

from gateway.broker.rabbitmq.connection import Watch, connected
from gateway.broker.rabbitmq.wall import is_broken
from gateway.broker.topology import Direction, user
from tests.kit.faultproxy import FaultProxy, Way
from tests.kit.rabbitmq import LINK, PARENT, Site, fresh_site, until

pytestmark = pytest.mark.external

MINUTE = timedelta(minutes=1)


@pytest.fixture
def site(pytestconfig: pytest.Config) -> Site:
    return fresh_site(pytestconfig)


async def test_connection_bears_its_name_in_the_brokers_list(site: Site) -> None:
    async with connected(site.url(PARENT), "node.H14 > down", heartbeat=MINUTE, answer=MINUTE):
        words = ("list_connections", "user", "vhost", "client_properties")
        told = await asyncio.to_thread(site.rabbit.control, *words)
        (line,) = [line for line in told.splitlines() if site.plan.vhost in line]
        assert user(PARENT) in line
        assert "node.H14 > down" in line


async def test_watch_tells_why_the_broker_closed_a_channel(site: Site) -> None:
    async with connected(site.url(PARENT), "test", heartbeat=MINUTE, answer=MINUTE) as connection:
        channel = await connection.channel()
        watch = Watch(await channel.get_underlay_channel())
        with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
            await channel.declare_queue("nowhere", passive=True)
        ended = await watch.ended()
        assert isinstance(ended, aiormq.exceptions.ChannelNotFoundEntity)
        assert "nowhere" in str(ended)


async def test_watch_sees_a_connection_that_is_cut(site: Site) -> None:
    async with FaultProxy(site.rabbit.port) as line:
        url = site.url(PARENT, line.port)
        async with connected(url, "test", heartbeat=MINUTE, answer=MINUTE) as connection:
            watch = Watch(await (await connection.channel()).get_underlay_channel())
            line.reset()
            assert is_broken(await watch.ended())


async def test_watch_that_is_given_up_ends_with_the_first_reason(site: Site) -> None:
    async with connected(site.url(PARENT), "test", heartbeat=MINUTE, answer=MINUTE) as connection:
        watch = Watch(await (await connection.channel()).get_underlay_channel())
        watch.give_up("first")
        watch.give_up("second")
        assert str(await watch.ended()) == "first"


async def test_opening_waits_for_an_answer_only_so_long(site: Site) -> None:
    async with FaultProxy(site.rabbit.port) as line:
        line.hold(Way.DOWN)
        with pytest.raises(TimeoutError):
            async with connected(
                site.url(PARENT, line.port), "test", heartbeat=MINUTE, answer=timedelta(milliseconds=300)
            ):
                pass
        line.release()
        await until(lambda: not line.connections)


async def test_leaving_a_silent_broker_cuts_the_socket(site: Site) -> None:
    """Its publishes fail at once, and no socket stays behind until the kernel gives up on it."""
    async with FaultProxy(site.rabbit.port) as line:
        url = site.url(PARENT, line.port)
        async with connected(url, "test", heartbeat=MINUTE, answer=MINUTE) as connection:
            channel = await connection.channel()
            exchange = await channel.get_exchange(LINK.exchange(Direction.DOWN))
            line.hold()
            big = aio_pika.Message(bytes(32 << 20))
            sending = asyncio.ensure_future(exchange.publish(big, "normal"))
            await asyncio.sleep(0.1)
        done, _ = await asyncio.wait([sending], timeout=10)
        assert done
        assert sending.cancelled() or sending.exception() is not None
        line.release()
        await until(lambda: not line.connections)
