"""
Handover: store → agency.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.core import catalogue
from gateway.core.delivery import FAILURES_BEFORE_QUARANTINE, State
from gateway.core.directory import Directory
from gateway.core.errors import Rejected, Unavailable, find
from gateway.core.model import Kind, LetterId
from gateway.ports import Accepted, AtTheDoor, OpenLetter, Word
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, DEPARTMENT, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.correspondence import agency, letter
from tests.kit.nodes import Manner, SmallAxis, open_axis

NOBODYS = LetterId("01957000-0000-7000-8000-00000000dead")
DOOR = f"agency:{DEPARTMENT}"


async def send(axis: SmallAxis, number: int = 1, to: str = DEPARTMENT, **more: str) -> Accepted:
    accepted = await axis.send(letter(PROVINCE_OFFICE, to, number=number, **more), by=PROVINCE_OFFICE)
    await axis.settle()
    return accepted


async def state(axis: SmallAxis, accepted: Accepted, target: str = DOOR) -> State:
    return (await axis.delivery(PROVINCE, accepted.letter_id, target)).state


async def notices(axis: SmallAxis) -> list[str]:
    """The codes of the notices that the sender got."""
    statuses = await axis.collect(PROVINCE_OFFICE, Kind.STATUS)
    await axis.settle()
    texts = [mail.content.decode() for mail in statuses]
    return [text.partition("[Trục] ")[2][:8] for text in texts]


# --- the mailbox ---------------------------------------------------------------------------------


async def test_letter_waits_until_it_is_fetched_and_acknowledged(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await send(axis)
        (item,) = await axis.waiting(DEPARTMENT)
        office, caller = axis.nodes[PROVINCE].office, axis.caller(DEPARTMENT)
        opened = await office.open(caller, accepted.letter_id)
        fetched = await state(axis, accepted)
        await office.ack(caller, accepted.letter_id)
        acknowledged = await state(axis, accepted)
        left = await axis.waiting(DEPARTMENT)

    content = letter(PROVINCE_OFFICE, DEPARTMENT)
    assert (item.letter_id, item.kind, item.sender) == (accepted.letter_id, Kind.DOCUMENT, PROVINCE_OFFICE)
    assert (opened.agency, opened.size) == (DEPARTMENT, len(content))
    assert b"".join(opened.chunks()) == content
    assert (fetched, acknowledged, left) == (State.WAITING, State.DELIVERED, [])


async def test_mailbox_tells_the_size_of_what_will_be_fetched(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        await send(axis)
        (item,) = await axis.waiting(DEPARTMENT)

    assert item.size == len(letter(PROVINCE_OFFICE, DEPARTMENT))


async def test_letter_can_be_fetched_again_after_its_acknowledgement(tmp_path: Path) -> None:
    """The agency's disk may fail after it; the bytes are still here."""
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await send(axis)
        await axis.collect(DEPARTMENT)
        opened = await axis.nodes[PROVINCE].office.open(axis.caller(DEPARTMENT), accepted.letter_id)

    assert b"".join(opened.chunks()) == letter(PROVINCE_OFFICE, DEPARTMENT)


