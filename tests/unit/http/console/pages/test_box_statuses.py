from __future__ import annotations

from gateway.core.model import Kind
from tests.kit.builders import COMMUNE_OFFICE, DEPARTMENT, PROVINCE_OFFICE
from tests.kit.letterbox import OTHER_CLERK, Boxes

AT = "/console/box/statuses"


async def told(boxes: Boxes) -> None:
    """The receiver of a document has taken and registered it."""
    sent = await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE, number="31")
    await boxes.axis.collect(COMMUNE_OFFICE)
    await boxes.axis.report(COMMUNE_OFFICE, sent.letter_id, "03", "Số đến 5")
    await boxes.axis.settle()


async def test_statuses_say_what_they_are_about(boxes: Boxes) -> None:
    await told(boxes)
    async with boxes.clerk() as clerk:
        page = await clerk.open(AT)
        assert "31/UBND-VX" in page.words
        assert "Đã tiếp nhận, vào sổ văn bản đến" in page.words
        assert "Số đến 5" in page.words


async def test_what_was_read_waits_no_longer(boxes: Boxes) -> None:
    await told(boxes)
    async with boxes.clerk() as clerk:
        page = await clerk.open(AT)
        ids = page.text.split('name="ids" value="')[1].split('"')[0]
        done = await clerk.person.send(AT, {"ids": ids}, on=AT)
        assert "là đã đọc" in done.words
        assert "Không có trạng thái nào chờ đọc" in done.words
    assert await boxes.axis.waiting(PROVINCE_OFFICE, Kind.STATUS) == []


async def test_only_statuses_of_the_own_agency_are_marked(boxes: Boxes) -> None:
    await told(boxes)
    waiting = await boxes.axis.waiting(PROVINCE_OFFICE, Kind.STATUS)
    await boxes.come(DEPARTMENT)
    document = (await boxes.axis.waiting(PROVINCE_OFFICE, Kind.DOCUMENT))[0].letter_id
    async with boxes.clerk(OTHER_CLERK) as clerk:
        done = await clerk.person.send(AT, {"ids": f"{waiting[0].letter_id} rubbish {document}"})
        assert "0 trạng thái" in done.words
    async with boxes.clerk() as clerk:
        await clerk.person.send(AT, {"ids": document})
    assert await boxes.axis.waiting(PROVINCE_OFFICE, Kind.STATUS) == waiting
    assert len(await boxes.axis.waiting(PROVINCE_OFFICE, Kind.DOCUMENT)) == 1
