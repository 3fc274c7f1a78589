from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from gateway.doors.upkeep import Upkeep
from gateway.http.console.pages.failures import UNDO
from gateway.ports import Role
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, PROVINCE, PROVINCE_OFFICE
from tests.kit.console import Answer, Person
from tests.kit.correspondence import letter
from tests.kit.letterbox import Boxes

AT = "/console/failures"
UP = f"link:{CENTRAL}"
KEY = {"trouble": "retrying", "code": "TRUC-504", "target": UP}
GROUP = f"{AT}/group?{urlencode(KEY)}"
REASON = "bên nhận đã sáp nhập"


async def stuck(boxes: Boxes, number: int = 3) -> None:
    """Letters that a cut link keeps back."""
    boxes.axis.post.cut(PROVINCE, CENTRAL)
    for each in range(number):
        await boxes.axis.send(letter(PROVINCE_OFFICE, CENTRAL_OFFICE, number=each + 1), by=PROVINCE_OFFICE)
    await boxes.axis.settle()


async def ask(person: Person, action: str, **changed: str) -> Answer:
    return await person.send(GROUP, {**KEY, "action": action, **changed}, on=GROUP)


async def test_letters_that_one_cause_keeps_back_are_one_line(boxes: Boxes) -> None:
    async with boxes.console.person(Role.OPERATOR) as person:
        assert "Không có văn bản nào bị kẹt" in (await person.open(AT)).words
        await stuck(boxes)
        boxes.console.clock.advance(timedelta(seconds=2))
        page = await person.open(AT)
        assert page.text.count("/console/failures/group?") == 1
        assert "TRUC-504" in page.words
        assert re.search(r'<td class="num"[^>]*>3</td>', page.text)
        preview = await person.open(GROUP)
        assert preview.text.count('href="/console/letters/') == 3
        assert "Gửi lại cả nhóm" in preview.words


async def test_group_is_sent_again_after_a_moment_and_its_progress_is_shown(boxes: Boxes) -> None:
    await stuck(boxes)
    boxes.axis.post.heal(PROVINCE, CENTRAL)
    async with boxes.console.person(Role.OPERATOR) as person:
        asked = await ask(person, "send_again")
        assert asked.url.path == f"{AT}/repairs/1"
        assert "Sắp làm" in asked.words
        boxes.console.clock.advance(UNDO)
        await Upkeep(boxes.axis.nodes[PROVINCE].desk).step()
        done = await person.open(f"{AT}/repairs/1")
        assert "Đã xong" in done.words
        assert "3 trên 3 văn bản" in done.words
        assert "Bỏ việc này" not in done.words
    await boxes.axis.settle()
    assert len(await boxes.axis.waiting(CENTRAL_OFFICE)) == 3
    line = (await boxes.console.journal("console.repair_planned"))[-1]
    assert line.detail["action"] == "send_again"
    assert line.detail["by"] == "operator.one"


async def test_what_was_asked_for_is_undone_before_it_runs(boxes: Boxes) -> None:
    await stuck(boxes)
    async with boxes.console.person(Role.OPERATOR) as person:
        at = (await ask(person, "hold")).url.path
        undone = await person.send(f"{AT}/undo", {"number": "1"}, on=at)
        assert "Đã bỏ" in undone.words
        boxes.console.clock.advance(UNDO)
        await Upkeep(boxes.axis.nodes[PROVINCE].desk).step()
        (group,) = await boxes.console.store.troubles(10)
        assert (group.trouble.value, group.number) == ("retrying", 3)
        for number in ("1", "99", "x", ""):
            assert (await person.send(f"{AT}/undo", {"number": number}, on=AT)).status == 409


async def test_to_give_back_a_group_needs_a_reason_and_tells_every_sender(boxes: Boxes) -> None:
    await stuck(boxes, 2)
    async with boxes.console.person(Role.OPERATOR) as person:
        refused = await ask(person, "give_back", reason="vì")
        assert refused.status == 422
        await ask(person, "give_back", reason=REASON)
        boxes.console.clock.advance(UNDO)
        await Upkeep(boxes.axis.nodes[PROVINCE].desk).step()
        await boxes.axis.settle()
    notices = await boxes.axis.collect(PROVINCE_OFFICE)
    assert len(notices) == 2
    assert all("TRUC-518" in notice.content.decode() for notice in notices)


@pytest.mark.parametrize(
    "changed",
    [{"trouble": "x"}, {"target": "nowhere"}, {"target": ""}, {"trouble": "held", "action": "hold"}],
)
async def test_group_that_can_not_be_is_refused(boxes: Boxes, changed: dict[str, str]) -> None:
    await stuck(boxes, 1)
    async with boxes.console.person(Role.OPERATOR) as person:
        assert (await ask(person, **{"action": "hold", **changed})).status in (404, 409)
        assert (await ask(person, "x")).status == 422
        assert await boxes.console.store.repairs(10) == []


@pytest.mark.parametrize(
    "path",
    [
        f"{AT}/group",
        f"{AT}/group?trouble=x&target=link:G22",
        f"{AT}/group?trouble=held&target=x",
        f"{AT}/repairs/x",
        f"{AT}/repairs/99",
        f"{AT}/repairs/99999999999999999999",
        f"{AT}/group?trouble=held&code=%00&target=link:G22",
    ],
)
async def test_what_there_is_not_is_not_found(boxes: Boxes, path: str) -> None:
    async with boxes.console.person(Role.OPERATOR) as person:
        assert (await person.open(path)).status == 404
        empty = await person.open(f"{AT}/group?trouble=held&code=%3Cb%3E&target=link:%3Cb%3E")
        assert empty.status == 200
        assert "<b>" not in empty.text


async def test_viewer_sees_failures_and_can_do_nothing_about_them(boxes: Boxes) -> None:
    await stuck(boxes, 1)
    await boxes.console.add(Role.VIEWER)
    async with boxes.console.person(Role.VIEWER) as person:
        page = await person.open(GROUP)
        assert page.status == 200
        assert "Gửi lại cả nhóm" not in page.words
        assert (await person.send(f"{AT}/group", {**KEY, "action": "hold"})).status == 403
        assert (await person.send(f"{AT}/undo", {"number": "1"})).status == 403
    async with boxes.console.person(Role.AGENCY) as clerk:
        assert (await clerk.open(AT)).status == 403


async def test_progress_comes_by_itself(boxes: Boxes) -> None:
    await stuck(boxes, 1)
    async with boxes.console.person(Role.OPERATOR) as person:
        await ask(person, "hold")
        address = f"{boxes.console.url}/console/events?live=repair:1,failures.groups,failures.repairs"
        async with person.session.get(address) as stream:
            heard = ""
            while heard.count("event: ") < 3:
                heard += (await stream.content.readline()).decode()
    assert "event: repair:1" in heard
    assert (await boxes.console.store.repairs(1))[0].group.target.key == UP
