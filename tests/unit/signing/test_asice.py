from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from functools import partial

import pytest
from lxml import etree

from schemas import safe_xml
from signing.asice import (
    AGENCY_SIGNATURE,
    MANIFEST_MEMBER,
    MANIFEST_NAMESPACE,
    MAX_CONTAINER,
    MIMETYPE,
    NODE_SIGNATURE,
    ContainerRefused,
    Content,
    container_chunks,
    container_size,
    manifest,
    write_container,
)
from signing.keys import SealKey
from signing.parts import SealedPart, UnfitPart
from signing.verdict import Reason
from tests.unit.signing.containers import asice
from tests.unit.signing.letters import letter, part_of

SIGNATURES = {NODE_SIGNATURE: b"<node/>", AGENCY_SIGNATURE: b"<agency/>"}


def _write(contents: list[Content], signatures: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    write_container(out, contents, signatures)
    return out.getvalue()


def test_another_zip_reader_finds_everything_in_order(key: SealKey) -> None:
    made = letter()
    with zipfile.ZipFile(io.BytesIO(asice(made, key, agency=key))) as file:
        assert file.testzip() is None
        order = ["mimetype", MANIFEST_MEMBER, NODE_SIGNATURE, AGENCY_SIGNATURE, *made.bytes_of]
        assert order == file.namelist()
        assert made.bytes_of == {name: file.read(name) for name in made.bytes_of}
        for member in file.infolist():
            assert member.compress_type == zipfile.ZIP_STORED
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
            assert (member.extra, member.comment, member.flag_bits) == (b"", b"", 0)


def test_chunks_are_the_file_and_come_when_they_are_asked_for() -> None:
    read: list[str] = []

    def watched(content: Content) -> Content:
        def blocks() -> Iterator[bytes]:
            read.append(content.part.name)
            yield from content.read()

        return Content(content.part, blocks)

    made = letter()
    chunks = container_chunks([watched(content) for content in made.contents], SIGNATURES)
    first = next(chunks)
    assert read == []
    assert first + b"".join(chunks) == _write(made.contents, SIGNATURES)
    assert read == [name for name in made.bytes_of for _twice in range(2)]


def test_structure_is_the_one_of_asic_e(key: SealKey) -> None:
    """EN 319 162-1 A.1: the type can be read at byte 38, without a zip reader."""
    data = asice(letter(), key)
    assert data[30:38] == b"mimetype"
    assert data[38 : 38 + len(MIMETYPE)] == b"application/vnd.etsi.asic-e+zip"


def test_manifest_lists_every_part_with_its_type() -> None:
    parts = [part_of("envelope.xml", b"", "text/xml"), part_of("parts/0001", b"x", "application/pdf")]
    root = safe_xml.parse(manifest(parts)).root
    assert etree.QName(root).namespace == MANIFEST_NAMESPACE
    entries = [
        (e.get(f"{{{MANIFEST_NAMESPACE}}}full-path"), e.get(f"{{{MANIFEST_NAMESPACE}}}media-type"))
        for e in root
    ]
    assert entries == [
        ("/", MIMETYPE.decode()),
        ("envelope.xml", "text/xml"),
        ("parts/0001", "application/pdf"),
    ]


def test_same_letter_gives_the_same_bytes_however_it_is_read() -> None:
    made = letter([b"x" * 5000])
    small = [
        Content(c.part, partial(iter, [bytes([b]) for b in made.bytes_of[c.part.name]]))
        for c in made.contents
    ]
    assert _write(made.contents, SIGNATURES) == _write(small, SIGNATURES)


def test_size_is_known_before_anything_is_read() -> None:
    made = letter()
    for signatures in (SIGNATURES, {AGENCY_SIGNATURE: b"<a/>"}):
        written = _write(made.contents, signatures)
        assert container_size(made.parts, signatures) == len(written)


def test_writer_returns_the_size() -> None:
    out = io.BytesIO()
    assert write_container(out, letter().contents, SIGNATURES) == len(out.getvalue())


def test_part_is_written_block_by_block() -> None:
    """No block is held: what is in flight is what the blob gives at once."""
    data = bytes(100) * 1000
    largest = 0

    class Wire:
        def write(self, block: bytes, /) -> None:
            nonlocal largest
            largest = max(largest, len(block))

    def read() -> Iterator[bytes]:
        return (data[i : i + 2000] for i in range(0, len(data), 2000))

    write_container(Wire(), [Content(part_of("parts/0001", data), read)], {NODE_SIGNATURE: b"<x/>"})
    assert largest == 2000


def test_changed_part_stops_the_writing_before_it_begins() -> None:
    out = io.BytesIO()
    wrong = [Content(part_of("envelope.xml", b"sealed"), partial(iter, [b"forged"]))]
    with pytest.raises(ContainerRefused) as refused:
        write_container(out, wrong, SIGNATURES)
    assert (refused.value.objection.reason, refused.value.objection.member) == (
        Reason.PART_CHANGED,
        "envelope.xml",
    )
    assert b"envelope.xml" not in out.getvalue().rpartition(b"</manifest:manifest>")[2]


def test_part_that_shrinks_between_two_readings_is_noticed() -> None:
    readings = iter([[b"whole"], [b"who"]])
    with pytest.raises(ContainerRefused, match="size changed"):
        _write([Content(part_of("envelope.xml", b"whole"), lambda: next(readings))], SIGNATURES)


def test_container_beyond_a_plain_zip_is_refused_before_a_byte_is_read() -> None:
    huge = SealedPart("parts/0001", "0" * 64, MAX_CONTAINER)
    with pytest.raises(ContainerRefused) as refused:
        container_size([huge], SIGNATURES)
    assert refused.value.objection.reason is Reason.CONTAINER_TOO_LARGE


@pytest.mark.parametrize("signatures", [{}, {"META-INF/signatures003.xml": b""}, {"../x": b""}])
def test_only_the_two_signatures_are_packed(signatures: dict[str, bytes]) -> None:
    with pytest.raises(ContainerRefused):
        _write(letter().contents, signatures)


def test_empty_letter_is_refused() -> None:
    with pytest.raises(UnfitPart):
        _write([], SIGNATURES)
