"""
/v1/letters: every operation says what it promises, and says so when the request is wrong.
"""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from gateway.v1.transfer import Limits
from tests.kit.api import Api, listening_api
from tests.kit.office import CLOSED, COMMUNE, DISTRICT, PROVINCE, document


async def sent(
    api: Api,
    http: aiohttp.ClientSession,
    data: bytes | None = None,
    query: str = "",
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, Any]]:
    data = document(PROVINCE, DISTRICT) if data is None else data
    every = {**api.bearer("province"), **(headers or {})}
    async with http.post(f"/v1/letters{query}", data=data, headers=every) as response:
        return response.status, await response.json()


ONCE = {"Idempotency-Key": "once"}


# --- sending -------------------------------------------------------------------------------------


async def test_new_letter_is_created_and_has_a_place(api: Api, http: aiohttp.ClientSession) -> None:
    async with http.post(
        "/v1/letters", data=document(PROVINCE, DISTRICT), headers=api.bearer("province")
    ) as response:
        answer = await response.json()
        assert response.status == 201
        assert response.headers["Location"] == f"/v1/letters/{answer['letter_id']}"
    assert answer["accepted_at"] == "2026-11-23T01:00:00Z"
    assert answer["recipients"] == [{"named": DISTRICT, "served": DISTRICT, "code": "", "vi": "", "en": ""}]


async def test_repeated_letter_gets_the_first_answer(api: Api, http: aiohttp.ClientSession) -> None:
    _, first = await sent(api, http)
    status, second = await sent(api, http)
    assert (status, second["repeated"], second["letter_id"]) == (200, True, first["letter_id"])


async def test_dry_run_queues_nothing(api: Api, http: aiohttp.ClientSession) -> None:
    status, answer = await sent(api, http, query="?dry_run=true")
    assert (status, answer["letter_id"], api.office.kept) == (200, "", {})


async def test_further_recipients_can_be_named_in_the_query(api: Api, http: aiohttp.ClientSession) -> None:
    _, answer = await sent(api, http, query=f"?to={COMMUNE}&to={CLOSED}")
    assert [r["named"] for r in answer["recipients"]] == [COMMUNE, CLOSED]
    assert [r["served"] for r in answer["recipients"]] == [COMMUNE, COMMUNE]


async def test_unknown_recipient_is_told_beside_the_known_one(api: Api, http: aiohttp.ClientSession) -> None:
    status, answer = await sent(api, http, document(PROVINCE, DISTRICT, "X99"))
    assert status == 201
    assert answer["recipients"][1] == {
        "named": "X99",
        "served": "",
        "code": "TRUC-405",
        "vi": "Đơn vị nhận X99 không tồn tại",
        "en": "The recipient X99 does not exist",
    }


