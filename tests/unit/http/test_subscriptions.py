"""
/v1/subscriptions and /v1/notices: who is told, with which secret, and what became of it.
"""

from __future__ import annotations

import base64
from typing import Any

import aiohttp
import pytest

from gateway.core.catalogue import BAD_REQUEST, UNKNOWN_NOTICE, UNKNOWN_SUBSCRIPTION
from gateway.ports import Channel, NoticeOutcome
from tests.kit.api import Api
from tests.kit.board import OPERATOR
from tests.kit.office import COMMUNE, DISTRICT, PROVINCE

ADDRESS = "https://qlvb.truongha.gov.vn/truc"
NOBODYS = "sub_" + "0" * 24


@pytest.fixture
def commune(api: Api, http: aiohttp.ClientSession) -> Caller:
    return Caller(api, http, "commune")


class Caller:
    """One holder of a key; every call gives status and JSON."""

    def __init__(self, api: Api, http: aiohttp.ClientSession, name: str) -> None:
        self.api, self._http, self._name = api, http, name

    def named(self, name: str) -> Caller:
        return Caller(self.api, self._http, name)

    async def call(self, method: str, path: str, json: Any = None) -> tuple[int, Any]:
        headers = self.api.bearer(self._name)
        async with self._http.request(method, path, json=json, headers=headers) as response:
            return response.status, await response.json() if response.status != 204 else None

    async def subscribed(self, **more: Any) -> dict[str, Any]:
        status, said = await self.call(
            "POST", "/v1/subscriptions", {"channel": "webhook", "address": ADDRESS, **more}
        )
        assert status == 201, said
        assert isinstance(said, dict)
        return said


async def test_new_subscription_is_shown_with_its_secret_this_once(commune: Caller) -> None:
    made = await commune.subscribed(label="QLVB xã")
    subscription, secret = made["subscription"], made["secret"]
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert subscription == {
        "id": subscription["id"],
        "agency": COMMUNE,
        "channel": "webhook",
        "address": ADDRESS,
        "occasions": ["document.arrived", "status.arrived"],
        "label": "QLVB xã",
        "is_active": True,
        "shows_subject": False,
        "former_secret_ends_at": None,
    }
    assert await commune.call("GET", f"/v1/subscriptions/{subscription['id']}") == (200, subscription)
    status, listed = await commune.call("GET", "/v1/subscriptions")
    assert (status, listed) == (200, {"subscriptions": [subscription]})
    assert secret not in str(listed)


async def test_location_leads_to_the_new_subscription(api: Api, http: aiohttp.ClientSession) -> None:
    wish = {"channel": "mail", "address": "vanthu@truongha.gov.vn"}
    async with http.post("/v1/subscriptions", json=wish, headers=api.bearer("commune")) as response:
        assert response.status == 201
        assert (await response.json())["secret"] == ""
        location = response.headers["Location"]
    async with http.get(location, headers=api.bearer("commune")) as response:
        assert (await response.json())["channel"] == "mail"


async def test_key_of_several_agencies_says_which_is_meant(commune: Caller) -> None:
    both = commune.named("both")
    wish = {"channel": "webhook", "address": ADDRESS}
    status, problem = await both.call("POST", "/v1/subscriptions", wish)
    assert (status, problem["findings"][0]["element"]) == (400, "agency")
    made = await both.subscribed(agency=DISTRICT)
    assert made["subscription"]["agency"] == DISTRICT
    status, problem = await both.call("POST", "/v1/subscriptions", {**wish, "agency": COMMUNE})
    assert (status, problem["code"]) == (400, BAD_REQUEST.code)


@pytest.mark.parametrize(
    ("element", "wish"),
    [
        ("address", {"address": "http://evil.example/"}),
        ("address", {"address": "https://169.254.169.254/"}),
        ("address", {"address": ""}),
        ("address", {"address": 5}),
        ("channel", {"channel": "sms"}),
        ("occasions", {"occasions": []}),
        ("occasions/0", {"occasions": ["document.lost"]}),
        ("occasions", {"occasions": ["ping"]}),
        ("adress", {"adress": ADDRESS}),
        ("secret", {"secret": "matkhau"}),
        ("label", {"label": "x" * 201}),
        ("agency", {"agency": PROVINCE}),
    ],
)
async def test_wrong_wish_is_answered_with_its_field(
    commune: Caller, element: str, wish: dict[str, Any]
) -> None:
    status, problem = await commune.call(
        "POST", "/v1/subscriptions", {"channel": "webhook", "address": ADDRESS, **wish}
    )
    assert (status, problem["code"]) == (400, BAD_REQUEST.code)
    assert problem["findings"][0]["element"] == element
    assert await commune.call("GET", "/v1/subscriptions") == (200, {"subscriptions": []})


