from __future__ import annotations

import asyncio
import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from zipfile import ZipFile

import pytest

from gateway.core.delivery import State, Target
from gateway.core.model import AgencyCode, Business, InReplyTo, LetterId, Operation
from gateway.http.console.live import LiveEvent
from gateway.ports import Caller, Role
from tests.doors.test_handed_in import sealed_at_the_office
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    COMMUNE_OFFICE,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
)
from tests.kit.correspondence import letter
from tests.kit.letterbox import OTHER_CLERK, Boxes
from tests.kit.seals import key_of

REASON = "kiểm tra theo công văn số 12"
UP = f"link:{CENTRAL}"


async def sent(
    boxes: Boxes, *, cut: bool = False, sender: str = PROVINCE_OFFICE, to: str = CENTRAL_OFFICE
) -> LetterId:
    if cut:
        boxes.axis.post.cut(PROVINCE, CENTRAL)
    accepted = await boxes.axis.send(letter(sender, to), by=sender)
    await boxes.axis.settle()
    return accepted.letter_id


async def test_page_says_where_it_is_who_has_it_and_when_it_is_tried_again(boxes: Boxes) -> None:
    stuck = await sent(boxes, cut=True)
    async with boxes.console.person(Role.OPERATOR) as person:
        page = await person.open(f"/console/letters/{stuck}")
        assert page.status == 200, page.words
        assert "chờ thử lại" in page.words
        assert "Lần thử kế tiếp" in page.words
        assert "TRUC-504" in page.words
        assert "niêm phong" in page.words.casefold()
        assert "chưa kiểm tra" in page.words
        assert "không thành" in page.words  # the try, with its outcome
        boxes.axis.post.heal(PROVINCE, CENTRAL)
        await boxes.axis.wait(timedelta(minutes=1))
        page = await person.open(f"/console/letters/{stuck}")
        assert "H14 → G22" in page.words
        assert "chờ đơn vị lấy về" in page.words


async def test_it_staff_see_no_subject_and_the_sender_does(boxes: Boxes) -> None:
    one = await sent(boxes)
    record = await boxes.axis.nodes[PROVINCE].store.track(one)
    assert record is not None
    subject = record.letter.facts.subject
    async with boxes.console.person(Role.OPERATOR) as person:
        assert subject not in (await person.open(f"/console/letters/{one}")).text
    async with boxes.console.person(Role.AGENCY) as person:
        page = await person.open(f"/console/letters/{one}")
        assert subject in page.text
        assert UP not in page.text  # what happens inside the node is not its business


async def test_letter_of_another_agency_is_unknown(boxes: Boxes) -> None:
    one = await sent(boxes)
    async with boxes.console.person(Role.AGENCY, OTHER_CLERK) as person:
        for path in (f"/console/letters/{one}", f"/console/letters/{letter_id(99)}", "/console/letters/%00"):
            assert (await person.open(path)).status == 404
        asked = {"letter_id": one}
        assert (await person.send(f"/console/letters/{one}/raw", asked)).status == 404
        assert (await person.send(f"/console/letters/{one}/evidence", asked)).status == 404


async def test_sender_opens_its_letter_without_a_reason(boxes: Boxes) -> None:
    one = await sent(boxes)
    async with boxes.console.person(Role.AGENCY) as person:
        page = await person.send(f"/console/letters/{one}/raw", {"letter_id": one})
        assert "&lt;edXML:DocumentId&gt;" in page.text


