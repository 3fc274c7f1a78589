from __future__ import annotations

import csv
import io
import re
from typing import Any
from zipfile import ZipFile

import pytest

from gateway.core.model import LetterFacts
from gateway.http.console.pages import letters
from gateway.ports import Role
from gateway.store import finding
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, DEPARTMENT, PROVINCE_OFFICE, letter_id, new_letter
from tests.kit.clock import START
from tests.kit.console import Console, Person

AT = "/console/letters"
MARKUP = "<script>alert(1)</script>"
REASON = "kiểm tra theo công văn số 12"


async def keep(console: Console, number: int, subject: str = "", **changed: Any) -> str:
    facts = LetterFacts(document_id=f"D{number}", code=f"{number}/UBND-VP", subject=subject)
    await console.store.add_letter(new_letter(number, facts=facts, **changed), START)
    await console.store.list_words(500)
    return letter_id(number)


async def test_letter_is_found_by_number_agency_and_state(console: Console) -> None:
    wanted = await keep(console, 7)
    await keep(console, 8, sender=DEPARTMENT)
    async with console.person(Role.VIEWER) as person:
        for query in ("text=7/ubnd-vp", f"text={wanted}", f"agency={PROVINCE_OFFICE}", "text=7&state=queued"):
            page = await person.open(f"{AT}?{query}")
            assert re.findall(r"/console/letters/(0195[^\"?]+)", page.text) == [wanted], query
        assert "Không có văn bản nào khớp." in (await person.open(f"{AT}?text=9")).text


async def test_it_staff_are_shown_no_subject(console: Console) -> None:
    await keep(console, 1, subject="Bổ nhiệm cán bộ")
    for role in (Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR):
        async with console.person(role) as person:
            assert "Bổ nhiệm" not in (await person.open(f"{AT}?subject=bo+nhiem")).text


async def test_words_of_a_subject_need_the_right_and_a_reason_and_are_journaled(console: Console) -> None:
    wanted = await keep(console, 1, subject="Bổ nhiệm cán bộ")
    await keep(console, 2, subject="Kinh phí")
    asked = {"subject": "bo nhiem", "reason": REASON}
    async with console.person(Role.OPERATOR) as person:
        assert (await person.send(AT, asked)).status == 403
    await console.add(Role.OPERATOR, "reads.content", reads_content=True)
    async with console.person(Role.OPERATOR, "reads.content") as person:
        assert (await person.send(AT, {**asked, "reason": "xem"})).status == 422
        assert (await person.send(AT, {**asked, "subject": "-"})).status == 422
        page = await person.send(AT, asked)
    assert re.findall(r"/console/letters/(0195[^\"?]+)", page.text) == [wanted]
    assert "Bổ nhiệm" not in page.text
    line = (await console.journal("console.letters_searched"))[-1]
    assert line.detail == {"by": "reads.content", "address": "127.0.0.1", "reason": REASON}


async def test_agencys_user_finds_its_own_by_the_words_of_the_subject(console: Console) -> None:
    await keep(console, 1, subject="Bổ nhiệm cán bộ")
    await keep(console, 2, subject="Bổ nhiệm", sender=DEPARTMENT)
    async with console.person(Role.AGENCY) as person:
        page = await person.open(f"{AT}?subject=bo+nhiem")
    assert "Bổ nhiệm cán bộ" in page.text
    assert "2/UBND-VP" not in page.text


async def test_markup_in_a_letter_and_in_the_question_shows_as_text(console: Console) -> None:
    facts = LetterFacts(document_id=MARKUP, code=MARKUP, subject=MARKUP, sender_name=MARKUP)
    await console.store.add_letter(new_letter(1, facts=facts), START)
    await console.store.list_words(10)
    for role in (Role.VIEWER, Role.AGENCY):
        async with console.person(role) as person:
            assert MARKUP not in (await person.open(AT)).text
            assert MARKUP not in (await person.open(f"{AT}?text={MARKUP}&agency={MARKUP}")).text


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "since=31/12&until=2026-99-01",
        "kind=%00&state=x",
        "text=%00",
        "since=0001-01-01&until=9999-12-31",
        "agency=%00&before=%00",
        "since=0001-01-01&until=9999-12-30",
    ],
)
async def test_rubbish_in_the_question_is_no_fault_of_ours(console: Console, query: str) -> None:
    async with console.person(Role.VIEWER) as person:
        assert (await person.open(f"{AT}?{query}")).status == 200


