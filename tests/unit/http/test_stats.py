"""/v1/stats: figures of periods for programs."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from gateway.config import ReportsSection
from gateway.core.calendar import Calendar
from gateway.core.deadlines import Reckoning
from tests.kit.api import Api, listening_api
from tests.kit.office import DISTRICT, NOW, PROVINCE

SETTINGS = ReportsSection(indicators={"CT.01": "received", "CT.02": "electronic_share"}, public=True)


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with listening_api(reporting=SETTINGS) as listening:
        await fill(listening)
        yield listening


async def fill(api: Api) -> None:
    """Two documents at the door of the province, one at that of the district; all counted."""
    for agency in (PROVINCE, PROVINCE, DISTRICT):
        await api.board.arrive(agency)
    while await api.board.store.count_lines(Reckoning(Calendar(), NOW), 100):
        pass


async def ask(api: Api, path: str, key: str = "", status: int = 200) -> tuple[bytes, dict[str, str]]:
    headers = api.bearer(key) if key else {}
    async with aiohttp.ClientSession() as session, session.get(f"{api.url}{path}", headers=headers) as answer:
        assert answer.status == status, await answer.text()
        return await answer.read(), dict(answer.headers)


async def stats(api: Api, path: str, key: str = "") -> Any:
    body, _ = await ask(api, path, key)
    return json.loads(body)


async def test_operator_gets_all_agencies_and_the_configured_indicators(api: Api) -> None:
    told = await stats(api, "/v1/stats", "operator")
    assert told["period"] == {"name": "2026-11", "first": "2026-11-01", "last": "2026-11-30"}
    received = {row["code"]: row["figures"]["received"] for row in told["agencies"]}
    assert received == {PROVINCE: 2, DISTRICT: 1}
    assert told["total"]["figures"]["received"] == 3
    assert [(i["code"], i["value"]) for i in told["indicators"]] == [("CT.01", 3), ("CT.02", 1.0)]
    assert told["lines_left"] == 0


async def test_agency_gets_its_own_figures_only(api: Api) -> None:
    told = await stats(api, "/v1/stats?period=2026-Q4", "district")
    assert [row["code"] for row in told["agencies"]] == [DISTRICT]
    assert told["total"]["figures"]["received"] == 1
    table, _ = await ask(api, "/v1/stats.csv", "district")
    assert PROVINCE not in table.decode()


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("period=2026", "2026"),
        ("period=2026-Q4", "2026-Q4"),
        ("first=2026-11-01&last=2026-11-30", "2026-11"),
        ("first=2026-11-02&last=2026-11-23", "2026-11-02…2026-11-23"),
    ],
)
async def test_periods_are_asked_for_by_name_or_by_days(api: Api, query: str, name: str) -> None:
    assert (await stats(api, f"/v1/stats?{query}", "operator"))["period"]["name"] == name


@pytest.mark.parametrize(
    "query",
    [
        *("period=2026-13", "period=26", "period=2026-Q5", "first=2026-11-01", "month=2026-11"),
        *("first=2026-11-02&last=2026-11-01", "first=1000-01-01&last=9999-12-31"),
        "first=2026-11-01&last=2026-11-30&period=2026",
    ],
)
async def test_period_that_is_none_is_refused(api: Api, query: str) -> None:
    body, _ = await ask(api, f"/v1/stats?{query}", "operator", status=400)
    assert b"TRUC-414" in body


async def test_files_hold_the_same_figures(api: Api) -> None:
    table, headers = await ask(api, "/v1/stats.csv?period=2026-11", "operator")
    assert headers["Content-Disposition"] == 'attachment; filename="thong-ke-20261101-20261130.csv"'
    lines = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    received = {line["Mã · Code"]: line["Văn bản nhận · Documents received"] for line in lines}
    assert received == {PROVINCE: "2", DISTRICT: "1", "": "3"}
    codes, _ = await ask(api, "/v1/stats/indicators.csv", "operator")
    assert ",CT.01,received,Văn bản nhận,Documents received,3" in codes.decode("utf-8-sig")
    book, _ = await ask(api, "/v1/stats.xlsx", "operator")
    sheets = zipfile.ZipFile(io.BytesIO(book)).read("xl/workbook.xml").decode()
    assert "Chỉ tiêu" in sheets


async def test_totals_are_public_only_where_the_operator_says_so(api: Api) -> None:
    told = await stats(api, "/v1/stats/public")
    assert told["total"]["figures"]["received"] == 3
    assert "agencies" not in told
    await api.board.arrive(PROVINCE)
    while await api.board.store.count_lines(Reckoning(Calendar(), NOW), 100):
        pass
    assert (await stats(api, "/v1/stats/public"))["total"]["figures"]["received"] == 3  # for a minute
    api.clock.advance(timedelta(minutes=1))
    assert (await stats(api, "/v1/stats/public"))["total"]["figures"]["received"] == 4
    async with listening_api() as closed:
        await ask(closed, "/v1/stats/public", status=404)


async def test_nobody_without_a_key_gets_more(api: Api) -> None:
    for path in ("/v1/stats", "/v1/stats.csv", "/v1/stats.xlsx", "/v1/stats/indicators.csv"):
        await ask(api, path, status=401)


async def test_who_asks_for_all_periods_pushes_out_none_and_for_none_that_has_not_begun(api: Api) -> None:
    assert (await stats(api, "/v1/stats/public"))["total"]["figures"]["received"] == 3
    await api.board.arrive(PROVINCE)
    while await api.board.store.count_lines(Reckoning(Calendar(), NOW), 100):
        pass
    for year in range(2023, 2026):
        for part in ("", *(f"-{month:02}" for month in range(1, 13)), *(f"-Q{n}" for n in range(1, 5))):
            await stats(api, f"/v1/stats/public?period={year}{part}")
    for period in ("2027", "2026-12", "2099-Q1"):
        await ask(api, f"/v1/stats/public?period={period}", status=400)
    assert (await stats(api, "/v1/stats/public"))["total"]["figures"]["received"] == 3  # still remembered
