"""
The exchange diary over /v1.
"""

from __future__ import annotations

import csv
import io
import zipfile

import aiohttp
import pytest

from tests.kit.api import Api
from tests.kit.office import DISTRICT, PROVINCE, document


async def send(api: Api, http: aiohttp.ClientSession, *numbers: int) -> None:
    for number in numbers:
        body = document(PROVINCE, DISTRICT, document_id=f"D{number}")
        async with http.post("/v1/letters", data=body, headers=api.bearer("province")) as response:
            assert response.status == 201
        api.clock.advance(1)


async def got(api: Api, http: aiohttp.ClientSession, path: str, who: str = "province") -> bytes:
    async with http.get(path, headers=api.bearer(who)) as response:
        assert response.status == 200, await response.text()
        return await response.read()


async def test_each_side_sees_its_own_diary(api: Api, http: aiohttp.ClientSession) -> None:
    await send(api, http, 1)
    for who, direction, count in (
        *(("province", "out", 1), ("province", "in", 0)),
        *(("district", "out", 0), ("district", "in", 1), ("commune", "in", 0)),
    ):
        async with http.get(f"/v1/diary?direction={direction}", headers=api.bearer(who)) as response:
            told = await response.json()
        assert (len(told["lines"]), told["next"]) == (count, None), (who, direction)


async def test_pages_lead_to_the_end(api: Api, http: aiohttp.ClientSession) -> None:
    await send(api, http, 1, 2, 3)
    seen, cursor = [], ""
    while True:
        query = {"direction": "out", "limit": "2", **({"cursor": cursor} if cursor else {})}
        async with http.get("/v1/diary", params=query, headers=api.bearer("province")) as response:
            page = await response.json()
        seen += [line["letter_id"] for line in page["lines"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert len(set(seen)) == len(seen) == 3


async def test_csv_has_a_name_and_a_row_for_each_document(api: Api, http: aiohttp.ClientSession) -> None:
    await send(api, http, 1, 2)
    async with http.get("/v1/diary.csv?direction=in", headers=api.bearer("district")) as response:
        data = await response.read()
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert response.headers["Content-Disposition"].endswith('filename="nhat-ky-in-20261024-20261123.csv"')
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert (rows[0][0], len(rows)) == ("Ngày đến", 3)
    assert rows[1][0] == "23/11/2026"


async def test_workbook_can_be_opened(api: Api, http: aiohttp.ClientSession) -> None:
    await send(api, http, 1)
    data = await got(api, http, "/v1/diary.xlsx?direction=out")
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert "Nơi nhận văn bản" in book.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize(
    "query", ["", "?direction=up", "?direction=out&since=gestern", "?direction=out&limit=0"]
)
async def test_wrong_questions_are_refused(api: Api, http: aiohttp.ClientSession, query: str) -> None:
    async with http.get(f"/v1/diary{query}", headers=api.bearer("province")) as response:
        assert (response.status, (await response.json())["code"]) == (400, "TRUC-414")


async def test_nobody_reads_a_diary_without_a_key(http: aiohttp.ClientSession) -> None:
    for path in ("/v1/diary", "/v1/diary.csv", "/v1/diary.xlsx"):
        async with http.get(f"{path}?direction=out") as response:
            assert response.status == 401
