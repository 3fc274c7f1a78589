from __future__ import annotations

import io
import zipfile
from urllib.parse import parse_qs, urlencode

import pytest

from gateway.core.model import LetterId
from gateway.ports import Role
from gateway.store import reports
from tests.kit.builders import COMMUNE_OFFICE, DEPARTMENT, PROVINCE_OFFICE, new_letter
from tests.kit.clock import START
from tests.kit.console import TOKEN, Console, Person
from tests.kit.letterbox import Boxes

PAGE = "/console/reports/sample"
ASKED = {"period": "2026-03", "agency": PROVINCE_OFFICE, "number": "2", "seed": "abc"}
ADDRESS = f"{PAGE}?{urlencode(ASKED)}"
REASON = "Kiểm tra quý I theo kế hoạch"


async def fill(console: Console) -> None:
    """Four documents that only the store knows: nothing of them is here, and no seal."""
    for number in range(1, 5):
        await console.store.add_letter(new_letter(number), START)


async def take(person: Person, address: str = ADDRESS, **filled: str) -> tuple[int, bytes]:
    found = TOKEN.search((await person.open(address)).text)
    assert found
    async with person.session.post(
        f"{person.console.url}{address}",
        data={**filled, "csrf": found[1]},
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


async def test_page_says_of_how_many_documents_the_sample_is(console: Console) -> None:
    await fill(console)
    async with console.person(Role.AUDITOR) as person:
        assert "Rút từ 4 văn bản gửi và nhận." in (await person.open(ADDRESS)).words


async def test_period_with_too_many_documents_asks_for_a_shorter_one(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_DRAWN_FROM", 3)
    await fill(console)
    await console.add(Role.AUDITOR, "reads.content", reads_content=True)
    async with console.person(None) as person:
        await person.log_in("reads.content", Role.AUDITOR)
        page = await person.open(ADDRESS)
        assert "gửi và nhận hơn 3 văn bản: hãy chọn kỳ ngắn hơn" in page.words
        assert "letter_id" not in page.words
        answer = await person.send(ADDRESS, {"reason": REASON}, on=PAGE)
        assert "gửi và nhận hơn 3 văn bản: hãy chọn kỳ ngắn hơn" in answer.words
    assert not [row for row in await console.journal() if row.event == "console.content_opened"]


async def test_sample_is_one_file_and_every_letter_of_it_is_journaled(console: Console) -> None:
    await fill(console)
    await console.add(Role.AUDITOR, "reads.content", reads_content=True)
    async with console.person(None) as person:
        await person.log_in("reads.content", Role.AUDITOR)
        status, data = await take(person, reason=REASON)
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


async def test_journal_has_what_was_drawn_whatever_the_form_says(console: Console) -> None:
    await fill(console)
    await console.add(Role.AUDITOR, "reads.content", reads_content=True)
    async with console.person(None) as person:
        await person.log_in("reads.content", Role.AUDITOR)
        days = urlencode(
            {**ASKED, "period": "days", "first": "2026-03-01", "last": "2026-03-31", "number": "3"}
        )
        lie = {"agency": DEPARTMENT, "number": "1", "seed": "xyz", "period": "2025"}
        status, _ = await take(person, f"{PAGE}?{days}", reason=REASON, **lie)
        assert status == 200
    (act,) = [row for row in await console.journal() if row.event == "console.sample_taken"]
    told = {name: act.detail[name] for name in ("agency", "number", "seed", "period", "reason")}
    assert told == {
        "agency": PROVINCE_OFFICE,
        "number": "3",
        "seed": "abc",
        "period": "2026-03-01 … 2026-03-31",
        "reason": REASON,
    }


async def sampled(boxes: Boxes) -> tuple[LetterId, LetterId]:
    """A letter from the office of the province, and one to it that it has not looked into."""
    sent = (await boxes.send(PROVINCE_OFFICE, DEPARTMENT)).letter_id
    came = await boxes.come(COMMUNE_OFFICE)
    return sent, came


async def test_letters_with_evidence_lie_in_the_file_and_others_are_named_with_the_reason(
    boxes: Boxes,
) -> None:
    console, letters = boxes.console, await sampled(boxes)
    await fill(console)
    await console.add(Role.AUDITOR, "reads.content", reads_content=True)
    async with console.person(None) as person:
        await person.log_in("reads.content", Role.AUDITOR)
        _, data = await take(person, f"{PAGE}?{urlencode({**ASKED, 'number': '99'})}", reason=REASON)
    book = zipfile.ZipFile(io.BytesIO(data))
    containers = [name for name in book.namelist() if name.endswith(".asice")]
    assert {name[4:-6] for name in containers} == set(letters)
    for container in containers:
        inner = zipfile.ZipFile(io.BytesIO(book.read(container)))
        assert "META-INF/signatures001.xml" in inner.namelist()
    assert book.read("danh-sach.csv").decode().count("TRUC-") == 4


async def test_sample_is_no_look_of_the_agencies_whose_letters_it_has(boxes: Boxes) -> None:
    console, letters = boxes.console, await sampled(boxes)
    await console.add(Role.AUDITOR, "reads.content", reads_content=True)
    async with console.person(None) as person:
        await person.log_in("reads.content", Role.AUDITOR)
        status, data = await take(person, reason=REASON)
    assert (status, data.count(b".asice") >= len(letters)) == (200, True)
    assert await console.journal("letter.looked_into") == []
    assert await console.journal("letter.fetched") == []


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
