from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from gateway.core.catalogue import GIVEN_BACK
from gateway.core.delivery import GiveBack, Target
from gateway.http.console.pages.box_sending import DRAFTS
from gateway.inside import Inside
from tests.kit.builders import COMMUNE_OFFICE, OTHER_OFFICE, PROVINCE_OFFICE
from tests.kit.console import DOCUMENT_BYTES, Answer
from tests.kit.letterbox import CLERK, OTHER_CLERK, PDF, Boxes, Clerk

AT = "/console/box/send"


def draft(page: Answer) -> str:
    """The id of the draft that a page shows before it is sent."""
    found = re.search(r'name="upload" value="([^"]+)"', page.text)
    assert found is not None, page.words
    return found[1]


async def send(clerk: Clerk, upload: str) -> Answer:
    return await clerk.person.send(f"{AT}/now", {"upload": upload}, on=AT)


async def test_document_is_looked_at_then_sent_and_arrives(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        review = await clerk.write(urgency="2", due_date="2026-03-20", paper_copy="1")
        assert review.status == 200, review.words
        assert f"Cơ quan {COMMUNE_OFFICE}" in review.words
        assert "cong-van.pdf" in review.words
        await boxes.axis.settle()
        assert await boxes.axis.waiting(COMMUNE_OFFICE) == []  # only looked at
        sent = await send(clerk, draft(review))
        assert "Trục đã nhận văn bản để gửi" in sent.words
    await boxes.axis.settle()
    mail = (await boxes.axis.collect(COMMUNE_OFFICE))[0]
    assert mail.item.code == "7/UBND-NC"
    assert mail.item.priority == 2
    office = boxes.axis.node_of(COMMUNE_OFFICE).office
    inside = Inside(await office.read(boxes.axis.caller(COMMUNE_OFFICE), mail.letter_id))
    assert inside.envelope.due_date == "2026/03/20"
    assert inside.envelope.business.paper_copy
    assert b"".join(inside.chunks(0)) == PDF
    journal = await boxes.console.journal("console.letter_s")
    assert journal[-1].event == "console.letter_sent"
    assert journal[-1].detail["by"] == CLERK
    assert journal[-1].letter_id == mail.letter_id


async def test_two_clicks_are_one_letter(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        upload = draft(await clerk.write())
        first, second = await send(clerk, upload), await send(clerk, upload)
        assert first.url.path == second.url.path
        assert "không gửi lần nữa" in second.words
    await boxes.axis.settle()
    assert len(await boxes.axis.waiting(COMMUNE_OFFICE)) == 1


WRONG = [
    ("recipients", ""),
    ("recipients", "99.99.Z99"),
    ("recipients", "@không-có"),
    ("code_number", ""),
    ("code_notation", "x" * 65),
    ("issue_date", ""),
    ("issue_date", "31/12/2026"),
    ("subject", " "),
    ("subject", "x" * 2_001),
    ("subject", "a\x00b"),
    ("due_date", "mai"),
]


async def test_what_is_wrong_is_told_beside_its_field(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        for field, value in WRONG:
            filled: dict[str, Any] = {field: value, "type_name": "Tờ trình"}
            again = await clerk.write(**filled)
            assert again.status == 422, (field, value)
            assert re.search(rf'id="f-{field}"[^>]*aria-invalid="true"', again.text), (field, value)
            assert f'href="#f-{field}"' in again.text
            assert 'value="Tờ trình"' in again.text  # what was typed is still there


async def test_warning_stops_nothing(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        review = await clerk.write(due_date="2026-01-01")  # before the day of issue
        assert "Lưu ý" in review.words
        assert draft(review)


async def test_all_faults_are_told_at_once(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        again = await clerk.write(recipients="", subject="", files={})
        for field in ("recipients", "subject", "files"):
            assert f'href="#f-{field}"' in again.text


async def test_state_secret_is_refused_and_nothing_of_it_stays(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        again = await clerk.write(subject="MẬT: kế hoạch")
        assert again.status == 422
        assert "aria-invalid" in again.text
    folder = boxes.console.around.uploads.folder
    assert list(folder.iterdir()) == []


async def test_recipients_that_cannot_be_reached_are_told_before_sending(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        review = await clerk.write(recipients=f"{OTHER_OFFICE}\n99.99.Z99")
        assert "Không gửi được tới" in review.words
        assert "99.99.Z99" in review.words
        assert draft(review)


async def test_draft_of_somebody_else_is_not_sent(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        upload = draft(await clerk.write())
    async with boxes.clerk(OTHER_CLERK) as other:
        assert (await send(other, upload)).status == 404
    async with boxes.clerk() as clerk:
        assert (await send(clerk, "upl_" + "0" * 32)).status == 404
        assert (await send(clerk, "../../etc/passwd")).status == 404


async def test_drafts_that_were_never_sent_make_room(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        first = draft(await clerk.write(code_number="1"))
        for number in range(DRAFTS):
            boxes.console.clock.advance(timedelta(seconds=1))
            last = draft(await clerk.write(code_number=str(10 + number)))
        assert (await send(clerk, first)).status == 404
        assert (await send(clerk, last)).status == 200


async def test_document_that_is_too_large_is_refused(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        answer = await clerk.write(files={"lon.pdf": PDF + bytes(DOCUMENT_BYTES)})
        assert answer.status == 413


async def test_large_file_goes_through(boxes: Boxes) -> None:
    data = PDF + bytes(2 * 1024 * 1024)
    async with boxes.clerk() as clerk:
        assert (await send(clerk, draft(await clerk.write(files={"lon.pdf": data})))).status == 200
    await boxes.axis.settle()
    mail = (await boxes.axis.collect(COMMUNE_OFFICE))[0]
    assert len(mail.content) > len(data)


async def test_form_without_the_token_of_the_session_is_not_read(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        at, head = f"{boxes.console.url}{AT}", {"Origin": boxes.console.url}
        body = (
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\nabc\r\n--x--\r\n'
        )
        head["Content-Type"] = "multipart/form-data; boundary=x"
        async with clerk.person.session.post(at, data=body, headers=head) as answer:
            assert answer.status == 403
        async with clerk.person.session.post(
            at, data={"csrf": "x"}, headers={"Origin": boxes.console.url}
        ) as plain:
            assert plain.status == 400
        head["Origin"] = "https://elsewhere.example"
        async with clerk.person.session.post(at, data=body, headers=head) as foreign:
            assert foreign.status == 403


async def test_recipients_are_found_by_name(boxes: Boxes) -> None:
    async with boxes.clerk() as clerk:
        page = await clerk.open("/console/box/agencies?q=01.31")
        assert str(COMMUNE_OFFICE) in page.words
        assert (await clerk.open("/console/box/agencies?q=%3Cb%3E")).status == 200
        assert "Không có đơn vị nào" in (await clerk.open("/console/box/agencies?q=zzzz")).words


async def test_reply_to_what_is_not_mine_is_refused(boxes: Boxes) -> None:
    letter_id = await boxes.come()
    async with boxes.clerk(OTHER_CLERK) as clerk:
        assert (await clerk.open(f"{AT}?reply={letter_id}")).status == 404
    async with boxes.clerk() as clerk:
        assert (await clerk.open(f"{AT}?reply=rubbish")).status == 200


async def test_reply_shows_nothing_of_a_letter_that_is_not_at_the_door(boxes: Boxes) -> None:
    held = await boxes.come(subject="V/v chuyện riêng")
    store, now = boxes.console.store, boxes.console.clock.now()
    door = Target(agency=PROVINCE_OFFICE)
    async with boxes.clerk() as clerk:
        assert "V/v chuyện riêng" in (await clerk.open(f"{AT}?reply={held}")).text
        await store.record(held, door, GiveBack(GIVEN_BACK.code), now)
        page = await clerk.open(f"{AT}?reply={held}")
        assert (page.status, "V/v chuyện riêng" in page.text) == (404, False)
        assert (await clerk.open(f"{AT}?reply=rubbish")).status == 200
