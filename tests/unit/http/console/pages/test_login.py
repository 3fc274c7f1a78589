from __future__ import annotations

from gateway.ports import Role
from tests.kit.console import NAMES, PASSWORD, Console


async def test_wrong_password_is_told_beside_the_field_and_nothing_is_typed_back(console: Console) -> None:
    async with console.person() as person:
        filled = {"name": "<b>nobody</b>", "password": "guessed-secret"}
        answer = await person.send("/console/login", filled, on="/console/login")
        assert answer.status == 422
        assert 'value="&lt;b&gt;nobody&lt;/b&gt;"' in answer.text
        assert "guessed-secret" not in answer.text
        assert (await person.send("/console/login", {}, on="/console/login")).status == 422


async def test_who_is_in_already_goes_on(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        answer = await person.open("/console/login?to=/console/account", follow=False)
        assert answer.location == "/console/account"
        assert (await person.open("/console/login/code", follow=False)).location == "/console/"


async def test_logout_ends_the_session_and_is_journaled(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        token = person.cookie()
        await person.send("/console/logout", {})
        assert (await person.open("/console/", follow=False)).status == 303
        person.session.cookie_jar.update_cookies({"truc-H14": token})
        assert (await person.open("/console/", follow=False)).status == 303
    assert [row.event for row in await console.journal()][-2:] == ["console.login", "console.logout"]


async def test_administrator_needs_the_code_and_others_who_turned_it_on_too(console: Console) -> None:
    async with console.person() as person:
        filled = {"name": NAMES[Role.ADMINISTRATOR], "password": PASSWORD}
        answer = await person.send("/console/login", filled, on="/console/login")
        assert answer.url.path == "/console/login/code"
        wrong = await person.send("/console/login/code", {"code": "000000"}, on="/console/login/code")
        assert wrong.status == 422
        right = await person.send("/console/login/code", {"code": console.code()}, on="/console/login/code")
        assert right.url.path == "/console/"


async def test_who_has_shown_only_a_password_can_still_log_out_and_nothing_else(console: Console) -> None:
    async with console.person() as person:
        filled = {"name": NAMES[Role.ADMINISTRATOR], "password": PASSWORD}
        await person.send("/console/login", filled, on="/console/login")
        for path in ("/console/", "/console/account/password", "/console/events?live="):
            assert (await person.open(path, follow=False)).location == "/console/login/code"
        lock = "/console/accounts/viewer.one/lock"
        await person.send(lock, {}, on="/console/login/code")
        await person.send("/console/logout", {}, on="/console/login/code")
        assert (await person.open("/console/", follow=False)).location.startswith("/console/login?")
    assert not (await console.desk.named("viewer.one")).locked
