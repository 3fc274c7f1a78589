from __future__ import annotations

import pytest

from gateway.core.model import Lane
from gateway.http.console.pages.quarantine import dump
from gateway.ports import Role
from tests.kit.builders import CENTRAL, PROVINCE_OFFICE, letter_id, new_letter
from tests.kit.clock import START
from tests.kit.console import Console

AT = "/console/quarantine"
REASON = "tìm lỗi của phần mềm gửi"
MARKUP = b"<script>alert(1)</script>\x00\xff"


async def fill(console: Console) -> None:
    """A frame about a letter, and refused input."""
    await console.store.add_letter(new_letter(1), START)
    await console.store.quarantine(
        MARKUP, neighbour=CENTRAL, lane=Lane.NORMAL, code="TRUC-506", letter_id=letter_id(1), now=START
    )
    await console.store.keep_refused("key one", "TRUC-101", b"<edXML>" + MARKUP, START)


async def test_what_was_not_taken_stands_in_two_lists_with_the_reason(console: Console) -> None:
    await fill(console)
    async with console.person(Role.VIEWER) as person:
        page = await person.open(AT)
        assert f"{AT}/frame/1" in page.text
        assert f"{AT}/input/1" in page.text
        assert "TRUC-506" in page.words
        assert "key one" in page.words
        assert f"{AT}/input/1" not in (await person.open(f"{AT}?kind=frame")).text
        assert f"{AT}/frame/1" not in (await person.open(f"{AT}?kind=frame&before=1")).text


async def test_bytes_need_the_right_and_a_reason_and_stand_beside_our_answer(console: Console) -> None:
    await fill(console)
    one, asked = f"{AT}/frame/1", {"kind": "frame", "number": "1", "reason": REASON}
    async with console.person(Role.OPERATOR) as person:
        page = await person.open(one)
        assert "script" not in page.words.replace("console.js", "")
        assert (await person.send(one, asked)).status == 403
    await console.add(Role.OPERATOR, "reads.content", reads_content=True)
    async with console.person(Role.OPERATOR, "reads.content") as person:
        assert (await person.send(one, {**asked, "reason": "xem"})).status == 422
        page = await person.send(one, asked)
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
        assert "<script>alert" not in page.text
        assert "3c 73 63 72 69 70 74" in page.text
        assert "Trục đã trả lời" in page.words
        assert "HTTP 500 · frame-damaged" in page.words
        page = await person.send(f"{AT}/input/1", {"kind": "input", "number": "1", "reason": REASON})
        assert "HTTP 400 · not-xml" in page.words
    opened = (await console.journal("console.odd_opened"))[-1]
    assert (opened.detail["number"], opened.detail["reason"]) == ("1", REASON)
    (told,) = await console.journal("console.content_opened")
    assert (told.target, told.letter_id) == (f"agency:{PROVINCE_OFFICE}", letter_id(1))


@pytest.mark.parametrize("path", ["frame/2", "frame/x", "input/-1", "other/1", "frame/99999999999999999999"])
async def test_what_was_never_kept_is_not_found(console: Console, path: str) -> None:
    await fill(console)
    async with console.person(Role.OPERATOR) as person:
        assert (await person.open(f"{AT}/{path}")).status == 404


async def test_clerk_of_an_agency_sees_none_of_it(console: Console) -> None:
    async with console.person(Role.AGENCY) as person:
        assert (await person.open(AT)).status == 403


def test_bytes_are_written_as_numbers_with_what_is_printable_beside() -> None:
    assert dump(b"") == ""
    first, second = dump(bytes(range(48, 66))).splitlines()
    assert first == "000000  30 31 32 33 34 35 36 37 38 39 3a 3b 3c 3d 3e 3f  0123456789:;<=>?"
    assert second.split() == ["000010", "40", "41", "@A"]
    assert dump(b"\x00\xff").endswith("..")


async def test_form_that_names_other_bytes_than_its_address_opens_nothing(console: Console) -> None:
    await fill(console)
    await console.add(Role.OPERATOR, "reads.content", reads_content=True)
    async with console.person(Role.OPERATOR, "reads.content") as person:
        for told in ({"kind": "input", "number": "1"}, {"kind": "frame", "number": "7"}, {}):
            answer = await person.send(f"{AT}/frame/1", {**told, "reason": REASON})
            assert (answer.status, "alert(1)" in answer.text) == (409, False)
    assert await console.journal("console.content_opened") == []
