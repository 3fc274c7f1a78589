"""
What is due by law, as agencies see it: tracked with each letter, told once when it is near and when over.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.core import catalogue
from gateway.core.deadlines import DueState
from gateway.core.model import InReplyTo, LetterId, NodeId
from tests.kit.builders import (
    CENTRAL_OFFICE,
    COMMUNE,
    COMMUNE_OFFICE,
    DEPARTMENT,
    PROVINCE,
    PROVINCE_OFFICE,
    small_axis,
)
from tests.kit.correspondence import letter
from tests.kit.nodes import Manner, SmallAxis, open_axis

# The clock of an axis starts on Monday 2 March 2026, 8:30 in Vietnam.
ISSUED, FRIDAY = "2026/03/02", "2026/03/06"
OPEN, MET, LATE, NO_DATA = DueState.OPEN, DueState.MET, DueState.LATE, DueState.NO_DATA


async def send(
    axis: SmallAxis, sender: str = PROVINCE_OFFICE, to: str = COMMUNE_OFFICE, due_date: str = FRIDAY
) -> LetterId:
    written = letter(sender, to, issue_date=ISSUED, due_date=due_date)
    accepted = await axis.send(written, by=sender)
    await axis.settle()
    return accepted.letter_id


async def states(axis: SmallAxis, letter_id: LetterId, by: str) -> dict[str, DueState]:
    """What is due of a letter to one recipient, by the name of its rule."""
    node = axis.node_of(by)
    tracking = await node.office.whereabouts(axis.caller(by), letter_id)
    (recipient,) = tracking.recipients
    return {item.rule.name: item.state for item in (*tracking.deadlines, *recipient.deadlines)}


def said(axis: SmallAxis, node: NodeId, what: str = "handled") -> list[tuple[str, Any]]:
    """What the log of a node says of one duty: word and letter."""
    events = ("letter.due_soon", "letter.overdue")
    return [
        (e, line["letter_id"]) for e in events for line in axis.nodes[node].said(e) if line["what"] == what
    ]


async def until(axis: SmallAxis, moment: datetime) -> None:
    await axis.wait(moment - axis.clock.now())


def vietnam(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2026 in the time of Vietnam."""
    return datetime(2026, 3, day, tzinfo=UTC) + timedelta(hours=hour - 7, minutes=minute)


