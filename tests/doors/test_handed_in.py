"""What an agency hands in: raw edXML in any pieces, or a container that it sealed at its own office."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.core.catalogue import CONTAINER_REFUSED, SEAL_FAILED
from gateway.core.deadlines import DueState
from gateway.core.edxml import read
from gateway.core.errors import Rejected
from gateway.core.model import Part
from gateway.core.seals import sealed_parts
from gateway.core.split import parts_json
from gateway.doors.handed_in import handed_in
from schemas.safe_xml import Limits
from signing.asice import AGENCY_SIGNATURE, NODE_SIGNATURE, Content, write_container
from signing.asice_reader import read_container
from signing.devpki import create
from signing.keys import SealKey
from signing.parts import SealedPart
from signing.seal import seal
from signing.verdict import Verdict
from signing.verify import verify
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.clock import START
from tests.kit.correspondence import letter
from tests.kit.nodes import open_axis
from tests.kit.seals import key_of, trust
from tests.kit.sinks import take_apart


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def sealed_at_the_office(edxml: bytes, key: SealKey, at: datetime = START) -> bytes:
    """What `truc seal` makes of an edXML with this key at that time."""
    apart = take_apart(edxml)
    split = apart.split
    envelope = read(split.envelope, split.parts).envelope
    named = {"parts.json": parts_json(split, envelope), "envelope.xml": split.envelope}
    named |= {spec.member_name: apart.sinks[spec.index].blob for spec in split.parts}
    parts = sealed_parts(Part(n, len(d), hashlib.sha256(d).hexdigest()) for n, d in named.items())
    out = io.BytesIO()
    contents = [Content(part, lambda part=part: [named[part.name]]) for part in parts]  # type: ignore[misc]
    write_container(out, contents, {AGENCY_SIGNATURE: seal(parts, key, at)})
    return out.getvalue()


@pytest.mark.parametrize("size", [1, 3, 4, 1000])
async def test_raw_edxml_passes_through_in_whatever_pieces_it_comes(size: int) -> None:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE)
    with ExitStack() as scratch:
        given = await handed_in(pieces(content, size), Limits(), scratch)
        assert b"".join([chunk async for chunk in given.chunks]) == content
        assert given.sealed is None


async def test_nothing_at_all_is_passed_on_as_nothing() -> None:
    with ExitStack() as scratch:
        given = await handed_in(pieces(b"", 1), Limits(), scratch)
        assert [chunk async for chunk in given.chunks] == []


async def test_an_agency_s_seal_travels_beside_the_node_s_and_both_hold(tmp_path: Path) -> None:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE)
    container = sealed_at_the_office(content, key_of(PROVINCE_OFFICE, START))
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await axis.send(container, by=PROVINCE_OFFICE)
        await axis.settle()
        (got,) = await axis.collect(CENTRAL_OFFICE)
        office = axis.nodes[CENTRAL].office
        given = await office.evidence(axis.caller(CENTRAL_OFFICE), accepted.letter_id)
        evidence = read_container(io.BytesIO(b"".join(given.chunks())))

    assert got.content == content
    assert set(evidence.signatures) == {NODE_SIGNATURE, AGENCY_SIGNATURE}
    of_the_agency = [part for part in evidence.parts if part.name != "routing.json"]
    at = accepted.accepted_at
    assert _in_a_thread(evidence.signatures[NODE_SIGNATURE], evidence.parts, at).passed
    assert _in_a_thread(evidence.signatures[AGENCY_SIGNATURE], of_the_agency, at).passed


async def test_time_to_send_runs_from_the_agency_s_own_seal(tmp_path: Path) -> None:
    """By the date of issue it is late, by the seal, made today, it is not; and both sides see that."""
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, issue_date="2026/02/02")
    plain = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, number=2, issue_date="2026/02/02")
    container = sealed_at_the_office(content, key_of(PROVINCE_OFFICE, START))
    found = []
    async with open_axis(small_axis(), tmp_path) as axis:
        sent = [await axis.send(each, by=PROVINCE_OFFICE) for each in (container, plain)]
        await axis.settle()
        for by in (PROVINCE_OFFICE, CENTRAL_OFFICE):
            for accepted in sent:
                tracking = await axis.node_of(by).office.whereabouts(axis.caller(by), accepted.letter_id)
                (item,) = tracking.deadlines
                found.append((item.state, item.since == START))

    assert found == [(DueState.MET, True), (DueState.LATE, False)] * 2


async def test_seal_of_tomorrow_starts_no_clock(tmp_path: Path) -> None:
    """A clock that goes wrong at the office, or a wish to have more time."""
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, issue_date="2026/02/02")
    container = sealed_at_the_office(content, key_of(PROVINCE_OFFICE, START), START + timedelta(minutes=4))
    async with open_axis(small_axis(), tmp_path) as axis:
        accepted = await axis.send(container, by=PROVINCE_OFFICE)
        record = await axis.nodes[PROVINCE].store.track(accepted.letter_id)

    assert record is not None
    assert record.letter.routing.signed_at is None


async def test_a_container_whose_content_was_changed_is_refused(tmp_path: Path) -> None:
    container = bytearray(sealed_at_the_office(letter(PROVINCE_OFFICE, CENTRAL_OFFICE), key_of("x", START)))
    container[container.index(b"<edXML") + 3] ^= 1
    async with open_axis(small_axis(), tmp_path) as axis:
        with pytest.raises(Rejected) as refused:
            await axis.send(bytes(container), by=PROVINCE_OFFICE)
    assert refused.value.code == CONTAINER_REFUSED.code


async def test_a_seal_by_a_stranger_s_authority_is_refused(tmp_path: Path) -> None:
    stranger = create(START).issue("stranger", START).seal_key
    container = sealed_at_the_office(letter(PROVINCE_OFFICE, CENTRAL_OFFICE), stranger)
    async with open_axis(small_axis(), tmp_path) as axis:
        with pytest.raises(Rejected) as refused:
            await axis.send(container, by=PROVINCE_OFFICE)
    assert refused.value.code == SEAL_FAILED.code


def _in_a_thread(signature: bytes, parts: Sequence[SealedPart], at: datetime) -> Verdict:
    """Verification runs an event loop of its own, so it needs a thread of its own."""
    with ThreadPoolExecutor(1) as own:
        return own.submit(lambda: verify(signature, parts, trust(START), at=at)).result()
