from __future__ import annotations

import re

from gateway.http.console.pages.box import LINES
from tests.kit.builders import COMMUNE_OFFICE, DEPARTMENT, OTHER_OFFICE, PROVINCE_OFFICE
from tests.kit.letterbox import OTHER_CLERK, Boxes

AT = "/console/box/sent"


def numbers(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/console/box/letters/[^"]+">(\d+)/UBND-VX</a>', page)


async def test_each_line_says_where_its_letter_is(boxes: Boxes) -> None:
    sent = await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE)
    async with boxes.clerk() as clerk:
        page = await clerk.open(AT)
        assert f"/console/letters/{sent.letter_id}" in page.text
        assert "chờ đơn vị lấy về" in page.words.casefold()
        assert f"Cơ quan {COMMUNE_OFFICE}" in page.words


async def test_latest_come_first_page_by_page(boxes: Boxes) -> None:
    for number in range(LINES + 2):
        await boxes.send(PROVINCE_OFFICE, DEPARTMENT, number=str(200 + number), files={})
    async with boxes.clerk() as clerk:
        first = await clerk.open(AT)
        assert numbers(first.text)[0] == str(200 + LINES + 1)
        found = re.search(r'href="([^"]+)" rel="next"', first.text)
        assert found is not None
        second = await clerk.open(found[1].replace("&amp;", "&"))
        assert numbers(second.text) == ["201", "200"]
        assert 'rel="next"' not in second.text


async def test_many_recipients_are_counted(boxes: Boxes) -> None:
    await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE, OTHER_OFFICE, DEPARTMENT, "000.00.00.G22")
    async with boxes.clerk() as clerk:
        assert "và 1 nơi khác" in (await clerk.open(AT)).words


async def test_sent_is_found_by_its_number(boxes: Boxes) -> None:
    await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE, number="1")
    await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE, number="2")
    async with boxes.clerk() as clerk:
        assert numbers((await clerk.open(f"{AT}?text=2/UBND-VX")).text) == ["2"]
        assert numbers((await clerk.open(f"{AT}?since=2026-03-03")).text) == []


async def test_what_another_agency_sent_is_not_seen(boxes: Boxes) -> None:
    await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE)
    async with boxes.clerk(OTHER_CLERK) as clerk:
        assert numbers((await clerk.open(AT)).text) == []


RUBBISH = ["after=x", "after=019ab000-0000-7000-8000-000000000009", "text=%00", "since=x"]


async def test_rubbish_in_the_question_is_no_question(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        for query in RUBBISH:
            assert (await clerk.open(f"{AT}?{query}")).status == 200, query
