from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import cycle

import pytest

from gateway.broker.rabbitmq.reach import FOLLOW_SECONDS, KNOCK_SECONDS, Reach, jittered
from tests.kit.clock import ManualClock

OWN_PATIENCE = 15.0


class Ends:
    """Ends of links at one broker that wait together; each is known by its number."""

    def __init__(self) -> None:
        self.reach, self.clock = Reach(), ManualClock()
        self.back: list[int] = []
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self._chance = cycle([1.0, 0.2, 0.6])

    def wait(self, *numbers: int) -> None:
        for number in numbers:
            self.tasks[number] = asyncio.create_task(self._wait(number))

    async def _wait(self, number: int) -> None:
        await self.reach.pause(number, OWN_PATIENCE, self.clock, lambda: next(self._chance))
        self.back.append(number)


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    ends = Ends()
    yield ends
    for task in ends.tasks.values():
        task.cancel()
    await asyncio.gather(*ends.tasks.values(), return_exceptions=True)


async def test_one_end_knocks_each_second_and_the_others_wait(ends: Ends) -> None:
    ends.wait(0, 1, 2)
    await ends.clock.run(KNOCK_SECONDS)
    assert ends.back == [0]
    ends.wait(0)
    await ends.clock.run(KNOCK_SECONDS)
    assert ends.back == [0, 0]


async def test_others_follow_one_after_the_other_when_one_was_let_in(ends: Ends) -> None:
    ends.wait(0, 1, 2)
    await ends.clock.run(KNOCK_SECONDS)
    ends.reach.opened()
    await ends.clock.run(0)
    assert ends.back == [0]
    await ends.clock.run(FOLLOW_SECONDS)
    assert sorted(ends.back) == [0, 1, 2]


async def test_whoever_waited_long_enough_does_not_depend_on_the_one_ahead(ends: Ends) -> None:
    ends.wait(0, 1)
    await ends.clock.run(OWN_PATIENCE)
    assert ends.back == [0, 1]


async def test_another_goes_ahead_when_the_first_leaves(ends: Ends) -> None:
    ends.wait(0)
    await ends.clock.run(KNOCK_SECONDS)
    ends.reach.leave(1)  # not ahead: nothing changes
    ends.wait(2)
    await ends.clock.run(KNOCK_SECONDS)
    assert ends.back == [0]
    ends.reach.leave(0)
    ends.wait(3)
    await ends.clock.run(KNOCK_SECONDS)
    assert ends.back == [0, 3]


async def test_what_was_opened_long_ago_wakes_nobody(ends: Ends) -> None:
    ends.reach.opened()
    ends.wait(0, 1)
    await ends.clock.run(KNOCK_SECONDS)
    assert ends.back == [0]


async def test_wait_that_is_cancelled_leaves_no_sleeper(ends: Ends) -> None:
    ends.wait(0, 1)
    await ends.clock.run(0)
    for task in ends.tasks.values():
        task.cancel()
    await ends.clock.run(0)
    assert ends.clock.sleepers == 0


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 5.0), (0.5, 7.5), (1.0, 10.0)])
def test_times_are_spread_over_half_of_them(chance: float, seconds: float) -> None:
    assert jittered(10.0, lambda: chance) == seconds
