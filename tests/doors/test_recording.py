"""
Recording moves when our own code fails on one: its letter comes up again by itself, without a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.core import catalogue
from gateway.core.delivery import (
    FAILURES_BEFORE_QUARANTINE,
    Confirmed,
    Delivery,
    Event,
    Failed,
    Offered,
    State,
)
from gateway.doors.recording import LET_GO
from gateway.ports import Accepted
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, DEPARTMENT, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.correspondence import letter
from tests.kit.nodes import SmallAxis, open_axis

DOOR, UP = f"agency:{DEPARTMENT}", "link:G22"
A_PAUSE = timedelta(seconds=2)  # longer than that between two ways of recording
ALWAYS = 10_000
WAYS = [(DEPARTMENT, DOOR, State.WAITING), (CENTRAL_OFFICE, UP, State.TAKEN)]


def fail_on(
    axis: SmallAxis, monkeypatch: pytest.MonkeyPatch, is_bad: Callable[[Event], bool], times: int = ALWAYS
) -> None:
    """Our code fails so often when the province's node records such an event."""
    store, left = axis.nodes[PROVINCE].store, [None] * times
    record = store.record
    axis.may_fail_itself = True

    async def fails(*told: Any) -> Delivery | None:
        if is_bad(told[2]) and left:
            left.pop()
            raise KeyError("a fault of ours")
        return await record(*told)

    monkeypatch.setattr(store, "record", fails)


async def send(axis: SmallAxis, to: str = DEPARTMENT) -> Accepted:
    accepted = await axis.send(letter(PROVINCE_OFFICE, to), by=PROVINCE_OFFICE)
    await axis.settle()
    return accepted


async def pauses(axis: SmallAxis) -> None:
    """Time for all ways of recording one move."""
    for _ in range(4):
        await axis.wait(A_PAUSE)


async def delivery(axis: SmallAxis, accepted: Accepted, target: str = DOOR) -> Delivery:
    return await axis.delivery(PROVINCE, accepted.letter_id, target)


@pytest.mark.parametrize(("to", "target", "end"), WAYS)
async def test_what_happened_is_recorded_though_our_code_failed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, target: str, end: State
) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        fail_on(axis, monkeypatch, lambda event: isinstance(event, Offered | Confirmed), times=1)
        accepted = await send(axis, to)
        await pauses(axis)
        after = await delivery(axis, accepted, target)
        faults = axis.nodes[PROVINCE].said("internal.error")

    assert (after.state, after.attempts, after.failures) == (end, 1, 0)
    assert [(line["letter_id"], line["error"]) for line in faults] == [(accepted.letter_id, "KeyError")]


async def test_letter_whose_move_cannot_be_written_is_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        fail_on(axis, monkeypatch, lambda event: isinstance(event, Offered), times=2)
        accepted = await send(axis)
        await pauses(axis)
        failed = await delivery(axis, accepted)
        await axis.wait(timedelta(minutes=1))
        after = await delivery(axis, accepted)

    assert (failed.state, failed.last_code) == (State.QUEUED, catalogue.INTERNAL.code)
    assert after.state is State.WAITING


async def test_letter_whose_move_can_never_be_written_is_put_before_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        fail_on(axis, monkeypatch, lambda event: isinstance(event, Offered))
        accepted = await send(axis)
        for _ in range(2 * FAILURES_BEFORE_QUARANTINE):
            await axis.wait(timedelta(hours=1))
            await pauses(axis)
        end = await delivery(axis, accepted)

    assert (end.state, end.last_code) == (State.QUARANTINED, catalogue.UNREADABLE.code)


@pytest.mark.parametrize(("to", "target", "end"), WAYS)
async def test_claim_is_let_go_when_nothing_of_a_letter_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, target: str, end: State
) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        fail_on(axis, monkeypatch, lambda event: isinstance(event, Offered | Confirmed | Failed), times=3)
        if target == UP:
            axis.post.cut(PROVINCE, CENTRAL)
        accepted = await send(axis, to)
        await pauses(axis)
        stuck = await delivery(axis, accepted, target)
        axis.post.heal(PROVINCE, CENTRAL)
        await axis.wait(LET_GO)
        after = await delivery(axis, accepted, target)

    assert (stuck.state, stuck.attempts) == (State.TRYING, 1)
    assert (after.state, after.attempts) == (end, 2)


async def test_one_letter_that_cannot_be_recorded_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        fail_on(axis, monkeypatch, lambda event: isinstance(event, Offered | Failed), times=4)
        bad = await send(axis)
        good = await axis.send(letter(PROVINCE_OFFICE, DEPARTMENT, number=2), by=PROVINCE_OFFICE)
        await pauses(axis)
        states = [(await delivery(axis, each)).state for each in (bad, good)]
        mine = await axis.collect(DEPARTMENT)

    assert states == [State.TRYING, State.WAITING]
    assert [mail.letter_id for mail in mine] == [good.letter_id]
