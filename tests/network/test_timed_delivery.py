"""
A document that must be there by an hour: every node knows it, and its sender is told in time if it is not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.core.deadlines import DueState
from gateway.core.errors import Rejected
from gateway.core.model import InReplyTo, LetterId, NodeId, Organ
from gateway.letters import StatusDialect, render_status, status
from gateway.office import one_chunk
from gateway.ports import Accepted
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import SmallAxis, open_axis

WRITER, READER = "000.22.40.H14", "000.24.35.H21"
CENTRAL, FAR = NodeId("G22"), NodeId("H21")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def send(axis: SmallAxis, by: datetime, number: int = 1, **more: Any) -> Accepted:
    content = letter(WRITER, READER, number=number, priority=4)
    office = axis.node_of(WRITER).office
    return await office.accept(one_chunk(content), axis.caller(WRITER), deliver_by=by, **more)


def said(axis: SmallAxis, letter_id: LetterId) -> list[str]:
    """Which words the nodes told of the hour of a letter, in this order."""
    events = ("letter.due_soon", "letter.overdue")
    lines = [(e, line) for node in axis.nodes.values() for e in events for line in node.said(e)]
    found = [
        (e, line["agency"])
        for e, line in lines
        if line["letter_id"] == letter_id and line["what"] == "carried"
    ]
    assert {agency for _, agency in found} <= {WRITER}
    return [event for event, _ in found]


async def state(axis: SmallAxis, letter_id: LetterId, by: str) -> tuple[DueState, datetime | None]:
    tracking = await axis.node_of(by).office.whereabouts(axis.caller(by), letter_id)
    (recipient,) = tracking.recipients
    (item,) = [item for item in recipient.deadlines if item.rule.name == "carried"]
    return item.state, item.due_at


async def test_sender_is_told_when_the_hour_is_near_and_when_it_is_over(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        hour = axis.clock.now() + 3 * HOUR
        axis.post.cut(CENTRAL, FAR)
        stuck = (await send(axis, hour)).letter_id
        await axis.settle()
        told = []
        for wait in (HOUR, HOUR + MINUTE, HOUR, 5 * HOUR):
            await axis.wait(wait)
            told.append(said(axis, stuck))
        late = await state(axis, stuck, WRITER)
        axis.post.heal(CENTRAL, FAR)
        await axis.wait(HOUR)
        there = [await state(axis, stuck, who) for who in (WRITER, READER)]

    assert told[0] == []
    assert told[1] == ["letter.due_soon"]
    assert told[2] == told[3] == ["letter.due_soon", "letter.overdue"]
    assert late == (DueState.LATE, hour)
    assert there == [(DueState.LATE, hour)] * 2, "the receiving side knows the hour too"


async def test_letter_that_lies_at_the_door_in_time_is_spoken_of_no_more(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        hour = axis.clock.now() + 3 * HOUR
        letter_id = (await send(axis, hour)).letter_id
        await axis.settle()
        await axis.wait(5 * HOUR)
        words, found = said(axis, letter_id), await state(axis, letter_id, WRITER)

    assert words == []
    assert found == (DueState.MET, hour)


@pytest.mark.parametrize("dry_run", [False, True], ids=["sent", "only tried"])
async def test_hour_that_cannot_be_kept_is_refused(tmp_path: Path, dry_run: bool) -> None:
    codes = []
    async with open_axis(four_level(), tmp_path) as axis:
        now = axis.clock.now()
        for by, ttl in ((now - MINUTE, None), (now + 30 * 24 * HOUR, None), (now + 2 * HOUR, HOUR)):
            with pytest.raises(Rejected) as refused:
                await send(axis, by, dry_run=dry_run, ttl=ttl)
            codes.append(refused.value.code)
        at_its_end = await send(axis, axis.clock.now() + HOUR, ttl=HOUR, dry_run=dry_run)

    assert codes == ["TRUC-318", "TRUC-319", "TRUC-319"]
    assert at_its_end.expires_at


async def test_letter_sent_again_after_its_hour_gets_its_first_answer(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        hour = axis.clock.now() + HOUR
        first = await send(axis, hour)
        await axis.wait(2 * HOUR)
        again = await send(axis, hour)

    assert (again.letter_id, again.repeated) == (first.letter_id, True)


async def test_status_has_no_hour(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        office, caller = axis.node_of(WRITER).office, axis.caller(WRITER)
        about = InReplyTo(READER, "1/UBND", "id-1", "2026/03/02")
        written = render_status(
            status(Organ(WRITER), about, "01", at=axis.clock.now()), StatusDialect.JAVA_SDK
        )
        with pytest.raises(Rejected) as refused:
            await office.accept(one_chunk(written), caller, deliver_by=axis.clock.now() + HOUR)

    assert refused.value.code == "TRUC-414"