async def test_content_needs_the_right_and_a_reason_that_the_agencies_can_read(boxes: Boxes) -> None:
    one = await sent(boxes)
    console, asked = boxes.console, {"letter_id": one, "reason": REASON}
    raw, evidence = f"/console/letters/{one}/raw", f"/console/letters/{one}/evidence"
    async with console.person(Role.OPERATOR) as person:
        assert (await person.send(raw, asked)).status == 403
        assert (await person.send(evidence, asked)).status == 403
    await console.add(Role.OPERATOR, "reads.content", reads_content=True)
    async with console.person(Role.OPERATOR, "reads.content") as person:
        refused = await person.send(raw, {**asked, "reason": "xem"})
        assert refused.status == 422
        assert "ít nhất 10 ký tự" in refused.words
        page = await person.send(raw, asked)
        assert "&lt;edXML:DocumentId&gt;" in page.text
        async with person.session.get(f"{console.url}/console/letters/{one}") as answer:
            token = (await answer.text()).split('name="csrf" value="')[1].split('"')[0]
        sending = person.session.post(
            f"{console.url}{evidence}", data={**asked, "csrf": token}, headers={"Origin": console.url}
        )
        async with sending as answer:
            with ZipFile(io.BytesIO(await answer.read())) as container:
                assert "META-INF/signatures001.xml" in container.namelist()
    opened = await console.journal("console.content_opened")
    assert {(row.letter_id, row.target, row.detail["reason"]) for row in opened} == {
        (one, f"agency:{PROVINCE_OFFICE}", REASON)
    }


@pytest.mark.parametrize(
    ("first", "second", "becomes"),
    [
        ("hold", "release", State.QUEUED),
        ("hold", "give_back", State.RETURNED),
        ("send_again", "give_back", State.RETURNED),
    ],
)
async def test_operator_moves_one_delivery(boxes: Boxes, first: str, second: str, becomes: State) -> None:
    stuck = await sent(boxes, cut=True)
    at, told = f"/console/letters/{stuck}", {"letter_id": stuck, "to": UP}
    async with boxes.console.person(Role.OPERATOR) as person:
        for move in (first, second):
            assert (await person.send(f"{at}/{move}", told, on=at)).status == 200
        assert (await boxes.axis.delivery(PROVINCE, stuck, UP)).state is becomes
        events = [row.event for row in await boxes.console.store.journal(0, 1_000)]
        assert f"console.letter_{second}" in events
        assert f"delivery.{second}" in events


async def test_sender_is_told_of_what_is_given_back(boxes: Boxes) -> None:
    stuck = await sent(boxes, cut=True)
    at, told = f"/console/letters/{stuck}", {"letter_id": stuck, "to": UP}
    async with boxes.console.person(Role.OPERATOR) as person:
        await person.send(f"{at}/give_back", told, on=at)
        await boxes.axis.settle()
        notices = await boxes.axis.collect(PROVINCE_OFFICE)
        assert len(notices) == 1
        assert "TRUC-518" in notices[0].content.decode()
        assert "Trục trả lại bên gửi" in (await person.open(at)).words


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"to": "link:nowhere"}, 409),
        ({"to": ""}, 409),
        ({"to": "\0"}, 422),
        ({"letter_id": letter_id(99)}, 409),
    ],
)
async def test_move_that_can_not_be_made_is_refused_and_changes_nothing(
    boxes: Boxes, told: dict[str, str], status: int
) -> None:
    stuck = await sent(boxes, cut=True)
    async with boxes.console.person(Role.OPERATOR) as person:
        asked = {"letter_id": stuck, "to": UP, **told}
        assert (await person.send(f"/console/letters/{stuck}/hold", asked)).status == status
        assert (await person.send(f"/console/letters/{stuck}/release", {**asked, "to": UP})).status == 409
    assert (await boxes.axis.delivery(PROVINCE, stuck, UP)).state is State.QUEUED


async def test_clerk_and_viewer_move_nothing(boxes: Boxes) -> None:
    stuck = await sent(boxes, cut=True)
    await boxes.console.add(Role.VIEWER)
    for role in (Role.AGENCY, Role.VIEWER):
        async with boxes.console.person(role) as person:
            asked = {"letter_id": stuck, "to": UP}
            assert (await person.send(f"/console/letters/{stuck}/hold", asked)).status == 403
            assert "Tạm giữ</button>" not in (await person.open(f"/console/letters/{stuck}")).text


