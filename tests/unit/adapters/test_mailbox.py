"""
The mailbox: list, fetch, acknowledge; nobody else's mail, and nothing lost between the steps.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from adapters.mailbox import MailboxAdapter
from gateway.core.catalogue import BLOB_DAMAGED
from gateway.core.errors import Unavailable, find
from gateway.core.model import Dialect, LetterId
from gateway.ports import Caller, OpenLetter, Terms
from tests.kit.api import Api, listening_api
from tests.kit.board import small_board
from tests.kit.office import COMMUNE, DISTRICT, PROVINCE, SmallOffice, document, one_chunk, with_files

SENDER = Caller("sender", frozenset({PROVINCE}))


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with listening_api() as listening:
        yield listening


@pytest_asyncio.fixture
async def http(api: Api) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(api.url, headers=api.bearer("district")) as session:
        yield session


async def put(api: Api, *recipients: str, body: str = "x") -> LetterId:
    letter = document(PROVINCE, *(recipients or (DISTRICT,)), body=body)
    return (await api.office.accept(one_chunk(letter), SENDER)).letter_id


async def listed(http: aiohttp.ClientSession, query: str = "") -> dict[str, Any]:
    async with http.get(f"/v1/mailbox{query}") as response:
        page: dict[str, Any] = await response.json()
        return page


async def test_letter_waits_until_the_agency_comes(api: Api) -> None:
    letter_id = await put(api)
    letter = await api.office.open(Caller("k", frozenset({DISTRICT})), letter_id)
    async with small_board() as board:
        adapter = MailboxAdapter(board.workplace(None))
    assert await adapter.deliverer().deliver(letter) is False
    assert adapter.pollers() == ()


async def test_list_shows_what_waits_oldest_first(api: Api, http: aiohttp.ClientSession) -> None:
    first, second = await put(api, body="1"), await put(api, body="2")
    page = await listed(http)
    assert [item["letter_id"] for item in page["items"]] == [first, second]
    assert page["items"][0]["sender_name"] == "UBND tỉnh Cao Bằng"
    assert page["next"] is None


async def test_list_goes_on_page_by_page(api: Api, http: aiohttp.ClientSession) -> None:
    letters = [await put(api, body=str(n)) for n in range(5)]
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = await listed(http, f"?limit=2&after={after}")
        seen += [item["letter_id"] for item in page["items"]]
        after = page["next"]
    assert seen == letters


@pytest.mark.parametrize(("kind", "count"), [("document", 1), ("status", 0)])
async def test_list_by_kind(api: Api, http: aiohttp.ClientSession, kind: str, count: int) -> None:
    await put(api)
    assert len((await listed(http, f"?kind={kind}"))["items"]) == count


@pytest.mark.parametrize(
    "query",
    ["?kind=letter", "?after=-1", "?after=x", f"?after={2**63}", "?limit=0", "?limit=1001", "?cursor=1"],
)
async def test_wrong_list_is_refused(http: aiohttp.ClientSession, query: str) -> None:
    page = await listed(http, query)
    assert (page["status"], page["code"]) == (400, "TRUC-414")


async def test_fetch_gives_exactly_the_senders_bytes(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await put(api, body="Xin chào\r\n" * 300_000)
    data = api.office.kept[letter_id].data
    async with http.get(f"/v1/mailbox/{letter_id}") as response:
        assert await response.read() == data
        assert response.headers["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'
        assert response.content_length == len(data)
        assert response.content_type == "application/xml"
        assert response.headers["Content-Disposition"] == f'attachment; filename="{letter_id}.edxml"'
        assert response.headers["Cache-Control"] == "no-store"


async def test_fetch_alone_ends_nothing(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await put(api)
    async with http.get(f"/v1/mailbox/{letter_id}"):
        pass
    assert [item["letter_id"] for item in (await listed(http))["items"]] == [letter_id]


async def test_acknowledged_letter_leaves_the_list_and_twice_is_harmless(
    api: Api, http: aiohttp.ClientSession
) -> None:
    letter_id = await put(api)
    async with http.get(f"/v1/mailbox/{letter_id}"):
        pass
    for _ in range(2):
        async with http.post(f"/v1/mailbox/{letter_id}/ack") as response:
            assert (response.status, await response.read()) == (204, b"")
    assert (await listed(http))["items"] == []


async def test_acknowledgement_needs_a_fetch(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await put(api)
    async with http.post(f"/v1/mailbox/{letter_id}/ack") as response:
        assert (response.status, (await response.json())["code"]) == (409, "TRUC-417")


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/ack")])
async def test_mail_of_another_looks_like_none(
    api: Api, http: aiohttp.ClientSession, method: str, path: str
) -> None:
    letter_id = await put(api, COMMUNE)
    async with http.request(method, f"/v1/mailbox/{letter_id}{path}") as response:
        assert (response.status, (await response.json())["code"]) == (404, "TRUC-404")
    assert (await listed(http))["items"] == []


async def test_head_is_no_fetch(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await put(api)
    async with http.head(f"/v1/mailbox/{letter_id}") as response:
        assert response.status == 405
    assert api.office.kept[letter_id].fetched == set()


class DamagedOffice(SmallOffice):
    """An office whose disk fails, before the first piece or after it."""

    good_pieces = 0

    async def open(self, caller: Caller, letter_id: LetterId) -> OpenLetter:
        letter = await super().open(caller, letter_id)

        def chunks() -> Iterator[bytes]:
            yield from list(letter.chunks())[: self.good_pieces]
            raise Unavailable(find(BLOB_DAMAGED, detail="x"))

        return replace(letter, chunks=chunks)


@pytest.mark.parametrize("good_pieces", [0, 1])
async def test_damaged_letter_is_never_handed_out_as_a_whole(good_pieces: int) -> None:
    office = DamagedOffice()
    office.good_pieces = good_pieces
    async with listening_api(office=office) as api, aiohttp.ClientSession(api.url) as http:
        letter = document(PROVINCE, DISTRICT, body="x" * 3_000_000)
        letter_id = (await office.accept(one_chunk(letter), SENDER)).letter_id
        async with http.get(f"/v1/mailbox/{letter_id}", headers=api.bearer("district")) as response:
            if good_pieces:
                with pytest.raises(aiohttp.ClientPayloadError):
                    await response.read()
            else:
                assert (response.status, (await response.json())["code"]) == (500, "TRUC-704")


# --- waiting, and catching up ----------------------------------------------------------------------


async def test_waiting_ends_when_something_comes(api: Api, http: aiohttp.ClientSession) -> None:
    waiting = asyncio.create_task(listed(http, "?wait=55"))
    while not api.clock.sleepers:
        await asyncio.sleep(0.01)
    letter_id = await put(api)
    api.clock.advance(55)  # the small office looks up only then
    assert [item["letter_id"] for item in (await waiting)["items"]] == [letter_id]


async def test_waiting_ends_with_an_empty_page_when_its_time_is_over(
    api: Api, http: aiohttp.ClientSession
) -> None:
    waiting = asyncio.create_task(listed(http, "?wait=5"))
    while not api.clock.sleepers:
        await asyncio.sleep(0.01)
    api.clock.advance(5)
    assert await waiting == {"items": [], "next": None}


async def test_nobody_waits_while_there_is_something(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await put(api)
    assert [item["letter_id"] for item in (await listed(http, "?wait=55"))["items"]] == [letter_id]


@pytest.mark.parametrize("query", ["?wait=56", "?wait=-1", "?wait=x", "?wait=1.5"])
async def test_wrong_waits_are_refused(http: aiohttp.ClientSession, query: str) -> None:
    assert (await listed(http, query))["code"] == "TRUC-414"


async def acknowledged(http: aiohttp.ClientSession, letter_id: LetterId) -> None:
    async with http.get(f"/v1/mailbox/{letter_id}") as response:
        await response.read()
    async with http.post(f"/v1/mailbox/{letter_id}/ack") as response:
        assert response.status == 204


async def test_history_has_what_was_acknowledged_too(api: Api, http: aiohttp.ClientSession) -> None:
    one, two = await put(api, body="1"), await put(api, body="2")
    await acknowledged(http, one)
    async with http.get("/v1/mailbox/history?limit=1") as response:
        page = await response.json()
    assert [item["letter_id"] for item in page["items"]] == [one]
    async with http.get(f"/v1/mailbox/history?after={page['next']}") as response:
        assert [item["letter_id"] for item in (await response.json())["items"]] == [two]
    async with http.get("/v1/mailbox/history?since=2026-11-23T01:00:01Z") as response:
        assert (await response.json())["items"] == []


async def test_what_was_lost_is_listed_again(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await put(api)
    await acknowledged(http, letter_id)
    assert (await listed(http))["items"] == []
    for since, again in (("2026-11-23T01:00:01Z", 0), ("2026-11-23T08:00:00+07:00", 1)):
        async with http.post("/v1/mailbox/replay", json={"since": since}) as response:
            assert await response.json() == {"offered_again": again}
    assert [item["letter_id"] for item in (await listed(http))["items"]] == [letter_id]


@pytest.mark.parametrize("said", ["", "{}", '{"since": "2026-11-23"}', '{"since": 0}', '{"from": "x"}'])
async def test_wrong_replay_is_refused(http: aiohttp.ClientSession, said: str) -> None:
    async with http.post("/v1/mailbox/replay", data=said) as response:
        assert (response.status, (await response.json())["code"]) == (400, "TRUC-414")


# --- dialects --------------------------------------------------------------------------------------


async def test_letter_comes_in_another_dialect_only_where_it_is_asked_for(
    api: Api, http: aiohttp.ClientSession
) -> None:
    data = with_files(PROVINCE, DISTRICT, {"bang.xlsx": b"table"})
    letter_id = (await api.office.accept(one_chunk(data), SENDER)).letter_id
    api.office.agreed[DISTRICT] = Terms(dialect=Dialect.JAVA_SDK)
    async with http.get(f"/v1/mailbox/{letter_id}") as response:
        assert await response.read() == data
    async with http.get(f"/v1/mailbox/{letter_id}?dialect=java-sdk") as response:
        rendered = await response.read()
        assert (response.status, "ETag" in response.headers) == (200, False)
    assert b"<ContentType>application/zip<" in rendered.replace(b"edXML:", b"")
    async with http.get(f"/v1/mailbox/{letter_id}?dialect=klingon") as response:
        assert response.status == 400


async def test_letter_that_cannot_be_written_anew_is_refused_in_words(
    api: Api, http: aiohttp.ClientSession
) -> None:
    letter_id = await put(api)  # no edXML by its namespace
    async with http.get(f"/v1/mailbox/{letter_id}?dialect=dotnet") as response:
        assert response.content_type == "application/problem+json"
