"""
Keys over /v1: an operator gives them out, an agency changes its own, and each is shown once.
"""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from gateway.keys import key_hash
from tests.kit.api import Api
from tests.kit.office import COMMUNE, DISTRICT, PROVINCE


async def call(
    api: Api, http: aiohttp.ClientSession, method: str, path: str, said: Any = None, who: str = "operator"
) -> tuple[int, Any]:
    async with http.request(method, path, json=said, headers=api.bearer(who)) as response:
        return response.status, await response.json()


async def test_new_key_works_and_is_never_shown_again(api: Api, http: aiohttp.ClientSession) -> None:
    said = {"label": "QLVB", "agencies": ["h14.31"], "certificate": "AB" * 32}
    status, made = await call(api, http, "POST", "/v1/keys", said)
    assert (status, made["key"]["agencies"], made["key"]["certificate"]) == (201, [DISTRICT], "ab" * 32)
    assert api.keys.by_hash[key_hash(made["secret"])].label == "QLVB"
    _, listed = await call(api, http, "GET", "/v1/keys")
    assert made["key"] in listed["keys"]
    assert made["secret"] not in str(listed)


async def test_system_gets_a_secret_or_keeps_the_one_it_has(api: Api, http: aiohttp.ClientSession) -> None:
    said = {"agencies": [PROVINCE, DISTRICT], "system_id": "vxp.h14", "may_register": True}
    _, made = await call(api, http, "POST", "/v1/keys", said)
    assert (made["key"]["system_id"], made["key"]["may_register"]) == ("vxp.h14", True)
    assert len(made["secret"]) >= 40
    _, moved = await call(api, http, "POST", "/v1/keys", {**said, "secret": "c2VjcmV0"})
    assert moved["secret"] == "c2VjcmV0"


async def test_agency_sees_its_own_key_only(api: Api, http: aiohttp.ClientSession) -> None:
    _, listed = await call(api, http, "GET", "/v1/keys", who="district")
    assert [key["key_id"] for key in listed["keys"]] == ["key-of-district"]


async def test_agency_changes_its_own_key_without_a_pause(api: Api, http: aiohttp.ClientSession) -> None:
    said = {"overlap_days": 1}
    status, made = await call(api, http, "POST", "/v1/keys/key-of-district/rotate", said, "district")
    assert (status, made["key"]["agencies"]) == (200, [DISTRICT])
    former = api.bearer("district")
    api.keys.by_name["district"] = made["secret"]
    for headers in (former, api.bearer("district")):
        async with http.get("/v1/mailbox", headers=headers) as response:
            assert response.status == 200
    api.clock.advance(24 * 3600)
    async with http.get("/v1/mailbox", headers=former) as response:
        assert response.status == 401


async def test_nobody_changes_the_key_of_another(api: Api, http: aiohttp.ClientSession) -> None:
    for key_id in ("key-of-province", "key-of-nobody"):
        status, problem = await call(api, http, "POST", f"/v1/keys/{key_id}/rotate", {}, "district")
        assert (status, problem["code"]) == (404, "TRUC-441")


async def test_locking_counts_at_once_and_can_be_undone(api: Api, http: aiohttp.ClientSession) -> None:
    for locked, status in ((True, 403), (False, 200)):
        _, key = await call(api, http, "PATCH", "/v1/keys/key-of-district", {"locked": locked})
        assert key["locked"] is locked
        assert (await call(api, http, "GET", "/v1/keys", who="district"))[0] == status


async def test_operator_does_not_lock_the_door_behind_himself(api: Api, http: aiohttp.ClientSession) -> None:
    status, problem = await call(api, http, "PATCH", "/v1/keys/key-of-operator", {"locked": True})
    assert (status, problem["code"]) == (400, "TRUC-414")


@pytest.mark.parametrize(
    ("method", "path", "said", "status", "code"),
    [
        ("POST", "/v1/keys", {"agencies": []}, 400, "TRUC-414"),
        ("POST", "/v1/keys", {"agencies": ["X99"]}, 404, "TRUC-808"),
        ("POST", "/v1/keys", {"agencies": [COMMUNE], "operator": True}, 400, "TRUC-414"),
        ("POST", "/v1/keys", {"agencies": [COMMUNE], "secret": "abc"}, 400, "TRUC-414"),
        ("POST", "/v1/keys", {"agencies": [COMMUNE], "certificate": "xyz"}, 400, "TRUC-414"),
        ("POST", "/v1/keys", {"agencies": [COMMUNE], "system_id": "hệ thống"}, 400, "TRUC-414"),
        ("PATCH", "/v1/keys/key-of-district", {"locked": "yes"}, 400, "TRUC-414"),
        ("PATCH", "/v1/keys/000000000000", {"locked": True}, 404, "TRUC-441"),
        ("POST", "/v1/keys/key-of-district/rotate", {"overlap_days": 91}, 400, "TRUC-414"),
        ("POST", "/v1/keys/key-of-district/rotate", {"overlap_days": "NaN"}, 400, "TRUC-414"),
        ("PUT", f"/v1/agencies/{DISTRICT}/terms", {"dialect": "klingon"}, 400, "TRUC-414"),
        ("PUT", f"/v1/agencies/{DISTRICT}/terms", {"letters_per_day": -1}, 400, "TRUC-414"),
        ("PUT", "/v1/agencies/X99/terms", {}, 404, "TRUC-808"),
        ("GET", "/v1/agencies/X99/terms", None, 404, "TRUC-808"),
    ],
)
async def test_wrong_wishes_change_nothing(
    api: Api, http: aiohttp.ClientSession, method: str, path: str, said: Any, status: int, code: str
) -> None:
    before = dict(api.keys.by_hash)
    answered, problem = await call(api, http, method, path, said)
    assert (answered, problem["code"]) == (status, code)
    assert (api.keys.by_hash, api.keys.agreed) == (before, {})


async def test_terms_are_agreed_and_told(api: Api, http: aiohttp.ClientSession) -> None:
    said = {"dialect": "java-sdk", "letters_per_day": 2000}
    _, terms = await call(api, http, "PUT", "/v1/agencies/h14.31/terms", said)
    assert terms == {"agency": DISTRICT, **said, "bytes_per_day": 0}
    assert (await call(api, http, "GET", f"/v1/agencies/{DISTRICT}/terms"))[1] == terms
    _, other = await call(api, http, "GET", f"/v1/agencies/{COMMUNE}/terms")
    assert (other["dialect"], other["letters_per_day"]) == ("as-sent", 0)
