from __future__ import annotations

import re

from gateway.ports import Account, Act, Role
from tests.kit.builders import small_axis
from tests.kit.console import PASSWORD, Console

NEW = "một mật khẩu khác hẳn"


async def test_password_is_changed_by_who_knows_the_old_one(console: Console) -> None:
    at = "/console/account/password"
    async with console.person(Role.VIEWER) as person:
        for old, new, again in ((PASSWORD, NEW, "other"), ("wrong", NEW, NEW), (PASSWORD, "short", "short")):
            filled = {"old": old, "password": new, "again": again}
            assert (await person.send(at, filled, on=at)).status == 422
        answer = await person.send(at, {"old": PASSWORD, "password": NEW, "again": NEW}, on=at)
        assert "Đã đổi mật khẩu" in answer.words
        assert (await console.journal("console.password_change"))[-1].detail["by"] == "viewer.one"
    async with console.person() as person:
        await person.log_in("viewer.one", Role.VIEWER, NEW)


async def test_password_that_was_given_out_is_changed_before_anything_else(console: Console) -> None:
    act = Act(event="console.test", by="", at=console.clock.now())
    password = await console.desk.add(Account(name="new.one", role=Role.VIEWER), act, small_axis())
    async with console.person() as person:
        await person.log_in("new.one", Role.VIEWER, password)
        answer = await person.open("/console/")
        assert answer.url.path == "/console/account/password"
        assert "<nav" not in answer.text
        filled = {"old": password, "password": NEW, "again": NEW}
        await person.send("/console/account/password", filled, on="/console/account/password")
        assert (await person.open("/console/")).url.path == "/console/"


async def test_new_administrator_sets_up_codes_before_anything_else(console: Console) -> None:
    await console.store.change_account(
        "operator.one",
        {"role": "administrator"},
        Act(event="console.test", by="", at=console.clock.now()),
    )
    async with console.person(Role.OPERATOR) as person:
        page = await person.open("/console/accounts")
        assert page.url.path == "/console/account/totp"
        assert "<svg" in page.text
        found = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)
        assert found is not None
        secret = found[1].replace(" ", "")
        at = "/console/account/totp"
        assert (await person.send(at, {"code": "000000"}, on=at)).status == 422
        await person.send(at, {"code": console.code(secret)}, on=at)
        assert (await person.open("/console/accounts")).status == 200


async def test_other_sessions_of_ones_own_can_be_ended_and_nobody_elses(console: Console) -> None:
    async with console.person(Role.VIEWER) as here, console.person(Role.VIEWER) as there:
        mine = await console.store.sessions("viewer.one")
        async with console.person(Role.OPERATOR) as other:
            answer = await other.send("/console/account/sessions/end", {"session": mine[0].digest})
            assert answer.status == 404
        for each in mine:
            await here.send("/console/account/sessions/end", {"session": each.digest})
        opened = [(await person.open("/console/", follow=False)).status for person in (here, there)]
        assert 303 in opened
