from __future__ import annotations

import io
import zipfile
from typing import Any

from gateway.core.catalogue import NO_SEAL
from gateway.core.diary import Direction
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode
from gateway.http.console.sample_archive import LIST, archive
from gateway.ports import OpenEvidence, Sampled
from tests.kit.builders import letter_id, stored_letter
from tests.kit.clock import START


def sampled(number: int) -> Sampled:
    return Sampled(letter_id(number), Direction.OUT, START, AgencyCode("=cmd()"), 10)


async def open_one(each: Sampled) -> OpenEvidence:
    if each.letter_id == letter_id(2):
        raise Rejected(find(NO_SEAL))
    data = [b"PK", each.letter_id.encode()]
    return OpenEvidence(stored_letter(), sum(map(len, data)), lambda: iter(data))


async def pieces(*numbers: int) -> list[bytes]:
    made = archive([sampled(n) for n in numbers], [("Seed", "=abc()")], open_one, START)
    return [piece async for piece in made]


async def test_archive_is_a_whole_zip_with_its_list_first() -> None:
    book = zipfile.ZipFile(io.BytesIO(b"".join(await pieces(1, 2, 3))))
    assert book.testzip() is None
    assert book.namelist() == [LIST, f"001-{letter_id(1)}.asice", f"003-{letter_id(3)}.asice"]
    assert book.read(book.namelist()[1]) == b"PK" + letter_id(1).encode()
    lines: Any = book.read(LIST).decode("utf-8-sig").splitlines()
    assert lines[0] == "Seed,'=abc()"
    assert lines[3].endswith(f",'=cmd(),{NO_SEAL.code}")


async def test_archive_comes_in_pieces_as_the_letters_are_read() -> None:
    assert len(await pieces(1, 3)) > 4


async def test_sample_of_nothing_is_a_list_of_nothing() -> None:
    book = zipfile.ZipFile(io.BytesIO(b"".join(await pieces())))
    assert book.namelist() == [LIST]