async def test_way_moves_by_itself_for_the_letter_that_is_looked_at(boxes: Boxes) -> None:
    one, other = await sent(boxes), await sent(boxes, sender=PROVINCE_OFFICE, to=COMMUNE_OFFICE)
    async with boxes.console.person(Role.OPERATOR) as person:
        address = f"{boxes.console.url}/console/events?live=letter.way:{one},letter.way:{other}"
        async with person.session.get(address) as stream:
            heard = ""
            while heard.count("event: letter.way:") < 2:
                heard += (await stream.content.readline()).decode()
        assert f"event: letter.way:{one}" in heard
        assert f"event: letter.way:{other}" in heard
        for about in ("%0Ax", "<b>", "x" * 99):
            async with person.session.get(
                f"{boxes.console.url}/console/events?live=letter.way:{about}"
            ) as no:
                assert no.status == 404
    assert LiveEvent("a", "b").encoded() == b"event: a\ndata: b\n\n"


# --- circulars -----------------------------------------------------------------------------------

MANY = 3_000


async def circular(boxes: Boxes) -> LetterId:
    """A letter to thousands at another node; it waits for the link."""
    agencies = [(AgencyCode(f"{number:05}.G22"), CENTRAL) for number in range(MANY)]
    new = new_letter(77, Target(neighbour=CENTRAL), to=agencies, at=boxes.axis.clock.now())
    await boxes.console.store.add_letter(new, boxes.axis.clock.now())
    return new.letter.routing.letter_id


async def test_circular_to_thousands_does_not_hold_the_loop(boxes: Boxes) -> None:
    one, turns, is_open = await circular(boxes), 0, False
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as threads:
        loop.set_default_executor(threads)  # the axis of a test has none that are real

        async def others() -> None:
            nonlocal turns
            while not is_open:
                turns += 1
                await asyncio.sleep(0)

        async with boxes.console.person(Role.OPERATOR) as person:
            tracing = asyncio.create_task(
                boxes.console.around.trackings.of(
                    boxes.console.around.office,
                    Caller("lan", frozenset(), is_operator=True),
                    one,
                    boxes.axis.clock.now(),
                )
            )
            working = asyncio.create_task(others())
            await tracing
            is_open = True
            await working
            page = await person.open(f"/console/letters/{one}")
    assert turns > 100, "whoever waited got no turn while the letter was traced"
    assert page.status == 200


async def test_circular_is_told_page_by_page_with_counts_those_first_that_are_stuck(boxes: Boxes) -> None:
    one = await circular(boxes)
    at = f"/console/letters/{one}"
    async with boxes.console.person(Role.OPERATOR) as person:
        first = await person.open(at)
        assert first.text.count('class="card track"') == 50
        assert "tất cả nơi nhận (3.000)" in first.words
        assert "Nơi nhận 1–50 trong 3.000" in first.words
        assert f'data-live="letter.way:{one}"' in first.text
        found = re.search(r'href="([^"]+)" rel="next"', first.text)
        assert found is not None
        second = await person.open(found[1].replace("&amp;", "&"))
        assert "Nơi nhận 51–100 trong 3.000" in second.words
        assert f'data-live="letter.way:{one}.50."' in second.text
        only = await person.open(f"{at}?which=on-the-way")
        assert f'data-live="letter.way:{one}.0.on-the-way"' in only.text
        live = f"{boxes.console.url}/console/events?live=letter.way:{one}.2950."
        async with person.session.get(live) as stream:
            heard = ""
            while "</section>" not in heard:
                heard += (await stream.content.readline()).decode()
        assert "Nơi nhận 2.951–3.000 trong 3.000" in heard
        for rubbish in ("?which=<b>", "?from=999999999", "?which=late", "?from=x"):
            assert (await person.open(at + rubbish)).status == 200


# --- requests ------------------------------------------------------------------------------------