async def test_letter_is_reminded_of_on_the_morning_before_and_at_the_end_of_its_day(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        letter_id = await send(axis)
        told = []
        for moment in (
            vietnam(5, 7, 29),
            vietnam(5, 7, 31),
            vietnam(6, 23, 59),
            vietnam(7, 0, 1),
            vietnam(9, 9),
        ):
            await until(axis, moment)
            told.append(said(axis, COMMUNE))
        metrics = axis.nodes[COMMUNE].metrics.registry
        counted = metrics.get_sample_value("truc_letters_reminded_total", {"word": "soon"})
        journal = await axis.nodes[COMMUNE].store.journal(0, 1000)
        of_it = [row.event for row in journal if row.detail.get("what") == "handled"]
        elsewhere = said(axis, PROVINCE)

    soon, overdue = ("letter.due_soon", letter_id), ("letter.overdue", letter_id)
    assert told == [[], [soon], [soon], [soon, overdue], [soon, overdue]]
    assert counted == 1
    assert of_it == ["letter.due_soon", "letter.overdue"]
    assert elsewhere == []


async def test_letter_that_was_finished_in_time_is_not_reminded_of(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        letter_id = await send(axis)
        await axis.collect(COMMUNE_OFFICE)
        await axis.report(COMMUNE_OFFICE, letter_id, "06")
        await axis.settle()
        await until(axis, vietnam(9, 9))
        words = said(axis, COMMUNE) + said(axis, COMMUNE, "told")

    assert words == []


async def test_reply_handles_the_document_for_both_sides(tmp_path: Path) -> None:
    """Clerks who answer by a document of their own often report no 06 beside it."""
    async with open_axis(small_axis(), tmp_path) as axis:
        letter_id = await send(axis)
        (mail,) = await axis.collect(COMMUNE_OFFICE)
        named = InReplyTo(PROVINCE_OFFICE, mail.item.code, mail.item.document_id, ISSUED)
        reply = letter(COMMUNE_OFFICE, PROVINCE_OFFICE, number=2, in_reply_to=(named,))  # type: ignore[arg-type]
        await axis.send(reply, by=COMMUNE_OFFICE)
        await axis.settle()
        await until(axis, vietnam(9, 9))
        found = [await states(axis, letter_id, by) for by in (PROVINCE_OFFICE, COMMUNE_OFFICE)]
        words = said(axis, COMMUNE)

    assert [each["handled"] for each in found] == [MET, MET]
    assert words == []


async def test_reminder_survives_a_restart_and_is_not_repeated(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, Manner(on_disk=True)) as axis:
        await send(axis)
        await until(axis, vietnam(5, 8))
        before = len(said(axis, COMMUNE))
        axis.start(COMMUNE)
        await axis.wait(timedelta(hours=1))
        again = len(said(axis, COMMUNE))

    assert (before, again) == (1, 0)


async def test_sender_and_receiver_see_the_same_deadlines(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        letter_id = await send(axis)
        at_first = [await states(axis, letter_id, by) for by in (PROVINCE_OFFICE, COMMUNE_OFFICE)]
        await axis.collect(COMMUNE_OFFICE)
        await axis.settle()
        await axis.report(COMMUNE_OFFICE, letter_id, "03")
        await axis.settle()
        received = [await states(axis, letter_id, by) for by in (PROVINCE_OFFICE, COMMUNE_OFFICE)]
        await until(axis, vietnam(7, 9))
        late = [await states(axis, letter_id, by) for by in (PROVINCE_OFFICE, COMMUNE_OFFICE)]

    assert at_first == [{"sent": MET, "told": OPEN, "presented": OPEN, "handled": OPEN}] * 2
    assert received == [{"sent": MET, "told": MET, "presented": OPEN, "handled": OPEN}] * 2
    assert late == [{"sent": MET, "told": MET, "presented": NO_DATA, "handled": LATE}] * 2


async def test_letter_that_is_still_on_its_way_runs_no_clock_of_the_receiver(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.post.cut(PROVINCE, COMMUNE)
        letter_id = await send(axis, due_date="")
        await until(axis, vietnam(4, 9))
        found = await states(axis, letter_id, PROVINCE_OFFICE)

    assert found == {"sent": MET, "told": OPEN, "presented": OPEN}


async def test_day_of_arrival_counts_not_that_of_the_acknowledgement(tmp_path: Path) -> None:
    """Also where the letter came from elsewhere, whose node alone keeps its hops."""
    async with open_axis(small_axis(), tmp_path) as axis:
        letter_id = await send(axis, CENTRAL_OFFICE, DEPARTMENT)
        await until(axis, vietnam(3, 9))
        await axis.collect(DEPARTMENT)
        await axis.report(DEPARTMENT, letter_id, "01")
        await axis.settle()
        found = [await states(axis, letter_id, by) for by in (CENTRAL_OFFICE, DEPARTMENT)]

    assert [each["told"] for each in found] == [LATE, LATE]


async def test_receipt_that_nobody_told_of_on_its_day_is_told_to_the_receiver(tmp_path: Path) -> None:
    """Only what was left lying: the system of the other one has said that it holds the document."""
    async with open_axis(small_axis(), tmp_path) as axis:
        left_lying, fetched = await send(axis, due_date=""), await send(axis, to=DEPARTMENT, due_date="")
        await axis.collect(DEPARTMENT)
        await axis.report(DEPARTMENT, fetched, "01")
        await axis.settle()
        await until(axis, vietnam(2, 23, 59))
        same_day = said(axis, COMMUNE, "told")
        await until(axis, vietnam(3, 0, 1))
        next_day = said(axis, COMMUNE, "told"), said(axis, PROVINCE, "told")
        found = [await states(axis, each, PROVINCE_OFFICE) for each in (left_lying, fetched)]

    assert same_day == []
    assert next_day == ([("letter.overdue", left_lying)], [])
    assert [each["told"] for each in found] == [LATE, MET]


async def test_letter_that_is_handed_in_late_is_told_to_its_sender(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        await until(axis, vietnam(3, 11))
        in_time = await send(axis, due_date="")
        await until(axis, vietnam(3, 13))
        late = await axis.send(
            letter(PROVINCE_OFFICE, COMMUNE_OFFICE, number=2, issue_date=ISSUED), by=PROVINCE_OFFICE
        )
        await axis.wait(timedelta(minutes=1))
        words, elsewhere = said(axis, PROVINCE, "sent"), said(axis, COMMUNE, "sent")
        found = [await states(axis, each, PROVINCE_OFFICE) for each in (in_time, late.letter_id)]

    assert words == [("letter.overdue", late.letter_id)]
    assert elsewhere == []
    assert [each["sent"] for each in found] == [MET, LATE]


async def test_copy_of_a_document_of_others_is_never_sent_late(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        await until(axis, vietnam(20, 9))
        copy = letter(PROVINCE_OFFICE, COMMUNE_OFFICE, issue_date=ISSUED, code_notation="SY-UBND")
        await axis.send(copy, by=PROVINCE_OFFICE)
        undated = letter(PROVINCE_OFFICE, COMMUNE_OFFICE, number=2, issue_date="")
        await axis.send(undated, by=PROVINCE_OFFICE)
        await axis.wait(timedelta(minutes=1))
        words = said(axis, PROVINCE, "sent")

    assert words == []


async def test_days_that_are_only_computed_are_told_once_to_the_operator(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        await until(axis, datetime(2033, 6, 1, tzinfo=UTC))
        await axis.wait(timedelta(days=1))
        lines = [line for line in axis.nodes[PROVINCE].said("calendar.provisional") if line["year"] == 2033]

    assert [line["code"] for line in lines] == [catalogue.CALENDAR_PROVISIONAL.code]
