from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.core import catalogue
from gateway.core.errors import Rejected
from gateway.core.split import Layout, PartSpec, content, decode_raw, join
from gateway.core.split.base64_text import LONGEST_PIECE, encode
from gateway.core.split.joining import BLOCK

ENVELOPE = b"<a><c></c><c></c></a>"


def part(index: int, offset: int, layout: Layout | None = None) -> PartSpec:
    return PartSpec(index, offset, 1, 0, layout, "", 0, "", 0, name="Công văn.pdf")


def test_text_goes_back_where_it_was_cut_out() -> None:
    parts = [part(0, 6, Layout(b"\n", 4, b"\r\n", b"")), part(1, 13)]
    blobs = [[b"ABC", b"D"], [b"ra", b"w"]]
    assert b"".join(join(ENVELOPE, parts, lambda i: blobs[i])) == b"<a><c>\nQUJD\r\nRA==</c><c>raw</c></a>"


def test_without_parts_the_envelope_is_the_document() -> None:
    assert b"".join(join(ENVELOPE, [], lambda index: [])) == ENVELOPE


def test_blobs_are_asked_for_once_and_in_order() -> None:
    asked: list[int] = []

    def open_blob(index: int) -> list[bytes]:
        asked.append(index)
        return []

    list(join(ENVELOPE, [part(0, 6), part(1, 13)], open_blob))
    assert asked == [0, 1]


def test_pieces_are_neither_crumbs_nor_loaves() -> None:
    def open_blob(index: int) -> Iterator[bytes]:
        return (b"x" * 100 for _ in range(10_000))

    layout = Layout(b"", 76, b"\n", b"")
    pieces = list(join(b"<" * 10**6, [part(0, 10, layout), part(1, 20)], open_blob))
    assert all(BLOCK <= len(piece) <= 3 * BLOCK for piece in pieces[:-1])


def test_content_of_a_decoded_part_is_its_blob() -> None:
    assert b"".join(content(part(0, 6, Layout()), [b"A", b"BC"])) == b"ABC"


def test_content_of_a_raw_part_is_decoded() -> None:
    assert b"".join(content(part(0, 6), [b"<![CDATA[QU", b"JD]]>"])) == b"ABC"


def test_a_raw_part_that_is_not_base64_is_refused_by_name() -> None:
    with pytest.raises(Rejected) as caught:
        list(content(part(0, 6), [b"${file}"]))
    assert catalogue.NOT_BASE64 is caught.value.first.fault
    assert "Công văn.pdf" in caught.value.first.vi


def test_decoding_is_a_stream() -> None:
    fed = 0

    def text() -> Iterator[bytes]:
        nonlocal fed
        for _ in range(100):
            fed += 1
            yield b"QUJD" * 10_000

    next(piece for piece in decode_raw(text()) if piece)
    assert fed < 100


def test_an_offset_beyond_the_envelope_ends_with_the_envelope() -> None:
    """A manifest from afar may say anything; joining must end all the same."""
    far = PartSpec(0, 2**62, 1, 0, Layout(), "", 3, "", 3)
    assert b"".join(join(b"<a/>", [far], lambda _index: [b"abc"])) == b"<a/>YWJj"


def test_one_letter_a_line_never_swells_into_one_huge_piece() -> None:
    swelling = Layout(width=1, line_end=b" " * 1024)
    pieces = [len(piece) for piece in encode(swelling, [bytes(1024 * 1024)])]
    assert sum(pieces) > 1024 * 1024 * 1024
    assert max(pieces) <= LONGEST_PIECE
