"""
Somebody who can rewrite frames between two nodes gains nothing: everything is refused with its reason.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gateway.broker.frames import LetterFrame, Manifest, decode, encode
from gateway.broker.memory_queue import Way
from gateway.broker.packing import pack, unpack
from gateway.core.catalogue import MANIFEST_MISMATCH, PART_DIGEST, SEAL_FAILED
from gateway.core.delivery import State
from gateway.core.errors import Fault
from gateway.core.model import Lane, LetterId, Part
from tests.kit.agencies import Mail
from tests.kit.builders import (
    CENTRAL,
    OTHER_OFFICE,
    OTHER_PROVINCE,
    PROVINCE_OFFICE,
    small_axis,
)
from tests.kit.correspondence import letter
from tests.kit.nodes import SmallAxis, open_axis

SPIED = Way(CENTRAL, OTHER_PROVINCE, Lane.NORMAL)
Parts = dict[str, bytes]


def tampering(change: Callable[[LetterFrame], LetterFrame]) -> Callable[[Way, bytes], bytes]:
    """A man in the middle of one link, who knows the wire as well as we do."""

    def man(way: Way, data: bytes) -> bytes:
        frame = decode(data) if way == SPIED else None
        return encode(change(frame)) if isinstance(frame, LetterFrame) and frame.chunks else data

    return man


def with_parts(
    change: Callable[[Parts], None], letter_id: Callable[[LetterId], LetterId] = lambda same: same
) -> Callable[[LetterFrame], LetterFrame]:
    """Change parts of a letter in one frame, and make every digest of the wire right again."""

    def changed(frame: LetterFrame) -> LetterFrame:
        assert frame.manifest is not None
        parts = unpack(frame.manifest, frame.chunks)
        assert parts is not None
        named = {part.name: bytes(parts[place]) for place, part in enumerate(frame.manifest.parts)}
        change(named)
        manifest = Manifest(
            letter_id(frame.letter_id),
            frame.origin,
            frame.manifest.lane,
            frame.manifest.rank,
            frame.manifest.expires_at,
            tuple(Part(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in named.items()),
        )
        contents = list(named.values())
        (made,) = pack(
            manifest, frame.hops, {}, lambda part, start, size: contents[part][start : start + size]
        )
        return made

    return changed


async def outcome(axis: SmallAxis, content: bytes) -> tuple[LetterId, list[Mail]]:
    """Send a letter over the spied link; its id, and what the sender is told."""
    accepted = await axis.send(content, by=PROVINCE_OFFICE)
    await axis.settle()
    return accepted.letter_id, await axis.collect(PROVINCE_OFFICE)


async def journalled(axis: SmallAxis, node: str, fault: Fault) -> bool:
    rows = await axis.nodes[node].store.journal(0, 1000)  # type: ignore[index]
    return any(row.code == fault.code for row in rows)


async def test_a_rewritten_part_is_asked_for_again_then_refused_and_told(tmp_path: Path) -> None:
    """The man changes bytes of a part on every try; the manifest still says what they should be."""

    def spoil(frame: LetterFrame) -> LetterFrame:
        last = frame.chunks[-1]
        return replace(frame, chunks=(*frame.chunks[:-1], replace(last, data=bytes(len(last.data)))))

    async with open_axis(small_axis(), tmp_path) as axis:
        axis.post.man_in_the_middle = tampering(spoil)
        letter_id, (notice,) = await outcome(axis, letter(PROVINCE_OFFICE, OTHER_OFFICE))
        delivery = await axis.delivery(CENTRAL, letter_id, f"link:{OTHER_PROVINCE}")
        sent = [way for way, data in axis.post.carried if way == SPIED]
        assert await journalled(axis, CENTRAL, PART_DIGEST)
        assert await axis.waiting(OTHER_OFFICE) == []

    assert len(sent) == 5
    assert (delivery.state, delivery.last_code) == (State.RETURNED, PART_DIGEST.code)
    assert f"[Trục] {PART_DIGEST.code}" in notice.content.decode()
    assert OTHER_OFFICE in notice.content.decode()


async def test_a_frame_that_was_rewritten_once_costs_only_a_second_try(tmp_path: Path) -> None:
    seen: list[LetterFrame] = []

    def spoil_first(frame: LetterFrame) -> LetterFrame:
        seen.append(frame)
        if len(seen) > 1:
            return frame
        last = frame.chunks[-1]
        return replace(frame, chunks=(*frame.chunks[:-1], replace(last, data=bytes(len(last.data)))))

    async with open_axis(small_axis(), tmp_path) as axis:
        content = letter(PROVINCE_OFFICE, OTHER_OFFICE)
        axis.post.man_in_the_middle = tampering(spoil_first)
        _, told = await outcome(axis, content)
        (got,) = await axis.collect(OTHER_OFFICE)

    assert got.content == content
    assert told == []
    assert len(seen) == 2


async def test_a_swapped_recipient_breaks_the_seal_and_nobody_gets_the_letter(tmp_path: Path) -> None:
    def swap(parts: Parts) -> None:
        label = json.loads(parts["routing.json"])
        label["recipients"][0]["named"] = "000.00.99.H21"
        parts["routing.json"] = json.dumps(
            label, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()

    async with open_axis(small_axis(), tmp_path) as axis:
        axis.post.man_in_the_middle = tampering(with_parts(swap))
        letter_id, (notice,) = await outcome(axis, letter(PROVINCE_OFFICE, OTHER_OFFICE))
        at_door = await axis.delivery(OTHER_PROVINCE, letter_id, f"agency:{OTHER_OFFICE}")
        assert await journalled(axis, OTHER_PROVINCE, SEAL_FAILED)
        assert await axis.waiting(OTHER_OFFICE) == []

    assert (at_door.state, at_door.last_code) == (State.RETURNED, SEAL_FAILED.code)
    assert f"[Trục] {SEAL_FAILED.code}" in notice.content.decode()


async def test_another_envelope_under_a_good_seal_is_refused(tmp_path: Path) -> None:
    def rewrite(parts: Parts) -> None:
        parts["envelope.xml"] = parts["envelope.xml"].replace(b"<", b" <", 1)

    async with open_axis(small_axis(), tmp_path) as axis:
        axis.post.man_in_the_middle = tampering(with_parts(rewrite))
        letter_id, (notice,) = await outcome(axis, letter(PROVINCE_OFFICE, OTHER_OFFICE))
        at_door = await axis.delivery(OTHER_PROVINCE, letter_id, f"agency:{OTHER_OFFICE}")
        assert await axis.waiting(OTHER_OFFICE) == []

    assert (at_door.state, at_door.last_code) == (State.RETURNED, SEAL_FAILED.code)
    assert SEAL_FAILED.code in notice.content.decode()


async def test_a_sealed_letter_replayed_under_another_id_is_refused(tmp_path: Path) -> None:
    other = LetterId("01957000-0000-7000-8000-00000000beef")
    async with open_axis(small_axis(), tmp_path) as axis:
        axis.post.man_in_the_middle = tampering(with_parts(lambda _parts: None, lambda _same: other))
        await outcome(axis, letter(PROVINCE_OFFICE, OTHER_OFFICE))
        refused = axis.nodes[OTHER_PROVINCE].said("letter.refused")
        assert await axis.waiting(OTHER_OFFICE) == []

    assert MANIFEST_MISMATCH.code in json.dumps(refused)
