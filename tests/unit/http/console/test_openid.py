from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from aiohttp import web

from gateway.config import OidcSection
from gateway.core.errors import Rejected, Unavailable
from gateway.http.console.openid import MOST_BYTES, Attempt, Provider
from gateway.ports import Act, Role
from tests.kit.builders import PROVINCE_OFFICE
from tests.kit.clock import ManualClock
from tests.kit.console import Answer, Console, Person, listening_console
from tests.kit.openid import CLIENT, CLIENT_SECRET, SmallProvider, new_rsa, running_provider

LAN = {
    "preferred_username": "Lan.Nguyen",
    "name": "Nguyễn Thị Lan",
    "groups": ["can-bo", "truc-operator"],
}
ROLES = {"truc-operator": "operator", "truc-admin": "administrator", "van-thu": "agency"}


@asynccontextmanager
async def with_provider(**person: Any) -> AsyncIterator[tuple[Console, SmallProvider]]:
    """A console whose people are known to a provider, and the provider."""
    async with running_provider(ManualClock()) as provider:
        oidc = {
            "issuer": provider.url,
            "client_id": CLIENT,
            "client_secret": "env:OIDC_SECRET",
            "label": "Cổng SSO của tỉnh",
            "roles": ROLES,
        }
        async with listening_console(oidc=oidc, environ={"OIDC_SECRET": CLIENT_SECRET}) as console:
            provider.clock = console.clock
            provider.person = {**LAN, **person}
            yield console, provider


async def log_in(person: Person) -> Answer:
    return await person.open("/console/openid?to=%2Fconsole%2Faccount")


async def test_person_of_the_provider_is_in_as_what_the_groups_say() -> None:
    async with with_provider() as (console, _), console.person() as person:
        assert "Cổng SSO của tỉnh" in (await person.open("/console/login")).words
        answer = await log_in(person)
        assert (answer.status, answer.url.path) == (200, "/console/account")
        account = await console.desk.named("lan.nguyen")
        assert (account.role, account.full_name, account.password) == (Role.OPERATOR, "Nguyễn Thị Lan", "")
        events = [(row.event, row.detail["by"]) for row in await console.journal()][-2:]
        assert events == [("console.account_add", "lan.nguyen"), ("console.login", "lan.nguyen")]


async def test_later_login_finds_the_same_account_and_brings_it_up_to_date() -> None:
    async with with_provider() as (console, provider), console.person() as person:
        await log_in(person)
        provider.person |= {"groups": "van-thu", "organ_code": PROVINCE_OFFICE, "preferred_username": "x.y"}
        await log_in(person)
        account = await console.desk.named("lan.nguyen")
        assert (account.role, account.agency) == (Role.AGENCY, PROVINCE_OFFICE)
        assert await console.store.account("x.y") is None


async def test_administrator_who_showed_the_provider_more_than_a_password_needs_no_code_here() -> None:
    strong = {"groups": ["truc-admin"], "amr": ["pwd", "otp"]}
    async with with_provider(**strong) as (console, _), console.person() as person:
        assert (await log_in(person)).url.path == "/console/account"


async def test_administrator_who_did_not_sets_up_codes_here_first() -> None:
    async with with_provider(groups=["truc-admin"], amr=["pwd"]) as (console, _), console.person() as person:
        assert (await log_in(person)).url.path == "/console/account/totp"


async def test_name_of_somebody_else_is_not_taken_over() -> None:
    taken = {"preferred_username": "administrator.one"}
    async with with_provider(**taken) as (console, _), console.person() as person:
        answer = await log_in(person)
        assert (answer.status, "TRUC-463" in answer.text) == (409, True)


async def test_locked_account_stays_locked_whatever_the_provider_says() -> None:
    async with with_provider() as (console, _), console.person() as person:
        await log_in(person)
        act = Act(event="console.test", by="", at=console.clock.now())
        await console.store.change_account("lan.nguyen", {"locked": True}, act)
        assert (await log_in(person)).status == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"groups": ["others"]},
        {"groups": None},
        {"aud": "another client"},
        {"iss": "https://another.example"},
        {"nonce": "of another login"},
        {"nonce": None},
        {"exp": 1},
        {"exp": "tomorrow"},
        {"exp": None},
        {"iat": 99999999999},
        {"sub": None},
        {"azp": "another client"},
    ],
    ids=str,
)
async def test_token_that_is_not_for_this_login_opens_nothing(claims: dict[str, Any]) -> None:
    async with with_provider() as (console, provider), console.person() as person:
        provider.claims = claims
        answer = await log_in(person)
        assert (answer.status, "TRUC-467" in answer.text) == (403, True)
        assert await console.store.account("lan.nguyen") is None


