"""
Relay: store → network.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.broker.frames import LetterFrame, decode
from gateway.broker.memory import Faults
from gateway.broker.memory_queue import Way
from gateway.broker.window import WINDOW_LETTERS, WINDOW_SIZE
from gateway.config import Config
from gateway.core import catalogue
from gateway.core.delivery import FAILURES_BEFORE_QUARANTINE, RETRY_FIRST, URGENT_DIVISOR, State
from gateway.core.model import Kind, Lane, LetterId, NodeId
from gateway.ports import Accepted
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, OTHER_OFFICE, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.correspondence import letter
from tests.kit.nodes import Manner, SmallAxis, open_axis

ON_DISK = Manner(on_disk=True)
UP = "link:G22"
MIB = 1024 * 1024


async def send(axis: SmallAxis, number: int = 1, *, priority: int = 0, size: int = 2000) -> Accepted:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, number=number, priority=priority, size=size)
    accepted = await axis.send(content, by=PROVINCE_OFFICE)
    await axis.settle()
    return accepted


async def send_many(axis: SmallAxis, count: int) -> list[Accepted]:
    contents = [letter(PROVINCE_OFFICE, CENTRAL_OFFICE, number=number) for number in range(1, count + 1)]
    sent = [await axis.send(content, by=PROVINCE_OFFICE) for content in contents]
    await axis.settle()
    return sent


async def state(axis: SmallAxis, accepted: Accepted) -> State:
    return (await axis.delivery(PROVINCE, accepted.letter_id, UP)).state


def frames(axis: SmallAxis, one: NodeId = PROVINCE, other: NodeId = CENTRAL) -> list[LetterFrame]:
    """The letter frames that the broker was given, on any lane of a link."""
    over = [decode(data) for way, data in axis.post.carried if (way.sender, way.receiver) == (one, other)]
    return [frame for frame in over if isinstance(frame, LetterFrame)]


async def told(axis: SmallAxis) -> list[str]:
    """The codes of the notices that the sender got."""
    statuses = await axis.collect(PROVINCE_OFFICE, Kind.STATUS)
    await axis.settle()
    return [mail.content.decode().partition("[Trục] ")[2][:8] for mail in statuses]


# --- the usual way -------------------------------------------------------------------------------


async def test_letter_is_sent_at_the_confirm_and_taken_at_the_neighbours_receipt(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        axis.nodes[CENTRAL].die()
        accepted = await send(axis)
        before = await axis.delivery(PROVINCE, accepted.letter_id, UP)
        axis.start(CENTRAL)
        await axis.settle()
        after = await axis.delivery(PROVINCE, accepted.letter_id, UP)

    assert (before.state, before.attempts, before.confirmed) == (State.SENT, 1, True)
    assert (after.state, after.attempts) == (State.TAKEN, 1)


async def test_small_letter_is_one_frame(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        await send(axis)
        crossed = frames(axis)

    assert len(crossed) == 1
    assert crossed[0].manifest is not None


async def test_try_is_registered_before_it_is_made(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        axis.let_die(PROVINCE, "C9")
        accepted = await send(axis)
        axis.start(PROVINCE)
        delivery = await axis.delivery(PROVINCE, accepted.letter_id, UP)

    assert frames(axis) == []
    assert (delivery.state, delivery.attempts) == (State.TRYING, 1)


async def test_higher_rank_leaves_first(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        ordinary, urgent = [], []
        await axis.settle()
        for number in (1, 2, 3):
            content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, number=number, priority=1)
            ordinary.append(await axis.send(content, by=PROVINCE_OFFICE))
        content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, number=4, priority=4)
        urgent.append(await axis.send(content, by=PROVINCE_OFFICE))
        await axis.settle()
        order = [frame.letter_id for frame in frames(axis)]

    assert order == [a.letter_id for a in (*urgent, *ordinary)]


# --- a link that does not carry ------------------------------------------------------------------


@pytest.mark.parametrize(("priority", "patience"), [(0, RETRY_FIRST), (3, RETRY_FIRST / URGENT_DIVISOR)])
async def test_letter_waits_for_its_next_try_when_the_link_is_down(
    tmp_path: Path, priority: int, patience: timedelta
) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.post.cut(PROVINCE, CENTRAL)
        accepted = await send(axis, priority=priority)
        failed = await axis.delivery(PROVINCE, accepted.letter_id, UP)
        axis.post.heal(PROVINCE, CENTRAL)
        await axis.wait(patience / 2)
        too_early = await state(axis, accepted)
        await axis.wait(patience)
        in_time = await state(axis, accepted)

    assert (failed.state, failed.last_code, failed.failures) == (State.QUEUED, catalogue.LINK_DOWN.code, 1)
    assert failed.due_at - failed.since == pytest.approx(patience, abs=timedelta(seconds=1))
    assert (too_early, in_time) == (State.QUEUED, State.TAKEN)


async def test_operator_sets_how_soon_it_is_tried_again(tmp_path: Path) -> None:
    schedule = {"retry_first": "2s", "retry_longest": "3s"}
    config = Config.model_validate({"node": {"id": PROVINCE}, "delivery": schedule})
    async with open_axis(small_axis(), tmp_path, Manner(retry=config.delivery.retry)) as axis:
        axis.post.cut(PROVINCE, CENTRAL)
        accepted = await send(axis)
        waits = []
        for _ in range(3):
            delivery = await axis.delivery(PROVINCE, accepted.letter_id, UP)
            waits.append((delivery.due_at - delivery.since).total_seconds())
            await axis.wait(timedelta(seconds=4))

    assert waits == pytest.approx([2, 3, 3], abs=0.1)


async def test_letter_that_broke_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.post.disturb(Faults(lose_frame=0.6))
        accepted = await send(axis, size=3 * MIB)
        axis.post.disturb(Faults())
        first_try = axis.post.bytes_over(PROVINCE, CENTRAL, Lane.NORMAL)
        await axis.wait(RETRY_FIRST * 2)
        whole = axis.post.bytes_over(PROVINCE, CENTRAL, Lane.NORMAL)
        end = await state(axis, accepted)

    assert 0 < first_try < 3 * MIB
    assert end is State.TAKEN
    assert whole < 3 * MIB + 128 * 1024, "what had arrived was sent again"


async def test_letter_that_expires_in_the_queue_goes_back(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.post.cut(PROVINCE, CENTRAL)
        accepted = await send(axis)
        await axis.wait(accepted.expires_at - axis.clock.now() - timedelta(seconds=1))
        in_time = await state(axis, accepted)
        await axis.wait(timedelta(seconds=2))
        returned = await state(axis, accepted)
        notices = await told(axis)

    assert (in_time, returned) == (State.QUEUED, State.RETURNED)
    assert notices == [catalogue.EXPIRED.code]


# --- a neighbour that does not answer ------------------------------------------------------------


async def test_sent_letter_never_expires_by_itself_and_its_sender_is_told_once(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.nodes[CENTRAL].die()
        accepted = await send(axis)
        states, notices = [], []
        for _ in range(4):
            await axis.wait(timedelta(days=4))
            states.append(await state(axis, accepted))
            notices.append(await told(axis))

    assert states == [State.SENT] * 4
    assert [n for n in notices if n] == [[catalogue.NOT_CONFIRMED.code]]


async def test_sender_is_told_at_the_end_of_its_time_also_when_no_offer_gets_through(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        axis.nodes[CENTRAL].die()
        accepted = await send(axis)
        axis.post.cut(PROVINCE, CENTRAL)
        await axis.wait(accepted.expires_at - axis.clock.now() - timedelta(minutes=1))
        before = await axis.delivery(PROVINCE, accepted.letter_id, UP)
        in_time = await told(axis)
        after = []
        for _ in range(3):
            await axis.wait(timedelta(hours=1))
            after.append(await told(axis))
        still = await state(axis, accepted)
        axis.post.heal(PROVINCE, CENTRAL)
        axis.start(CENTRAL)
        await axis.wait(timedelta(hours=1))
        end, at_last = await state(axis, accepted), await told(axis)

    assert (before.state, before.confirmed, in_time) == (State.QUEUED, True, [])
    assert after == [[catalogue.NOT_CONFIRMED.code], [], []]
    assert still is State.QUEUED, "it may be there: nobody says that it goes back"
    assert (end, at_last) == (State.RETURNED, [catalogue.EXPIRED.code]), "the neighbour has said so"


async def test_neighbour_that_wakes_too_late_refuses_and_only_then_the_letter_goes_back(
    tmp_path: Path,
) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        axis.nodes[CENTRAL].die()
        accepted = await send(axis)
        await axis.wait(timedelta(days=10))
        axis.start(CENTRAL)
        await axis.settle()
        end = await axis.delivery(PROVINCE, accepted.letter_id, UP)
        notices = await told(axis)

    assert (end.state, end.last_code) == (State.RETURNED, catalogue.EXPIRED.code)
    assert notices == [catalogue.NOT_CONFIRMED.code, catalogue.EXPIRED.code]


async def test_unanswered_letter_is_offered_again_by_its_manifest_alone_and_less_and_less_often(
    tmp_path: Path,
) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.nodes[CENTRAL].die()
        await send(axis, size=200_000)
        sent = axis.post.bytes_over(PROVINCE, CENTRAL, Lane.NORMAL)
        for _ in range(24 * 6):
            await axis.wait(timedelta(minutes=10))
        offers = [frame for frame in frames(axis) if frame.is_offer]
        offered = axis.post.bytes_over(PROVINCE, CENTRAL, Lane.NORMAL) - sent

    assert 10 < len(offers) < 60, "once a half-hour in the end, not each time somebody looks"
    assert offered < 60 * 2048


async def test_neighbour_that_lost_the_letter_gets_what_it_lacks(tmp_path: Path) -> None:
    """Its disk was replaced after the broker had given it all frames, so an offer finds nothing there."""
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        axis.nodes[CENTRAL].die()
        accepted = await send(axis)
        axis.post.broker(CENTRAL)  # somebody took the frames
        inbox = axis.post.broker(CENTRAL).inbox(PROVINCE, Lane.NORMAL)
        await inbox.ack(await inbox.get(10, MIB))
        axis.start(CENTRAL)
        await axis.settle()
        silent = await state(axis, accepted)
        await axis.wait(timedelta(minutes=2))
        end = await state(axis, accepted)
        (mail,) = await axis.collect(CENTRAL_OFFICE)

    assert (silent, end) == (State.SENT, State.TAKEN)
    assert mail.letter_id == accepted.letter_id


# --- the window ----------------------------------------------------------------------------------


async def test_no_more_letters_lie_at_the_broker_than_the_window_holds(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        axis.nodes[CENTRAL].die()
        sent = await send_many(axis, WINDOW_LETTERS + 6)
        waiting = axis.post.depths()[Way(PROVINCE, CENTRAL, Lane.NORMAL)].frames
        states = [await state(axis, accepted) for accepted in sent]
        axis.start(CENTRAL)
        await axis.settle()
        ends = {await state(axis, accepted) for accepted in sent}

    assert waiting == WINDOW_LETTERS
    assert states == [State.SENT] * WINDOW_LETTERS + [State.QUEUED] * 6
    assert ends == {State.TAKEN}


async def test_no_more_bytes_lie_at_the_broker_than_the_window_holds(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.nodes[CENTRAL].die()
        for number in range(1, 8):
            await send(axis, number, size=3 * MIB)
        lies_there = axis.post.depths()[Way(PROVINCE, CENTRAL, Lane.NORMAL)].size

    assert WINDOW_SIZE / 2 < lies_there <= WINDOW_SIZE + 3 * MIB + 64 * 1024


async def test_full_lane_leaves_the_other_lanes_and_links_free(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.nodes[CENTRAL].die()
        await send_many(axis, WINDOW_LETTERS + 2)
        urgent = await send(axis, 900, priority=2)
        end = await state(axis, urgent)
        place = axis.nodes[PROVINCE].places[CENTRAL, Lane.NORMAL]

    assert place.is_full
    assert end is State.SENT


# --- faults of our own ---------------------------------------------------------------------------


async def test_letter_that_our_code_fails_on_is_tried_a_few_times_then_quarantined(tmp_path: Path) -> None:
    def fault(at: str) -> None:
        if at == "C9":
            raise RuntimeError("a fault of ours")

    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        axis.may_fail_itself = True
        axis.start(PROVINCE, point=fault)
        accepted = await send(axis)
        tries = [(await axis.delivery(PROVINCE, accepted.letter_id, UP)).state]
        for _ in range(FAILURES_BEFORE_QUARANTINE):
            await axis.wait(timedelta(hours=1))
            tries.append((await axis.delivery(PROVINCE, accepted.letter_id, UP)).state)
        errors = len(axis.nodes[PROVINCE].said("internal.error"))

    expected = [State.QUEUED] * (FAILURES_BEFORE_QUARANTINE - 1) + [State.QUARANTINED] * 2
    assert tries == expected
    assert errors == FAILURES_BEFORE_QUARANTINE


async def test_letter_with_a_damaged_blob_waits_until_it_is_restored(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.post.cut(PROVINCE, CENTRAL)
        accepted = await send(axis, size=100_000)
        held = await axis.nodes[PROVINCE].store.letter(accepted.letter_id)
        assert held is not None
        digest = next(part.sha256 for part in held.parts if part.inline is None)
        path = tmp_path / PROVINCE / "blobs" / digest[:2] / digest[2:]
        backup = path.read_bytes()
        path.unlink()
        axis.post.heal(PROVINCE, CENTRAL)
        await axis.wait(RETRY_FIRST * 2)
        damaged = await axis.delivery(PROVINCE, accepted.letter_id, UP)
        path.write_bytes(backup)
        await axis.wait(timedelta(hours=1))
        restored = await state(axis, accepted)

    assert (damaged.state, damaged.last_code) == (State.QUEUED, catalogue.BLOB_DAMAGED.code)
    assert restored is State.TAKEN


# --- control messages ----------------------------------------------------------------------------


async def test_control_messages_wait_for_their_link_and_are_then_forgotten(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        store, letter_id = axis.nodes[PROVINCE].store, LetterId("01957000-0000-7000-8000-000000000001")
        request = {"type": "hop_request", "to": [OTHER_OFFICE], "letter_id": letter_id, "reply_to": PROVINCE}
        axis.post.cut(PROVINCE, CENTRAL)
        await store.send_control([(CENTRAL, request)] * 3, axis.clock.now())
        await axis.settle()
        waiting = len(await store.control_waiting(CENTRAL, 10))
        axis.post.heal(PROVINCE, CENTRAL)
        await axis.wait(timedelta(seconds=5))
        left = len(await store.control_waiting(CENTRAL, 10))
        together = [way for way, _ in axis.post.carried if way == Way(PROVINCE, CENTRAL, Lane.CONTROL)]

    assert (waiting, left) == (3, 0)
    assert len(together) == 1, "they go in one frame"
