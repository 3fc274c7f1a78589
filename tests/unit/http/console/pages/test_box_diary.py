from __future__ import annotations

import io
import zipfile

from gateway.core.diary import COLUMNS
from gateway.http.console.pages.box_diary import TITLES
from gateway.http.sheets import XLSX
from tests.kit.builders import COMMUNE_OFFICE, PROVINCE_OFFICE
from tests.kit.letterbox import OTHER_CLERK, Boxes

AT = "/console/box/diary"


async def test_diary_shows_what_came_and_what_was_sent(boxes: Boxes) -> None:
    await boxes.come(number="41")
    await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE, number="42")
    boxes.console.clock.advance(60)
    async with boxes.clerk() as clerk:
        came, sent = await clerk.open(AT), await clerk.open(f"{AT}?direction=out")
        assert "41/UBND-VX" in came.words
        assert "42/UBND-VX" not in came.words
        assert "42/UBND-VX" in sent.words
        assert "Số đến" in came.words


async def test_diary_is_saved_as_a_file(boxes: Boxes) -> None:
    await boxes.come(number="41", subject="=cmd()")
    boxes.console.clock.advance(60)
    async with boxes.clerk() as clerk:
        table = await clerk.open(f"{AT}.csv")
        assert "41/UBND-VX" in table.text
        assert ",=cmd()" not in table.text
        at = f"{boxes.console.url}{AT}.xlsx"
        async with clerk.person.session.get(at) as answer:
            assert answer.headers["Content-Type"] == XLSX
            assert zipfile.is_zipfile(io.BytesIO(await answer.read()))


async def test_diary_of_another_agency_is_not_seen(boxes: Boxes) -> None:
    await boxes.come(number="41")
    boxes.console.clock.advance(60)
    async with boxes.clerk(OTHER_CLERK) as clerk:
        assert "41/UBND-VX" not in (await clerk.open(AT)).words
        assert "41/UBND-VX" not in (await clerk.open(f"{AT}.csv")).text


RUBBISH = ["direction=x", "since=31/12", "until=9999-12-31", "since=0001-01-01"]


async def test_rubbish_in_the_question_is_no_question(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        for query in RUBBISH:
            assert (await clerk.open(f"{AT}?{query}")).status == 200, query


def test_titles_of_all_columns_are_in_the_catalogue() -> None:
    titles = {column.title for columns in COLUMNS.values() for column in columns}
    assert titles == set(TITLES)


async def test_titles_follow_the_language(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        assert "Type and subject" in (await clerk.open(f"/console/language/en?to={AT}")).words
