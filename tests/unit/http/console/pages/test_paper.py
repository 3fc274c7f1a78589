from __future__ import annotations

from datetime import date

import pytest

from gateway.core.periods import year_of
from gateway.http.console.pages.paper import MOST_TEXT
from gateway.http.console.posted import FIELD_BYTES
from gateway.ports import Role
from tests.kit.builders import DEPARTMENT, PROVINCE_OFFICE
from tests.kit.console import Console

PAGE = "/console/reports/paper"


async def test_pasted_lines_are_kept_and_journaled(console: Console) -> None:
    pasted = f"Mã;Tháng;Số\r\n{PROVINCE_OFFICE};2026-02;4\r\n\r\n{DEPARTMENT}, 2/2026, 5\r\n"
    async with console.person(Role.OPERATOR) as person:
        answer = await person.send(PAGE, {"lines": pasted}, on=PAGE, multipart=True)
        assert "Đã ghi 2 dòng" in answer.words
        assert "2/2026 2 / 2 9" in answer.words
    found = await console.store.paper_only(year_of(2026))
    assert {(row.agency, row.month, row.number) for row in found} == {
        (PROVINCE_OFFICE, date(2026, 2, 1), 4),
        (DEPARTMENT, date(2026, 2, 1), 5),
    }
    (line,) = [row for row in await console.journal() if row.event == "console.paper_only"]
    assert line.detail["rows"] == "2"


async def test_user_of_an_agency_reports_for_that_agency_only(console: Console) -> None:
    async with console.person(Role.AGENCY) as person:
        answer = await person.send(PAGE, {"lines": f"{DEPARTMENT};2026-02;5"}, on=PAGE, multipart=True)
        assert (answer.status, "không có đơn vị" in answer.words) == (422, True)
        answer = await person.send(PAGE, {"lines": f"{PROVINCE_OFFICE};2026-02;5"}, on=PAGE, multipart=True)
        assert "Đã ghi 1 dòng" in answer.words


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("", "Chưa có dòng nào"),
        ("a;b", "Dòng 1"),
        (f"{PROVINCE_OFFICE};2026-Q1;5", "Dòng 1: ghi tháng"),
        (f"{PROVINCE_OFFICE};2026;5", "Dòng 1: ghi tháng"),
        (f"{PROVINCE_OFFICE};13/2026;5", "Dòng 1: ghi tháng"),
        (f"{PROVINCE_OFFICE};2026-02;5\n{PROVINCE_OFFICE};2026-02;-5", "Dòng 2: số văn bản"),
        (f"{PROVINCE_OFFICE};2026-02;99999999", "Dòng 1: số văn bản"),
        ("<script>;2026-02;5", "không có đơn vị &lt;script&gt;"),
    ],
)
async def test_what_is_wrong_is_told_with_its_line_and_nothing_is_kept(
    console: Console, lines: str, told: str
) -> None:
    async with console.person(Role.OPERATOR) as person:
        answer = await person.send(PAGE, {"lines": lines}, on=PAGE, multipart=True)
        assert (answer.status, told in answer.text) == (422, True)
    assert await console.store.paper_only(year_of(2026)) == []


async def test_who_only_watches_may_not_report(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        assert (await person.open(PAGE)).status == 403


@pytest.mark.parametrize("year", ["0", "9999", "10000", "9" * 18, "x"])
async def test_year_that_is_none_shows_this_one(console: Console, year: str) -> None:
    async with console.person(Role.OPERATOR) as person:
        page = await person.open(f"{PAGE}?year={year}")
        assert (page.status, "2026" in page.words) == (200, True)


async def test_as_many_characters_as_the_page_says_are_read_and_one_more_is_told_with_that_number(
    console: Console,
) -> None:
    line = f"{PROVINCE_OFFICE};2026-02;4\r\n"
    fits = line * (MOST_TEXT // len(line))
    many = fits.strip() + " " * MOST_TEXT + "x"
    widest = "ệ" * MOST_TEXT  # three bytes each
    async with console.person(Role.OPERATOR) as person:
        assert "nhiều nhất 300.000 ký tự" in (await person.open(PAGE)).words
        answer = await person.send(PAGE, {"lines": fits}, on=PAGE, multipart=True)
        assert "Đã ghi 1 dòng" in answer.words
        for lines in (many, widest + "x"):
            answer = await person.send(PAGE, {"lines": lines}, on=PAGE, multipart=True)
            assert (answer.status, f"Dài quá {MOST_TEXT} ký tự" in answer.words) == (422, True)
        halves = {"lines": "x" * (FIELD_BYTES // 2), "more": "x" * (FIELD_BYTES // 2)}
        huge = await person.send(PAGE, halves, on=PAGE, multipart=True)
        assert (huge.status, "1024 KiB" in huge.words) == (413, True)