async def test_ten_thousand_letters_are_paged_and_exported(console: Console) -> None:
    for number in range(1, 211):
        facts = LetterFacts(code=f"{number}/UBND-VP", subject="Trích yếu")
        await console.store.add_letter(new_letter(number, facts=facts), START)
    async with console.person(Role.VIEWER) as person:
        seen, address = 0, f"{AT}?state=queued"
        while address:
            page = await person.open(address)
            seen += page.text.count('<th scope="row">')
            following = re.search(r'href="([^"]+)" rel="next"', page.text)
            address = following[1].replace("&amp;", "&") if following else ""
        assert seen == 210
        sheet = await person.open(f"{AT}/export?form=csv&state=queued")
        rows = list(csv.reader(io.StringIO(sheet.text.lstrip("\ufeff"))))
        assert len(rows) == 211
        assert rows[1][2] == "210/UBND-VP"
        assert "Trích yếu" not in sheet.text
        async with person.session.get(f"{console.url}{AT}/export?form=xlsx") as answer:
            with ZipFile(io.BytesIO(await answer.read())) as book:
                assert "xl/worksheets/sheet1.xml" in book.namelist()
        assert (await person.open(f"{AT}/export?form=exe")).status == 400


async def test_file_says_in_its_last_line_that_it_has_not_all(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 10):
        await keep(console, number)
    for room, name, value in (
        *((finding, name, 2) for name in ("FIRST_AT_ONCE", "AT_ONCE", "LOOKED_AT")),
        (letters, "MOST_SHORT", 3),
        (letters, "EXPORTED", 4),
    ):
        monkeypatch.setattr(room, name, value)

    async with console.person(Role.VIEWER) as person:
        whole = await exported(person, "")
        rare = await exported(person, "state=held")
        one = await exported(person, "text=7")
    assert [row[2] for row in whole[1:-1]] == [f"{number}/UBND-VP" for number in (9, 8, 7, 6)]
    assert whole[-1] == ["Tệp dừng ở đây vì đã đủ 4 dòng; hãy thu hẹp theo ngày, đơn vị hoặc loại."]
    assert len(rare) == 2
    assert rare[-1][0].startswith("Tệp dừng ở đây: văn bản cũ hơn chưa được tìm")
    assert [row[2] for row in one[1:]] == ["7/UBND-VP"]


async def exported(person: Person, query: str) -> list[list[str]]:
    """The rows of a file of what is found."""
    sheet = await person.open(f"{AT}/export?form=csv&{query}")
    return list(csv.reader(io.StringIO(sheet.text.lstrip("\ufeff"))))


async def test_letters_that_only_pass_are_found_too(console: Console) -> None:
    coming = {"origin": CENTRAL, "sender": CENTRAL_OFFICE, "came_from": CENTRAL}
    wanted = await keep(console, 1, **coming)
    async with console.person(Role.VIEWER) as person:
        assert wanted in (await person.open(f"{AT}?agency={CENTRAL_OFFICE}")).text


async def test_account_of_no_agency_finds_no_letter(console: Console) -> None:
    await keep(console, 7, subject="Bổ nhiệm cán bộ")
    await console.add(Role.AGENCY, "of.none", agency=None)
    async with console.person(Role.AGENCY, "of.none") as person:
        for path in (AT, f"{AT}/export"):
            answer = await person.open(path)
            assert (answer.status, "7/UBND-VP" in answer.text) == (403, False)
