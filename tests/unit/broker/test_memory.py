"""
The memory broker's own: faults on demand, cuts, and looking in. What every broker does is in tests/contract.
"""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from gateway.broker.memory import CALM, Depth, Faults, MemoryBroker, MemoryPost
from gateway.broker.memory_queue import Way
from gateway.core.errors import Unavailable
from gateway.core.model import Lane, NodeId
from gateway.ports import Broker, Inbox, Incoming
from tests.unit.broker.hand_clock import HandClock

A, B, C = NodeId("H14"), NodeId("H14.31"), NodeId("H14.32")
ALL = (1000, 1 << 30)


async def send(broker: Broker, to: NodeId, *frames: bytes) -> list[str]:
    """The code each frame was answered with, "" for a confirm."""
    codes = []
    for frame in frames:
        try:
            await broker.publish(to, Lane.NORMAL, frame)
            codes.append("")
        except Unavailable as failed:
            codes.append(failed.code)
    return codes


def numbered(count: int) -> list[bytes]:
    return [b"%d" % n for n in range(count)]


async def all_of(post: MemoryPost, receiver: NodeId, sender: NodeId) -> list[bytes]:
    """What lies in the queue, in the order in which it would be received."""
    broker = post.broker(receiver)
    if Way(sender, receiver, Lane.NORMAL) not in post.depths():
        return []
    return [frame.data for frame in await broker.inbox(sender, Lane.NORMAL).get(*ALL)]


async def test_a_lost_confirm_is_told_and_the_frame_arrives() -> None:
    post = MemoryPost(rng=Random(1))
    post.disturb(Faults(lose_confirm=1.0))
    assert await send(post.broker(A), B, b"1") == ["TRUC-504"]
    assert await all_of(post, B, A) == [b"1"]


async def test_a_lost_frame_is_told_and_never_silently_gone() -> None:
    post = MemoryPost(rng=Random(1))
    post.disturb(Faults(lose_frame=1.0))
    assert await send(post.broker(A), B, b"1") == ["TRUC-504"]
    assert await all_of(post, B, A) == []


async def test_what_was_confirmed_arrives_whatever_goes_wrong() -> None:
    post = MemoryPost(rng=Random(7))
    post.disturb(Faults(lose_confirm=0.3, lose_frame=0.3, duplicate=0.3, reorder=0.3))
    frames = numbered(200)
    codes = await send(post.broker(A), B, *frames)
    arrived = await all_of(post, B, A)
    confirmed = [frame for frame, code in zip(frames, codes, strict=True) if not code]
    assert set(confirmed) < set(arrived) < set(frames)
    assert 50 < len(confirmed) < 150


async def test_a_duplicated_frame_comes_twice() -> None:
    post = MemoryPost(rng=Random(1))
    post.disturb(Faults(duplicate=1.0))
    await send(post.broker(A), B, b"1", b"2")
    assert await all_of(post, B, A) == [b"1", b"1", b"2", b"2"]


async def test_reordered_frames_all_arrive_in_another_order_and_keep_it_when_they_come_again() -> None:
    post = MemoryPost(rng=Random(1))
    post.disturb(Faults(reorder=0.5))
    await send(post.broker(A), B, *numbered(50))
    arrived = await all_of(post, B, A)
    assert sorted(arrived) == sorted(numbered(50))
    assert arrived != numbered(50)
    assert await all_of(post, B, A) == arrived


async def test_the_same_seed_gives_the_same_run() -> None:
    runs = []
    for seed in (5, 5, 6):
        post = MemoryPost(rng=Random(seed))
        post.disturb(Faults(lose_confirm=0.2, lose_frame=0.2, duplicate=0.2, reorder=0.2))
        codes = await send(post.broker(A), B, *numbered(50))
        runs.append((codes, await all_of(post, B, A)))
    assert runs[0] == runs[1] != runs[2]


