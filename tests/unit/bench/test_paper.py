from __future__ import annotations

import statistics

import pytest

from gateway.core.edxml import read
from schemas.safe_xml import Limits
from tests.bench.paper import FIRST_NUMBER, LARGEST, MEDIAN, MIB, SIZES, blank, mix, size_name

WRITER, READER = "000.00.10.H91", "000.00.01.H91"


@pytest.mark.parametrize("size", SIZES[:4])
def test_letter_has_the_size_that_was_asked_for(size: int) -> None:
    pieces = blank(WRITER, [READER], size).numbered(FIRST_NUMBER + 7)
    assert abs(sum(map(len, pieces)) - size) <= 8


def test_every_letter_differs_in_its_number_and_in_its_attachment() -> None:
    paper = blank(WRITER, [READER], SIZES[0])
    one, other = (b"".join(paper.numbered(FIRST_NUMBER + n)) for n in (1, 2))
    assert len(one) == len(other)
    contents = [letter.partition(b"ContentTransferEncoded")[2] for letter in (one, other)]
    assert contents[0] != contents[1]
    assert [about(letter) for letter in (one, other)] == [f"{FIRST_NUMBER + 1}", f"{FIRST_NUMBER + 2}"]


def about(letter: bytes) -> str:
    head, _, _ = letter.partition(b"<AttachmentEncoded>")
    return read(head + b"</edXML>", (), Limits()).envelope.code_number


def test_mix_has_the_median_of_the_test_data_and_nothing_above_its_largest() -> None:
    attached = [size * 3 / 4 for size in mix()]
    assert statistics.median(attached) == pytest.approx(MEDIAN, rel=0.2)
    assert max(attached) <= LARGEST + 4
    assert list(mix()) != sorted(mix())


def test_sizes_are_named_as_people_say_them() -> None:
    assert [size_name(size) for size in SIZES] == ["6 KB", "100 KB", "1 MB", "10 MB", "100 MB"]
    assert SIZES[2] == MIB
