from __future__ import annotations

import pytest

from gateway.core.delivery import State
from gateway.http.console.pages.box_moves import named_in
from tests.kit.builders import COMMUNE_OFFICE, DEPARTMENT, OTHER_OFFICE, PROVINCE_OFFICE
from tests.kit.letterbox import CLERK, OTHER_CLERK, Boxes


async def test_receiving_acknowledges_and_tells_the_sender(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    async with boxes.clerk() as clerk:
        page = await clerk.move(letter_id, "receive", note="Số đến 12")
        assert "Đã tiếp nhận văn bản" in page.words
    told = await boxes.told(letter_id, COMMUNE_OFFICE, PROVINCE_OFFICE)
    assert sorted(told) == ["01", "03"]
    delivery = await boxes.axis.delivery("H14", letter_id, f"agency:{PROVINCE_OFFICE}")
    assert delivery.state is State.DELIVERED
    status = (await boxes.axis.line(letter_id, COMMUNE_OFFICE, PROVINCE_OFFICE)).status
    assert status is not None
    assert (status.code, status.description, status.staff) == ("03", "Số đến 12", CLERK)
    line = (await boxes.console.journal("console.letter_received"))[-1]
    assert line.detail["by"] == CLERK
    assert line.target == f"agency:{PROVINCE_OFFICE}"
    assert "Số đến" not in str(line.detail)


async def test_refusal_needs_a_reason_beside_its_field(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    async with boxes.clerk() as clerk:
        again = await clerk.move(letter_id, "refuse", refusal=" sai ")
        assert again.status == 422
        assert 'name="refusal"' in again.text
        assert "aria-invalid" in again.text
        assert await boxes.told(letter_id, COMMUNE_OFFICE, PROVINCE_OFFICE) == []
        await clerk.move(letter_id, "refuse", refusal="Văn bản gửi nhầm nơi nhận")
        page = await clerk.letter(letter_id)
        assert "Từ chối tiếp nhận" in page.words
        assert "/receive" not in page.text  # nothing follows a refusal
    assert "02" in await boxes.told(letter_id, COMMUNE_OFFICE, PROVINCE_OFFICE)


async def test_work_goes_on_to_its_end(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    async with boxes.clerk() as clerk:
        await clerk.move(letter_id, "receive")
        for code in ("04", "05", "06"):
            page = await clerk.letter(letter_id)
            assert f'name="code" value="{code}"' in page.text
            await clerk.move(letter_id, "handle", code=code, handling="Phòng Văn hóa")
        done = await clerk.letter(letter_id)
        assert "Hoàn thành" in done.words
        assert "/handle" not in done.text
    told = await boxes.told(letter_id, COMMUNE_OFFICE, PROVINCE_OFFICE)
    assert sorted(told) == ["01", "03", "04", "05", "06"]


async def test_form_that_is_sent_twice_tells_once(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    async with boxes.clerk() as clerk:
        await clerk.letter(letter_id)
        at = f"/console/box/letters/{letter_id}"
        await clerk.person.send(f"{at}/receive", {}, on=at)
        again = await clerk.person.send(f"{at}/receive", {}, on="/console/account")
        assert "không gửi lần nữa" in again.words
    assert (await boxes.told(letter_id, COMMUNE_OFFICE, PROVINCE_OFFICE)).count("03") == 1


@pytest.mark.parametrize(("reply", "said"), [("15", "Đồng ý lấy lại (15)"), ("16", "Từ chối lấy lại (16)")])
async def test_request_to_give_back_is_answered(boxes: Boxes, reply: str, said: str) -> None:
    letter_id = await boxes.come()
    async with boxes.clerk() as clerk:
        await clerk.move(letter_id, "receive")
        assert "/answer" not in (await clerk.letter(letter_id)).text
        await boxes.axis.report(COMMUNE_OFFICE, letter_id, "13", "Gửi nhầm bản dự thảo")
        await boxes.axis.settle()
        asked = await clerk.letter(letter_id)
        assert "yêu cầu lấy lại" in asked.words
        assert "Gửi nhầm bản dự thảo" in asked.words
        if reply == "16":
            assert (await clerk.move(letter_id, "answer", reply=reply, answer="")).status == 422
        await clerk.move(letter_id, "answer", reply=reply, answer="Văn bản đã được xử lý")
        page = await clerk.letter(letter_id)
        assert said in page.words
        assert "/answer" not in page.text
    assert (await boxes.told(letter_id, COMMUNE_OFFICE, PROVINCE_OFFICE))[-1] == reply


async def test_sender_asks_to_have_it_back_once(boxes: Boxes) -> None:
    sent = await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE)
    await boxes.axis.collect(COMMUNE_OFFICE)
    async with boxes.clerk() as clerk:
        assert (await clerk.move(sent.letter_id, "take-back", take_back="")).status == 422
        asked = await clerk.move(sent.letter_id, "take-back", take_back="Sai phụ lục 2")
        assert "Đã gửi yêu cầu lấy lại" in asked.words
        again = await clerk.person.send(
            f"/console/box/letters/{sent.letter_id}/take-back", {"take_back": "Sai phụ lục 2"}
        )
        assert "đang chờ trả lời" in again.words
    assert (await boxes.told(sent.letter_id, PROVINCE_OFFICE, COMMUNE_OFFICE)).count("13") == 1


async def test_further_recipients_get_the_same_document(boxes: Boxes) -> None:
    sent = await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE)
    async with boxes.clerk() as clerk:
        page = await clerk.move(sent.letter_id, "further", further=f"{OTHER_OFFICE}, {COMMUNE_OFFICE}")
        assert "Đã gửi bổ sung" in page.words
        await boxes.axis.settle()
        assert len(await boxes.axis.waiting(OTHER_OFFICE)) == 1
        assert len(await boxes.axis.waiting(COMMUNE_OFFICE)) == 1
        again = await clerk.move(sent.letter_id, "further", further=str(OTHER_OFFICE))
        assert "từ trước" in again.words


async def test_further_recipient_that_nobody_knows_is_told_beside_the_field(boxes: Boxes) -> None:
    sent = await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE)
    async with boxes.clerk() as clerk:
        again = await clerk.move(sent.letter_id, "further", further="99.99.Z99")
        assert again.status == 422
        assert "99.99.Z99" in again.words


async def test_nobody_moves_the_letter_of_another_agency(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    filled = {"refusal": "không phải", "code": "06", "reply": "15", "take_back": "không phải"}
    async with boxes.clerk(OTHER_CLERK) as clerk:
        for what in ("receive", "refuse", "handle", "answer", "take-back", "further"):
            at = f"/console/box/letters/{letter_id}/{what}"
            answer = await clerk.person.send(at, {**filled, "further": str(DEPARTMENT)})
            assert answer.status == 404, what
    assert await boxes.told(letter_id, COMMUNE_OFFICE, PROVINCE_OFFICE) == []


async def test_receiver_asks_for_nothing_in_the_senders_name(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    async with boxes.clerk() as clerk:
        asked = await clerk.move(letter_id, "take-back", take_back="không phải của tôi")
        assert asked.status == 422
        further = await clerk.move(letter_id, "further", further=str(DEPARTMENT))
        assert further.status == 422


async def test_only_the_codes_of_a_form_are_told_by_it(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    async with boxes.clerk() as clerk:
        await clerk.move(letter_id, "receive")
        at = f"/console/box/letters/{letter_id}"
        for code in ("02", "13", "99", "", "<b>"):
            answer = await clerk.person.send(f"{at}/handle", {"code": code}, on=at)
            assert answer.status == 422, code


def test_recipients_are_read_however_they_are_parted() -> None:
    assert named_in(" a, b;c\r\n@tinh  a ") == ["a", "b", "c", "@tinh"]
    assert named_in(" ,; ") == []
