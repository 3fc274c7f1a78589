from __future__ import annotations

import re
from datetime import timedelta

import pytest

from gateway.core.deadlines import DueItem, DueState
from gateway.core.time_limits import HANDLED, TOLD
from gateway.http.console.pages.box import LINES, moment_of_day, most_pressing
from gateway.ports import Role
from tests.kit.builders import COMMUNE_OFFICE, DEPARTMENT
from tests.kit.clock import START
from tests.kit.letterbox import OTHER_CLERK, Boxes

AT = "/console/box"


def numbers(page: str) -> list[str]:
    """Number and notation of each line, in their order."""
    return re.findall(r'<th scope="row"><a href="/console/box/letters/[^"]+">(\d+)/UBND-VX</a>', page)


async def test_urgent_and_overdue_come_first(boxes: Boxes) -> None:
    await boxes.come(number="1")
    await boxes.come(number="2", due_date="2026/03/03")
    await boxes.come(number="3", priority=3)
    await boxes.come(number="4", priority=1)
    boxes.console.clock.advance(timedelta(days=2))
    await boxes.come(number="5")
    async with boxes.clerk() as clerk:
        page = await clerk.open()
        assert numbers(page.text)[:2] == ["3", "4"]
        assert numbers(page.text)[-1] == "5"
        assert "Hỏa tốc" in page.words


async def test_silence_is_no_data_and_never_late(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    async with boxes.clerk() as clerk:
        await clerk.move(letter_id, "receive")
    boxes.console.clock.advance(timedelta(days=3))  # whether it was presented in time nobody tells
    async with boxes.clerk() as clerk:
        page = await clerk.open(f"{AT}?shelf=all")
        assert "không có dữ liệu" in page.words
        assert "quá hạn" not in page.words


async def test_document_that_nobody_took_is_late_by_law(boxes: Boxes) -> None:
    await boxes.come()
    boxes.console.clock.advance(timedelta(days=3))
    async with boxes.clerk() as clerk:
        assert "quá hạn" in (await clerk.open()).words


async def test_document_that_came_before_bears_a_warning(boxes: Boxes) -> None:
    await boxes.come(number="8")
    boxes.console.clock.advance(60)
    await boxes.come(number="8", subject="V/v số 8, lần hai")
    async with boxes.clerk() as clerk:
        assert (await clerk.open()).text.count("badge stop") == 1


async def test_what_was_taken_leaves_the_shelf_of_what_waits(boxes: Boxes) -> None:
    letter_id = await boxes.come(number="9")
    async with boxes.clerk() as clerk:
        assert numbers((await clerk.open()).text) == ["9"]
        await clerk.move(letter_id, "receive")
        assert numbers((await clerk.open()).text) == []
        everything = await clerk.open(f"{AT}?shelf=all")
        assert numbers(everything.text) == ["9"]
        assert "Đã tiếp nhận, vào sổ văn bản đến" in everything.words


@pytest.mark.parametrize("shelf", ["waiting", "all"])
async def test_box_is_paged_and_loses_nothing(boxes: Boxes, shelf: str) -> None:
    for number in range(LINES + 3):
        await boxes.come(number=str(100 + number), files={})
    async with boxes.clerk() as clerk:
        first = await clerk.open(f"{AT}?shelf={shelf}")
        found = re.search(r'href="([^"]+)" rel="next"', first.text)
        assert found is not None
        second = await clerk.open(found[1].replace("&amp;", "&"))
        assert 'rel="next"' not in second.text
        seen = numbers(first.text) + numbers(second.text)
        assert len(seen) == len(set(seen)) == LINES + 3


async def test_filters_find_what_they_name(boxes: Boxes) -> None:
    await boxes.come(number="1")
    await boxes.come(DEPARTMENT, number="2", priority=2)
    async with boxes.clerk() as clerk:
        for shelf in ("waiting", "all"):
            at = f"{AT}?shelf={shelf}"
            assert numbers((await clerk.open(f"{at}&text=2/ubnd-vx")).text) == ["2"]
            assert numbers((await clerk.open(f"{at}&sender={COMMUNE_OFFICE}")).text) == ["1"]
            assert numbers((await clerk.open(f"{at}&urgent=1")).text) == ["2"]
            assert numbers((await clerk.open(f"{at}&since=2026-03-03")).text) == []
            assert len(numbers((await clerk.open(f"{at}&until=2026-03-02")).text)) == 2


RUBBISH = ["after=x", "after=-1", "since=31/12", "until=9999-12-31", "shelf=%00", "text=%00", "sender=<b>"]


async def test_rubbish_in_the_question_is_no_question(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        for query in RUBBISH:
            assert (await clerk.open(f"{AT}?{query}")).status == 200, query


async def test_box_of_another_agency_is_not_seen(boxes: Boxes) -> None:
    await boxes.come(number="77")
    async with boxes.clerk(OTHER_CLERK) as clerk:
        assert numbers((await clerk.open(f"{AT}?shelf=all")).text) == []


async def test_operator_has_no_letter_box(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    async with boxes.console.person(Role.OPERATOR) as person:
        for path in (AT, f"{AT}/letters/{letter_id}", f"{AT}/sent", f"{AT}/send", f"{AT}/diary"):
            assert (await person.open(path)).status == 403


async def test_markup_in_a_document_shows_as_text(boxes: Boxes) -> None:
    letter_id = await boxes.come(subject="<script>alert(1)</script>", signer_name="<b>An</b>")
    async with boxes.clerk() as clerk:
        for page in (await clerk.open(), await clerk.letter(letter_id)):
            assert "&lt;script&gt;alert(1)" in page.text
            assert "<script>alert" not in page.text
            assert "<b>An" not in page.text


def test_what_is_still_to_be_done_is_shown_before_what_is_done() -> None:
    done = DueItem(TOLD, DueState.MET, due_at=START, fulfilled_at=START)
    still = DueItem(HANDLED, DueState.OPEN, due_at=START + timedelta(days=2))
    undated = DueItem(HANDLED, DueState.NO_DATA)
    shown = most_pressing([done, still, undated])
    assert shown is not None
    assert shown.item is still
    assert shown.last == START + timedelta(days=2) - timedelta(seconds=1)
    last = most_pressing([done])
    assert last is not None
    assert last.item is done
    assert most_pressing([undated]) is None


def test_day_begins_and_ends_in_vietnam() -> None:
    begin, end = moment_of_day("2026-03-02"), moment_of_day("2026-03-02", is_end=True)
    assert begin is not None
    assert end is not None
    assert end - begin == timedelta(days=1)
    assert begin.utcoffset() == timedelta(hours=7)
    assert moment_of_day("31/12/2026") is None