async def test_token_signed_by_anybody_else_opens_nothing() -> None:
    async with with_provider() as (console, provider), console.person() as person:
        public = provider.key.public_key().public_numbers().n.to_bytes(256, "big")
        for provider.sign_with, provider.algorithm in (
            (new_rsa(), "RS256"),
            (public, "HS256"),
            (b"", "none"),
        ):
            assert (await log_in(person)).status == 403


async def test_new_key_of_the_provider_is_asked_for_once() -> None:
    async with with_provider() as (console, provider), console.person() as person:
        await log_in(person)
        provider.key, provider.kid, provider.listed = new_rsa(), "k2", "k2"
        assert (await log_in(person)).status == 200
        assert provider.asked.count("/keys") == 2


async def test_code_and_state_belong_to_the_browser_that_began() -> None:
    async with with_provider() as (console, provider), console.person() as person:
        first = await person.open("/console/openid", follow=False)
        sent = parse_qs(urlsplit(first.location).query)
        assert sent["redirect_uri"] == [f"{console.url}/console/openid/back"]
        for query in ("", "?state=x&code=y", f"?state={sent['state'][0]}&error=access_denied"):
            assert (await person.open(f"/console/openid/back{query}")).status == 403
        async with console.person() as victim:  # lured to the address with somebody else's code
            back = f"/console/openid/back?state={sent['state'][0]}&code=x"
            assert (await victim.open(back)).status == 403
            assert provider.asked.count("/token") == 0


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize(
    ("status", "body", "told"),
    [(500, b"", 503), (404, b"", 403), (200, b"<html>", 403), (200, b"[]", 403), (302, b"", 403)],
)
async def test_provider_that_answers_rubbish_lets_nobody_in(
    path: str, status: int, body: bytes, told: int
) -> None:
    async with with_provider() as (console, provider), console.person() as person:
        provider.answer = lambda asked: web.Response(status=status, body=body) if asked == path else None
        assert (await log_in(person)).status == told
        assert console.log("internal.error") == []


async def test_provider_that_is_gone_is_told_as_such_and_local_accounts_still_work() -> None:
    settings = {"issuer": "http://127.0.0.1:1", "client_id": CLIENT, "roles": ROLES}
    async with listening_console(oidc=settings) as console:
        async with console.person() as person:
            assert (await log_in(person)).status == 503
        async with console.person(Role.VIEWER) as person:
            assert (await person.open("/console/")).status == 200


async def test_without_a_provider_there_is_no_such_page(console: Console) -> None:
    async with console.person() as person:
        assert (await person.open("/console/openid")).status == 404
        assert (await person.open("/console/openid/back?state=x&code=y")).status == 404


async def test_secrets_are_not_sent_in_clear_over_a_network() -> None:
    provider = Provider(OidcSection(issuer="http://sso.example", client_id=CLIENT), {}, ManualClock())
    with pytest.raises(Rejected):
        await provider.login_address(Attempt.new("/"), "https://x")
    loopback = Provider(OidcSection(issuer="http://[::1]:1", client_id=CLIENT), {}, ManualClock())
    with pytest.raises(Unavailable):
        await loopback.login_address(Attempt.new("/"), "https://x")


def keys_with(provider: SmallProvider, size: int) -> web.Response:
    """The provider's keys among as many bytes more."""
    public = jwt.algorithms.RSAAlgorithm.to_jwk(provider.key.public_key(), as_dict=True)
    key = {**public, "kid": provider.listed, "use": "sig", "alg": "RS256"}
    return web.json_response({"more": "x" * size, "keys": [key]})


@pytest.mark.parametrize(("size", "status"), [(900_000, 200), (MOST_BYTES, 403)])
async def test_answer_is_read_to_its_end_and_no_further_than_it_may_be_long(size: int, status: int) -> None:
    async with with_provider() as (console, provider), console.person() as person:
        provider.answer = lambda path: keys_with(provider, size) if path == "/keys" else None
        assert (await log_in(person)).status == status


async def test_answer_whose_end_is_not_read_is_not_believed() -> None:
    async with with_provider() as (console, provider), console.person() as person:

        def padded(path: str) -> web.Response | None:
            if path != "/keys":
                return None
            text = keys_with(provider, 0).text
            assert text is not None
            return web.Response(text=text + " " * MOST_BYTES, content_type="application/json")

        provider.answer = padded
        assert (await log_in(person)).status == 403
