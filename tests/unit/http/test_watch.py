"""
What is seen of a request: one line, one count, and nothing that somebody searched for.
"""

from __future__ import annotations

from ipaddress import ip_network

import aiohttp
import pytest

from tests.kit.api import Api, listening_api
from tests.kit.office import DISTRICT, PROVINCE, document

CANARY = "Nguyen-Van-Kin"


async def test_one_line_per_request_says_who_what_and_how_it_ended(
    api: Api, http: aiohttp.ClientSession
) -> None:
    async with http.post("/v1/letters", data=b"rubbish", headers=api.bearer("province")):
        pass
    (line,) = api.log("http.request")
    assert line["caller"] == "key-of-province"
    assert (line["method"], line["route"], line["status"]) == ("POST", "/v1/letters", 400)
    assert (line["codes"], line["size"]) == ("TRUC-101", 7)


async def test_log_and_metrics_never_show_what_was_searched_or_sent(
    api: Api, http: aiohttp.ClientSession
) -> None:
    headers = api.bearer("province")
    for path in (f"/v1/letters?find={CANARY}", f"/v1/{CANARY}", f"/v1/letters/{CANARY}"):
        async with http.get(path, headers={**headers, "X-Request-Id": f"{CANARY} {CANARY}"}):
            pass
    letter = document(PROVINCE, DISTRICT, body=CANARY)
    async with http.post("/v1/letters", data=letter, headers=headers):
        pass
    async with http.get("/metrics", headers=api.bearer("operator")) as response:
        metrics = await response.text()
    assert CANARY not in api.stream.getvalue()
    assert CANARY not in metrics
    assert api.key("province") not in api.stream.getvalue()


async def test_unknown_paths_count_as_one_route(api: Api, http: aiohttp.ClientSession) -> None:
    for path in ("/a", "/b", "/c"):
        async with http.get(path):
            pass
    labels = {"method": "any", "route": "none", "status": "404"}
    assert api.metrics.registry.get_sample_value("truc_http_requests_total", labels) == 3


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [("abcdef-123456", True), ("0" * 64, True), ("short", False), ("0" * 65, False), ("a b c d e f", False)],
)
async def test_callers_own_request_id_is_kept_if_it_looks_like_one(
    api: Api, http: aiohttp.ClientSession, given: str, is_kept: bool
) -> None:
    async with http.get("/v1/health", headers={"X-Request-Id": given}) as response:
        assert (response.headers["X-Request-Id"] == given) is is_kept
    (line,) = api.log("http.request")
    assert line["request_id"] == response.headers["X-Request-Id"]


async def test_problem_and_log_bear_the_same_request_id(api: Api, http: aiohttp.ClientSession) -> None:
    async with http.get("/v1/mailbox") as response:
        problem = await response.json()
    (line,) = api.log("http.request")
    assert problem["request_id"] == line["request_id"]


async def test_log_names_the_client_and_not_the_proxy_before_it() -> None:
    for proxies, expected in (((), "127.0.0.1"), ((ip_network("127.0.0.0/8"),), "203.0.113.9")):
        async with (
            listening_api(proxies=proxies) as api,
            aiohttp.ClientSession(api.url, headers={"X-Forwarded-For": "203.0.113.9"}) as http,
            http.get("/v1/health"),
        ):
            pass
        assert [line["address"] for line in api.log("http.request")] == [expected]
