"""
What a node says of itself and of the axis, to callers and to anybody.
"""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from gateway.core.model import NodeId
from gateway.http.surroundings import Health
from gateway.v1.transfer import Limits
from tests.kit.api import Api, listening_api
from tests.kit.office import CLOSED, COMMUNE, DISTRICT, PROVINCE, document


async def got(api: Api, http: aiohttp.ClientSession, path: str, who: str = "province") -> Any:
    async with http.get(path, headers=api.bearer(who)) as response:
        return await response.json()


async def test_agencies_are_found_without_marks(api: Api, http: aiohttp.ClientSession) -> None:
    page = await got(api, http, "/v1/agencies?q=truong+ha")
    assert [(a["code"], a["node_name"], a["is_open"]) for a in page["agencies"]] == [
        (COMMUNE, "Nút Cao Bằng", True)
    ]
    assert page["directory_version"] == 7


@pytest.mark.parametrize(("code", "found"), [("h14.31", [DISTRICT]), (CLOSED, [CLOSED]), ("X99", [])])
async def test_agency_is_found_by_any_of_its_codes(
    api: Api, http: aiohttp.ClientSession, code: str, found: list[str]
) -> None:
    page = await got(api, http, f"/v1/agencies?code={code}")
    assert [a["code"] for a in page["agencies"]] == found


async def test_closed_agency_names_its_successor(api: Api, http: aiohttp.ClientSession) -> None:
    (agency,) = (await got(api, http, f"/v1/agencies?code={CLOSED}"))["agencies"]
    assert (agency["is_open"], agency["successor"]) == (False, COMMUNE)


@pytest.mark.parametrize(
    "query", ["", "?q=", "?q=x&limit=0", "?q=x&limit=201", "?q=x&limit=many", "?q=x&limit=-1"]
)
async def test_wrong_search_for_agencies_is_refused(
    api: Api, http: aiohttp.ClientSession, query: str
) -> None:
    assert (await got(api, http, f"/v1/agencies{query}"))["code"] == "TRUC-414"


async def test_error_code_explains_itself(http: aiohttp.ClientSession) -> None:
    async with http.get("/v1/errors/TRUC-409") as response:
        fault = await response.json()
    assert (fault["name"], fault["status"]) == ("key-reused", 409)
    async with http.get("/v1/errors/TRUC-000") as response:
        assert (response.status, (await response.json())["code"]) == (404, "TRUC-415")


async def test_health_shows_the_nodes_clock(http: aiohttp.ClientSession) -> None:
    async with http.get("/v1/health") as response:
        assert await response.json() == {"alive": True, "node": "H14", "time": "2026-11-23T01:00:00Z"}


@pytest.mark.parametrize(
    ("health", "status"),
    [
        (Health(store=True, links={NodeId("G22"): True}), 200),
        (Health(store=True, links={NodeId("G22"): False}), 200),  # letters wait in the store
        (Health(store=False, links={NodeId("G22"): True}), 503),
        (Health(store=True, draining=True), 503),
    ],
)
async def test_node_is_ready_while_it_can_keep_letters(
    api: Api, http: aiohttp.ClientSession, health: Health, status: int
) -> None:
    api.health = health
    async with http.get("/v1/ready") as response:
        shape = await response.json()
        assert (response.status, shape["ready"]) == (status, status == 200)
    assert shape["links"] == dict(health.links)


async def test_probe_that_fails_means_not_ready(api: Api, http: aiohttp.ClientSession) -> None:
    del api.health  # the callback raises AttributeError
    async with http.get("/v1/ready") as response:
        assert (response.status, (await response.json())["store"]) == (503, False)
    assert len(api.log("http.not_ready")) == 1


async def test_metrics_are_this_nodes_own(api: Api, http: aiohttp.ClientSession) -> None:
    data, key = document(PROVINCE, DISTRICT), api.bearer("province")
    async with http.post("/v1/letters", data=data, headers=key):
        pass
    async with http.get("/metrics", headers=api.bearer("operator")) as response:
        text = await response.text()
    assert response.content_type == "text/plain"
    assert 'truc_http_requests_total{method="POST",route="/v1/letters",status="201"} 1.0' in text


async def test_metrics_can_be_opened() -> None:
    async with (
        listening_api(Limits(open_metrics=True)) as api,
        aiohttp.ClientSession(api.url) as http,
        http.get("/metrics") as response,
    ):
        assert response.status == 200