@pytest.mark.parametrize("rubbish", [None, [], "x", 5, {}])
async def test_rubbish_as_wish_is_refused(commune: Caller, rubbish: Any) -> None:
    status, problem = await commune.call("POST", "/v1/subscriptions", rubbish)
    assert (status, problem["code"]) == (400, BAD_REQUEST.code)


async def test_change_replaces_only_what_is_named(commune: Caller) -> None:
    made = (await commune.subscribed(label="cũ"))["subscription"]
    path = f"/v1/subscriptions/{made['id']}"
    changed = {**made, "address": "https://moi.vn/", "is_active": False}
    said = {"address": "https://moi.vn/", "is_active": False}
    assert await commune.call("PATCH", path, said) == (200, changed)
    assert await commune.call("PATCH", path, {}) == (200, changed)
    assert await commune.call("PATCH", path, {"occasions": ["status.arrived"], "label": ""}) == (
        200,
        {**changed, "occasions": ["status.arrived"], "label": ""},
    )
    status, problem = await commune.call("PATCH", path, {"agency": PROVINCE})
    assert (status, problem["findings"][0]["element"]) == (400, "agency")


async def test_rotation_shows_a_new_secret_and_until_when_the_former_one_lives(commune: Caller) -> None:
    made = await commune.subscribed()
    path = f"/v1/subscriptions/{made['subscription']['id']}/rotate"
    status, rotated = await commune.call("POST", path)
    assert status == 200
    assert rotated["secret"] not in ("", made["secret"])
    assert rotated["subscription"]["former_secret_ends_at"] is not None


async def test_removed_subscription_is_gone(commune: Caller) -> None:
    made = (await commune.subscribed())["subscription"]
    path = f"/v1/subscriptions/{made['id']}"
    assert await commune.call("DELETE", path) == (204, None)
    status, problem = await commune.call("DELETE", path)
    assert (status, problem["code"]) == (404, UNKNOWN_SUBSCRIPTION.code)
    assert await commune.call("GET", "/v1/subscriptions") == (200, {"subscriptions": []})


