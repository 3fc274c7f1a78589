from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import cast

import pytest

from gateway.core.catalogue import UNKNOWN_LETTER
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode, LetterId
from gateway.core.stages import Stage
from gateway.core.tracking import Tracking
from gateway.http.console.trackings import FEW, KEPT_FOR, MOST_KEPT, Traced, Trackings
from gateway.ports import Caller, Office
from tests.kit.builders import letter_id
from tests.kit.clock import START
from tests.unit.core.test_whereabouts import track, tracking

ONE, OTHER = letter_id(1), letter_id(2)
OPERATOR = Caller("lan", frozenset(), is_operator=True)
CLERK = Caller("binh", frozenset({AgencyCode("A")}))


class SlowOffice:
    """An office of which only one thing is asked, and which counts how often."""

    def __init__(self, recipients: int = 1) -> None:
        self.recipients, self.asked = recipients, 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def whereabouts(self, caller: Caller, letter_id: LetterId) -> Tracking:
        self.asked += 1
        await self.may_answer.wait()
        if letter_id == OTHER and not caller.is_operator:
            raise Rejected(find(UNKNOWN_LETTER, letter_id=letter_id))
        return tracking(*[track()] * self.recipients)


def asking(
    office: SlowOffice, trackings: Trackings, caller: Caller = OPERATOR, one: LetterId = ONE
) -> object:
    return trackings.of(cast(Office, office), caller, one, START)


async def test_who_asks_at_the_same_time_waits_for_one_answer() -> None:
    office, trackings = SlowOffice(), Trackings()
    office.may_answer.clear()
    first, second = (asyncio.ensure_future(asking(office, trackings)) for _ in range(2))  # type: ignore[call-overload]
    await asyncio.sleep(0)
    first.cancel()  # whoever leaves takes nothing away
    office.may_answer.set()
    assert isinstance(await second, Traced)
    assert office.asked == 1


async def test_answer_is_new_after_some_seconds_after_a_move_and_for_somebody_else() -> None:
    office, trackings = SlowOffice(), Trackings()

    async def ask(seconds: float, caller: Caller = OPERATOR) -> int:
        now = START + timedelta(seconds=seconds)
        await trackings.of(cast(Office, office), caller, ONE, now)
        return office.asked

    assert [await ask(0), await ask(2.9), await ask(KEPT_FOR.total_seconds())] == [1, 1, 2]
    assert await ask(-3600) == 3  # the clock was set back
    assert await ask(-3600, CLERK) == 4
    trackings.forget(ONE)
    assert await ask(-3600) == 5


async def test_refusal_is_not_remembered() -> None:
    office, trackings = SlowOffice(), Trackings()
    for number in (1, 2):
        with pytest.raises(Rejected):
            await trackings.of(cast(Office, office), CLERK, OTHER, START)
        await asyncio.sleep(0)
        assert office.asked == number


async def test_no_more_recipients_are_remembered_than_there_is_room_for() -> None:
    office, trackings = SlowOffice(MOST_KEPT // 2 + 1), Trackings()
    for one in (ONE, OTHER, ONE):
        await trackings.of(cast(Office, office), OPERATOR, one, START)
    assert office.asked == 3
    await trackings.of(cast(Office, office), OPERATOR, ONE, START)
    assert office.asked == 3


async def test_letter_that_needs_all_the_room_is_remembered_alone() -> None:
    office, trackings = SlowOffice(MOST_KEPT + 1), Trackings()
    for _ in range(2):
        await trackings.of(cast(Office, office), OPERATOR, ONE, START)
    assert office.asked == 1


def test_who_is_stuck_or_late_comes_first_in_a_circular_and_each_stage_is_counted() -> None:
    done, moving = track(stage=Stage.DELIVERED), track()
    paused, retrying = track(is_paused=True), track(stage=Stage.RETRYING)
    back = track(stage=Stage.RETURNED)
    traced = Traced.of(tracking(*[done] * FEW, moving, back, paused, retrying))
    assert [each.stage for each in traced.recipients[:4]] == [
        Stage.ON_THE_WAY,
        Stage.RETRYING,
        Stage.RETURNED,
        Stage.ON_THE_WAY,
    ]
    assert traced.recipients[0].is_paused
    assert list(traced.counts.items()) == [
        ("retrying", 1),
        ("returned", 1),
        ("on-the-way", 2),
        ("delivered", FEW),
    ]
    assert len(traced.which("delivered")) == FEW
    assert len(traced.which("rubbish")) == FEW + 4


def test_few_recipients_stay_in_the_order_of_their_letter() -> None:
    tracks = (track(stage=Stage.DELIVERED), track(stage=Stage.RETRYING))
    assert Traced.of(tracking(*tracks)).recipients == tracks
