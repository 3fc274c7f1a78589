"""
The messenger: every notice is tried until it was heard or given up, and one slow receiver slows nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest

from adapters.messenger import AT_HAND, SOON, WAITS, Messenger, Try
from gateway.core.catalogue import INTERNAL, NOTICE_REFUSED, VAULT_KEY
from gateway.core.errors import Misconfigured, find
from gateway.ports import Channel, Notice, NoticeState
from tests.kit.board import OPERATOR, SmallBoard, small_board
from tests.kit.office import COMMUNE, DISTRICT

AT_ONCE = 2
Carry = Callable[[Notice], Awaitable[Try]]


@pytest.fixture
async def small() -> AsyncIterator[SmallBoard]:
    async with small_board() as opened:
        yield opened


def messenger(small: SmallBoard, carry: Carry, chance: float = 0.0) -> Messenger:
    """One that tells receivers apart by their address."""
    return Messenger(
        small.workplace(None),
        Channel.WEBHOOK,
        carry,
        lambda notice: notice.subscription.address,
        at_once=AT_ONCE,
        chance=lambda: chance,
    )


async def once(small: SmallBoard, carry: Carry, chance: float = 0.0) -> int:
    """What is due now is tried once."""
    async with asyncio.TaskGroup() as tries:
        return await messenger(small, carry, chance).round(tries)


@asynccontextmanager
async def running(messenger: Messenger) -> AsyncIterator[None]:
    task = asyncio.ensure_future(messenger.run())
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def until(small: SmallBoard, reached: Callable[[], bool]) -> None:
    """Let time pass by and by, as the loop may lie down to rest at any moment."""
    async with asyncio.timeout(20):
        while not reached():
            small.clock.advance(SOON / 10)
            await asyncio.sleep(0.001)


def refusing(**more: object) -> Carry:
    async def carry(_notice: Notice) -> Try:
        return Try(NOTICE_REFUSED, "HTTP 500", **more)  # type: ignore[arg-type]

    return carry


async def hearing(_notice: Notice) -> Try:
    return Try(detail="HTTP 204")


async def test_heard_notice_is_not_sent_again(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    assert await once(small, hearing) == 1
    assert (await small.notice(1)).state is NoticeState.SENT
    small.clock.advance(timedelta(days=30))
    assert await once(small, hearing) == 0
    assert [line["attempts"] for line in small.logged("notice.heard")] == [1]


async def test_refused_notice_is_tried_ten_times_over_two_days_and_then_dead(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    for wait in WAITS:
        assert await once(small, refusing()) == 1
        notice = await small.notice(1)
        assert (notice.state, notice.due_at) == (NoticeState.DUE, small.clock.now() + wait)
        small.clock.advance(wait - timedelta(seconds=1))
        assert await once(small, refusing()) == 0
        small.clock.advance(1)
    assert await once(small, refusing()) == 1
    dead = await small.notice(1)
    assert (dead.state, dead.attempts, dead.code) == (NoticeState.DEAD, 10, NOTICE_REFUSED.code)


async def test_final_refusal_is_not_tried_again(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    await once(small, refusing(is_final=True))
    assert (await small.notice(1)).state is NoticeState.DEAD


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (timedelta(minutes=3), timedelta(minutes=3)),
        (timedelta(seconds=1), WAITS[0]),
        (timedelta(seconds=-100), WAITS[0]),
        (timedelta(days=365), timedelta(days=1)),
    ],
)
async def test_receiver_may_ask_for_more_time_but_not_for_ever(
    small: SmallBoard, asked: timedelta, waited: timedelta
) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    await once(small, refusing(again_after=asked))
    assert (await small.notice(1)).due_at == small.clock.now() + waited


async def test_waits_differ_by_chance(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    await once(small, refusing(), chance=1.0)
    assert (await small.notice(1)).due_at == small.clock.now() + timedelta(seconds=6)


async def test_what_a_receiver_says_is_kept_as_one_short_line(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)

    async def carry(_notice: Notice) -> Try:
        return Try(NOTICE_REFUSED, "550 hộp thư\r\n\x00đầy" + "x" * 1000)

    await once(small, carry)
    detail = (await small.notice(1)).detail
    assert detail.startswith("550 hộp thư")
    assert detail.isprintable()
    assert len(detail) <= 200


async def test_fault_of_our_own_is_logged_and_the_notice_tried_later(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)

    async def carry(_notice: Notice) -> Try:
        raise KeyError("bí mật")

    await once(small, carry)
    notice = await small.notice(1)
    assert (notice.state, notice.code) == (NoticeState.DUE, INTERNAL.code)
    (line,) = small.logged("internal.error")
    assert line["error"] == "KeyError"
    assert "bí mật" not in small.stream.getvalue()


async def test_unusable_secret_is_told_and_tried_later(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)

    async def carry(_notice: Notice) -> Try:
        raise Misconfigured(find(VAULT_KEY, path="secrets.key"))

    await once(small, carry)
    notice = await small.notice(1)
    assert (notice.state, notice.code) == (NoticeState.DUE, VAULT_KEY.code)


async def test_slow_receiver_has_few_tries_at_a_time_and_slows_nobody(small: SmallBoard) -> None:
    slow, _ = await small.subscribe(COMMUNE, "https://cham.vn/")
    await small.subscribe(DISTRICT, "https://nhanh.vn/")
    for _ in range(30):
        await small.arrive(COMMUNE)
    gate, begun, heard = asyncio.Event(), 0, 0

    async def carry(notice: Notice) -> Try:
        nonlocal begun, heard
        if notice.subscription.id == slow.id:
            begun += 1
            await gate.wait()
        heard += 1
        return Try()

    def reached(expected: int) -> bool:
        return heard == expected

    async with running(messenger(small, carry)):
        await until(small, lambda: begun == AT_ONCE)
        for expected in range(1, 21):
            await small.arrive(DISTRICT)
            await until(small, partial(reached, expected))
        assert begun == AT_ONCE
        waiting = await small.board.notices(OPERATOR, subscription_id=slow.id)
        assert sum(n.attempts for n in waiting) == 4 * AT_ONCE  # the rest was not even taken off the board
        gate.set()
        await until(small, lambda: heard == 50)


async def test_many_receivers_are_served_side_by_side(small: SmallBoard) -> None:
    for number in range(20):
        await small.subscribe(COMMUNE, f"https://{number}.vn/")
    await small.arrive(COMMUNE)
    begun, gate = 0, asyncio.Event()

    async def carry(_notice: Notice) -> Try:
        nonlocal begun
        begun += 1
        await gate.wait()
        return Try()

    async with running(messenger(small, carry)):
        await until(small, lambda: begun == 20)
        gate.set()
        await until(small, lambda: len(small.logged("notice.heard")) == 20)


async def test_hands_are_never_fuller_than_they_can_hold(small: SmallBoard) -> None:
    made, _ = await small.subscribe(COMMUNE)
    for _ in range(AT_HAND + 40):
        await small.board.ping(OPERATOR, made.id)
    begun, gate, receivers = 0, asyncio.Event(), iter(range(1000))

    async def carry(_notice: Notice) -> Try:
        nonlocal begun
        begun += 1
        await gate.wait()
        return Try()

    place = small.workplace(None)
    everywhere = Messenger(
        place, Channel.WEBHOOK, carry, lambda _: str(next(receivers)), at_once=100, chance=lambda: 0.0
    )
    async with running(everywhere):
        await until(small, lambda: begun == AT_HAND)
        resting = small.clock.now() + timedelta(seconds=3 * SOON)
        await until(small, lambda: small.clock.now() >= resting)
        assert begun == AT_HAND
        gate.set()
        await until(small, lambda: len(small.logged("notice.heard")) == AT_HAND + 40)
