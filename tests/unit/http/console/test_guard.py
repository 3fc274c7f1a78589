from __future__ import annotations

import pytest

from gateway.core.errors import Rejected
from gateway.http.console.guard import check_token, form_token
from gateway.ports import Role
from tests.kit.console import Console, listening_console

SECRET = "of this session"
LOCK = "/console/accounts/viewer.one/lock"


def test_token_looks_different_each_time_and_is_good_each_time() -> None:
    tokens = {form_token(SECRET) for _ in range(20)}
    assert len(tokens) == 20
    for token in tokens:
        check_token(SECRET, token)


@pytest.mark.parametrize(
    "token", ["", "x", "é", "AAAA", "====", "A" * 88, pytest.param(form_token("of another"), id="of another")]
)
def test_token_of_nobody_is_refused(token: str) -> None:
    with pytest.raises(Rejected):
        check_token(SECRET, token)


def test_without_a_session_no_token_is_good() -> None:
    with pytest.raises(Rejected):
        check_token("", form_token(""))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://["},
        {"Referer": "http://["},
        {"Referer": "https://evil.example/console/"},
        {"Origin": "{url}", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "{url}", "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_form_of_another_site_does_nothing(console: Console, headers: dict[str, str]) -> None:
    stated = {name: value.format(url=console.url) for name, value in headers.items()}
    async with console.person(Role.ADMINISTRATOR) as person:
        answer = await person.send(LOCK, {}, headers=stated)
        assert (answer.status, "TRUC-466" in answer.text) == (403, True)
    assert not (await console.desk.named("viewer.one")).locked


async def test_browser_that_states_only_where_it_was_is_believed(console: Console) -> None:
    async with console.person(Role.ADMINISTRATOR) as person:
        answer = await person.send(LOCK, {}, headers={"Referer": f"{console.url}/console/accounts"})
        assert answer.status == 200
    assert (await console.desk.named("viewer.one")).locked


async def test_form_without_its_token_or_with_one_of_another_session_does_nothing(console: Console) -> None:
    async with console.person(Role.ADMINISTRATOR) as person, console.person(Role.VIEWER) as other:
        for token in ("", form_token(other.cookie()), form_token(person.cookie("truc-H14-visit"))):
            assert (await person.send(LOCK, {}, token=token)).status == 403
    assert not (await console.desk.named("viewer.one")).locked


async def test_every_page_bears_the_policy_and_nothing_is_kept(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        for path in ("/console/", "/console/login", "/console/nowhere", "/console/accounts"):
            headers = (await person.open(path)).headers
            assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
            assert "Strict-Transport-Security" not in headers


async def test_behind_a_proxy_with_https_cookies_are_for_https_only_and_forms_name_its_address() -> None:
    async with (
        listening_console(settings={"url": "https://truc.caobang.gov.vn"}) as console,
        console.person() as person,
    ):
        answer = await person.open("/console/login")
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-truc-H14-visit=")
        for mark in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert mark in cookie
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert (await person.send("/console/login", {}, on="/console/login")).status == 403


async def test_forms_over_ipv6_are_of_this_site_too() -> None:
    async with listening_console(settings={"host": "::1"}) as console:
        assert console.url.startswith("http://[::1]:")
        async with console.person(Role.VIEWER) as person:
            assert (await person.open("/console/")).status == 200
        assert (await console.journal("console.login"))[-1].detail["address"] == "::1"
