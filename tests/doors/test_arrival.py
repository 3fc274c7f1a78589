"""
Arrival: network → store.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from gateway.broker.control import Message, MissingRanges, Progress, Receipt, Refusal
from gateway.broker.frames import ControlFrame, LetterFrame, Manifest, decode, encode
from gateway.broker.memory_queue import Way
from gateway.broker.packing import offer, pack
from gateway.core import catalogue
from gateway.core.delivery import State
from gateway.core.errors import Fault, Unavailable, find
from gateway.core.model import AgencyCode, Lane, LetterFacts, LetterId, NodeId, Part
from gateway.core.routing import HOP_LIMIT, routing_json
from gateway.core.seals import sealed_parts
from gateway.doors.arrival import TRIES
from gateway.doors.relay import manifest_of
from schemas.safe_xml import Limits
from signing.asice import NODE_SIGNATURE
from signing.seal import seal
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    COMMUNE,
    COMMUNE_OFFICE,
    OTHER_OFFICE,
    OTHER_PROVINCE,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    routing,
    small_axis,
)
from tests.kit.clock import START
from tests.kit.correspondence import letter
from tests.kit.nodes import Manner, SmallAxis, open_axis
from tests.kit.seals import key_of

MIB = 1024 * 1024
ON_DISK = Manner(on_disk=True)


# --- letters in the hands of a test --------------------------------------------------------------


@dataclass(frozen=True)
class InHand:
    """A letter as the province would send it to central."""

    manifest: Manifest
    parts: Sequence[bytes]

    @property
    def letter_id(self) -> LetterId:
        return self.manifest.letter_id

    @property
    def frames(self) -> list[LetterFrame]:
        return self.frames_at(1)

    def frames_at(self, hops: int) -> list[LetterFrame]:
        def read(part: int, offset: int, size: int) -> bytes:
            return self.parts[part][offset : offset + size]

        return list(pack(self.manifest, hops, {}, read))


async def written(axis: SmallAxis, number: int = 1, *, size: int = 2000, to: str = CENTRAL_OFFICE) -> InHand:
    """A letter of the province that its own relay could not send."""
    axis.post.cut(PROVINCE, CENTRAL)
    accepted = await axis.send(letter(PROVINCE_OFFICE, to, number=number, size=size), by=PROVINCE_OFFICE)
    await axis.settle()
    axis.post.heal(PROVINCE, CENTRAL)
    store = axis.nodes[PROVINCE].store
    held = await store.letter(accepted.letter_id)
    assert held is not None
    return InHand(manifest_of(held), [b"".join(store.blobs.read(part)) for part in held.parts])


def crafted(
    number: int = 1,
    *,
    origin: NodeId = PROVINCE,
    to: Sequence[tuple[AgencyCode, NodeId]] = ((CENTRAL_OFFICE, CENTRAL),),
    lane: Lane = Lane.NORMAL,
    rank: int = 0,
    more: Mapping[str, bytes] | None = None,
    signer: NodeId | None = PROVINCE,
) -> InHand:
    """A letter made by hand, with whatever is wrong with it, sealed by a node."""
    label = routing(number, origin=origin, to=to)
    named = {"routing.json": routing_json(label), "envelope.xml": b"<edXML/>", **(more or {})}
    if signer is not None:
        named[NODE_SIGNATURE] = seal(sealed_parts(_parts(named)), key_of(signer, START), label.accepted_at)
    manifest = Manifest(label.letter_id, origin, lane, rank, label.expires_at, _parts(named))
    return InHand(manifest, list(named.values()))


def _parts(named: Mapping[str, bytes]) -> tuple[Part, ...]:
    return tuple(Part(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in named.items())


async def bring(
    axis: SmallAxis, *frames: LetterFrame | bytes, by: NodeId = PROVINCE, lane: Lane = Lane.NORMAL
) -> None:
    """Publish frames to central as its neighbour would, and let central work."""
    node = axis.nodes[by]
    broker = node.broker if node.is_alive else axis.post.broker(by)
    for frame in frames:
        data = frame if isinstance(frame, bytes) else encode(frame)
        await broker.publish(CENTRAL, lane, data)
    await axis.settle()


def answers(axis: SmallAxis, to: NodeId = PROVINCE) -> list[Message]:
    """What central said to a neighbour, without reports of hops."""
    told: list[Message] = []
    for way, data in axis.post.carried:
        frame = decode(data) if way == Way(CENTRAL, to, Lane.CONTROL) else None
        if isinstance(frame, ControlFrame):
            told += [m for m in frame.messages if isinstance(m, Receipt | MissingRanges | Progress | Refusal)]
    return told


def refusals(axis: SmallAxis, to: NodeId = PROVINCE) -> list[str]:
    return [m.code for m in answers(axis, to) if isinstance(m, Refusal)]


def quarantined(axis: SmallAxis) -> list[tuple[str, str]]:
    database = sqlite3.connect(axis.folder / CENTRAL / "truc.db")
    rows = database.execute("SELECT code, neighbour FROM quarantine").fetchall()
    database.close()
    return rows


# --- a letter that comes whole -------------------------------------------------------------------


async def test_letter_is_ours_and_its_receipt_goes_back(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = await written(axis)
        await bring(axis, *mail.frames)
        held = await axis.nodes[CENTRAL].store.letter(mail.letter_id)
        at_door = await axis.delivery(CENTRAL, mail.letter_id, f"agency:{CENTRAL_OFFICE}")
        (receipt,) = answers(axis)

    assert held is not None
    assert (held.came_from, held.hops) == (PROVINCE, 1)
    assert at_door.state is State.WAITING
    assert isinstance(receipt, Receipt)
    assert (receipt.letter_id, receipt.origin, receipt.node) == (mail.letter_id, PROVINCE, CENTRAL)
    assert receipt.manifest_sha256 == mail.manifest.sha256


async def test_transit_node_keeps_no_facts_of_the_letter(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = await written(axis, to=OTHER_OFFICE)
        await bring(axis, *mail.frames)
        held = await axis.nodes[CENTRAL].store.letter(mail.letter_id)
        at_end = await axis.nodes[OTHER_PROVINCE].store.letter(mail.letter_id)

    assert held is not None
    assert at_end is not None
    assert held.facts == LetterFacts()
    assert (at_end.hops, at_end.came_from) == (2, CENTRAL)
    assert at_end.facts.subject != ""


async def test_letter_that_nobody_here_can_read_is_still_carried_and_handed_over(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = crafted(more={"parts.json": b"not what this release writes"})
        await bring(axis, *mail.frames)
        at_door = await axis.delivery(CENTRAL, mail.letter_id, f"agency:{CENTRAL_OFFICE}")

    assert at_door.state is State.WAITING


@pytest.mark.parametrize(
    ("signer", "fault"),
    [(None, catalogue.NO_SEAL), (COMMUNE, catalogue.NOT_ENTITLED)],
    ids=["no-seal", "seal-of-another-node"],
)
async def test_letter_without_a_good_seal_is_carried_but_never_handed_over(
    tmp_path: Path, signer: NodeId | None, fault: Fault
) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = crafted(signer=signer)
        await bring(axis, *mail.frames)
        at_door = await axis.delivery(CENTRAL, mail.letter_id, f"agency:{CENTRAL_OFFICE}")
        waiting = await axis.waiting(CENTRAL_OFFICE)
        (notice,) = await axis.collect(PROVINCE_OFFICE)

    assert isinstance(answers(axis)[0], Receipt)
    assert (at_door.state, at_door.last_code, waiting) == (State.RETURNED, fault.code, [])
    assert f"[Trục] {fault.code}" in notice.content.decode()


async def test_repeat_of_a_letter_we_hold_gets_its_receipt_again_and_writes_nothing(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = await written(axis)
        await bring(axis, *mail.frames)
        await axis.collect(CENTRAL_OFFICE)
        await axis.settle()
        before = len(await axis.nodes[CENTRAL].store.journal(0, 1000))
        await bring(axis, *mail.frames, offer(mail.manifest, 1))
        after = len(await axis.nodes[CENTRAL].store.journal(0, 1000))
        waiting = await axis.waiting(CENTRAL_OFFICE)
        told = answers(axis)

    assert len(told) == 2
    assert {(type(m), m.manifest_sha256) for m in told if isinstance(m, Receipt)} == {
        (Receipt, mail.manifest.sha256)
    }
    assert (after, waiting) == (before, [])


# --- a letter that comes in pieces ---------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
async def test_frames_may_come_in_any_order_twice_and_one_by_one(tmp_path: Path, seed: int) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = await written(axis, size=4 * MIB)
        frames = mail.frames * 2
        Random(seed).shuffle(frames)
        for frame in frames:
            await bring(axis, frame)
        (item,) = await axis.waiting(CENTRAL_OFFICE)
        (got,) = await axis.collect(CENTRAL_OFFICE)
        sent = [m for m in answers(axis) if isinstance(m, Receipt)]

    assert len(mail.frames) == 5
    assert item.letter_id == mail.letter_id
    assert (
        hashlib.sha256(got.content).hexdigest()
        == hashlib.sha256(letter(PROVINCE_OFFICE, CENTRAL_OFFICE, size=4 * MIB)).hexdigest()
    )
    assert sent


async def test_progress_names_what_is_held(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = await written(axis, size=3 * MIB)
        await bring(axis, mail.frames[0])
        (progress,) = answers(axis)
        delivery = await axis.delivery(PROVINCE, mail.letter_id, "link:G22")

    assert isinstance(progress, Progress)
    assert progress.held != ""
    assert delivery.held == progress.held


async def test_offer_is_answered_with_what_is_held(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = await written(axis, size=3 * MIB)
        axis.nodes[PROVINCE].die()  # else it would send what central asks for
        await bring(axis, offer(mail.manifest, 1))
        await bring(axis, mail.frames[1])
        await bring(axis, offer(mail.manifest, 1))
        told = answers(axis)

    assert isinstance(told[0], MissingRanges)
    assert isinstance(told[2], MissingRanges)
    assert told[0].held == ""
    assert told[2].held != ""


async def test_half_a_letter_survives_a_restart(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        mail = await written(axis, size=3 * MIB)
        await bring(axis, *mail.frames[:2])
        axis.start(CENTRAL)
        await bring(axis, *mail.frames[2:])
        (got,) = await axis.collect(CENTRAL_OFFICE)

    assert got.content == letter(PROVINCE_OFFICE, CENTRAL_OFFICE, size=3 * MIB)


async def test_partial_files_are_gone_once_the_letter_is_ours(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = await written(axis, size=3 * MIB)
        for frame in mail.frames:
            await bring(axis, frame)
        left = [p for p in (tmp_path / CENTRAL / "blobs" / "partial").rglob("*") if p.is_file()]

    assert left == []


# --- what is wrong with a letter -----------------------------------------------------------------


async def test_letter_whose_origin_does_not_lie_behind_the_link_is_refused(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = crafted(origin=OTHER_PROVINCE)
        await bring(axis, *mail.frames)
        held = await axis.nodes[CENTRAL].store.letter(mail.letter_id)

    assert refusals(axis) == [catalogue.WRONG_LINK.code]
    assert held is None


async def test_our_own_letter_that_comes_back_is_refused(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        await bring(axis, *crafted(origin=CENTRAL, to=((OTHER_OFFICE, OTHER_PROVINCE),)).frames)

    assert refusals(axis) == [catalogue.WRONG_LINK.code]


async def test_letter_that_comes_too_late_is_refused_as_expired(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = await written(axis)
        axis.clock.advance(timedelta(days=20))
        await bring(axis, *mail.frames)

    assert refusals(axis) == [catalogue.EXPIRED.code]


async def test_letter_over_the_hop_limit_is_refused(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        at_limit, over = crafted(1), crafted(2)
        await bring(axis, *at_limit.frames_at(HOP_LIMIT))
        await bring(axis, *over.frames_at(HOP_LIMIT + 1))

    assert refusals(axis) == [catalogue.HOP_LIMIT.code]


async def test_letter_on_the_wrong_lane_is_refused(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = await written(axis)
        await bring(axis, *mail.frames, lane=Lane.URGENT)

    assert refusals(axis) == [catalogue.FRAME_DAMAGED.code]


@pytest.mark.parametrize("lie", [{"lane": Lane.URGENT}, {"rank": 3}])
async def test_manifest_that_says_other_than_the_sealed_routing_is_refused(
    tmp_path: Path, lie: dict[str, object]
) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = crafted(**lie)  # type: ignore[arg-type]
        await bring(axis, *mail.frames, lane=mail.manifest.lane)

    assert refusals(axis) == [catalogue.MANIFEST_MISMATCH.code]


async def test_second_manifest_for_one_letter_is_refused(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        first, second = crafted(), crafted(more={"parts/0000": b"other"})
        await bring(axis, offer(first.manifest, 1))
        await bring(axis, *second.frames)

    assert refusals(axis) == [catalogue.MANIFEST_MISMATCH.code]


async def test_letter_without_routing_is_refused(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = crafted()
        manifest = replace(mail.manifest, parts=mail.manifest.parts[1:])
        await bring(axis, *InHand(manifest, mail.parts[1:]).frames)

    assert refusals(axis) == [catalogue.FRAME_DAMAGED.code]


async def test_letter_over_the_size_limit_is_refused_at_its_first_frame(tmp_path: Path) -> None:
    manner = Manner(limits=Limits(document_bytes=MIB))
    async with open_axis(small_axis(), tmp_path, manner) as axis:
        mail = crafted(more={"parts/0000": bytes(2 * MIB)})
        await bring(axis, mail.frames[0])

    assert refusals(axis) == [catalogue.DOCUMENT_TOO_LARGE.code]


async def test_refused_letter_stays_refused_and_says_so_every_time(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = crafted(origin=OTHER_PROVINCE)
        await bring(axis, *mail.frames)
        await bring(axis, offer(mail.manifest, 1))
        lines = axis.nodes[CENTRAL].said("letter.refused")

    assert refusals(axis) == [catalogue.WRONG_LINK.code] * 2
    assert len(lines) == 1


async def test_part_that_does_not_match_its_digest_is_asked_for_again_then_refused(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        mail = crafted(more={"parts/0000": b"as announced"})
        *before, _announced, seals = mail.parts
        wrong = InHand(mail.manifest, [*before, b"as delivered", seals])
        told: list[type[Message]] = []
        for _ in range(TRIES):
            await bring(axis, *wrong.frames)
        told = [type(message) for message in answers(axis)]
        kept = quarantined(axis)

    assert told == [MissingRanges] * (TRIES - 1) + [Refusal]
    assert refusals(axis) == [catalogue.PART_DIGEST.code]
    assert kept == [(catalogue.PART_DIGEST.code, PROVINCE)]


async def test_part_that_was_wrong_once_is_taken_when_it_comes_right(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = await written(axis, size=3 * MIB)
        axis.nodes[PROVINCE].die()
        longest = max(mail.parts, key=len)
        spoilt = [bytes(len(part)) if part is longest else part for part in mail.parts]
        frames = InHand(mail.manifest, spoilt).frames
        for frame in frames:
            await bring(axis, frame)
        asked = answers(axis)[-1]
        for frame in mail.frames:
            await bring(axis, frame)
        (got,) = await axis.collect(CENTRAL_OFFICE)

    assert isinstance(asked, MissingRanges)
    assert got.content == letter(PROVINCE_OFFICE, CENTRAL_OFFICE, size=3 * MIB)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"not a frame at all",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"",
    ],
    ids=["another-thing", "cut", "one-bit", "empty"],
)
async def test_damaged_frame_is_kept_in_quarantine_and_stops_nothing(tmp_path: Path, spoil: object) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        mail = await written(axis)
        whole = encode(mail.frames[0])
        assert callable(spoil)
        await axis.nodes[PROVINCE].broker.publish(CENTRAL, Lane.NORMAL, spoil(whole))
        await bring(axis, *mail.frames)
        kept, waiting = quarantined(axis), await axis.waiting(CENTRAL_OFFICE)

    assert kept == [(catalogue.FRAME_DAMAGED.code, PROVINCE)]
    assert [item.letter_id for item in waiting] == [mail.letter_id]


# --- when the store says «later», or our own code fails ------------------------------------------


class Busy:
    """A point at which the store can commit nothing for a while."""

    def __init__(self) -> None:
        self.is_busy = False

    def __call__(self, at: str) -> None:
        if self.is_busy and at == "C6":
            raise Unavailable(find(catalogue.STORE_BUSY, detail="a lock"))


async def busy_central(axis: SmallAxis) -> Busy:
    busy = Busy()
    axis.start(CENTRAL, point=busy)
    await axis.settle()
    return busy


async def test_letter_comes_again_when_the_store_was_busy(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        mail = await written(axis)
        busy = await busy_central(axis)
        busy.is_busy = True
        await bring(axis, *mail.frames)
        busy.is_busy = False
        await axis.wait(timedelta(seconds=3))
        waiting = await axis.waiting(CENTRAL_OFFICE)

    assert [item.letter_id for item in waiting] == [mail.letter_id]
    assert axis.post.depths() == {}


async def test_refusal_is_said_later_when_the_store_was_busy(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        busy = await busy_central(axis)
        busy.is_busy = True
        await bring(axis, *crafted(origin=OTHER_PROVINCE).frames)
        busy.is_busy = False
        await axis.wait(timedelta(seconds=3))

    assert refusals(axis) == [catalogue.WRONG_LINK.code]
    assert axis.post.depths() == {}


async def test_damaged_frame_is_kept_later_when_the_store_was_busy(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        busy = await busy_central(axis)
        busy.is_busy = True
        await bring(axis, b"not a frame at all")
        busy.is_busy = False
        await axis.wait(timedelta(seconds=3))
        kept = quarantined(axis)

    assert kept == [(catalogue.FRAME_DAMAGED.code, PROVINCE)]
    assert axis.post.depths() == {}


class Stumble:
    """A fault of our own that hits every transaction that takes a letter."""

    def __call__(self, at: str) -> None:
        if at == "C5":
            raise RuntimeError("a fault of ours")


async def test_letter_that_our_code_fails_on_is_tried_a_few_times_then_refused_and_kept(
    tmp_path: Path,
) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        axis.may_fail_itself = True
        mail = await written(axis)
        axis.start(CENTRAL, point=Stumble())
        await bring(axis, *mail.frames)
        for _ in range(TRIES + 1):
            await axis.wait(timedelta(seconds=3))
        kept = quarantined(axis)
        errors = len(axis.nodes[CENTRAL].said("internal.error"))

    assert refusals(axis) == [catalogue.UNREADABLE.code]
    assert kept == [(catalogue.UNREADABLE.code, PROVINCE)]
    assert errors == TRIES
    assert axis.post.depths() == {}


async def test_one_bad_letter_in_a_batch_stops_none_of_the_others(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        good = [await written(axis, number) for number in (1, 2)]
        bad = crafted(77, origin=OTHER_PROVINCE)
        await bring(axis, *good[0].frames, *bad.frames, *good[1].frames)
        waiting = await axis.waiting(CENTRAL_OFFICE)

    assert {item.letter_id for item in waiting} == {mail.letter_id for mail in good}
    assert refusals(axis) == [catalogue.WRONG_LINK.code]


# --- whom it is for ------------------------------------------------------------------------------


async def test_recipient_that_this_node_cannot_serve_is_told_to_the_sender(tmp_path: Path) -> None:
    """The origin's directory knew an agency here that ours does not (any more)."""
    async with open_axis(small_axis(), tmp_path) as axis:
        gone = AgencyCode("000.00.77.G22")
        mail = crafted(to=((CENTRAL_OFFICE, CENTRAL), (gone, CENTRAL)))
        await bring(axis, *mail.frames)
        waiting = await axis.waiting(CENTRAL_OFFICE)
        (notice,) = await axis.collect(PROVINCE_OFFICE)

    assert [item.letter_id for item in waiting] == [mail.letter_id]
    assert f"[Trục] {catalogue.RECIPIENT_UNKNOWN.code}" in notice.content.decode()
    assert gone in notice.content.decode()


async def test_letter_is_not_sent_back_where_it_came_from(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path) as axis:
        mail = crafted(to=((CENTRAL_OFFICE, CENTRAL), (COMMUNE_OFFICE, COMMUNE)))
        await bring(axis, *mail.frames)
        record = await axis.nodes[CENTRAL].store.track(letter_id(1))

    assert record is not None
    assert [d.target.key for d in record.deliveries] == [f"agency:{CENTRAL_OFFICE}"]
