"""
The application: who gets in where, and what every refusal looks like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from gateway.core.catalogue import DISK_FULL, STORE_BUSY
from gateway.core.errors import Unavailable, find
from gateway.ports import KeyUse
from gateway.v1.operations import NODE, Body, Operation, PathParameter
from gateway.v1.shapes import Problem
from gateway.v1.transfer import body
from tests.kit.api import Api, listening_api
from tests.kit.office import COMMUNE, DISTRICT, PROVINCE, document, with_files

# The commune is a stranger to the letter that the province sent to the district.
CALLERS = ("nobody", "wrong", "locked", "commune", "district", "province", "operator")

# Route → what each caller gets. The letter goes from the province to the district and is not fetched yet; the
# subscription is the district's.
# 404 to the stranger and to a letter that does not exist are the same; 409: not fetched.
ACCESS: dict[tuple[str, str], tuple[int, int, int, int, int, int, int]] = {
    ("POST", "/v1/letters"): (401, 401, 403, 403, 403, 201, 403),
    ("GET", "/v1/letters"): (401, 401, 403, 200, 200, 200, 200),
    ("GET", "/v1/letters/{letter_id}"): (401, 401, 403, 404, 200, 200, 404),
    ("GET", "/v1/letters/{letter_id}.asice"): (401, 401, 403, 404, 200, 200, 404),
    ("GET", "/v1/letters/{letter_id}.edxml"): (401, 401, 403, 404, 200, 200, 404),
    ("GET", "/v1/letters/{letter_id}/metadata"): (401, 401, 403, 404, 200, 200, 404),
    ("GET", "/v1/letters/{letter_id}/attachments/{index}"): (401, 401, 403, 404, 200, 200, 404),
    ("GET", "/v1/letters/{letter_id}/verification"): (401, 401, 403, 404, 200, 200, 404),
    ("POST", "/v1/letters/{letter_id}/statuses"): (401, 401, 403, 404, 201, 404, 404),
    ("OPTIONS", "/v1/uploads"): (204,) * 7,
    ("POST", "/v1/uploads"): (401, 401, 403, 201, 201, 201, 201),
    ("GET", "/v1/uploads/{upload_id}"): (401, 401, 403, 404, 404, 200, 404),  # the province began it
    ("PATCH", "/v1/uploads/{upload_id}"): (401, 401, 403, 404, 404, 204, 404),
    ("DELETE", "/v1/uploads/{upload_id}"): (401, 401, 403, 404, 404, 204, 404),
    ("GET", "/v1/statistics"): (401, 401, 403, 200, 200, 200, 200),
    ("GET", "/v1/stats"): (401, 401, 403, 200, 200, 200, 200),
    ("GET", "/v1/stats.csv"): (401, 401, 403, 200, 200, 200, 200),
    ("GET", "/v1/stats.xlsx"): (401, 401, 403, 200, 200, 200, 200),
    ("GET", "/v1/stats/indicators.csv"): (401, 401, 403, 200, 200, 200, 200),
    ("GET", "/v1/stats/public"): (404,) * 7,  # off unless an operator says otherwise
    ("GET", "/v1/quota"): (401, 401, 403, 200, 200, 200, 200),
    ("GET", "/v1/diary"): (401, 401, 403, 400, 400, 400, 400),  # which diary?
    ("GET", "/v1/diary.csv"): (401, 401, 403, 400, 400, 400, 400),
    ("GET", "/v1/diary.xlsx"): (401, 401, 403, 400, 400, 400, 400),
    ("GET", "/v1/keys"): (401, 401, 403, 200, 200, 200, 200),
    ("POST", "/v1/keys"): (401, 401, 403, 403, 403, 403, 201),
    ("PATCH", "/v1/keys/{key_id}"): (401, 401, 403, 403, 403, 403, 200),
    ("POST", "/v1/keys/{key_id}/rotate"): (401, 401, 403, 404, 200, 404, 200),  # the key is the district's
    ("GET", "/v1/agencies/{code}/terms"): (401, 401, 403, 403, 403, 403, 200),
    ("PUT", "/v1/agencies/{code}/terms"): (401, 401, 403, 403, 403, 403, 200),
    ("GET", "/v1/agencies"): (401, 401, 403, 200, 200, 200, 200),
    ("GET", "/v1/errors/{code}"): (200,) * 7,
    ("GET", "/v1/openapi.json"): (200,) * 7,
    ("GET", "/v1/docs"): (200,) * 7,
    ("GET", "/v1/health"): (200,) * 7,
    ("GET", "/v1/ready"): (200,) * 7,
    ("GET", "/healthz"): (200,) * 7,
    ("GET", "/readyz"): (200,) * 7,
    ("GET", "/metrics"): (401, 401, 403, 403, 403, 403, 200),
    ("GET", "/v1/mailbox"): (401, 401, 403, 200, 200, 200, 200),
    ("GET", "/v1/mailbox/history"): (401, 401, 403, 200, 200, 200, 200),
    ("POST", "/v1/mailbox/replay"): (401, 401, 403, 200, 200, 200, 200),
    ("GET", "/v1/mailbox/{letter_id}"): (401, 401, 403, 404, 200, 404, 404),
    ("POST", "/v1/mailbox/{letter_id}/ack"): (401, 401, 403, 404, 409, 404, 404),
    ("GET", "/v1/subscriptions"): (401, 401, 403, 200, 200, 200, 200),
    ("POST", "/v1/subscriptions"): (401, 401, 403, 201, 201, 201, 400),  # an operator says for whom
    ("GET", "/v1/subscriptions/{subscription_id}"): (401, 401, 403, 404, 200, 404, 200),
    ("PATCH", "/v1/subscriptions/{subscription_id}"): (401, 401, 403, 404, 200, 404, 200),
    ("DELETE", "/v1/subscriptions/{subscription_id}"): (401, 401, 403, 404, 204, 404, 204),
    ("POST", "/v1/subscriptions/{subscription_id}/ping"): (401, 401, 403, 404, 202, 404, 202),
    ("POST", "/v1/subscriptions/{subscription_id}/rotate"): (401, 401, 403, 404, 200, 404, 200),
    ("GET", "/v1/notices"): (401, 401, 403, 200, 200, 200, 200),
    ("POST", "/v1/notices/{number}/redeliver"): (401, 401, 403, 404, 404, 404, 404),  # there is none
}
QUERY = {("GET", "/v1/letters"): "?find=x", ("GET", "/v1/agencies"): "?q=x"}
SUBSCRIPTION = b'{"channel": "webhook", "address": "https://qlvb.vn/truc"}'
BODY = {
    ("POST", "/v1/letters"): document(PROVINCE, COMMUNE),
    ("POST", "/v1/letters/{letter_id}/statuses"): b'{"code": "03"}',
    ("POST", "/v1/subscriptions"): SUBSCRIPTION,
    ("PATCH", "/v1/subscriptions/{subscription_id}"): b"{}",
    ("PATCH", "/v1/uploads/{upload_id}"): b"12345",
    ("POST", "/v1/keys"): b'{"agencies": ["%s"]}' % DISTRICT.encode(),
    ("PATCH", "/v1/keys/{key_id}"): b'{"locked": true}',
    ("POST", "/v1/keys/{key_id}/rotate"): b"{}",
    ("PUT", "/v1/agencies/{code}/terms"): b"{}",
    ("POST", "/v1/mailbox/replay"): b'{"since": "2026-11-23T00:00:00Z"}',
}
TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Offset": "0"}


def headers_of(api: Api, caller: str) -> dict[str, str]:
    if caller == "nobody":
        return {}
    if caller == "wrong":
        return {"Authorization": f"Bearer truc_{'x' * 43}"}
    return api.bearer(caller)


async def sent_letter(api: Api, http: aiohttp.ClientSession) -> str:
    data = with_files(PROVINCE, DISTRICT, {"12.pdf": b"%PDF-1.4"})
    async with http.post("/v1/letters", data=data, headers=api.bearer("province")) as response:
        assert response.status == 201
        letter_id: str = (await response.json())["letter_id"]
        return letter_id


async def begun_upload(api: Api, http: aiohttp.ClientSession) -> str:
    async with http.post("/v1/uploads", headers={**api.bearer("province"), **TUS}) as response:
        assert response.status == 201
        upload_id: str = (await response.json())["id"]
        return upload_id


async def subscribed(api: Api, http: aiohttp.ClientSession) -> str:
    headers = api.bearer("district")
    async with http.post("/v1/subscriptions", data=SUBSCRIPTION, headers=headers) as response:
        assert response.status == 201
        subscription_id: str = (await response.json())["subscription"]["id"]
        return subscription_id


@pytest.mark.parametrize(
    ("method", "route", "caller", "expected"),
    [
        (method, route, caller, status)
        for (method, route), statuses in ACCESS.items()
        for caller, status in zip(CALLERS, statuses, strict=True)
    ],
)
async def test_every_route_lets_in_exactly_who_may(
    api: Api, http: aiohttp.ClientSession, method: str, route: str, caller: str, expected: int
) -> None:
    letter_id = await sent_letter(api, http)
    path = route.replace("{letter_id}", letter_id).replace("errors/{code}", "errors/TRUC-404")
    path = path.replace("agencies/{code}", f"agencies/{DISTRICT}").replace("{number}", "1")
    path = path.replace("{key_id}", "key-of-district").replace("{index}", "0")
    if "{subscription_id}" in path:
        path = path.replace("{subscription_id}", await subscribed(api, http))
    headers = headers_of(api, caller)
    if "/v1/uploads" in path:
        headers |= TUS | {"Content-Type": "application/offset+octet-stream"}
        path = path.replace("{upload_id}", await begun_upload(api, http))
    path += QUERY.get((method, route), "")
    data = BODY.get((method, route))
    async with http.request(method, path, data=data, headers=headers) as response:
        assert response.status == expected, await response.text()
        if expected >= 400:
            assert response.content_type == "application/problem+json"


async def test_access_table_names_every_route() -> None:
    """A new route needs a row above before it can be merged."""
    async with listening_api() as api:
        served = api.routes()
    assert served == set(ACCESS)


def test_open_operations_are_those_that_reveal_nothing() -> None:
    """Probes of the machines around the node, what an error code means, and how /v1 is called."""
    anyone = {route for (_, route), statuses in ACCESS.items() if max(statuses) < 300}
    probes = {"/v1/health", "/v1/ready", "/healthz", "/readyz"}
    about = {*probes, "/v1/errors/{code}", "/v1/openapi.json", "/v1/docs"}
    assert anyone == {*about, "/v1/uploads"}  # of uploads only what tus can do here


async def test_locking_a_key_takes_effect_at_once(api: Api, http: aiohttp.ClientSession) -> None:
    headers = api.bearer("district")
    async with http.get("/v1/mailbox", headers=headers) as response:
        assert response.status == 200
    api.keys.lock("district")
    async with http.get("/v1/mailbox", headers=headers) as response:
        assert (response.status, (await response.json())["code"]) == (403, "TRUC-419")


async def test_letter_of_another_agency_looks_like_none(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await sent_letter(api, http)
    absent = letter_id[:-1] + "f"
    told = []
    for path in (f"/v1/mailbox/{letter_id}", f"/v1/mailbox/{absent}"):
        async with http.get(path, headers=api.bearer("commune")) as response:
            problem = await response.json()
            told.append(
                (response.status, {k: v for k, v in problem.items() if k in ("code", "title", "next")})
            )
    assert told[0] == told[1]


async def test_one_key_may_stand_for_several_agencies(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await sent_letter(api, http)
    async with http.get(f"/v1/mailbox/{letter_id}", headers=api.bearer("both")) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "TRUC-415"),
        ("GET", "/v1/nothing", 404, "TRUC-415"),
        ("GET", "/v1/../etc/passwd", 404, "TRUC-415"),
        ("DELETE", "/v1/letters", 405, "TRUC-416"),
        ("PUT", "/v1/mailbox", 405, "TRUC-416"),
        ("HEAD", "/v1/mailbox", 405, ""),
        ("PROPFIND", "/v1/letters", 405, "TRUC-416"),
    ],
)
async def test_wrong_paths_and_methods_are_problems_too(
    http: aiohttp.ClientSession, method: str, path: str, status: int, code: str
) -> None:
    async with http.request(method, path) as response:
        assert response.status == status
        assert response.content_type == "application/problem+json"
        assert not code or (await response.json())["code"] == code
        assert status != 405 or "GET" in response.headers["Allow"]


async def failing(request: web.Request) -> web.Response:
    match request.match_info["how"]:
        case "bug":
            raise ValueError("secret text of a document")
        case "busy":
            raise Unavailable(find(STORE_BUSY, detail="lock"))
        case "full":
            raise Unavailable(find(DISK_FULL))
        case "too-large":
            raise web.HTTPRequestEntityTooLarge(1, 2)
        case "media":
            raise web.HTTPUnsupportedMediaType
        case "moved":
            raise web.HTTPFound("/v1/health")
        case _:
            response = web.StreamResponse()
            response.content_length = 1000
            await response.prepare(request)
            await response.write(b"x" * 10)
            raise ValueError("in the middle")


FAILING = Operation(
    method="GET",
    path="/v1/failing/{how}",
    name="fail",
    tag=NODE,
    vi="Lỗi",
    en="Fails",
    handler=failing,
    parameters=(PathParameter("how", "cách", "how", ".*", "bug"),),
    answers=(),
)


@pytest.mark.parametrize(
    ("how", "status", "code", "retry_after"),
    [
        ("bug", 500, "TRUC-900", None),
        ("busy", 503, "TRUC-702", "30"),
        ("full", 507, "TRUC-701", "30"),
        ("too-large", 413, "TRUC-413", None),
        ("media", 415, "TRUC-414", None),
    ],
)
async def test_what_a_handler_raises_becomes_a_problem(
    how: str, status: int, code: str, retry_after: str | None
) -> None:
    async with (
        listening_api(more=[FAILING]) as api,
        aiohttp.ClientSession(api.url) as http,
        http.get(f"/v1/failing/{how}", headers=api.bearer("province")) as response,
    ):
        problem = Problem.read(await response.read())
        assert problem is not None
        assert (response.status, problem.status, problem.code) == (status, status, code)
        assert response.headers.get("Retry-After") == retry_after


async def test_fault_of_ours_shows_only_a_number_that_the_log_has_too() -> None:
    async with (
        listening_api(more=[FAILING]) as api,
        aiohttp.ClientSession(api.url) as http,
        http.get("/v1/failing/bug", headers=api.bearer("province")) as response,
    ):
        text = await response.text()
        problem = await response.json()
    assert "secret" not in text
    assert "Traceback" not in text
    (line,) = api.log("internal.error")
    assert line["incident"] == problem["incident"]
    assert (line["error"], line["route"]) == ("ValueError", "/v1/failing/{how}")
    assert "secret" not in api.stream.getvalue()
    assert api.metrics.registry.get_sample_value("truc_internal_errors_total", {"where": "http"}) == 1


async def test_answer_that_fails_half_way_is_broken_off_not_completed() -> None:
    async with (
        listening_api(more=[FAILING]) as api,
        aiohttp.ClientSession(api.url) as http,
        http.get("/v1/failing/half", headers=api.bearer("province")) as response,
    ):
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
    assert [line["error"] for line in api.log("internal.error")] == ["ValueError"]


async def test_redirect_of_a_route_passes() -> None:
    async with (
        listening_api(more=[FAILING]) as api,
        aiohttp.ClientSession(api.url) as http,
        http.get("/v1/failing/moved", headers=api.bearer("province"), allow_redirects=False) as response,
    ):
        assert response.status == 302


async def test_operation_that_says_nothing_of_keys_is_closed_without_one() -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=b"".join([chunk async for chunk in body(request)]))

    operation = Operation(
        method="POST",
        path="/v1/echo",
        name="echo",
        tag=NODE,
        vi="Tiếng vọng",
        en="Echo",
        handler=echo,
        bodies=(Body("text/plain", "Bất kỳ", "Anything"),),
        answers=(),
    )
    async with (
        listening_api(more=[operation]) as api,
        aiohttp.ClientSession(api.url) as http,
    ):
        async with http.post("/v1/echo", data=b"x") as response:
            assert response.status == 401
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
        async with http.post("/v1/echo", data=b"x", headers=api.bearer("province")) as response:
            assert await response.read() == b"x"


async def test_every_answer_bears_the_safe_headers(http: aiohttp.ClientSession) -> None:
    for path in ("/v1/health", "/v1/mailbox", "/nowhere"):
        async with http.get(path) as response:
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Cache-Control"] == "no-store"
            assert response.headers["Server"] == "truc"
            assert len(response.headers["X-Request-Id"]) == 16


async def test_nul_in_a_path_is_no_path_for_anybody(api: Api) -> None:
    """PostgreSQL takes no text with one; what is asked of it with one is a fault of ours."""
    named = sorted((method, path) for method, path in api.routes() if "{" in path)
    assert len(named) > 10
    async with aiohttp.ClientSession() as session:
        for method, path in named:
            at = re.sub(r"\{[^}]+\}", "a%00b", path)
            address = URL(f"{api.url}{at}", encoded=True)
            async with session.request(method, address, headers=api.bearer("operator")) as answer:
                assert answer.status == 404, (method, path)
                assert "\u0000" not in await answer.text()


async def test_use_of_a_key_is_noted_with_address_and_software_and_a_wrong_key_is_not() -> None:
    async with listening_api() as api, aiohttp.ClientSession() as session:
        for headers in ({"Authorization": "Bearer truc_" + "x" * 43}, api.bearer("province")):
            async with session.get(
                f"{api.url}/v1/quota", headers={**headers, "User-Agent": "QLVB/2.1"}
            ) as answer:
                await answer.read()
        written: list[KeyUse] = []

        async def note(uses: Iterable[KeyUse]) -> None:
            written.extend(uses)

        await api.used.write(note, api.clock.now())
        assert written == [KeyUse("key-of-province", api.clock.now(), "127.0.0.1", "QLVB/2.1")]
