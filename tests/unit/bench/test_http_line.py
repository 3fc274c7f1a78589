from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from tests.bench.http_line import HttpLine, Unexpected

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def node(handler: Handler) -> AsyncIterator[str]:
    """The address of a server that answers everything so."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_pieces_are_sent_as_one_message_with_the_key_over_one_connection() -> None:
    seen: list[tuple[str, str, bytes, object]] = []

    async def answer(request: web.Request) -> web.Response:
        key = request.headers["Authorization"]
        seen.append((request.method, key, await request.read(), request.transport))
        return web.Response(body=b"taken", status=201)

    async with node(answer) as url, HttpLine(url, "secret") as line:
        assert await line.post("/v1/letters", (b"one ", b"letter")) == b"taken"
        assert await line.get("/v1/mailbox") == b"taken"
        assert await line.get("/v1/mailbox/1", keep=False) == b""
    assert [entry[:3] for entry in seen[:1]] == [("POST", "Bearer secret", b"one letter")]
    assert len({id(entry[3]) for entry in seen}) == 1


async def test_a_busy_node_is_asked_again_and_it_is_counted() -> None:
    answers = iter([503, 429, 204])

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=next(answers))

    async with node(answer) as url, HttpLine(url, "") as line:
        assert await line.post("/v1/mailbox/1/ack") == b""
        assert line.again == 2


async def test_a_refusal_is_told_with_the_words_of_the_node() -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=422, text="TRUC-201")

    async with node(answer) as url, HttpLine(url, "") as line:
        with pytest.raises(Unexpected, match="HTTP 422 TRUC-201"):
            await line.post("/v1/letters", (b"<edXML/>",))


async def test_a_node_that_closed_the_connection_is_reached_over_a_new_one() -> None:
    async def answer(_request: web.Request) -> web.Response:
        response = web.Response(text="here")
        response.force_close()
        return response

    async with node(answer) as url, HttpLine(url, "") as line:
        assert await line.get("/") == b"here"
        await asyncio.sleep(0)
        assert await line.get("/") == b"here"
