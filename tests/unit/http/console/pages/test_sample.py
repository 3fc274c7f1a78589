from __future__ import annotations

import io
import zipfile
from typing import Any
from urllib.parse import parse_qs, urlencode

from gateway.ports import Caller, NewLetter, Role
from tests.kit.builders import PROVINCE_OFFICE, new_letter
from tests.kit.clock import START
from tests.kit.console import TOKEN, Console, Person
from tests.kit.office import DISTRICT, document, one_chunk

PAGE = "/console/reports/sample"
ASKED = {"period": "2026-03", "agency": PROVINCE_OFFICE, "number": "2", "seed": "abc"}
ADDRESS = f"{PAGE}?{urlencode(ASKED)}"


async def fill(console: Console) -> None:
    """One document that the office of the console can give out, and four that only the store knows."""
    office: Any = console.around.office
    caller = Caller("test", frozenset({PROVINCE_OFFICE}))
    accepted = await office.accept(one_chunk(document(PROVINCE_OFFICE, DISTRICT)), caller)
    kept = office.kept[accepted.letter_id].letter
    await console.store.add_letter(NewLetter(kept, ()), START)
    for number in range(1, 5):
        await console.store.add_letter(new_letter(number), START)


async def take(person: Person, **filled: str) -> tuple[int, bytes]:
    found = TOKEN.search((await person.open(ADDRESS)).text)
    assert found
    async with person.session.post(
        f"{person.console.url}{ADDRESS}",
        data={**ASKED, **filled, "csrf": found[1]},
        headers={"Origin": person.console.url},
    ) as answer:
        return answer.status, await answer.read()


async def test_seed_that_was_not_given_is_made_and_shown(console: Console) -> None:
    await fill(console)
    async with console.person(Role.AUDITOR) as person:
        page = await person.open(f"{PAGE}?period=2026-03&agency={PROVINCE_OFFICE}&number=2")
        (seed,) = parse_qs(page.url.query_string)["seed"]
        assert f"Hạt giống: {seed}" in page.words
        again = await person.open(str(page.url.path_qs))
        assert page.words == again.words
        assert "không có quyền xem nội dung" in page.words


async def test_sample_is_one_file_and_every_letter_of_it_is_journaled(console: Console) -> None:
    await fill(console)
    await console.add(Role.AUDITOR, "reads.content", reads_content=True)
    async with console.person(None) as person:
        await person.log_in("reads.content", Role.AUDITOR)
        status, data = await take(person, reason="Kiểm tra quý I theo kế hoạch")
    assert status == 200
    book = zipfile.ZipFile(io.BytesIO(data))
    assert book.testzip() is None
    text = book.read("danh-sach.csv").decode("utf-8-sig")
    assert "Hạt giống · Seed,abc" in text
    opened = [row for row in await console.journal() if row.event == "console.content_opened"]
    assert len(opened) == 2
    assert {row.target for row in opened} == {f"agency:{PROVINCE_OFFICE}"}
    (act,) = [row for row in await console.journal() if row.event == "console.sample_taken"]
    assert (act.detail["seed"], act.detail["agency"]) == ("abc", PROVINCE_OFFICE)


async def test_letters_with_evidence_lie_in_the_file_and_others_are_named_with_the_reason(
    console: Console,
) -> None:
    await fill(console)
    await console.add(Role.AUDITOR, "reads.content", reads_content=True)
    async with console.person(None) as person:
        await person.log_in("reads.content", Role.AUDITOR)
        address = f"{PAGE}?{urlencode({**ASKED, 'number': '99'})}"
        found = TOKEN.search((await person.open(address)).text)
        assert found
        async with person.session.post(
            f"{console.url}{address}",
            data={"reason": "Kiểm tra quý I", "csrf": found[1]},
            headers={"Origin": console.url},
        ) as answer:
            book = zipfile.ZipFile(io.BytesIO(await answer.read()))
    containers = [name for name in book.namelist() if name.endswith(".asice")]
    assert len(containers) == 1
    inner = zipfile.ZipFile(io.BytesIO(book.read(containers[0])))
    assert "META-INF/signatures001.xml" in inner.namelist()
    assert book.read("danh-sach.csv").decode().count("TRUC-") == 4


async def test_content_needs_a_right_and_a_reason(console: Console) -> None:
    await fill(console)
    async with console.person(Role.AUDITOR) as person:
        page = await person.open(ADDRESS)
        found = TOKEN.search(page.text)
        assert found
        refused = await person.send(ADDRESS, {"reason": "Kiểm tra quý I"}, on="/console/account")
        assert refused.status == 403
    await console.add(Role.AUDITOR, "reads.content", reads_content=True)
    async with console.person(None) as person:
        await person.log_in("reads.content", Role.AUDITOR)
        status, data = await take(person, reason="xem")
        assert (status, "ít nhất 10 ký tự" in data.decode()) == (422, True)
    assert [r for r in await console.journal() if r.event == "console.content_opened"] == []


async def test_agency_that_is_not_here_is_said_to_be_unknown(console: Console) -> None:
    async with console.person(Role.AUDITOR) as person:
        page = await person.open(f"{PAGE}?agency=<b>&period=2026-03")
        assert "không có đơn vị &lt;b&gt;" in page.text
    async with console.person(Role.OPERATOR) as person:
        assert (await person.open(PAGE)).status == 403
