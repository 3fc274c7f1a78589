from __future__ import annotations

import csv
import io
import zipfile
from datetime import date

import pytest

from gateway.core.calendar import Calendar
from gateway.core.deadlines import Reckoning
from gateway.core.delivery import Offered, Target
from gateway.core.model import LetterFacts
from gateway.ports import Act, PaperOnly, Role
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    DEPARTMENT,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
)
from tests.kit.clock import START
from tests.kit.console import Console

PAGE = "/console/reports"
FACTS = LetterFacts(document_id="id-1", code="1/UBND", issue_date="2026/03/02")


async def counted(console: Console) -> None:
    """Three letters from the province's office, one to its door, and all of it counted."""
    store = console.store
    for number in (1, 2, 3):
        await store.add_letter(new_letter(number, facts=FACTS), START)
    here = Target(agency=PROVINCE_OFFICE)
    came = new_letter(
        4,
        here,
        facts=FACTS,
        origin=CENTRAL,
        sender=CENTRAL_OFFICE,
        came_from=CENTRAL,
        to=[(PROVINCE_OFFICE, PROVINCE)],
    )
    await store.add_letter(came, START)
    await store.claim_due(None, None, START, letters=9, size=10**9)
    await store.record(letter_id(4), here, Offered(START), START)
    while await store.count_lines(Reckoning(Calendar(), START), 100):
        pass


async def test_report_shows_figures_by_level_and_agency(console: Console) -> None:
    await counted(console)
    async with console.person(Role.VIEWER) as person:
        page = await person.open(PAGE)
        assert page.status == 200
        assert "Tháng 3/2026" in page.words
        assert f"{PROVINCE_OFFICE} Cơ quan {PROVINCE_OFFICE}" in page.words
        assert "đúng hạn xử lý văn bản" in page.words
        assert "trên số văn bản qua trục" in page.words
        assert "1 / 2" in page.words  # of the two agencies of the node one was active
        silent = await person.open(f"{PAGE}/silent")
        assert DEPARTMENT in silent.words
        assert PROVINCE_OFFICE not in silent.words


async def test_paper_only_of_all_who_sent_changes_what_the_share_is_of(console: Console) -> None:
    await counted(console)
    act = Act(event="console.paper_only", by="an", at=START)
    await console.store.set_paper_only([PaperOnly(PROVINCE_OFFICE, date(2026, 3, 1), 1)], act)
    async with console.person(Role.VIEWER) as person:
        page = await person.open(PAGE)
        assert "75,0 %" in page.words
        assert "kể cả chỉ gửi giấy" in page.words


async def test_user_of_an_agency_sees_its_own_figures_only(console: Console) -> None:
    await counted(console)
    await console.store.add_letter(new_letter(9, facts=FACTS, sender=DEPARTMENT), START)
    while await console.store.count_lines(Reckoning(Calendar(), START), 100):
        pass
    async with console.person(Role.AGENCY) as person:
        page = await person.open(PAGE)
        assert PROVINCE_OFFICE in page.words
        assert DEPARTMENT not in page.text
        assert DEPARTMENT not in (await person.open(f"{PAGE}/report.csv")).text
        assert (await person.open(f"{PAGE}/silent")).status == 403


@pytest.mark.parametrize(
    "query",
    ["period=2026-Q1", "period=2026", "period=days&first=2026-03-01&last=2026-03-31", "level=-", "page=9"],
)
async def test_periods_can_be_chosen(console: Console, query: str) -> None:
    await counted(console)
    async with console.person(Role.VIEWER) as person:
        page = await person.open(f"{PAGE}?{query}")
        assert page.status == 200
        assert "Văn bản gửi 3" in page.words


@pytest.mark.parametrize(
    "query",
    [
        *("period=2026-13", "period=days&first=2026-03-09&last=2026-03-01", "period=days"),
        *("period=days&first=0001-01-01&last=9999-12-31", "period=days&first=9999-12-31&last=9999-12-31"),
        "period=<script>",
    ],
)
async def test_period_that_is_none_is_said_to_be_none(console: Console, query: str) -> None:
    async with console.person(Role.VIEWER) as person:
        page = await person.open(f"{PAGE}?{query}")
        assert page.status == 200
        assert "không dùng được" in page.words
        assert "<script>" not in page.text.replace("<script src", "")


async def test_exports_hold_the_figures_of_the_page(console: Console) -> None:
    await counted(console)
    async with console.person(Role.VIEWER) as person:
        table = await person.open(f"{PAGE}/report.csv?period=2026-03")
        assert table.headers["Content-Disposition"].endswith('bao-cao-20260301-20260331.csv"')
        lines = list(csv.reader(io.StringIO(table.text.removeprefix("\ufeff"))))
        assert [line[1:4] for line in lines[1:]] == [
            [PROVINCE_OFFICE, f"Cơ quan {PROVINCE_OFFICE}", "3"],
            ["", "Cộng cấp · Level", "3"],
            ["", "Tổng số · Total", "3"],
        ]
        async with person.session.get(f"{console.url}{PAGE}/report.xlsx") as answer:
            book = zipfile.ZipFile(io.BytesIO(await answer.read()))
        assert "Số liệu" in book.read("xl/workbook.xml").decode()


async def test_filed_reports_can_be_fetched_by_name_and_nothing_else(console: Console) -> None:
    await counted(console)
    console.clock.advance(31 * 86400)
    assert await console.around.filing.step() == ["bao-cao-2026-03.xlsx", "bao-cao-2026-Q1.xlsx"]
    async with console.person(Role.VIEWER) as person:
        assert "bao-cao-2026-03.xlsx" in (await person.open(PAGE)).words
        async with person.session.get(f"{console.url}{PAGE}/files/bao-cao-2026-03.xlsx") as answer:
            assert (answer.status, (await answer.read())[:2]) == (200, b"PK")
        for name in ("bao-cao-2026-04.xlsx", "..%2F..%2Fsecrets.key", "secrets.key"):
            assert (await person.open(f"{PAGE}/files/{name}")).status == 404
    async with console.person(Role.AGENCY) as person:
        assert (await person.open(f"{PAGE}/files/bao-cao-2026-03.xlsx")).status == 403
