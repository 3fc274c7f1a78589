from __future__ import annotations

import re

import pytest

from gateway.ports import Act, Role
from tests.kit.console import Console

AT = "/console/journal"


async def test_lines_go_back_page_by_page(console: Console) -> None:
    for number in range(60):
        await console.store.note_act(Act(event=f"console.e{number}", by="lan", at=console.clock.now()))
    async with console.person(Role.AUDITOR) as person:
        first = await person.open(AT)
        assert "console.e59" in first.text
        assert "console.e1<" not in first.text
        found = re.search(r'href="([^"]+)" rel="next"', first.text)
        assert found is not None
        second = await person.open(found[1].replace("&amp;", "&"))
        assert "console.e1<" in second.text
        assert 'rel="next"' not in second.text


async def test_what_was_chosen_stays_chosen(console: Console) -> None:
    async with console.person(Role.AUDITOR) as person:
        page = await person.open(f"{AT}?about=console.login&target=%22%3E%3Cb%3E&day=2026-03-02")
        assert '<option value="console.login" selected>' in page.text
        assert 'value="&#34;&gt;&lt;b&gt;"' in page.text
        assert "<b>" not in page.text


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "before=-1",
        "before=99999999999999999999",
        "day=31/12",
        "about=%00",
        "target=%00",
        "day=9999-12-31",
        "day=0001-01-01",
    ],
)
async def test_rubbish_in_the_question_is_no_question(console: Console, query: str) -> None:
    async with console.person(Role.AUDITOR) as person:
        assert (await person.open(f"{AT}?{query}")).status == 200


async def test_markup_in_a_line_shows_as_text(console: Console) -> None:
    await console.store.note_act(
        Act(event="console.x", by="<script>alert(1)</script>", at=console.clock.now(), detail={"why": "<b>"})
    )
    async with console.person(Role.AUDITOR) as person:
        page = await person.open(AT)
        assert "&lt;script&gt;alert(1)" in page.text
        assert "<script>alert" not in page.text


async def test_viewer_has_no_journal(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        assert (await person.open(AT)).status == 403


async def test_account_of_no_agency_sees_the_journal_of_none(console: Console) -> None:
    await console.add(Role.AGENCY, "of.none", agency=None)
    async with console.person(Role.AGENCY, "of.none") as person:
        answer = await person.open(AT)
        assert (answer.status, "console.test" in answer.text) == (403, False)
