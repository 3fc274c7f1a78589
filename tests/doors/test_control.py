"""
Control: what neighbours tell us.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.broker.control import (
    Hello,
    HopRequest,
    Hops,
    Message,
    MissingRanges,
    Progress,
    Receipt,
    Refusal,
    Unread,
)
from gateway.broker.frames import ControlFrame, decode, encode
from gateway.broker.memory_queue import Way
from gateway.core import catalogue
from gateway.core.delivery import State
from gateway.core.model import Lane, LetterId, NodeId
from gateway.core.tracking import HopEvent
from gateway.doors.arrival import TRIES, Arrival
from gateway.doors.control import Control
from gateway.ports import Accepted
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    COMMUNE,
    COMMUNE_OFFICE,
    OTHER_OFFICE,
    OTHER_PROVINCE,
    PROVINCE,
    PROVINCE_OFFICE,
    small_axis,
)
from tests.kit.correspondence import letter
from tests.kit.nodes import Manner, SmallAxis, open_axis

UP = "link:G22"
STRANGE = LetterId("01957000-0000-7000-8000-00000000dead")


async def waiting_letter(axis: SmallAxis) -> Accepted:
    """A letter of the province that is queued for central, whose node is down."""
    axis.nodes[CENTRAL].die()
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE)
    accepted = await axis.send(content, by=PROVINCE_OFFICE)
    await axis.settle()
    return accepted


async def tell(axis: SmallAxis, *messages: Message, by: NodeId = CENTRAL, to: NodeId = PROVINCE) -> None:
    """Let a neighbour say something to the province."""
    node = axis.nodes[by]
    broker = node.broker if node.is_alive else axis.post.broker(by)
    await broker.publish(to, Lane.CONTROL, encode(ControlFrame(messages)))
    await axis.settle()


def said(axis: SmallAxis, one: NodeId, other: NodeId) -> list[Message]:
    """The control messages that went from one node to another."""
    frames = [decode(data) for way, data in axis.post.carried if way == Way(one, other, Lane.CONTROL)]
    return [m for frame in frames if isinstance(frame, ControlFrame) for m in frame.messages]


async def state(axis: SmallAxis, accepted: Accepted) -> State:
    return (await axis.delivery(PROVINCE, accepted.letter_id, UP)).state


def receipt(axis: SmallAxis, letter_id: LetterId, by: NodeId = CENTRAL) -> Receipt:
    return Receipt(letter_id, PROVINCE, "0" * 64, by, axis.clock.now())


# --- about deliveries of ours --------------------------------------------------------------------


async def test_receipt_ends_the_delivery_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await waiting_letter(axis)
        await tell(axis, receipt(axis, accepted.letter_id))
        taken = await state(axis, accepted)
        rows = len(await axis.nodes[PROVINCE].store.journal(0, 1000))
        await tell(axis, receipt(axis, accepted.letter_id), receipt(axis, accepted.letter_id))
        after = len(await axis.nodes[PROVINCE].store.journal(0, 1000))

    assert taken is State.TAKEN
    assert after == rows


async def test_neighbour_speaks_only_for_its_own_link(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await waiting_letter(axis)
        now = axis.clock.now()
        refusal = Refusal(accepted.letter_id, PROVINCE, catalogue.EXPIRED.code, CENTRAL, now)
        await tell(axis, receipt(axis, accepted.letter_id), refusal, by=COMMUNE)
        untouched = await state(axis, accepted)

    assert untouched is State.SENT


async def test_refusal_gives_the_letter_back_with_its_reason(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await waiting_letter(axis)
        now = axis.clock.now()
        refusal = Refusal(accepted.letter_id, PROVINCE, catalogue.WRONG_LINK.code, CENTRAL, now)
        await tell(axis, refusal)
        returned = await state(axis, accepted)
        (notice,) = await axis.collect(PROVINCE_OFFICE)

    assert returned is State.RETURNED
    assert f"[Trục] {catalogue.WRONG_LINK.code}" in notice.content.decode()


async def test_refusal_after_the_receipt_comes_too_late(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await waiting_letter(axis)
        await tell(axis, receipt(axis, accepted.letter_id))
        now = axis.clock.now()
        await tell(axis, Refusal(accepted.letter_id, PROVINCE, catalogue.EXPIRED.code, CENTRAL, now))
        end = await state(axis, accepted)

    assert end is State.TAKEN


async def test_missing_ranges_make_the_letter_due_again(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await waiting_letter(axis)
        frames = len(axis.post.carried)
        await tell(axis, MissingRanges(accepted.letter_id, PROVINCE, "0:0-10"))
        delivery = await axis.delivery(PROVINCE, accepted.letter_id, UP)
        again = axis.post.carried[frames + 1 :]

    assert (delivery.state, delivery.held, delivery.attempts) == (State.SENT, "0:0-10", 2)
    assert [(way.receiver, way.lane) for way, _ in again] == [(CENTRAL, Lane.NORMAL)]


async def test_progress_is_remembered_and_moves_nothing(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await waiting_letter(axis)
        await tell(axis, Progress(accepted.letter_id, PROVINCE, "0:0-10"))
        delivery = await axis.delivery(PROVINCE, accepted.letter_id, UP)

    assert (delivery.state, delivery.held) == (State.SENT, "0:0-10")


@pytest.mark.parametrize("number", range(6))
async def test_message_about_a_letter_that_is_not_ours_is_harmless(tmp_path: Path, number: int) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        now = axis.clock.now()
        event = HopEvent(STRANGE, CENTRAL, UP, State.TAKEN, now)
        strange: Sequence[Message] = (
            receipt(axis, STRANGE),
            MissingRanges(STRANGE, PROVINCE, ""),
            Progress(STRANGE, PROVINCE, "0:0-10"),
            Refusal(STRANGE, PROVINCE, catalogue.EXPIRED.code, CENTRAL, now),
            Hops.of(PROVINCE, [event]),
            HopRequest((PROVINCE,), STRANGE, CENTRAL),
        )
        await tell(axis, strange[number])
        journal = await axis.nodes[PROVINCE].store.journal(0, 1000)

    assert [row.event for row in journal if row.letter_id == STRANGE] == []
    assert axis.post.depths() == {}


async def test_words_of_a_later_release_are_passed_over_and_the_rest_is_heard(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await waiting_letter(axis)
        later = Unread({"type": "of-tomorrow", "what": 1}, "unknown type 'of-tomorrow'")
        await tell(axis, later, Hello(CENTRAL, (1, 2), "9.9"), receipt(axis, accepted.letter_id))
        taken = await state(axis, accepted)
        heard = [line["type"] for line in axis.nodes[PROVINCE].said("control.received")]

    assert taken is State.TAKEN
    assert heard == ["Unread", "Hello"]


# --- hop events ----------------------------------------------------------------------------------


async def test_hop_events_for_another_node_go_on_towards_it(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        event = HopEvent(STRANGE, OTHER_PROVINCE, "link:G22", State.TAKEN, axis.clock.now())
        message = Hops.of(COMMUNE, [event])
        await tell(axis, message)
        passed_on = said(axis, PROVINCE, COMMUNE)

    assert passed_on == [message]


async def test_hop_events_for_a_node_that_is_gone_are_dropped(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        event = HopEvent(STRANGE, OTHER_PROVINCE, "link:G22", State.TAKEN, axis.clock.now())
        await tell(axis, Hops.of(NodeId("H99"), [event]))
        lines = axis.nodes[PROVINCE].said("control.received")

    assert [line["code"] for line in lines] == [catalogue.NO_ROUTE.code]
    assert axis.post.depths() == {}


async def test_hop_request_brings_back_what_every_node_on_the_way_knows(tmp_path: Path) -> None:
    """The reports of the first time were lost with the disk of the origin, say; now they are asked for."""
    async with open_axis(small_axis(), tmp_path) as axis:
        content = letter(COMMUNE_OFFICE, OTHER_OFFICE)
        accepted = await axis.send(content, by=COMMUNE_OFFICE)
        await axis.settle()
        told_before = len(said(axis, PROVINCE, COMMUNE))
        request = HopRequest((OTHER_PROVINCE,), accepted.letter_id, COMMUNE)
        await axis.nodes[COMMUNE].store.send_control([(PROVINCE, request.to_wire())], axis.clock.now())
        await axis.settle()
        answers = [m for m in said(axis, PROVINCE, COMMUNE)[told_before:] if isinstance(m, Hops)]

    events = {(e.node, e.target, e.state) for answer in answers for e in answer.read()}
    assert events == {
        (PROVINCE, "link:G22", State.TAKEN),
        (CENTRAL, "link:H21", State.TAKEN),
        (OTHER_PROVINCE, f"agency:{OTHER_OFFICE}", State.WAITING),
    }


# --- faults of our own ---------------------------------------------------------------------------


class Stumbling(Control):
    """Stumbles over everything it is told."""

    async def hear(self, neighbour: NodeId, messages: Sequence[Message]) -> None:
        raise RuntimeError("a fault of ours")


async def test_message_that_our_code_fails_on_is_tried_a_few_times_then_kept_aside(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, Manner(on_disk=True)) as axis:
        axis.may_fail_itself = True
        node = axis.nodes[PROVINCE]
        stumbling = Stumbling(node.desk, node.editions)
        arrival = Arrival(node.desk, node.broker, stumbling, axis.manner.limits, node.examiner)
        inbox = node.broker.inbox(CENTRAL, Lane.CONTROL)
        hello = ControlFrame((Hello(CENTRAL, (1,), "1.0"),))
        await axis.nodes[CENTRAL].broker.publish(PROVINCE, Lane.CONTROL, encode(hello))
        for _ in range(TRIES):
            received = asyncio.create_task(arrival.receive(inbox, await inbox.get(10, 1000)))
            await axis.clock.run(5)
            await received
        errors = len(node.said("internal.error"))

    assert axis.post.depths() == {}
    assert errors == TRIES
    assert quarantined(axis) == [(catalogue.UNREADABLE.code, CENTRAL, encode(hello))]


def quarantined(axis: SmallAxis) -> list[tuple[str, str, bytes]]:
    database = sqlite3.connect(axis.folder / PROVINCE / "truc.db")
    rows = database.execute("SELECT code, neighbour, data FROM quarantine").fetchall()
    database.close()
    return rows
