"""
A form becomes edXML: the same bytes each time, at flat memory, from files that nobody else can see.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.core.errors import Rejected
from gateway.http.composing import IN_MEMORY, composed, received
from gateway.ports import Caller
from tests.kit.office import CLOSED, COMMUNE, DISTRICT, PROVINCE, small_directory
from tests.unit.http.test_sending import PDF, form
from tests.unit.v1.test_metadata import LEAST

CALLER = Caller("key", frozenset({PROVINCE}))
DAY = date(2026, 11, 23)
PIECE = 64 * 1024


async def pieces(data: bytes, size: int = PIECE) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def made(data: bytes, folder: Path, size: int = PIECE, caller: Caller = CALLER) -> bytes:
    async with received(pieces(data, size), "b0undary", folder) as arrived:
        return b"".join([chunk async for chunk in composed(arrived, caller, small_directory(), DAY)])


@pytest.mark.parametrize("size", [1, 100, PIECE])
async def test_same_form_gives_the_same_bytes_however_it_arrives(tmp_path: Path, size: int) -> None:
    data, _ = form(PDF, ("b.txt", b"x" * 1000))
    assert await made(data, tmp_path, size) == await made(data, tmp_path)


async def test_files_beyond_a_mebibyte_have_no_name_on_the_disk(tmp_path: Path) -> None:
    data, _ = form(("a.bin", b"x" * (2 * IN_MEMORY)))
    async with received(pieces(data), "b0undary", tmp_path) as arrived:
        assert arrived.content.seekable()
        assert sum(len(piece) for piece in arrived.pieces(arrived.files[0])) == 2 * IN_MEMORY
        assert list(tmp_path.iterdir()) == []


async def test_former_code_of_an_agency_is_written_as_it_was_given(tmp_path: Path) -> None:
    data, _ = form(
        said=b'{"recipients":["H14.31"],"code_number":"1","code_notation":"A",'
        b'"issue_date":"2026-01-02","subject":"x"}'
    )
    text = (await made(data, tmp_path)).decode()
    assert "<edXML:OrganId>H14.31<" in text
    assert "UBND huyện Hà Quảng" in text


async def test_group_is_written_as_its_agencies_on_that_day(tmp_path: Path) -> None:
    tiers = {PROVINCE: "tỉnh", COMMUNE: "xã", CLOSED: "xã"}
    rows = tuple(replace(row, tier=tiers.get(row.code, "")) for row in small_directory().agency_rows)
    directory = replace(small_directory(), agency_rows=rows)
    data, _ = form(said={**LEAST, "recipients": ["@xã", DISTRICT]})
    async with received(pieces(data), "b0undary", tmp_path) as arrived:
        text = b"".join([chunk async for chunk in composed(arrived, CALLER, directory, DAY)]).decode()
        recipients = text.partition("</edXML:From>")[2]
        with pytest.raises(Rejected) as refused:
            composed(arrived, CALLER, small_directory(), DAY)
    assert f"<edXML:OrganId>{COMMUNE}<" in recipients
    assert f"<edXML:OrganId>{DISTRICT}<" in recipients
    assert "UBND xã Trường Hà" in recipients
    assert CLOSED not in text
    assert "@" not in recipients.partition("</edXML:MessageHeader>")[0]
    assert refused.value.code == "TRUC-425"


async def test_nobody_in_particular_cannot_send(tmp_path: Path) -> None:
    for caller in (Caller("op", frozenset(), is_operator=True), Caller("k", frozenset({PROVINCE, COMMUNE}))):
        with pytest.raises(Rejected):
            await made(form(PDF)[0], tmp_path, caller=caller)
