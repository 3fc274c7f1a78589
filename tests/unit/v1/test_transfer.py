"""
Bytes in and out within limits: too much, too slow, broken off, not read.
"""

from __future__ import annotations

import asyncio
import gzip

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.v1.transfer import LIMITS, PIECE, Limits, is_too_slow, write_all
from tests.kit.api import Api, listening_api
from tests.kit.office import DISTRICT, PROVINCE, document

SOON = 0.1  # seconds
MIB = 1024 * 1024


def head(api: Api, *lines: str, who: str = "province") -> bytes:
    key = api.key(who) if who else "none"
    fixed = ("POST /v1/letters HTTP/1.1", "Host: x", f"Authorization: Bearer {key}")
    return "\r\n".join((*fixed, *lines, "", "")).encode()


async def status_on(reader: asyncio.StreamReader) -> int:
    return int((await reader.readline()).split()[1])


BOUNDS = Limits(grace_seconds=10, minimum_rate=1000)


@pytest.mark.parametrize(
    ("waited", "received", "expected"),
    [
        (0, 0, False),
        (10, 0, False),  # grace
        (10.1, 0, True),
        (11, 999, True),
        (11, 1000, False),
        (3600, 3_590_000, False),
        (3600, 3_589_999, True),
    ],
)
def test_client_must_keep_the_minimum_rate_after_the_grace(
    waited: float, received: int, expected: bool
) -> None:
    assert is_too_slow(waited, received, BOUNDS) is expected


async def test_silent_body_is_broken_off() -> None:
    async with (
        listening_api(Limits(idle_seconds=SOON, linger_seconds=0)) as api,
        api.line() as (reader, writer),
    ):
        writer.write(head(api, "Content-Length: 1000") + b"<edXML>")
        assert await status_on(reader) == 408
        await reader.read()  # closed
    assert api.log("http.request")[0]["codes"] == "TRUC-418"
    assert api.office.kept == {}


async def test_dripping_body_is_broken_off() -> None:
    limits = Limits(grace_seconds=0, minimum_rate=10**9, linger_seconds=0)
    async with listening_api(limits) as api, api.line() as (reader, writer):
        writer.write(head(api, "Content-Length: 1000"))
        writer.write(b"<")
        assert await status_on(reader) == 408


async def test_announced_size_beyond_the_limit_is_refused_before_a_byte_is_read() -> None:
    async with (
        listening_api(Limits(document_bytes=1000, linger_seconds=0)) as api,
        api.line() as (reader, writer),
    ):
        writer.write(head(api, "Content-Length: 1001"))
        assert await status_on(reader) == 413


async def test_chunked_body_is_counted_as_it_comes() -> None:
    async with (
        listening_api(Limits(document_bytes=1000, linger_seconds=0)) as api,
        api.line() as (reader, writer),
    ):
        writer.write(head(api, "Transfer-Encoding: chunked") + b"3e9\r\n" + b"x" * 1001 + b"\r\n")
        assert await status_on(reader) == 413


async def test_compressed_body_counts_by_its_true_size() -> None:
    async with listening_api(Limits(document_bytes=MIB)) as api, aiohttp.ClientSession(api.url) as http:
        bomb = gzip.compress(b"x" * 64 * MIB)
        headers = {**api.bearer("province"), "Content-Encoding": "gzip"}
        async with http.post("/v1/letters", data=bomb, headers=headers) as response:
            assert (response.status, (await response.json())["code"]) == (413, "TRUC-413")


async def test_compressed_letter_is_taken() -> None:
    async with listening_api() as api, aiohttp.ClientSession(api.url) as http:
        headers = {**api.bearer("province"), "Content-Encoding": "gzip"}
        data = document(PROVINCE, DISTRICT)
        async with http.post("/v1/letters", data=gzip.compress(data), headers=headers) as response:
            assert response.status == 201
    assert [kept.data for kept in api.office.kept.values()] == [data]


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (("Transfer-Encoding: chunked",), b"zz\r\nxx\r\n0\r\n\r\n"),
        (("Content-Length: 20", "Content-Encoding: gzip"), b"this is not a gzip.."),
    ],
)
async def test_broken_encoding_of_a_body_is_the_senders_fault(lines: tuple[str, ...], body: bytes) -> None:
    limits = Limits(linger_seconds=0)
    async with listening_api(limits) as api, api.line() as (reader, writer):
        writer.write(head(api, *lines) + body)
        assert await status_on(reader) == 400
    assert api.log("internal.error") == []


async def test_whoever_has_no_key_is_not_invited_to_send() -> None:
    limits = Limits(linger_seconds=0)
    async with listening_api(limits) as api, api.line() as (reader, writer):
        writer.write(head(api, "Content-Length: 1000", "Expect: 100-continue", who=""))
        assert await status_on(reader) == 401


async def test_invitation_comes_once_the_key_is_known() -> None:
    data = document(PROVINCE, DISTRICT)
    async with listening_api() as api, api.line() as (reader, writer):
        writer.write(head(api, f"Content-Length: {len(data)}", "Expect: 100-continue"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(data)
        assert await status_on(reader) == 201


class Stuck(web.StreamResponse):
    """An answer to a client that takes the first pieces and then reads no more."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self._most = pieces

    async def prepare(self, request: web.BaseRequest) -> None:
        pass

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        if len(self.pieces) == self._most:
            await asyncio.Event().wait()
        self.pieces.append(bytes(data))


async def test_client_that_does_not_read_is_let_go() -> None:
    app = web.Application()
    app[LIMITS] = Limits(idle_seconds=SOON)
    request = make_mocked_request("GET", "/", app=app)
    response = Stuck(pieces=3)
    with pytest.raises(ConnectionResetError):
        await write_all(request, response, lambda: iter([b"x" * MIB]))
    assert [len(piece) for piece in response.pieces] == [PIECE] * 3
    assert request.transport is not None
    assert request.transport.abort.called  # type: ignore[attr-defined]