async def test_letter_that_nobody_opened_cannot_be_acknowledged(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await send(axis)
        with pytest.raises(Rejected) as refused:
            await axis.nodes[PROVINCE].office.ack(axis.caller(DEPARTMENT), accepted.letter_id)
        still = await state(axis, accepted)

    assert refused.value.code == catalogue.NOT_FETCHED.code
    assert still is State.WAITING


async def test_second_acknowledgement_changes_nothing(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await send(axis)
        await axis.collect(DEPARTMENT)
        before = len(await axis.nodes[PROVINCE].store.journal(0, 1000))
        await axis.nodes[PROVINCE].office.ack(axis.caller(DEPARTMENT), accepted.letter_id)
        after = len(await axis.nodes[PROVINCE].store.journal(0, 1000))

    assert after == before


async def test_letter_of_another_agency_looks_like_one_that_does_not_exist(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await send(axis)
        office, stranger = axis.nodes[PROVINCE].office, axis.caller(PROVINCE_OFFICE)
        codes = []
        for letter_id in (accepted.letter_id, NOBODYS):
            for wish in (office.open, office.ack):
                with pytest.raises(Rejected) as refused:
                    await wish(stranger, letter_id)
                codes.append(refused.value.code)
        listed = await office.list(stranger)

    assert codes == [catalogue.UNKNOWN_LETTER.code] * 4
    assert listed == []


async def test_mailbox_is_read_page_by_page_oldest_first(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        sent = [(await send(axis, number)).letter_id for number in range(1, 6)]
        office, caller = axis.nodes[PROVINCE].office, axis.caller(DEPARTMENT)
        pages, after = [], 0
        while page := await office.list(caller, after=after, limit=2):
            pages.append([item.letter_id for item in page])
            after = page[-1].number

    assert pages == [sent[0:2], sent[2:4], sent[4:]]


async def test_places_in_a_mailbox_follow_the_order_of_arrival_whatever_the_kind(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        document = await send(axis)
        await axis.collect(DEPARTMENT)
        content = letter(DEPARTMENT, PROVINCE_OFFICE)
        came = [
            (await axis.report(DEPARTMENT, document.letter_id, "03")).letter_id,
            (await axis.send(content, by=DEPARTMENT)).letter_id,
            (await axis.report(DEPARTMENT, document.letter_id, "05")).letter_id,
        ]
        await axis.settle()
        listed = [item.letter_id for item in await axis.waiting(PROVINCE_OFFICE)]

    assert listed == came


async def test_urgent_letter_gets_the_first_place_of_those_that_come_together(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        ordinary, urgent = [
            await axis.send(
                letter(PROVINCE_OFFICE, DEPARTMENT, number=number, priority=priority), by=PROVINCE_OFFICE
            )
            for number, priority in ((1, 0), (2, 3))
        ]
        await axis.settle()
        listed = [item.letter_id for item in await axis.waiting(DEPARTMENT)]

    assert listed == [urgent.letter_id, ordinary.letter_id]


async def test_mailbox_can_be_asked_for_one_kind(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        document = await send(axis)
        await axis.collect(DEPARTMENT)
        status = await axis.report(DEPARTMENT, document.letter_id, "03")
        other = await axis.send(letter(DEPARTMENT, PROVINCE_OFFICE), by=DEPARTMENT)
        await axis.settle()
        by_kind = {
            kind: [item.letter_id for item in await axis.waiting(PROVINCE_OFFICE, kind)] for kind in Kind
        }

    assert by_kind == {Kind.DOCUMENT: [other.letter_id], Kind.STATUS: [status.letter_id]}


async def test_one_key_for_two_agencies_sees_both_mailboxes(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        content = letter(PROVINCE_OFFICE, DEPARTMENT, PROVINCE_OFFICE)
        accepted = await axis.send(content, by=PROVINCE_OFFICE)
        await axis.settle()
        office, both = axis.nodes[PROVINCE].office, axis.caller(PROVINCE_OFFICE, DEPARTMENT)
        listed = [item.agency for item in await office.list(both)]
        await office.open(both, accepted.letter_id)
        await office.ack(both, accepted.letter_id)
        left = await office.list(both)

    assert sorted(listed) == sorted([PROVINCE_OFFICE, DEPARTMENT])
    assert left == []


# --- time ----------------------------------------------------------------------------------------


async def test_sender_is_told_once_that_nobody_fetched_its_letter(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await send(axis)
        told = []
        for _ in range(4):
            await axis.wait(timedelta(hours=20))
            told.append(await notices(axis))
        still = await state(axis, accepted)

    assert told == [[], [catalogue.NOT_PICKED_UP.code], [], []]
    assert still is State.WAITING


async def test_pick_up_is_counted_in_working_days(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.clock.advance(timedelta(days=4))  # a Friday morning
        await send(axis)
        await axis.wait(timedelta(days=2, hours=20))  # Monday before dawn
        weekend = await notices(axis)
        await axis.wait(timedelta(hours=10))
        monday = await notices(axis)

    assert (weekend, monday) == ([], [catalogue.NOT_PICKED_UP.code])


async def test_letter_in_a_mailbox_never_expires(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await send(axis)
        await axis.wait(timedelta(days=60))
        (mail,) = await axis.collect(DEPARTMENT)
        end = await state(axis, accepted)

    assert mail.letter_id == accepted.letter_id
    assert end is State.DELIVERED


# --- ways of delivery ----------------------------------------------------------------------------


OUT_OF_REACH = Unavailable(find(catalogue.NODE_UNREACHABLE, url="agency", detail="refused"))


class Pusher:
    """A way of delivery that carries letters to the agency; it fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.carried: list[bytes] = []

    async def deliver(self, letter: OpenLetter) -> bool:
        if self.failures:
            raise self.failures.pop(0)
        self.carried.append(b"".join(letter.chunks()))
        return True


MAILBOX = {"mailbox": AtTheDoor()}
PUSHED = "000.00.02.H14"


def with_pushed_agency() -> Directory:
    directory = small_axis()
    return replace(directory, agency_rows=(*directory.agency_rows, agency(PUSHED, "H14", delivery="push")))


async def test_letter_that_was_carried_to_the_agency_is_delivered_at_once(tmp_path: Path) -> None:
    pusher = Pusher()
    async with open_axis(with_pushed_agency(), tmp_path, Manner(deliverers={"push": pusher})) as axis:
        accepted = await send(axis, to=PUSHED)
        end = await state(axis, accepted, f"agency:{PUSHED}")

    assert end is State.DELIVERED
    assert pusher.carried == [letter(PROVINCE_OFFICE, PUSHED)]


async def test_agency_that_cannot_be_reached_is_tried_again(tmp_path: Path) -> None:
    pusher = Pusher(OUT_OF_REACH)
    async with open_axis(with_pushed_agency(), tmp_path, Manner(deliverers={"push": pusher})) as axis:
        accepted = await send(axis, to=PUSHED)
        failed = await axis.delivery(PROVINCE, accepted.letter_id, f"agency:{PUSHED}")
        await axis.wait(timedelta(minutes=1))
        end = await state(axis, accepted, f"agency:{PUSHED}")

    assert (failed.state, failed.last_code) == (State.QUEUED, catalogue.NODE_UNREACHABLE.code)
    assert end is State.DELIVERED


async def test_letter_for_an_agency_that_stays_out_of_reach_goes_back(tmp_path: Path) -> None:
    pusher = Pusher(*[OUT_OF_REACH] * 99)
    manner = Manner(deliverers={"push": pusher, **MAILBOX})
    async with open_axis(with_pushed_agency(), tmp_path, manner) as axis:
        accepted = await send(axis, to=PUSHED)
        await axis.wait(timedelta(days=10))
        end = await state(axis, accepted, f"agency:{PUSHED}")
        told = await notices(axis)

    assert end is State.RETURNED
    assert told == [catalogue.EXPIRED.code]


async def test_letter_that_our_code_fails_on_is_tried_a_few_times_then_quarantined(tmp_path: Path) -> None:
    pusher = Pusher(*[RuntimeError("a fault of ours")] * 99)
    async with open_axis(with_pushed_agency(), tmp_path, Manner(deliverers={"push": pusher})) as axis:
        axis.may_fail_itself = True
        accepted = await send(axis, to=PUSHED)
        states = [await state(axis, accepted, f"agency:{PUSHED}")]
        for _ in range(FAILURES_BEFORE_QUARANTINE):
            await axis.wait(timedelta(hours=1))
            states.append(await state(axis, accepted, f"agency:{PUSHED}"))

    assert states == [State.QUEUED] * (FAILURES_BEFORE_QUARANTINE - 1) + [State.QUARANTINED] * 2


async def test_letter_for_a_way_that_is_not_installed_waits_for_it(tmp_path: Path) -> None:
    async with open_axis(with_pushed_agency(), tmp_path) as axis:
        accepted = await send(axis, to=PUSHED)
        failed = await axis.delivery(PROVINCE, accepted.letter_id, f"agency:{PUSHED}")

    assert (failed.state, failed.last_code) == (State.QUEUED, catalogue.DIRECTORY_BROKEN.code)


async def test_one_agency_that_fails_holds_up_no_other(tmp_path: Path) -> None:
    pusher = Pusher(*[OUT_OF_REACH] * 99)
    manner = Manner(deliverers={"push": pusher, **MAILBOX})
    async with open_axis(with_pushed_agency(), tmp_path, manner) as axis:
        content = letter(PROVINCE_OFFICE, PUSHED, DEPARTMENT)
        accepted = await axis.send(content, by=PROVINCE_OFFICE)
        await axis.settle()
        there = await state(axis, accepted)

    assert there is State.WAITING


async def test_letter_that_was_never_handed_over_is_not_looked_into_by_its_receiver(tmp_path: Path) -> None:
    """Also what was given back because of its seal has a delivery to that agency."""
    pusher = Pusher(Rejected(find(catalogue.SEAL_FAILED, reason="digest")))
    manner = Manner(deliverers={"push": pusher, **MAILBOX})
    async with open_axis(with_pushed_agency(), tmp_path, manner) as axis:
        accepted = await send(axis, to=PUSHED)
        office, refused = axis.nodes[PROVINCE].office, []
        for wish in (office.read, office.evidence):
            with pytest.raises(Rejected) as unknown:
                await wish(axis.caller(PUSHED), accepted.letter_id)
            refused.append(unknown.value.code)
        tracked = await office.track(axis.caller(PUSHED), accepted.letter_id)
        read = await office.read(axis.caller(PROVINCE_OFFICE), accepted.letter_id)
        end = await state(axis, accepted, f"agency:{PUSHED}")

    assert refused == [catalogue.UNKNOWN_LETTER.code] * 2
    assert (tracked.letter.routing.letter_id, end) == (accepted.letter_id, State.RETURNED)
    assert read.agency == PROVINCE_OFFICE


# --- codes that were closed ----------------------------------------------------------------------


async def test_letter_for_a_code_that_is_closed_by_now_goes_to_its_successor(tmp_path: Path) -> None:
    directory = small_axis()
    heir = agency("000.00.03.H14", "H14")
    rows = (*directory.agency_rows, heir, agency("000.00.09.H14", "H14", successor=heir.code))
    async with open_axis(replace(directory, agency_rows=rows), tmp_path) as axis:
        axis.post.cut(PROVINCE, CENTRAL)
        content = letter(CENTRAL_OFFICE, "000.00.09.H14")
        accepted = await axis.send(content, by=CENTRAL_OFFICE)
        await axis.settle()
        closed = [replace(a, valid_to=date(2026, 3, 1)) if a.successor else a for a in rows]
        await axis.use(replace(directory, version=2, agency_rows=tuple(closed)))
        axis.post.heal(PROVINCE, CENTRAL)
        await axis.wait(timedelta(minutes=1))
        (mail,) = await axis.collect(heir.code)
        await axis.settle()
        line = await axis.line(accepted.letter_id, CENTRAL_OFFICE, heir.code)

    assert mail.content == content
    assert (line.named, line.code) == ("000.00.09.H14", heir.code)


# --- what an agency says, and what it lost --------------------------------------------------------


async def test_word_about_a_letter_leaves_it_where_it_is(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await send(axis)
        node, caller = axis.nodes[PROVINCE], axis.caller(DEPARTMENT)
        await node.office.word(caller, accepted.letter_id, Word.FAILED, "hỏng")
        left = await axis.waiting(DEPARTMENT)
        with pytest.raises(Rejected) as refused:
            await node.office.word(axis.caller(PROVINCE_OFFICE), accepted.letter_id, Word.FAILED)
        journal = [row for row in await node.store.journal(0, 1000) if row.event == "letter.word"]

    assert [item.letter_id for item in left] == [accepted.letter_id]
    assert refused.value.code == "TRUC-404"
    assert [(row.code, row.target) for row in journal] == [("failed", DOOR)]


async def test_everything_since_then_is_offered_again_and_told_in_order(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        before = await send(axis, 1)
        await axis.collect(DEPARTMENT)
        axis.clock.advance(timedelta(hours=1))
        restored = axis.clock.now()
        after = [await send(axis, number) for number in (2, 3)]
        await axis.collect(DEPARTMENT)
        office, caller = axis.nodes[PROVINCE].office, axis.caller(DEPARTMENT)
        history = await office.history(caller, kind=Kind.DOCUMENT)
        since = await office.history(caller, kind=Kind.DOCUMENT, since=restored)
        again = await office.offer_again(caller, restored)
        listed = await axis.waiting(DEPARTMENT)
        fetched = await axis.collect(DEPARTMENT)
        left = await axis.waiting(DEPARTMENT)

    told = [letter.letter_id for letter in after]
    assert [item.letter_id for item in history] == [before.letter_id, *told]
    assert [item.letter_id for item in since] == told
    assert (again, [item.letter_id for item in listed]) == (2, told)
    assert ([mail.letter_id for mail in fetched], left) == (told, [])


class Refuses:
    """A way behind which nobody will ever take the letter."""

    async def deliver(self, letter: OpenLetter) -> bool:
        raise Rejected(find(catalogue.RECIPIENT_UNKNOWN, organ=letter.agency))


async def test_letter_that_will_never_be_taken_goes_back_with_the_reason(tmp_path: Path) -> None:
    manner = Manner(deliverers={"push": Refuses(), **MAILBOX})
    async with open_axis(with_pushed_agency(), tmp_path, manner) as axis:
        accepted = await send(axis, to=PUSHED)
        ended = await state(axis, accepted, f"agency:{PUSHED}")
        told = await notices(axis)

    assert ended is State.RETURNED
    assert told == ["TRUC-405"]


async def test_long_wait_ends_when_something_comes(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        waiting = asyncio.ensure_future(axis.nodes[PROVINCE].office.wait(axis.caller(DEPARTMENT), 60))
        await asyncio.sleep(0)
        assert not waiting.done()
        await send(axis)
        await asyncio.wait_for(waiting, 5)