async def test_faults_of_one_link_leave_the_others_alone_and_end_when_calm() -> None:
    post = MemoryPost(rng=Random(1))
    post.disturb(Faults(lose_frame=1.0), link=(B, A))
    a = post.broker(A)
    assert await send(a, B, b"1") == ["TRUC-504"]
    assert await send(a, C, b"1") == [""]
    post.disturb(CALM, link=(A, B))
    assert await send(a, B, b"1") == [""]


def test_faults_without_a_seeded_random_are_refused() -> None:
    with pytest.raises(ValueError, match="rng"):
        MemoryPost().disturb(Faults(duplicate=0.1))


def test_delays_without_a_clock_are_refused() -> None:
    with pytest.raises(ValueError, match="clock"):
        MemoryPost(rng=Random(1)).disturb(Faults(delay=(1.0, 2.0)))


# --- delay ---------------------------------------------------------------------------------------


async def test_a_delayed_frame_comes_when_its_time_has_come() -> None:
    clock = HandClock()
    post = MemoryPost(clock=clock, rng=Random(1))
    post.disturb(Faults(delay=(5.0, 5.0)))
    await send(post.broker(A), B, b"1")
    waiting = asyncio.ensure_future(post.broker(B).inbox(A, Lane.NORMAL).get(*ALL))
    await clock.somebody_sleeps()
    await clock.advance(4.9)
    assert await asyncio.wait([waiting], timeout=0) == (set(), {waiting})
    await clock.advance(0.1)
    assert [frame.data for frame in await waiting] == [b"1"]
    assert clock.sleepers == 0


async def test_a_frame_behind_a_delayed_one_waits_with_it() -> None:
    clock = HandClock()
    post = MemoryPost(clock=clock, rng=Random(1))
    a = post.broker(A)
    post.disturb(Faults(delay=(5.0, 5.0)))
    await send(a, B, b"late")
    post.disturb(CALM)
    await send(a, B, b"swift")
    waiting = asyncio.ensure_future(post.broker(B).inbox(A, Lane.NORMAL).get(*ALL))
    await clock.somebody_sleeps()
    assert not waiting.done()
    await clock.advance(5.0)
    assert [frame.data for frame in await waiting] == [b"late", b"swift"]


async def test_whoever_stops_waiting_for_a_delayed_frame_leaves_nobody_asleep() -> None:
    clock = HandClock()
    post = MemoryPost(clock=clock, rng=Random(1))
    post.disturb(Faults(delay=(5.0, 5.0)))
    await send(post.broker(A), B, b"1")
    waiting = asyncio.ensure_future(post.broker(B).inbox(A, Lane.NORMAL).get(*ALL))
    await clock.somebody_sleeps()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert clock.sleepers == 0


# --- cuts ----------------------------------------------------------------------------------------


async def test_over_a_cut_link_nothing_is_sent_or_received_until_it_heals() -> None:
    post = MemoryPost()
    a, b = post.broker(A), post.broker(B)
    await send(a, B, b"1")
    post.cut(A, B)
    assert await send(a, B, b"2") == await send(b, A, b"3") == ["TRUC-504"]
    waiting = asyncio.ensure_future(b.inbox(A, Lane.NORMAL).get(*ALL))
    await asyncio.sleep(0)
    assert not waiting.done()
    post.heal(A, B)
    assert [frame.data for frame in await waiting] == [b"1"]


async def test_frames_in_hand_at_a_cut_come_again_and_their_acks_are_refused() -> None:
    post = MemoryPost()
    await send(post.broker(A), B, b"1")
    inbox = post.broker(B).inbox(A, Lane.NORMAL)
    frames = await inbox.get(*ALL)
    post.cut(A, B)
    with pytest.raises(Unavailable, match="TRUC-504"):
        await inbox.ack(frames)
    post.heal(A, B)
    again = await inbox.get(*ALL)
    assert [(frame.data, frame.redelivered) for frame in again] == [(b"1", True)]


