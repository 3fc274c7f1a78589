"""
The listening socket, spoken to in raw bytes: what is no HTTP, what is too much, what never comes.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from gateway.http.listener import listening
from gateway.observe import logger
from gateway.v1.origin import PROXIES
from gateway.v1.transfer import LIMITS, Limits
from tests.kit.api import Api, listening_api

SOON = 0.1  # seconds; limits so short that a test waits for nothing else


async def answer_to(api: Api, data: bytes) -> tuple[int, dict[str, str], bytes]:
    async with api.line() as (reader, writer):
        writer.write(data)
        return await answer_on(reader)


async def answer_on(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(head[0].split()[1]), headers, body


GET = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # TLS on a plain port
        b"rubbish\r\n\r\n",
        b"PROPFIN D / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        GET + b"Authorization: Bearer " + b"s" * 9000 + b"\r\n\r\n",
        GET + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n",
        GET + b"Host: y\r\n\r\n",
        GET + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        GET + b"Content-Length: -3\r\n\r\n",
        GET + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n",
        GET + b"no colon here\r\n\r\n",
    ],
)
async def test_broken_request_head_is_a_problem_and_the_end_of_the_connection(head: bytes) -> None:
    async with listening_api() as api, api.line() as (reader, writer):
        writer.write(head)
        status, headers, body = await answer_on(reader)
        assert await reader.read() == b""  # closed
    assert status == 400
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["code"] == "TRUC-414"
    assert b"ssss" not in body  # what was sent is never quoted: it may be a key
    assert "ssss" not in api.stream.getvalue()
    assert len(api.log("http.bad_head")) == 1


async def test_broken_head_after_a_good_request_ends_the_connection_too() -> None:
    async with listening_api() as api, api.line() as (reader, writer):
        writer.write(GET + b"\r\n")
        assert (await answer_on(reader))[0] == 200
        writer.write(b"rubbish\r\n\r\n")
        assert (await answer_on(reader))[0] == 400
        assert await reader.read() == b""


@pytest.mark.parametrize("begun", [b"", b"GET /v1/hea", GET, GET + b"X-Slow: "])
async def test_connection_that_asks_nothing_is_closed(begun: bytes) -> None:
    async with listening_api(Limits(connection_idle_seconds=SOON)) as api, api.line() as (reader, writer):
        writer.write(begun)
        assert await reader.read() == b""


async def test_connection_that_asks_nothing_more_is_closed() -> None:
    async with listening_api(Limits(connection_idle_seconds=SOON)) as api, api.line() as (reader, writer):
        writer.write(GET + b"\r\n")
        assert (await answer_on(reader))[0] == 200
        assert await reader.read() == b""


async def test_one_address_gets_only_so_many_connections() -> None:
    async with listening_api(Limits(connections_per_address=2)) as api:
        async with api.line() as first, api.line() as second:
            for reader, writer in (first, second):
                writer.write(GET + b"\r\n")
                assert (await answer_on(reader))[0] == 200
            async with api.line() as (reader, _):
                assert await reader.read() == b""
        assert len(api.log("http.too_many_connections")) == 1


async def test_closed_connection_makes_room_for_another() -> None:
    async with listening_api(Limits(connections_per_address=1)) as api:
        for _ in range(3):
            async with api.line() as (reader, writer):
                writer.write(GET + b"Connection: close\r\n\r\n")
                assert (await answer_on(reader))[0] == 200
                assert await reader.read() == b""


async def test_limit_by_address_can_be_switched_off() -> None:
    async with listening_api(Limits(connections_per_address=0)) as api:
        for _ in range(3):
            assert (await answer_to(api, GET + b"\r\n"))[0] == 200


async def test_trusted_proxy_may_hold_any_number_of_connections() -> None:
    app = small_app(Limits(connections_per_address=1))
    app[PROXIES] = (ip_network("127.0.0.0/8"),)
    async with listening(app, "127.0.0.1", 0, logger("x")) as url, contextlib.AsyncExitStack() as open_lines:
        for _ in range(3):
            reader, writer = await open_lines.enter_async_context(line(url))
            writer.write(GET + b"\r\n")
            assert (await answer_on(reader))[0] == 200


async def test_header_may_be_as_long_as_the_limits_of_its_socket_say() -> None:
    """Two sockets of one process, each with limits of its own."""
    long = GET + b"To: " + b"t" * 1_500_000 + b"\r\n\r\n"
    large = Limits(header_bytes=2 * 1024 * 1024, head_bytes=4 * 1024 * 1024)
    for limits, expected in ((large, (200, b"1500000")), (Limits(), (400, b"HTTP header > 8190 byte"))):
        async with (
            listening(small_app(limits), "127.0.0.1", 0, logger("x"), refuse=in_one_word) as url,
            line(url) as (reader, writer),
        ):
            writer.write(long)
            status, _, body = await answer_on(reader)
            assert (status, body) == expected


async def test_headers_together_are_bounded_too() -> None:
    """A hundred headers, each within its limit, would fill the memory of whoever asks for no key yet."""
    limits = Limits(header_bytes=1_000_000, head_bytes=2_000_000)
    async with (
        listening(small_app(limits), "127.0.0.1", 0, logger("x"), refuse=in_one_word) as url,
        line(url) as (reader, writer),
    ):
        writer.write(GET)
        for number in range(5):
            writer.write(b"X%d: " % number + b"x" * 900_000 + b"\r\n")
        status, _, body = await answer_on(reader)
    assert (status, body) == (400, b"HTTP headers > 2000000 byte")


async def test_body_is_no_head_and_every_request_begins_anew() -> None:
    limits = Limits(head_bytes=300_000, document_bytes=10_000_000)
    app = web.Application(client_max_size=10_000_000)
    app[LIMITS] = limits

    async def length(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    app.router.add_post("/", length)
    async with listening(app, "127.0.0.1", 0, logger("x")) as url, line(url) as (reader, writer):
        for _ in range(3):
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + b"b" * 2_000_000)
            status, _, body = await answer_on(reader)
            assert (status, body) == (200, b"2000000")


async def test_client_that_goes_on_after_a_broken_head_still_hears_the_refusal() -> None:
    """Closing with bytes unread would be a reset, which takes the answer with it."""
    async with listening_api() as api:
        async with api.line() as (reader, writer):
            writer.write(GET + b"To: " + b"t" * 300_000)
            assert (await answer_on(reader))[0] == 400
            for _ in range(30):
                writer.write(b"t" * 100_000)
                await writer.drain()
            assert await reader.read() == b""
        assert len(api.log("http.bad_head")) == 1  # what came after it was not looked at


async def test_client_that_never_goes_after_a_refusal_is_let_go() -> None:
    async with listening_api(Limits(linger_seconds=SOON)) as api, api.line() as (reader, writer):
        writer.write(b"rubbish\r\n\r\n")
        assert (await answer_on(reader))[0] == 400
        with pytest.raises(ConnectionError):
            await write_on(writer)


async def write_on(writer: asyncio.StreamWriter) -> None:
    """Until the other side has had enough."""
    while True:
        writer.write(b"more")
        await writer.drain()
        await asyncio.sleep(0)


@pytest.mark.parametrize("host", ["127.0.0.1, ::1", "::1,127.0.0.1", "0.0.0.0, ::"])
async def test_several_addresses_share_one_port(host: str) -> None:
    async with listening(small_app(), host, 0, logger("x")) as url:
        port = url.rpartition(":")[2]
        for reached in ("127.0.0.1", "[::1]"):
            async with line(f"http://{reached}:{port}") as (reader, writer):
                writer.write(GET + b"\r\n")
                assert (await answer_on(reader))[0] == 200


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"rubbish\r\n\r\n", b"HTTP method"),
        (GET + b"no colon here\r\n\r\n", b"HTTP"),
        (GET + b"X: " + b"s" * 9000 + b"\r\n\r\n", b"HTTP header > 8190 byte"),
    ],
)
async def test_socket_refuses_in_the_voice_it_was_given(head: bytes, told: bytes) -> None:
    async with (
        listening(small_app(), "127.0.0.1", 0, logger("x"), refuse=in_one_word) as url,
        line(url) as (reader, writer),
    ):
        writer.write(head)
        status, headers, body = await answer_on(reader)
        assert await reader.read() == b""
    assert (status, headers["content-type"], body) == (400, "text/plain; charset=utf-8", told)


async def test_fault_of_ours_is_told_in_that_voice_too() -> None:
    app = web.Application(middlewares=[_raising])
    app[LIMITS] = Limits()
    async with (
        listening(app, "127.0.0.1", 0, logger("x", io.StringIO()), refuse=in_one_word) as url,
        aiohttp.ClientSession(url) as http,
        http.get("/") as response,
    ):
        assert (response.status, await response.text()) == (500, "connection")


def in_one_word(request: web.BaseRequest, status: int, detail: str) -> web.Response:
    return web.Response(status=status, text=detail)


def small_app(limits: Limits | None = None) -> web.Application:
    """/v1/health tells how long the header To was."""

    async def health(request: web.Request) -> web.Response:
        return web.Response(text=str(len(request.headers.get("To", ""))))

    app = web.Application()
    app[LIMITS] = limits or Limits()
    app.router.add_get("/v1/health", health)
    return app


@contextlib.asynccontextmanager
async def line(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection for raw bytes."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


async def test_client_that_leaves_in_the_middle_is_no_fault_of_ours() -> None:
    async with listening_api() as api:
        async with api.line() as (_, writer):
            key = api.key("province").encode()
            writer.write(
                b"POST /v1/letters HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
                b"Authorization: Bearer " + key + b"\r\n\r\n<edXML>"
            )
            await writer.drain()
        async with aiohttp.ClientSession(api.url) as http, http.get("/v1/health"):
            pass
    assert api.log("internal.error") == []
    assert api.office.kept == {}


async def test_taken_address_is_told_to_whoever_starts_it() -> None:
    app = web.Application()
    app[LIMITS] = Limits()
    log = logger("x")
    async with listening(app, "127.0.0.1", 0, log) as url:
        port = int(url.rpartition(":")[2])
        again = web.Application()
        again[LIMITS] = Limits()
        with pytest.raises(OSError, match="address already in use"):
            async with listening(again, "127.0.0.1", port, log):
                pytest.fail("two listeners on one address")


async def test_url_of_an_ipv6_address_has_brackets() -> None:
    app = web.Application()
    app[LIMITS] = Limits()
    async with listening(app, "::1", 0, logger("x")) as url:
        assert url.startswith("http://[::1]:")


async def test_bug_outside_every_handler_is_an_incident_in_our_own_log() -> None:
    """Nothing of aiohttp's own text or log: it would show the exception."""
    app = web.Application(middlewares=[_raising])
    app[LIMITS] = Limits()
    stream = io.StringIO()
    log = logger("H14", stream, strict=True)
    async with (
        listening(app, "127.0.0.1", 0, log) as url,
        aiohttp.ClientSession(url) as http,
        http.get("/") as response,
    ):
        problem: dict[str, Any] = await response.json()
    assert (response.status, problem["code"]) == (500, "TRUC-900")
    (line,) = stream.getvalue().splitlines()
    assert (json.loads(line)["event"], json.loads(line)["error"]) == ("internal.error", "ValueError")
    assert "text of a document" not in line


@web.middleware
async def _raising(request: web.Request, handler: Any) -> web.StreamResponse:
    raise ValueError("text of a document")
