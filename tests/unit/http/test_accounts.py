"""
Figures and quotas of one's own.
"""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from gateway.ports import Terms
from tests.kit.api import Api
from tests.kit.office import DISTRICT, PROVINCE, document


async def got(api: Api, http: aiohttp.ClientSession, path: str, who: str = "province") -> Any:
    async with http.get(path, headers=api.bearer(who)) as response:
        return await response.json()


async def send(api: Api, http: aiohttp.ClientSession) -> None:
    async with http.post(
        "/v1/letters", data=document(PROVINCE, DISTRICT), headers=api.bearer("province")
    ) as response:
        assert response.status == 201
    api.clock.advance(1)


async def test_figures_are_those_of_the_caller(api: Api, http: aiohttp.ClientSession) -> None:
    await send(api, http)
    mine = await got(api, http, "/v1/statistics")
    assert (mine["documents_sent"], mine["documents_received"], mine["agencies"]) == (1, 0, [PROVINCE])
    assert mine["since"] == "2026-10-24T01:00:01Z"  # thirty days before
    theirs = await got(api, http, "/v1/statistics", "district")
    assert (theirs["documents_received"], theirs["waiting"]) == (1, 1)
    assert (await got(api, http, "/v1/statistics", "commune"))["bytes_received"] == 0


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?since=2026-11-23T00:00:00Z&until=2026-11-24T00:00:00Z", 1),
        ("?until=2026-11-23T01:00:00Z", 0),
        ("?since=2026-11-24T00:00:00Z&until=2026-11-23T00:00:00Z", 0),
        ("?until=0001-01-02T00:00:00Z", 0),
    ],
)
async def test_only_the_span_counts(api: Api, http: aiohttp.ClientSession, query: str, count: int) -> None:
    await send(api, http)
    assert (await got(api, http, f"/v1/statistics{query}"))["documents_sent"] == count


@pytest.mark.parametrize("query", ["?since=2026-11-23", "?until=x", "?from=2026-11-23T00:00:00Z"])
async def test_wrong_spans_are_refused(api: Api, http: aiohttp.ClientSession, query: str) -> None:
    assert (await got(api, http, f"/v1/statistics{query}"))["code"] == "TRUC-414"


async def test_quota_tells_what_is_left(api: Api, http: aiohttp.ClientSession) -> None:
    api.office.agreed[PROVINCE] = Terms(letters_per_day=10)
    await send(api, http)
    (quota,) = (await got(api, http, "/v1/quota"))["quotas"]
    assert (quota["agency"], quota["letters"], quota["letters_per_day"]) == (PROVINCE, 1, 10)
    assert quota["bytes_per_day"] is None