async def test_findings_of_an_accepted_letter_are_warnings_in_the_answer(
    api: Api, http: aiohttp.ClientSession
) -> None:
    _, answer = await sent(api, http, b"\xef\xbb\xbf" + document(PROVINCE, DISTRICT))
    assert [(f["code"], f["severity"]) for f in answer["findings"]] == [("TRUC-114", "warning")]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "TRUC-118"),
        (b"rubbish", 400, "TRUC-101"),
        (document(DISTRICT, PROVINCE), 403, "TRUC-403"),
        (document(PROVINCE, "X99"), 422, "TRUC-408"),
    ],
)
async def test_refused_letter_is_a_problem_with_all_findings(
    api: Api, http: aiohttp.ClientSession, data: bytes, status: int, code: str
) -> None:
    answered, problem = await sent(api, http, data)
    assert (answered, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"/v1/errors/{code}"
    assert problem["findings"][0]["code"] == code
    assert api.office.kept == {}


async def test_same_idempotency_key_gets_the_same_answer(api: Api, http: aiohttp.ClientSession) -> None:
    _, first = await sent(api, http, headers=ONCE)
    status, second = await sent(api, http, headers=ONCE)
    assert (status, second["letter_id"]) == (200, first["letter_id"])


async def test_idempotency_key_with_other_bytes_is_a_conflict(api: Api, http: aiohttp.ClientSession) -> None:
    await sent(api, http, headers=ONCE)
    status, problem = await sent(api, http, document(PROVINCE, COMMUNE), headers=ONCE)
    assert (status, problem["code"]) == (409, "TRUC-409")


@pytest.mark.parametrize(
    ("query", "headers", "detail"),
    [
        ("?dry_run=perhaps", {}, "dry_run=perhaps (true, false)"),
        ("?dryrun=true", {}, "?dryrun (to, ttl, deliver_by, dry_run)"),
        ("", {"Idempotency-Key": "a b"}, "Idempotency-Key: 1–255 ASCII"),
        ("", {"Idempotency-Key": "x" * 256}, "Idempotency-Key: 1–255 ASCII"),
    ],
)
async def test_wrong_options_are_refused_before_anything_is_sent(
    api: Api, http: aiohttp.ClientSession, query: str, headers: dict[str, str], detail: str
) -> None:
    """A misspelt `dry_run` that is ignored would send the letter."""
    status, problem = await sent(api, http, query=query, headers=headers)
    assert (status, problem["code"]) == (400, "TRUC-414")
    assert problem["findings"][0]["params"] == {"detail": detail}
    assert api.office.kept == {}


async def test_letter_beyond_the_document_limit_is_refused() -> None:
    limits = Limits(document_bytes=1000)
    async with listening_api(limits) as api, aiohttp.ClientSession(api.url) as http:
        status, problem = await sent(api, http, document(PROVINCE, DISTRICT, body="x" * 1000))
    assert (status, problem["code"]) == (413, "TRUC-413")


# --- statuses ------------------------------------------------------------------------------------


async def reported(api: Api, http: aiohttp.ClientSession, data: bytes) -> tuple[int, dict[str, Any]]:
    _, answer = await sent(api, http)
    path = f"/v1/letters/{answer['letter_id']}/statuses"
    async with http.post(path, data=data, headers=api.bearer("district")) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("code", ["3", "03"])
async def test_status_goes_to_the_sender(api: Api, http: aiohttp.ClientSession, code: str) -> None:
    said = {"code": code, "description": "Đã vào sổ", "staff": "Văn thư"}
    status, answer = await reported(api, http, json.dumps(said).encode())
    assert (status, answer["kind"]) == (201, "status")
    assert [r["served"] for r in answer["recipients"]] == [PROVINCE]
    (kept,) = [k for k in api.office.kept.values() if k.statuses]
    assert (kept.statuses[0].code, kept.statuses[0].staff) == ("03", "Văn thư")


@pytest.mark.parametrize(
    ("data", "element", "detail"),
    [
        (b"", "", "JSON: json_invalid"),
        (b"{", "", "JSON: json_invalid"),
        (b"[]", "", "JSON: model_type"),
        (b"\xff\xfe", "", "JSON: json_invalid"),
        (b"{}", "code", "code: missing"),
        (b'{"code": "done"}', "code", "code: string_pattern_mismatch (^[0-9]{1,2}$)"),
        (b'{"code": 3}', "code", "code: string_type"),
        (b'{"code": "123"}', "code", "code: string_pattern_mismatch (^[0-9]{1,2}$)"),
        (b'{"code": "02", "reason": "x"}', "reason", "reason: extra_forbidden"),
    ],
)
async def test_wrong_json_names_the_field(
    api: Api, http: aiohttp.ClientSession, data: bytes, element: str, detail: str
) -> None:
    status, problem = await reported(api, http, data)
    assert (status, problem["code"]) == (400, "TRUC-414")
    assert (problem["findings"][0]["element"], problem["findings"][0]["params"]) == (
        element,
        {"detail": detail},
    )


async def test_huge_json_is_refused(api: Api, http: aiohttp.ClientSession) -> None:
    status, problem = await reported(api, http, b" " * 70_000)
    assert (status, problem["code"]) == (413, "TRUC-413")


# --- tracking ------------------------------------------------------------------------------------


async def got(api: Api, http: aiohttp.ClientSession, path: str, who: str = "province") -> Any:
    async with http.get(path, headers=api.bearer(who)) as response:
        return await response.json()


async def test_tracking_says_where_the_letter_is_in_words(api: Api, http: aiohttp.ClientSession) -> None:
    _, answer = await sent(api, http)
    letter = await got(api, http, f"/v1/letters/{answer['letter_id']}")
    (recipient,) = letter["recipients"]
    assert recipient["stage"] == {
        "code": "waiting",
        "vi": "chờ đơn vị lấy về",
        "en": "waiting for pick-up",
        "is_final": False,
    }
    assert (recipient["way"], recipient["holder_name"]) == (["H14"], "Nút Cao Bằng")


@pytest.mark.parametrize("letter_id", ["1", "x" * 36, "019ab000-0000-7000-8000-00000000ffff", "%00"])
async def test_what_cannot_be_a_letter_looks_like_an_unknown_one(
    api: Api, http: aiohttp.ClientSession, letter_id: str
) -> None:
    problem = await got(api, http, f"/v1/letters/{letter_id}")
    assert (problem["status"], problem["code"]) == (404, "TRUC-404")