@pytest.mark.parametrize("id_", [NOBODYS, "sub_1", "x", "%2e%2e%2f", "sub_" + "g" * 24, "sub_" + "0" * 9999])
@pytest.mark.parametrize(
    ("method", "act"), [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate"), ("POST", "/ping")]
)
async def test_unknown_subscription_is_not_found(commune: Caller, method: str, act: str, id_: str) -> None:
    body: Any = {} if method == "PATCH" else None
    status, problem = await commune.call(method, f"/v1/subscriptions/{id_}{act}", body)
    assert status in (404, 400)  # aiohttp itself refuses a line that is too long
    assert status == 400 or problem["code"] in (UNKNOWN_SUBSCRIPTION.code, "TRUC-415")


async def test_subscription_of_another_agency_looks_like_an_unknown_one(commune: Caller) -> None:
    made = (await commune.subscribed())["subscription"]
    stranger, path = commune.named("district"), f"/v1/subscriptions/{made['id']}"
    for method, act in [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate"), ("POST", "/ping")]:
        body: Any = {} if method == "PATCH" else None
        _, problem = await stranger.call(method, path + act, body)
        assert problem["code"] == UNKNOWN_SUBSCRIPTION.code
    assert await stranger.call("GET", "/v1/subscriptions") == (200, {"subscriptions": []})
    assert await commune.call("GET", path) == (200, made)


async def test_operator_sees_all_subscriptions(commune: Caller) -> None:
    made = (await commune.subscribed())["subscription"]
    assert await commune.named("operator").call("GET", "/v1/subscriptions") == (
        200,
        {"subscriptions": [made]},
    )


async def test_no_key_no_answer(api: Api, http: aiohttp.ClientSession) -> None:
    for path in ("/v1/subscriptions", "/v1/notices"):
        async with http.get(path) as response:
            assert response.status == 401


async def test_ping_is_listed_with_what_became_of_it(commune: Caller) -> None:
    made = (await commune.subscribed())["subscription"]
    status, pinged = await commune.call("POST", f"/v1/subscriptions/{made['id']}/ping")
    assert status == 202
    assert (pinged["occasion"], pinged["state"], pinged["letter_id"]) == ("ping", "due", "")
    assert pinged["id"].startswith("ntc_")
    assert await commune.call("GET", "/v1/notices") == (200, {"notices": [pinged], "next": None})


async def test_dead_notice_is_found_and_sent_again(commune: Caller) -> None:
    board = commune.api.board
    await commune.subscribed()
    await board.arrive(COMMUNE)
    await board.arrive(COMMUNE)
    one, _ = await board.board.claim(Channel.WEBHOOK, 10)
    await board.board.ended(one, NoticeOutcome(heard=False, code="TRUC-707", detail="HTTP 500"))
    _, page = await commune.call("GET", "/v1/notices?state=dead")
    (dead,) = page["notices"]
    assert (dead["number"], dead["code"], dead["detail"], dead["due_at"]) == (1, "TRUC-707", "HTTP 500", None)
    assert dead["letter_id"] == one.item.letter_id if one.item else False
    status, renewed = await commune.call("POST", "/v1/notices/1/redeliver")
    assert (status, renewed["state"], renewed["attempts"]) == (202, "due", 0)
    assert renewed["id"] == dead["id"]


async def test_notices_are_paged_and_filtered(commune: Caller) -> None:
    one = (await commune.subscribed())["subscription"]["id"]
    two = (await commune.subscribed())["subscription"]["id"]
    for id_ in (one, two, one):
        await commune.call("POST", f"/v1/subscriptions/{id_}/ping")
    _, page = await commune.call("GET", "/v1/notices?limit=2")
    assert ([n["number"] for n in page["notices"]], page["next"]) == ([3, 2], 2)
    _, page = await commune.call("GET", "/v1/notices?limit=2&before=2")
    assert ([n["number"] for n in page["notices"]], page["next"]) == ([1], None)
    _, page = await commune.call("GET", f"/v1/notices?subscription={one}")
    assert [n["number"] for n in page["notices"]] == [3, 1]
    _, problem = await commune.call("GET", f"/v1/notices?subscription={NOBODYS}")
    assert problem["code"] == UNKNOWN_SUBSCRIPTION.code


async def test_notice_of_another_agency_looks_like_an_unknown_one(commune: Caller) -> None:
    made = (await commune.subscribed())["subscription"]
    await commune.call("POST", f"/v1/subscriptions/{made['id']}/ping")
    stranger = commune.named("district")
    assert await stranger.call("GET", "/v1/notices") == (200, {"notices": [], "next": None})
    status, problem = await stranger.call("POST", "/v1/notices/1/redeliver")
    assert (status, problem["code"]) == (404, UNKNOWN_NOTICE.code)


@pytest.mark.parametrize("number", ["0", "-1", "1.0", "٣", "abc", "9" * 18, "9" * 400])
async def test_number_of_no_notice_is_not_found(commune: Caller, number: str) -> None:
    status, problem = await commune.call("POST", f"/v1/notices/{number}/redeliver")
    assert (status, problem["code"]) == (404, UNKNOWN_NOTICE.code)


@pytest.mark.parametrize(
    "query", ["state=lost", "limit=0", "limit=1001", "before=0", "before=x", f"before={2**63}", "after=1"]
)
async def test_wrong_query_is_refused(commune: Caller, query: str) -> None:
    status, problem = await commune.call("GET", f"/v1/notices?{query}")
    assert (status, problem["code"]) == (400, BAD_REQUEST.code)


async def test_redelivery_of_an_ended_subscription_is_refused(commune: Caller) -> None:
    made = (await commune.subscribed())["subscription"]
    await commune.call("POST", f"/v1/subscriptions/{made['id']}/ping")
    await commune.call("DELETE", f"/v1/subscriptions/{made['id']}")
    status, problem = await commune.call("POST", "/v1/notices/1/redeliver")
    assert (status, problem["code"]) == (404, UNKNOWN_SUBSCRIPTION.code)
    assert len(await commune.api.board.board.notices(OPERATOR)) == 1