async def test_a_cut_link_is_down_at_both_ends_and_others_stay_up() -> None:
    post = MemoryPost()
    a, b = post.broker(A), post.broker(B)
    await send(a, B, b"1")
    await send(a, C, b"1")
    post.cut(B, A)
    assert a.neighbours_up() == {B: False, C: True}
    assert b.neighbours_up() == {A: False}
    assert await send(a, C, b"2") == [""]


async def test_cutting_a_node_cuts_every_link_of_it_those_to_come_too() -> None:
    post = MemoryPost()
    a, b, c = post.broker(A), post.broker(B), post.broker(C)
    post.cut_node(A)
    assert await send(a, B, b"1") == await send(c, A, b"1") == ["TRUC-504"]
    assert await send(b, C, b"1") == [""]
    post.heal_node(A)
    assert await send(a, B, b"1") == await send(c, A, b"1") == [""]


async def test_healing_a_node_leaves_a_link_cut_that_was_cut_by_itself() -> None:
    post = MemoryPost()
    a = post.broker(A)
    post.cut(A, B)
    post.cut_node(A)
    post.heal_node(A)
    assert await send(a, B, b"1") == ["TRUC-504"]
    assert await send(a, C, b"1") == [""]


# --- looking in ----------------------------------------------------------------------------------


async def test_depths_count_frames_and_bytes_of_each_queue() -> None:
    post = MemoryPost()
    await send(post.broker(A), B, b"12345", b"678")
    way = Way(A, B, Lane.NORMAL)
    assert post.depths() == {way: Depth(frames=2, size=8, unacked=0)}
    inbox = post.broker(B).inbox(A, Lane.NORMAL)
    frames = await inbox.get(1, 1 << 20)
    assert post.depths() == {way: Depth(frames=2, size=8, unacked=1)}
    await inbox.ack(frames)
    assert post.depths() == {way: Depth(frames=1, size=3, unacked=0)}


async def test_a_queue_never_holds_more_bytes_than_it_may() -> None:
    post = MemoryPost(queue_bytes=10)
    a = post.broker(A)
    assert await send(a, B, b"123456", b"12345", b"1234") == ["", "TRUC-510", ""]
    assert post.depths()[Way(A, B, Lane.NORMAL)].size == 10


async def test_drained_returns_when_everything_was_acknowledged() -> None:
    post = MemoryPost()
    await post.drained()
    await send(post.broker(A), B, b"1", b"2")
    drained = asyncio.ensure_future(post.drained())
    inbox = post.broker(B).inbox(A, Lane.NORMAL)
    first, second = await inbox.get(*ALL)
    await inbox.ack([first])
    await asyncio.sleep(0)
    assert not drained.done()
    await inbox.ack([second])
    await drained


async def test_a_parked_frame_no_longer_counts_as_waiting() -> None:
    post = MemoryPost(delivery_limit=0)
    await send(post.broker(A), B, b"1")
    drained = asyncio.ensure_future(post.drained())
    b = post.broker(B)
    inbox = b.inbox(A, Lane.NORMAL)
    await inbox.nack(await inbox.get(*ALL))
    await drained
    assert [(f.data, f.neighbour) for f in await b.parked()] == [(b"1", A)]


async def test_starting_a_node_again_ends_its_earlier_life() -> None:
    """What a kill -9 does: no close is called, and the old process must not act any more."""
    post = MemoryPost()
    await send(post.broker(A), B, b"1")
    dead = post.broker(B)
    old: Inbox = dead.inbox(A, Lane.NORMAL)
    frames: list[Incoming] = await old.get(*ALL)
    alive: MemoryBroker = post.broker(B)
    with pytest.raises(Unavailable):
        await old.ack(frames)
    with pytest.raises(Unavailable):
        await dead.publish(A, Lane.NORMAL, b"x")
    assert [frame.data for frame in await alive.inbox(A, Lane.NORMAL).get(*ALL)] == [b"1"]
