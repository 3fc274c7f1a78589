from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.core.catalogue import STORE_BUSY, UNKNOWN_LETTER
from gateway.core.errors import Rejected, Unavailable, find
from gateway.http.console.book import LEAVES
from gateway.http.console.declared import OPERATORS, ROOT, Action, Done, Leaf, Page
from gateway.http.console.forms import Form
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import Role
from tests.kit.console import NAMES, Console, listening_console

FORMS = [(action, leaf) for leaf in LEAVES for action in leaf.actions]


async def broken(view: View) -> Mapping[str, Any]:
    raise ZeroDivisionError("a secret that must not be shown")


async def busy(view: View) -> Mapping[str, Any]:
    raise Unavailable(find(STORE_BUSY, detail="x"))


async def page_of_none(view: View) -> Mapping[str, Any]:
    return {"sessions": ()}


async def act(view: View, form: Form) -> Done:
    text = form.text("letter_id", least=1)
    form.check()
    if text == "unknown":
        raise Rejected(find(UNKNOWN_LETTER, letter_id=text))
    return Done(f"{ROOT}/account", said("Đã lưu tài khoản %(name)s."), {"name": "<b>"})


TRIAL = Page(
    path=f"{ROOT}/trial",
    name="trial",
    title="trial",
    template="account.html",
    handler=page_of_none,
    roles=OPERATORS,
)
LEAF = Leaf(
    pages=(
        TRIAL,
        Page(
            path=f"{ROOT}/broken", name="b", title="", template="error.html", handler=broken, roles=OPERATORS
        ),
        Page(path=f"{ROOT}/busy", name="c", title="", template="error.html", handler=busy, roles=OPERATORS),
    ),
    actions=(
        Action(
            path=f"{ROOT}/trial/hold",
            name="hold",
            handler=act,
            page=TRIAL,
            roles=OPERATORS,
            told=("letter_id", "why"),
        ),
    ),
)


async def test_first_page_is_where_everybody_lands(console: Console) -> None:
    async with console.person() as person:
        for path in ("/", "/console"):
            assert (await person.open(path, follow=False)).location == "/console/"


@pytest.mark.parametrize(
    "action", [action for action, _ in FORMS if action.roles is not None], ids=lambda action: action.name
)
async def test_form_of_who_has_not_logged_in_does_nothing(console: Console, action: Action) -> None:
    async with console.person() as person:
        path = re.sub(r"{\w+}", "viewer.one", action.path)
        answer = await person.send(path, {"name": "x"}, on="/console/login", follow=False)
        assert answer.status == 303
        assert answer.location.startswith("/console/login")
    assert [row.event for row in await console.journal()] == ["console.test"] * len(Role)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_who_may_not_do_it_is_refused_whatever_is_sent(console: Console, role: Role) -> None:
    async with console.person(role) as person:
        for action, _ in FORMS:
            if action.roles is not None and role not in action.roles:
                path = re.sub(r"{\w+}", "auditor.one", action.path)
                assert (await person.send(path, {"role": "administrator", "name": "x"})).status == 403
    assert not (await console.desk.named("auditor.one")).locked


async def test_faults_of_ours_are_pages_with_a_number_and_nothing_of_what_went_wrong() -> None:
    async with (
        listening_console(leaves=(*LEAVES, LEAF)) as console,
        console.person(Role.OPERATOR) as person,
    ):
        answer = await person.open("/console/broken")
        assert answer.status == 500
        (line,) = console.log("internal.error")
        assert line["incident"] in answer.words
        assert "secret" not in answer.text
        assert "secret" not in console.stream.getvalue()
        assert (await person.open("/console/busy")).status == 503


async def test_errors_are_told_in_the_language_that_was_chosen(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        assert "Không có trang này" in (await person.open("/console/nowhere")).words
        await person.open("/console/language/en?to=/console/")
        answer = await person.open("/console/nowhere")
        assert (answer.status, answer.headers["Content-Language"]) == (404, "en")
        assert "This did not work" in answer.words
        assert (await person.open("/console/language/fr")).status == 404
        assert (await person.send("/console/", {})).status == 405


async def test_action_is_journaled_before_it_is_done_and_refusals_with_their_code() -> None:
    async with (
        listening_console(leaves=(*LEAVES, LEAF)) as console,
        console.person(Role.OPERATOR) as person,
    ):
        for letter_id in ("l1", "unknown", ""):
            await person.send("/console/trial/hold", {"letter_id": letter_id, "why": "w" * 500, "other": "x"})
        rows = await console.journal("console.hold")
        told = [(row.letter_id, row.code) for row in rows]
        assert told == [("l1", ""), ("unknown", ""), ("unknown", "TRUC-404"), ("", ""), ("", "TRUC-414")]
        assert rows[0].detail == {"by": NAMES[Role.OPERATOR], "address": "127.0.0.1", "why": "w" * 200}


async def test_what_came_of_it_is_said_once_and_as_text() -> None:
    async with (
        listening_console(leaves=(*LEAVES, LEAF)) as console,
        console.person(Role.OPERATOR) as person,
    ):
        answer = await person.send("/console/trial/hold", {"letter_id": "l1"})
        assert "Đã lưu tài khoản &lt;b&gt;." in answer.text
        assert "Đã lưu" not in (await person.open("/console/account")).text


async def test_every_form_that_is_declared_can_be_told_from_every_other() -> None:
    names = [action.name for action, _ in FORMS]
    assert len(names) == len(set(names))


async def test_form_that_is_too_large_or_no_form_is_refused(console: Console) -> None:
    async with console.person() as person:
        answer = await person.send("/console/login", {"name": "x" * 300_000}, on="/console/login")
        assert (answer.status, "256 KiB" in answer.words) == (413, True)
        for media_type in ("x-www-form-urlencoded", "x-www-form-urlencoded; charset=none", "json"):
            headers = {"Origin": console.url, "Content-Type": f"application/{media_type}"}
            rubbish = b"\xff\xfe=%zz&&&="
            async with person.session.post(
                f"{console.url}/console/login", data=rubbish, headers=headers
            ) as odd:
                assert odd.status in (400, 403)


async def test_log_names_who_and_which_page_and_never_the_query(console: Console) -> None:
    async with console.person(Role.OPERATOR) as person:
        await person.open("/console/journal?target=nguyen")
    line = console.log("http.request")[-1]
    assert (line["route"], line["caller"]) == ("/console/journal", f"console:{NAMES[Role.OPERATOR]}")
    assert "nguyen" not in console.stream.getvalue()


async def test_what_is_no_request_is_answered_in_a_line(console: Console) -> None:
    host, _, port = console.url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/9.9 rubbish\r\n\r\n")
    async with asyncio.timeout(10):
        assert (await reader.read(100)).startswith(b"HTTP/1.0 400")
    writer.close()
    await writer.wait_closed()


async def test_nul_in_a_path_is_no_page_for_anybody(console: Console) -> None:
    """PostgreSQL takes no text with one; what is asked of it with one is a fault of ours."""
    paths = {route.resource.canonical for route in console.app.router.routes() if route.resource}
    named = sorted(path for path in paths if "{" in path)
    assert len(named) > 10
    async with console.person(Role.ADMINISTRATOR) as person:
        for path in named:
            at = re.sub(r"\{[^}]+\}", "a%00b", path)
            assert (await person.open(at)).status == 404, at
            assert (await person.send(at, {})).status in (404, 405), at
    async with console.person() as nobody:
        assert (await nobody.open("/console/%00")).status == 404
