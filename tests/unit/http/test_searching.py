"""
Search: by whatever an agency knows of a letter, and for a system that lost our answer.
"""

from __future__ import annotations

import hashlib
from typing import Any

import aiohttp
import pytest

from tests.kit.api import Api
from tests.kit.office import DISTRICT, PROVINCE, document


async def sent(api: Api, http: aiohttp.ClientSession, number: int, who: str = "province") -> str:
    pair = (PROVINCE, DISTRICT) if who == "province" else (DISTRICT, PROVINCE)
    data = document(*pair, document_id=f"id-{number}")
    async with http.post("/v1/letters", data=data, headers=api.bearer(who)) as response:
        letter_id: str = (await response.json())["letter_id"]
        return letter_id


async def found(api: Api, http: aiohttp.ClientSession, query: str = "") -> Any:
    async with http.get(f"/v1/letters{query}", headers=api.bearer("province")) as response:
        return await response.json()


def ids(page: Any) -> list[str]:
    return [line["letter_id"] for line in page["letters"]]


async def test_without_a_wish_the_newest_come_first(api: Api, http: aiohttp.ClientSession) -> None:
    one, two = await sent(api, http, 1), await sent(api, http, 2)
    page = await found(api, http)
    assert (ids(page), page["next"]) == ([two, one], None)
    assert page["letters"][0] | {"tracking": None} == page["letters"][0]
    assert (page["letters"][0]["direction"], page["letters"][0]["recipients"]) == ("sent", [DISTRICT])


async def test_tracking_comes_where_it_is_asked_for(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await sent(api, http, 1)
    (line,) = (await found(api, http, "?find=id-1&full=true"))["letters"]
    assert line["tracking"]["letter_id"] == letter_id
    assert line["tracking"]["recipients"][0]["stage"]["code"] == "waiting"


async def test_whoever_lost_the_answer_finds_the_letter_by_its_digest(
    api: Api, http: aiohttp.ClientSession
) -> None:
    await sent(api, http, 1)
    letter_id = await sent(api, http, 2)
    digest = hashlib.sha256(document(PROVINCE, DISTRICT, document_id="id-2")).hexdigest()
    assert ids(await found(api, http, f"?sha256={digest.upper()}")) == [letter_id]


async def test_pages_follow_each_other(api: Api, http: aiohttp.ClientSession) -> None:
    sent_ids = [await sent(api, http, number) for number in range(5)]
    got, query = [], "?limit=2"
    while True:
        page = await found(api, http, query)
        got += ids(page)
        if page["next"] is None:
            break
        query = f"?limit=2&before={page['next']}"
    assert got == sent_ids[::-1]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?direction=sent", 1),
        ("?direction=received", 1),
        ("?kind=status", 0),
        ("?document_id=id-1", 1),
        ("?find=id-9", 0),
        ("?code=1/x", 0),
        ("?issue_date=2026-11-23", 0),
        ("?since=2026-11-23T01:00:00Z", 2),
        ("?since=2026-11-23T08:00:01%2B07:00", 0),
        ("?until=2026-11-23T01:00:00Z", 0),
        ("?find=", 2),
    ],
)
async def test_all_that_is_asked_for_must_fit(
    api: Api, http: aiohttp.ClientSession, query: str, count: int
) -> None:
    await sent(api, http, 1)
    await sent(api, http, 2, "district")
    assert len(ids(await found(api, http, query))) == count


async def test_others_letters_are_not_found(api: Api, http: aiohttp.ClientSession) -> None:
    await sent(api, http, 1)
    async with http.get("/v1/letters", headers=api.bearer("commune")) as response:
        assert (await response.json())["letters"] == []


@pytest.mark.parametrize(
    "query",
    [
        *("?sha256=x", "?direction=up", "?since=yesterday", "?since=2026-11-23", "?issue_date=23/11/2026"),
        *("?before=1", "?limit=0", "?limit=101", "?full=perhaps", "?q=x", f"?find={'x' * 201}"),
    ],
)
async def test_wrong_wishes_are_refused(api: Api, http: aiohttp.ClientSession, query: str) -> None:
    assert (await found(api, http, query))["code"] == "TRUC-414"
