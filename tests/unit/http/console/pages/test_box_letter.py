from __future__ import annotations

import re

from gateway.core.model import LetterId
from gateway.http.console.pages.box_letter import letter_page
from gateway.ports import Caller, Role
from tests.kit.builders import COMMUNE_OFFICE, DEPARTMENT, PROVINCE_OFFICE
from tests.kit.letterbox import CLERK, OTHER_CLERK, PDF, Boxes

FILES = {
    "tờ trình.pdf": PDF,
    "không phải.pdf": b"<html><script>alert(1)</script></html>",
    "bảng.xlsx": b"so lieu",
    "trang.html": b"<script>alert(1)</script>",
}


async def test_page_says_what_the_document_says(boxes: Boxes) -> None:
    letter_id = await boxes.come(
        number="15", type_name="Công văn", signer_name="Nguyễn Văn An", due_date="2026/03/10", priority=1
    )
    async with boxes.clerk() as clerk:
        words = (await clerk.letter(letter_id)).words
        for told in ("15/UBND-VX", "V/v số 15", "Công văn", "Nguyễn Văn An", "10/03/2026", "Khẩn"):
            assert told in words
        assert "niêm phong của nút nguyên vẹn" in words
        assert "chưa kiểm tra" in words  # the signatures inside the PDF


async def test_to_open_is_to_fetch_and_the_journal_has_who(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    async with boxes.clerk() as clerk:
        assert not await boxes.console.store.was_fetched(letter_id, PROVINCE_OFFICE)
        await clerk.letter(letter_id)
        assert await boxes.console.store.was_fetched(letter_id, PROVINCE_OFFICE)
    line = (await boxes.console.journal("console.letter_opened"))[-1]
    assert line.detail["by"] == CLERK
    assert line.target == f"agency:{PROVINCE_OFFICE}"
    assert line.letter_id == letter_id


async def test_only_what_is_a_pdf_inside_is_shown_by_the_browser(boxes: Boxes) -> None:
    letter_id = await boxes.come(files=FILES)
    async with boxes.clerk() as clerk:
        shown = await clerk.open(f"{letter_page(letter_id)}/files/0?show=1")
        assert shown.status == 200
        assert shown.headers["Content-Type"] == "application/pdf"
        assert shown.headers["Content-Disposition"].startswith("inline;")
        assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
        assert shown.headers["Content-Security-Policy"].endswith("sandbox")
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        for index in (1, 2, 3):
            saved = await clerk.open(f"{letter_page(letter_id)}/files/{index}?show=1")
            assert saved.headers["Content-Disposition"].startswith("attachment;")
            assert saved.headers["Content-Security-Policy"].endswith("sandbox")
            assert "html" not in saved.headers["Content-Type"]


async def test_file_is_saved_with_its_own_bytes(boxes: Boxes) -> None:
    letter_id = await boxes.come(files=FILES)
    async with boxes.clerk() as clerk:
        at = f"{boxes.console.url}{letter_page(letter_id)}/files/2"
        async with clerk.person.session.get(at) as answer:
            assert await answer.read() == b"so lieu"
            assert "b%E1%BA%A3ng.xlsx" in answer.headers["Content-Disposition"]
    assert [line.detail["file"] for line in await boxes.console.journal("console.letter_opened")] == ["2"]


async def test_what_is_not_there_is_not_found(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    async with boxes.clerk() as clerk:
        for index in ("9", "x", "99999999999999999999", "%00"):
            assert (await clerk.open(f"{letter_page(letter_id)}/files/{index}")).status == 404, index
        for text in ("x", "019ab000-0000-7000-8000-000000000009", "%2e%2e"):
            assert (await clerk.letter(LetterId(text))).status == 404, text


async def test_letter_of_another_agency_is_like_none(boxes: Boxes) -> None:
    letter_id = await boxes.come(files=FILES)
    async with boxes.clerk(OTHER_CLERK) as clerk:
        assert (await clerk.letter(letter_id)).status == 404
        assert (await clerk.open(f"{letter_page(letter_id)}/files/0")).status == 404
    assert await boxes.console.journal("console.letter_opened") == []


async def test_operator_opens_no_file_even_with_the_right_to_content(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    await boxes.console.add(Role.OPERATOR, "it.content", reads_content=True)
    async with boxes.console.person(Role.OPERATOR, "it.content") as person:
        assert (await person.open(letter_page(letter_id))).status == 403
        assert (await person.open(f"{letter_page(letter_id)}/files/0")).status == 403


async def test_sender_sees_every_recipient_and_what_became_of_it(boxes: Boxes) -> None:
    sent = await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE, DEPARTMENT)
    await boxes.axis.collect(COMMUNE_OFFICE)
    await boxes.axis.report(COMMUNE_OFFICE, sent.letter_id, "03", "Số đến 41")
    await boxes.axis.settle()
    async with boxes.clerk() as clerk:
        page = await clerk.letter(sent.letter_id)
        assert "Đã tiếp nhận, vào sổ văn bản đến" in page.words
        assert "Số đến 41" in page.words
        assert f"/console/letters/{sent.letter_id}" in page.text
        assert "Tiếp nhận</button>" not in page.text


async def test_reply_and_what_it_answers_lead_to_each_other(boxes: Boxes) -> None:
    first = await boxes.come(number="1")
    async with boxes.clerk() as clerk:
        await clerk.letter(first)
        at = f"/console/box/send?reply={first}"
        assert str(COMMUNE_OFFICE) in (await clerk.open(at)).text
        review = await clerk.write(on=at)
        upload = re.search(r'name="upload" value="([^"]+)"', review.text)
        assert upload is not None, review.words
        sent = await clerk.person.send("/console/box/send/now", {"upload": upload[1]}, on="/console/box/send")
        reply = sent.url.path.rpartition("/")[2]
        assert f"/console/box/letters/{reply}" in (await clerk.letter(first)).text
        assert f"/console/box/letters/{first}" in sent.text
        assert "trả lời" in sent.words


async def test_status_is_no_document_to_open(boxes: Boxes) -> None:
    sent = await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE)
    await boxes.axis.collect(COMMUNE_OFFICE)
    await boxes.axis.settle()
    caller = Caller("any", frozenset({PROVINCE_OFFICE}))
    statuses = [i for i in await boxes.console.around.office.list(caller) if i.letter_id != sent.letter_id]
    assert statuses
    async with boxes.clerk() as clerk:
        assert (await clerk.letter(statuses[0].letter_id)).status == 404
