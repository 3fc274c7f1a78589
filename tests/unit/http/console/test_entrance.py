from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.http.console.entrance import TRIES_PER_MINUTE, language_of, within
from gateway.ports import Role
from tests.kit.console import NAMES, PASSWORD, Console


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://evil.example/", "//evil.example", "/console//evil.example", "\\\\evil.example", "", "/"),
        *("/v1/ready", "/consolex", "/console/\\evil", "/console/\r\nSet-Cookie: x=1", "javascript:alert(1)"),
        "/console/" + "x" * 2_000,
    ],
)
def test_nobody_is_sent_elsewhere(elsewhere: str) -> None:
    assert within(elsewhere) == "/console/"


@pytest.mark.parametrize("here", ["/console/", "/console", "/console/journal?about=console.&before=7"])
def test_pages_of_the_console_are_come_back_to(here: str) -> None:
    assert within(here) == here


def test_language_that_was_chosen_counts_if_it_is_spoken() -> None:
    assert [language_of(c) for c in ({}, {"truc-lang": "en"}, {"truc-lang": "<b>"})] == ["vi", "en", "vi"]


async def test_page_that_needs_a_login_is_come_back_to_after_it(console: Console) -> None:
    async with console.person() as person:
        shown = await person.open("/console/journal?about=console.")
        assert shown.url.path == "/console/login"
        filled = {"name": NAMES[Role.OPERATOR], "password": PASSWORD}
        login = f"/console/login?{shown.url.query_string}"
        answer = await person.send(login, filled, on=login, follow=False)
        assert (answer.status, answer.location) == (303, "/console/journal?about=console.")


async def test_session_ends_after_idle_time_and_not_while_it_is_used(console: Console) -> None:
    idle = console.around.settings.session_idle
    async with console.person(Role.VIEWER) as person:
        for _ in range(4):
            console.clock.advance(idle - timedelta(seconds=1))
            assert (await person.open("/console/", follow=False)).status == 200
        console.clock.advance(idle)
        assert (await person.open("/console/", follow=False)).status == 303
        assert await console.store.sessions("viewer.one") == []


async def test_session_ends_at_its_longest_however_much_it_is_used(console: Console) -> None:
    settings = console.around.settings
    async with console.person(Role.VIEWER) as person:
        left = settings.session_longest
        while left > timedelta(0):
            assert (await person.open("/console/", follow=False)).status == 200
            console.clock.advance(step := min(left, timedelta(minutes=20)))
            left -= step
        answer = await person.open("/console/")
        assert "Phiên làm việc đã kết thúc" in answer.words


async def test_watching_alone_does_not_keep_a_session_alive(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        console.clock.advance(timedelta(minutes=29))
        async with person.session.get(f"{console.url}/console/events?live=overview.today") as stream:
            assert stream.status == 200
        console.clock.advance(timedelta(minutes=1))
        assert (await person.open("/console/", follow=False)).status == 303


async def test_lock_counts_at_once(console: Console) -> None:
    async with console.person(Role.VIEWER) as person, console.person(Role.ADMINISTRATOR) as administrator:
        await administrator.send("/console/accounts/viewer.one/lock", {})
        assert (await person.open("/console/", follow=False)).status == 303


async def test_role_counts_at_once(console: Console) -> None:
    async with console.person(Role.OPERATOR) as person, console.person(Role.ADMINISTRATOR) as administrator:
        assert (await person.open("/console/journal")).status == 200
        await administrator.send("/console/accounts/operator.one", {"role": "viewer"})
        assert (await person.open("/console/journal")).status == 403


async def test_token_changes_at_login_and_at_the_code(console: Console) -> None:
    async with console.person() as person:
        filled = {"name": NAMES[Role.ADMINISTRATOR], "password": PASSWORD}
        await person.send("/console/login", filled, on="/console/login")
        half = person.cookie()
        assert (await person.open("/console/accounts", follow=False)).location == "/console/login/code"
        await person.send("/console/login/code", {"code": console.code()}, on="/console/login/code")
        assert person.cookie() != half
        assert (await person.open("/console/accounts")).status == 200
        person.session.cookie_jar.clear()
        person.session.cookie_jar.update_cookies({"truc-H14": half})
        assert (await person.open("/console/accounts", follow=False)).status == 303


@pytest.mark.parametrize("token", ["", "x", "é" * 9, "a" * 5_000, "'; DROP TABLE console_sessions; --"])
async def test_cookie_of_nobody_opens_nothing(console: Console, token: str) -> None:
    async with console.person() as person:
        answer = await person.open(
            "/console/", follow=False, headers={"Cookie": f"truc-H14={token}".encode().decode("latin-1")}
        )
        assert answer.status == 303


async def test_address_that_guesses_too_often_has_to_wait(console: Console) -> None:
    async with console.person() as person:
        filled = {"name": "nobody", "password": "guess"}
        for _ in range(TRIES_PER_MINUTE):
            await person.send("/console/login", filled, on="/console/login")
        answer = await person.send("/console/login", filled, on="/console/login")
        assert "TRUC-460" not in answer.text
        assert str(TRIES_PER_MINUTE) in answer.words
