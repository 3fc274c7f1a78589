"""
What a bad line and a broker that falls do to the links of a node: nothing that was confirmed is lost, and
everything that was cut comes back by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from gateway.core.errors import Unavailable
from gateway.core.model import Lane
from gateway.ports import LINKS
from gateway.sandbox.rabbit import PrivateRabbit
from tests.kit.faultproxy import FaultProxy, Way
from tests.kit.rabbitmq import CHILD, PARENT, Opened, Site, fresh_site, persist, receive, running, until

pytestmark = pytest.mark.external

SECOND = timedelta(seconds=1)
MIB = 1 << 20


@pytest.fixture
def site(pytestconfig: pytest.Config) -> Site:
    return fresh_site(pytestconfig)


@pytest.fixture
async def line(site: Site) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(site.rabbit.port) as proxy:
        yield proxy


async def test_frames_whose_confirms_are_lost_come_twice_and_none_is_missing(
    site: Site, line: FaultProxy
) -> None:
    frames = [b"%d" % n for n in range(5)]
    async with running(site, PARENT, port=line.port) as parent, running(site, CHILD) as child:
        inbox = child.broker.inbox(PARENT, Lane.NORMAL)
        line.hold(Way.DOWN)
        sending = [asyncio.ensure_future(parent.broker.publish(CHILD, Lane.NORMAL, f)) for f in frames]
        first = await receive(inbox, 5)
        line.reset()
        line.release()
        outcomes = await asyncio.gather(*sending, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {Unavailable}
        await persist(parent.broker, CHILD, Lane.NORMAL, *frames)
        again = await receive(inbox, 5)
    assert [f.data for f in first] == [f.data for f in again] == frames


async def test_silent_partition_is_noticed_by_the_heartbeat_and_told_as_a_link_that_is_down(
    site: Site, line: FaultProxy
) -> None:
    """aiormq raises CancelledError then, though nobody cancelled: a relay that lets it pass dies quietly."""
    options = {"heartbeat": SECOND, "confirm_timeout": 60 * SECOND}
    async with running(site, PARENT, port=line.port, **options) as parent, running(site, CHILD) as child:
        line.hold()
        with pytest.raises(Unavailable, match="TRUC-504"):
            await parent.broker.publish(CHILD, Lane.NORMAL, b"into the dark")
        task = asyncio.current_task()
        assert task is not None
        assert not task.cancelling()
        await until(lambda: not parent.broker.neighbours_up()[CHILD])
        line.release()
        await parent.until_up()
        await persist(parent.broker, CHILD, Lane.NORMAL, b"light again")
        inbox = child.broker.inbox(PARENT, Lane.NORMAL)
        got = await receive(inbox, 1)
        while got[-1].data != b"light again":  # the first may have been kept, too: its outcome was unknown
            got += await receive(inbox, 1)


async def test_link_that_is_cut_and_mended_rings_each_time_and_is_open_again_at_once(
    site: Site, line: FaultProxy
) -> None:
    rung: list[str] = []
    async with running(site, CHILD, port=line.port, on_change=rung.extend) as child:
        assert rung == [LINKS]
        line.refuse()
        line.reset()
        await until(lambda: len(rung) == 2)
        assert child.broker.neighbours_up() == {PARENT: False}
        await child.until_logged("link.down", count=6)
        line.accept()
        await child.until_up()
        assert rung == [LINKS] * 3


async def test_connection_on_which_nothing_is_confirmed_is_replaced(site: Site, line: FaultProxy) -> None:
    options = {"heartbeat": 60 * SECOND, "confirm_timeout": 2 * SECOND}
    async with running(site, PARENT, port=line.port, **options) as parent, running(site, CHILD) as child:
        line.hold(Way.DOWN)
        sending = [parent.broker.publish(CHILD, Lane.NORMAL, b"%d" % n) for n in range(2)]
        outcomes = await asyncio.gather(*sending, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {Unavailable}
        await parent.until_logged("link.down")
        line.release()
        await persist(parent.broker, CHILD, Lane.NORMAL, b"over the next")
        got = await receive(child.broker.inbox(PARENT, Lane.NORMAL), 3)
        assert sorted(f.data for f in got) == [b"0", b"1", b"over the next"]
        assert ("out", "normal") in {(down["way"], down["lane"]) for down in parent.log("link.down")}


async def test_frame_that_is_cut_in_the_middle_arrives_whole_when_it_is_sent_again(
    site: Site, line: FaultProxy
) -> None:
    frame = bytes(range(256)) * (MIB // 256)
    async with running(site, CHILD, port=line.port) as child, running(site, PARENT) as parent:
        line.cut_after(Way.UP, MIB // 2)
        with pytest.raises(Unavailable, match="TRUC-504"):
            await child.broker.publish(PARENT, Lane.NORMAL, frame)
        await persist(child.broker, PARENT, Lane.NORMAL, frame, b"next")
        got = await receive(parent.broker.inbox(CHILD, Lane.NORMAL), 2)
    assert [f.data for f in got] == [frame, b"next"]


async def test_slow_line_is_given_time_for_its_bytes(site: Site, line: FaultProxy) -> None:
    """A MiB takes a commune half a minute: it must not fail each time for want of a confirm."""
    async with running(site, CHILD, port=line.port, confirm_timeout=SECOND) as child:
        line.rate = 200 * 1024
        await child.broker.publish(PARENT, Lane.NORMAL, bytes(MIB // 2))
        assert not child.log("link.down")


async def test_receiver_behind_a_slow_line_is_not_taken_for_forgotten(site: Site, line: FaultProxy) -> None:
    """The broker's answer comes behind the bulk: thrown away for that, a connection would never end it."""
    options = {"confirm_timeout": SECOND, "check_every": SECOND / 4}
    async with running(site, CHILD, port=line.port, **options) as child, running(site, PARENT) as parent:
        line.rate = 200 * 1024
        frame = bytes(MIB // 2)
        await persist(parent.broker, CHILD, Lane.NORMAL, frame, frame)
        assert len(await receive(child.broker.inbox(PARENT, Lane.NORMAL), 2)) == 2
        assert not child.log("link.down")


async def test_urgent_frame_passes_bulk_on_a_slow_line(site: Site, line: FaultProxy) -> None:
    async with running(site, CHILD, port=line.port) as child:
        line.rate = 512 * 1024
        publish = child.broker.publish
        bulk = asyncio.gather(*(publish(PARENT, Lane.NORMAL, bytes(MIB // 2)) for _ in range(3)))
        await until(lambda: line.passed[Way.UP] > MIB // 8)
        await publish(PARENT, Lane.URGENT, b"urgent")
        assert not bulk.done()
        await bulk


@pytest.mark.parametrize("fall", [PrivateRabbit.kill, PrivateRabbit.stop], ids=["killed", "stopped"])
async def test_broker_that_falls_under_load_has_kept_all_it_confirmed_and_is_used_again(
    site: Site, fall: Callable[[PrivateRabbit], None]
) -> None:
    confirmed: list[bytes] = []
    seen: set[bytes] = set()

    async def send(parent: Opened) -> None:
        for number in range(100_000):
            frame = b"%d" % number
            await persist(parent.broker, CHILD, Lane.NORMAL, frame)
            confirmed.append(frame)

    async def take(child: Opened) -> None:
        inbox = child.broker.inbox(PARENT, Lane.NORMAL)
        while True:
            frames = await inbox.get(64, MIB)
            with suppress(Unavailable):  # they come again
                await inbox.ack(frames)
            seen.update(f.data for f in frames)

    async with running(site, PARENT) as parent, running(site, CHILD) as child:
        work = [asyncio.ensure_future(send(parent)), asyncio.ensure_future(take(child))]
        await until(lambda: len(confirmed) > 100 and len(seen) > 50)
        await asyncio.to_thread(fall, site.rabbit)
        before = len(confirmed)
        await until(
            lambda: not any((*parent.broker.neighbours_up().values(), child.broker.neighbours_up()[PARENT]))
        )
        await asyncio.to_thread(site.rabbit.start)
        await until(lambda: len(confirmed) > before + 100)
        work[0].cancel()
        await until(lambda: seen.issuperset(confirmed))
        work[1].cancel()
        await asyncio.gather(*work, return_exceptions=True)


async def test_broker_without_disk_takes_nothing_and_lets_go_of_what_is_acknowledged(site: Site) -> None:
    """Acknowledgements on a connection that also publishes would be stuck until the disk is free again."""
    up, down = [b"%d" % n for n in range(3)], b"down"
    async with running(site, CHILD) as child:
        await persist(child.broker, PARENT, Lane.NORMAL, *up)
        try:
            async with running(site, PARENT, confirm_timeout=2 * SECOND) as parent:
                inbox = parent.broker.inbox(CHILD, Lane.NORMAL)
                frames = await inbox.get(3, MIB)
                await asyncio.to_thread(site.rabbit.control, "set_disk_free_limit", "9000GB")
                for _ in range(3):
                    with pytest.raises(Unavailable, match="TRUC-510"):
                        await parent.broker.publish(CHILD, Lane.NORMAL, down)
                assert parent.broker.neighbours_up()[CHILD]
                while len(frames) < 3:
                    frames += await inbox.get(3, MIB)
                await inbox.ack(frames)
        finally:
            await asyncio.to_thread(site.rabbit.control, "set_disk_free_limit", "50MB")
        await persist(child.broker, PARENT, Lane.NORMAL, b"after")
        async with running(site, PARENT) as parent:
            await persist(parent.broker, CHILD, Lane.NORMAL, down)
            got = await receive(parent.broker.inbox(CHILD, Lane.NORMAL), 1)
            assert [f.data for f in got] == [b"after"]
            assert (await receive(child.broker.inbox(PARENT, Lane.NORMAL), 1))[0].data == down


async def test_closing_does_not_wait_for_a_broker_that_is_silent(site: Site, line: FaultProxy) -> None:
    async with running(site, PARENT, port=line.port) as parent:
        line.hold()
        sending = asyncio.ensure_future(parent.broker.publish(CHILD, Lane.NORMAL, bytes(8 * MIB)))
        await asyncio.sleep(0)
        await parent.broker.close()
        with pytest.raises(Unavailable, match="TRUC-504"):
            await sending
