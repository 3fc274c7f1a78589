"""The bell between the store and the doors."""

from __future__ import annotations

import asyncio
import threading

import pytest

from gateway.bell import Doorbell

LONG = 30.0  # far beyond what a test waits: a bell that does not ring fails by the time limit


async def heard(bell: Doorbell, topic: str, by: object | None = None) -> bool:
    """Whether the topic was rung since the last wait on it."""
    waiting = asyncio.create_task(bell.wait(topic, LONG, by=by))
    for _ in range(5):
        await asyncio.sleep(0)
    if waiting.done():
        return True
    waiting.cancel()
    return False


async def test_the_first_wait_returns_at_once_since_nobody_listened_before() -> None:
    await asyncio.wait_for(Doorbell().wait("local", LONG), 1)


@pytest.mark.parametrize("rung", ["link:H14", "link:H14:urgent"])
async def test_a_door_hears_its_topic_and_the_one_above(rung: str) -> None:
    bell = Doorbell()
    await bell.wait("link:H14:urgent", LONG)
    bell.ring([rung])
    assert await heard(bell, "link:H14:urgent")


@pytest.mark.parametrize("rung", ["link:H1", "link:H14.31", "control:H14", "link:H14:normal"])
async def test_a_door_does_not_hear_what_is_for_others(rung: str) -> None:
    bell = Doorbell()
    await bell.wait("link:H14:urgent", LONG)
    bell.ring([rung])
    assert not await heard(bell, "link:H14:urgent")


async def test_a_ring_before_the_wait_is_not_missed_and_counts_once() -> None:
    bell = Doorbell()
    await bell.wait("local", LONG)
    bell.ring(["local", "local"])
    assert await heard(bell, "local")
    assert not await heard(bell, "local")


class Clerk:
    """One of several who wait for the same."""


async def test_two_who_wait_for_the_same_are_both_woken() -> None:
    bell, one, other = Doorbell(), Clerk(), Clerk()
    for who in (one, other):
        assert await heard(bell, "mail:H14", who), "what was rung before it listened is not missed"
    both = [asyncio.create_task(bell.wait("mail:H14", LONG, by=who)) for who in (one, other)]
    await asyncio.sleep(0)
    bell.ring(["mail:H14"])
    await asyncio.wait_for(asyncio.gather(*both), 5)


async def test_a_ring_that_one_has_heard_is_not_lost_for_another_who_was_busy() -> None:
    bell, waits, busy = Doorbell(), Clerk(), Clerk()
    for who in (waits, busy):
        await bell.wait("mail:H14", LONG, by=who)
    bell.ring(["mail:H14"])
    assert await heard(bell, "mail:H14", waits)
    assert await heard(bell, "mail:H14", busy)
    assert not await heard(bell, "mail:H14", waits)


async def test_the_store_rings_from_its_own_thread() -> None:
    bell = Doorbell()
    await bell.wait("duties", LONG)
    waiting = asyncio.create_task(bell.wait("duties", LONG))
    ringing = threading.Thread(target=bell.ring, args=(["duties"],))
    ringing.start()
    await asyncio.wait_for(waiting, 5)
    ringing.join()


async def test_a_silent_bell_lets_go_after_its_time() -> None:
    bell = Doorbell()
    await bell.wait("local", LONG)
    await asyncio.wait_for(bell.wait("local", 0.01), 5)
