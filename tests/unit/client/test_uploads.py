"""
A large document over a line that breaks: it goes on where the node really is.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.client import Retries, TrucClient
from gateway.client.uploads import PIECE
from gateway.core.errors import Rejected, Unavailable
from tests.kit.api import Api, listening_api
from tests.kit.office import DISTRICT, PROVINCE, document

BIG = document(PROVINCE, DISTRICT, body="x" * (2 * PIECE))


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with listening_api() as listening:
        yield listening


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "big.edxml"
    path.write_bytes(BIG)
    return path


async def no_sleep(_seconds: float) -> None:
    """Retries at once."""


def client(api: Api, url: str = "", tries: int = 3) -> TrucClient:
    return TrucClient(url or api.url, api.key("province"), retries=Retries(tries=tries), sleep=no_sleep)


async def test_large_letter_goes_in_pieces_and_the_node_forgets_the_upload(api: Api, file: Path) -> None:
    told: list[tuple[int, int | None]] = []
    async with client(api) as office:
        answer = await office.send_resumable(file, progress=lambda *step: told.append(step))
    assert api.office.kept[answer.letter_id].data == BIG  # type: ignore[index]
    assert told[-1] == (len(BIG), len(BIG))
    assert sum(line["method"] == "PATCH" for line in api.log("http.request")) == 3
    assert list(api.uploads.iterdir()) == []


class Cutter:
    """A way to the node that breaks off every second PATCH: before it, or after it was carried out."""

    def __init__(self, api: Api, *, after: bool) -> None:
        self._api, self._after, self._patches = api, after, 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        cuts = False
        if request.method == "PATCH":
            self._patches += 1
            cuts = self._patches % 2 == 1
        if not cuts or self._after:
            body = await request.read()
            headers = {
                k: v for k, v in request.headers.items() if k not in ("Host", "Content-Length", "Expect")
            }
            async with (
                aiohttp.ClientSession() as session,
                session.request(
                    request.method, self._api.url + request.path_qs, data=io.BytesIO(body), headers=headers
                ) as response,
            ):
                told = {k: v for k, v in response.headers.items() if k.startswith(("Upload", "Location"))}
                answer = web.Response(
                    status=response.status,
                    body=await response.read(),
                    content_type=response.content_type,
                    headers=told,
                )
        if cuts:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return answer


@pytest.mark.parametrize("after", [False, True])
async def test_line_that_breaks_costs_one_piece_at_most(api: Api, file: Path, after: bool) -> None:
    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", Cutter(api, after=after).handle)
    async with TestServer(app) as way, client(api, str(way.make_url("/"))) as office:
        answer = await office.send_resumable(file)
    assert api.office.kept[answer.letter_id].data == BIG  # type: ignore[index]


@dataclass
class Note:
    """A note of an upload that is kept in memory."""

    ids: list[str] = field(default_factory=list)

    def upload_id(self) -> str | None:
        return self.ids[-1] if self.ids else None

    def keep(self, upload_id: str) -> None:
        self.ids.append(upload_id)


async def test_later_call_goes_on_with_the_same_upload(api: Api, file: Path) -> None:
    note = Note()
    one_piece_is_there = asyncio.Event()

    def look(done: int, _whole: int | None) -> None:
        if done > PIECE:
            one_piece_is_there.set()

    async with client(api) as office:
        running = asyncio.create_task(office.send_resumable(file, note=note, progress=look))
        await one_piece_is_there.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    seen: list[int] = []
    async with client(api) as office:
        answer = await office.send_resumable(file, note=note, progress=lambda done, _: seen.append(done))
    assert note.ids[0] == note.ids[1]
    assert min(seen) > PIECE
    assert api.office.kept[answer.letter_id].data == BIG  # type: ignore[index]


async def test_upload_that_is_gone_or_another_is_begun_anew(api: Api, file: Path) -> None:
    gone = "upl_" + "0" * 32
    note = Note([gone])
    async with client(api) as office:
        await office.send_resumable(file, note=note)
    assert note.ids[0] == gone
    assert note.ids[1] != gone


async def test_refused_letter_leaves_its_upload_to_expire(api: Api, tmp_path: Path) -> None:
    (tmp_path / "bad.edxml").write_bytes(b"rubbish")
    async with client(api) as office:
        with pytest.raises(Rejected):
            await office.send_resumable(tmp_path / "bad.edxml")


async def test_node_that_stays_away_is_told_after_the_tries(api: Api, file: Path) -> None:
    async with client(api, "http://127.0.0.1:9", tries=2) as office:
        with pytest.raises(Unavailable):
            await office.send_resumable(file)