async def test_request_to_have_it_back_is_told_with_its_answer_times_and_reasons(boxes: Boxes) -> None:
    sent = await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE)
    await boxes.axis.collect(COMMUNE_OFFICE)
    await boxes.axis.report(PROVINCE_OFFICE, sent.letter_id, "13", "Sai phụ lục 2")
    await boxes.axis.settle()
    at = f"/console/letters/{sent.letter_id}"
    async with boxes.clerk() as clerk:
        asked = await clerk.open(at)
        assert "yêu cầu lấy lại (13)" in asked.words
        assert "Lý do: Sai phụ lục 2" in asked.words
        assert "chưa trả lời" in asked.words
        await boxes.axis.report(COMMUNE_OFFICE, sent.letter_id, "16", "Đã trình ký")
        await boxes.axis.wait(timedelta(seconds=4))
        told = await clerk.open(at)
        assert "✕ Từ chối lấy lại (16)" in told.words
        assert "Lý do: Đã trình ký" in told.words
        assert "cần xem lại" not in told.words  # a 13 may be refused
    async with boxes.console.person(Role.OPERATOR) as person:
        told = await person.open(at)
        assert "✕ Từ chối lấy lại (16)" in told.words
        assert "Đã trình ký" not in told.text
        assert "chỉ các bên gửi, nhận đọc được" in told.words


async def test_refusal_of_a_written_recall_is_marked(boxes: Boxes) -> None:
    sent = await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE, number="7", document_id="vb-7")
    recalled = await boxes.send(
        PROVINCE_OFFICE,
        COMMUNE_OFFICE,
        number="8",
        document_id="vb-8",
        business=Business(Operation.RECALL, reason="Ban hành nhầm"),
        in_reply_to=(InReplyTo(PROVINCE_OFFICE, code="7/UBND-VX", document_id="vb-7"),),
    )
    await boxes.axis.collect(COMMUNE_OFFICE)
    await boxes.axis.report(COMMUNE_OFFICE, recalled.letter_id, "16", "Đã ban hành văn bản dựa trên đó")
    await boxes.axis.settle()
    async with boxes.clerk() as clerk:
        for one in (sent.letter_id, recalled.letter_id):
            page = await clerk.open(f"/console/letters/{one}")
            assert "thu hồi" in page.words
            assert "✕ Từ chối lấy lại (16)" in page.words
            assert "‖ cần xem lại" in page.words


# --- the seals -----------------------------------------------------------------------------------


async def test_operator_has_every_seal_looked_at_again_and_that_is_journaled(boxes: Boxes) -> None:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE)
    container = sealed_at_the_office(content, key_of(PROVINCE_OFFICE, boxes.axis.began))
    accepted = await boxes.axis.send(container, by=PROVINCE_OFFICE)
    await boxes.axis.settle()
    at = f"/console/letters/{accepted.letter_id}"
    async with boxes.console.person(Role.OPERATOR) as person:
        assert "Kiểm tra ngay" in (await person.open(at)).words
        page = await person.send(f"{at}/verify", {"letter_id": accepted.letter_id}, on=at)
        assert "✓ niêm phong của nút nguyên vẹn" in page.words
        assert "✓ chữ ký số của cơ quan hợp lệ" in page.words
    (line,) = await boxes.console.journal("console.letter_verified")
    assert line.letter_id == accepted.letter_id
    assert (line.detail["seal"], line.detail["agency_seal"]) == ("passed", "passed")


async def test_seal_that_does_not_hold_says_why(boxes: Boxes) -> None:
    one = await circular(boxes)  # put into the store by hand: nobody has sealed it
    async with boxes.console.person(Role.OPERATOR) as person:
        page = await person.send(f"/console/letters/{one}/verify", {"letter_id": one})
        assert "✕ niêm phong của nút không hợp lệ" in page.words
        assert "không có niêm phong" in page.words


async def test_only_operators_have_seals_looked_at(boxes: Boxes) -> None:
    one = await sent(boxes)
    await boxes.console.add(Role.VIEWER)
    for role in (Role.VIEWER, Role.AGENCY):
        async with boxes.console.person(role) as person:
            assert "Kiểm tra ngay" not in (await person.open(f"/console/letters/{one}")).words
            asked = {"letter_id": one}
            assert (await person.send(f"/console/letters/{one}/verify", asked)).status == 403
