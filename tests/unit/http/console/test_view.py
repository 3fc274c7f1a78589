from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.core.model import LetterId
from gateway.http.console.book import LEAVES
from gateway.http.console.declared import EVERYBODY, ROOT, Action, Done, Leaf, Page
from gateway.http.console.forms import Form
from gateway.http.console.view import View
from gateway.ports import Role
from tests.kit.builders import CENTRAL_OFFICE, DEPARTMENT, PROVINCE_OFFICE
from tests.kit.console import Console, listening_console

SEEN: dict[str, Any] = {}


async def look(view: View) -> Mapping[str, Any]:
    SEEN.update(agencies=view.agencies, caller=view.caller, number=view.query_number("n"))
    SEEN["text"] = view.query("text")
    return {"sessions": ()}


async def open_letter(view: View, form: Form) -> Done:
    whose = [DEPARTMENT, PROVINCE_OFFICE] if form.text("whose") == "ours" else [DEPARTMENT]
    await view.open_content(LetterId("l1"), whose, form.text("reason"))
    return Done(f"{ROOT}/look")


async def leave(_view: View, _form: Form) -> Done:
    return Done(f"{ROOT}/look")


LOOK = Page(
    path=f"{ROOT}/look", name="look", title="look", template="account.html", handler=look, roles=EVERYBODY
)
LEAF = Leaf(
    pages=(LOOK,),
    actions=(
        Action(
            path=f"{ROOT}/look/open",
            name="open",
            handler=open_letter,
            page=LOOK,
            roles=EVERYBODY,
            journals_itself=True,
        ),
        Action(
            path=f"{ROOT}/look/open/told",
            name="open_told",
            handler=leave,
            page=LOOK,
            roles=EVERYBODY,
            told=("letter_id", "reason"),
        ),
    ),
)
OPEN = "/console/look/open"


async def test_user_of_an_agency_sees_his_own_and_it_the_whole_node() -> None:
    async with listening_console(leaves=(*LEAVES, LEAF)) as console:
        async with console.person(Role.AGENCY) as clerk:
            await clerk.open("/console/look?n=12")
        assert SEEN["agencies"] == {PROVINCE_OFFICE}
        assert (SEEN["caller"].name, SEEN["caller"].agencies) == ("console:agency.one", {PROVINCE_OFFICE})
        assert SEEN["number"] == 12
        async with console.person(Role.VIEWER) as viewer:
            await viewer.open("/console/look?n=1e9")
        assert SEEN["agencies"] >= {PROVINCE_OFFICE, DEPARTMENT}
        assert CENTRAL_OFFICE not in SEEN["agencies"]
        assert SEEN["number"] is None


async def opened(console: Console) -> list[tuple[str, str, str]]:
    rows = await console.journal("console.content_opened")
    return [(row.target, row.letter_id, row.detail["reason"]) for row in rows]


async def test_content_is_opened_with_the_right_and_a_reason_that_each_agency_can_read() -> None:
    async with listening_console(leaves=(*LEAVES, LEAF)) as console:
        await console.add(Role.OPERATOR, "reader", reads_content=True)
        async with console.person(Role.OPERATOR, "reader") as reader:
            answer = await reader.send(OPEN, {"reason": "xem", "whose": "ours"})
            assert (answer.status, await opened(console)) == (422, [])
            why = "Đơn vị báo thiếu tệp đính kèm"
            assert (await reader.send(OPEN, {"reason": why, "whose": "ours"})).status == 200
        assert await opened(console) == [
            (f"agency:{PROVINCE_OFFICE}", "l1", why),
            (f"agency:{DEPARTMENT}", "l1", why),
        ]
        async with console.person(Role.AGENCY) as clerk:
            page = await clerk.open("/console/journal")
            assert why in page.words
            assert f"agency:{DEPARTMENT}" not in page.words


async def test_without_the_right_no_reason_helps() -> None:
    async with listening_console(leaves=(*LEAVES, LEAF)) as console:
        for role in (Role.VIEWER, Role.OPERATOR, Role.AUDITOR):
            async with console.person(role) as person:
                answer = await person.send(OPEN, {"reason": "một lý do thật rõ ràng"})
                assert (answer.status, "TRUC-468" in answer.text) == (403, True)
        assert await opened(console) == []


async def test_agency_opens_its_own_letters_without_a_reason_and_no_others() -> None:
    async with (
        listening_console(leaves=(*LEAVES, LEAF)) as console,
        console.person(Role.AGENCY) as clerk,
    ):
        assert (await clerk.send(OPEN, {"whose": "ours"})).status == 200
        assert (await clerk.send(OPEN, {"whose": "theirs"})).status == 403
        assert await opened(console) == []


async def test_sign_that_no_database_keeps_is_neither_asked_for_nor_journaled() -> None:
    async with (
        listening_console(leaves=(*LEAVES, LEAF)) as console,
        console.person(Role.OPERATOR) as person,
    ):
        await person.open("/console/look?n=1%002")
        assert SEEN["number"] is None
        await person.open("/console/look?text=a%00b")
        assert SEEN["text"] == ""
        answer = await person.send(OPEN, {"reason": "một lý do\0 thật rõ ràng", "whose": "ours"})
        assert answer.status == 422
        answer = await person.send(f"{OPEN}/told", {"reason": "x\0y", "letter_id": "l\0"})
        assert answer.status == 200
        (line,) = await console.journal("console.open_told")
        assert (line.detail["reason"], line.letter_id) == ("x\ufffdy", "l\ufffd")
