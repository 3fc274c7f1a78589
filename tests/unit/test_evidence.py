"""
What a node holds, given out as one standard file: the same bytes everywhere, or an honest refusal.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from gateway.core.catalogue import BLOB_DAMAGED, CONTAINER_REFUSED, NO_SEAL
from gateway.core.errors import Rejected, Unavailable
from gateway.evidence import CHUNK, evidence_chunks, evidence_size
from gateway.letters import DIALECTS, compose
from gateway.ports import StoredLetter, StoredPart
from gateway.store.blobs import INLINE_BYTES, PIECE, FileBlobs
from signing.asice import AGENCY_SIGNATURE, NODE_SIGNATURE
from signing.examine import examine
from signing.verdict import Outcome
from tests.kit.builders import inline_part
from tests.kit.clock import START
from tests.kit.sealed import Seals, label, make_seals, members_of, packed, stored
from tests.unit.cli.edxml_files import RECEIVER, SENDER

EDXML = compose(DIALECTS[0], SENDER, [RECEIVER], 1, Random(1), size=300_000)
ROUTING = label(EDXML, START)


@pytest.fixture(scope="module")
def seals() -> Seals:
    return make_seals(START)


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs", "one")


@pytest.fixture
def letter(seals: Seals, blobs: FileBlobs) -> StoredLetter:
    """A letter with both seals, whose main attachment is too large for the row."""
    return stored(members_of(EDXML, ROUTING), ROUTING, seals.both, START, blobs)


def file_of(part: StoredPart, folder: Path) -> Path:
    """Where the blob of a part lies."""
    return next(path for path in folder.rglob("*") if path.name == part.sha256[2:])


def test_file_is_whole_and_both_seals_pass(letter: StoredLetter, blobs: FileBlobs, seals: Seals) -> None:
    data = b"".join(evidence_chunks(letter, blobs))
    examination = examine(io.BytesIO(data), seals.trust(), at=START)
    assert examination.outcome is Outcome.PASSED
    assert list(examination.verdicts) == [NODE_SIGNATURE, AGENCY_SIGNATURE]


def test_letter_with_the_nodes_seal_alone_passes(seals: Seals, blobs: FileBlobs) -> None:
    letter = stored(members_of(EDXML, ROUTING), ROUTING, seals.node_only, START, blobs)
    data = b"".join(evidence_chunks(letter, blobs))
    assert list(examine(io.BytesIO(data), seals.trust(), at=START).verdicts) == [NODE_SIGNATURE]


def test_size_is_known_before(letter: StoredLetter, blobs: FileBlobs) -> None:
    assert evidence_size(letter, blobs) == len(b"".join(evidence_chunks(letter, blobs)))


def test_another_node_gives_the_same_bytes(letter: StoredLetter, blobs: FileBlobs, tmp_path: Path) -> None:
    """It keeps the parts elsewhere, and took them in at another time over another way."""
    other = FileBlobs(tmp_path / "other", "two")
    parts = tuple(other.put(part.name, b"".join(blobs.read(part))) for part in letter.parts)
    there = replace(letter, parts=parts, hops=3, received_at=START + timedelta(days=1))
    assert b"".join(evidence_chunks(there, other)) == b"".join(evidence_chunks(letter, blobs))


def test_it_is_the_file_that_the_seal_room_writes_at_once(
    letter: StoredLetter, blobs: FileBlobs, seals: Seals
) -> None:
    kept = {part.name: b"".join(blobs.read(part)) for part in letter.parts}
    signatures = {name: kept[name] for name in (NODE_SIGNATURE, AGENCY_SIGNATURE)}
    whole = packed(members_of(EDXML, ROUTING), {}, START, signatures=signatures)
    assert b"".join(evidence_chunks(letter, blobs)) == whole


def test_pieces_are_neither_tiny_nor_the_whole(letter: StoredLetter, blobs: FileBlobs) -> None:
    sizes = [len(chunk) for chunk in evidence_chunks(letter, blobs)]
    assert len(sizes) > 1
    assert all(CHUNK <= size <= CHUNK + PIECE for size in sizes[:-1])
    assert sizes[-1] > 0


def test_letter_without_the_nodes_seal_is_refused_before_the_first_byte(
    seals: Seals, blobs: FileBlobs
) -> None:
    letter = stored(members_of(EDXML, ROUTING), ROUTING, seals.agency_only, START, blobs)
    for ask in (evidence_size, evidence_chunks):
        with pytest.raises(Rejected) as refused:
            ask(letter, blobs)
        assert refused.value.code == NO_SEAL.code


@pytest.mark.parametrize("name", ["mimetype", "META-INF/manifest.xml"])
def test_part_that_would_take_a_members_place_is_refused(
    letter: StoredLetter, blobs: FileBlobs, name: str
) -> None:
    """The wire lets such names pass; no container may."""
    odd = replace(letter, parts=(*letter.parts, inline_part(name, b"x")))
    with pytest.raises(Rejected) as refused:
        evidence_chunks(odd, blobs)
    assert refused.value.code == CONTAINER_REFUSED.code


def test_rotten_part_is_named_and_the_file_ends_before_it(
    letter: StoredLetter, blobs: FileBlobs, tmp_path: Path
) -> None:
    """Better a short file than a wrong one."""
    whole = b"".join(evidence_chunks(letter, blobs))
    rotten = next(part for part in letter.parts if part.size > INLINE_BYTES)
    path = file_of(rotten, tmp_path)
    spoilt = bytearray(path.read_bytes())
    spoilt[1000] ^= 1
    path.write_bytes(spoilt)
    pieces: list[bytes] = []
    with pytest.raises(Unavailable) as damaged:
        pieces.extend(evidence_chunks(letter, blobs))
    given = b"".join(pieces)
    assert damaged.value.code == BLOB_DAMAGED.code
    assert rotten.name in damaged.value.first.vi
    assert whole.startswith(given)
    assert rotten.name.encode() not in given[given.rfind(b"</manifest:manifest>") :]


def test_lost_blob_is_told(letter: StoredLetter, blobs: FileBlobs, tmp_path: Path) -> None:
    lost = next(part for part in letter.parts if part.size > INLINE_BYTES)
    file_of(lost, tmp_path).unlink()
    with pytest.raises(Unavailable) as damaged:
        list(evidence_chunks(letter, blobs))
    assert damaged.value.code == BLOB_DAMAGED.code
