"""
Bytes in and out of an HTTP connection, within limits.

A client that sends or reads too slowly is let go: aiohttp alone would wait for it for ever, and each such
connection costs memory and a file descriptor.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from gateway.core.catalogue import BAD_REQUEST, BODY_TOO_LARGE, BODY_TOO_SLOW
from gateway.core.errors import Rejected, find


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one HTTP client may take. Sizes in bytes, times in seconds, rates in bytes per second."""

    document_bytes: int = 2 * 1024**3  # the largest document the axis takes
    json_bytes: int = 64 * 1024  # requests that are not letters fit many times over
    header_bytes: int = 8190  # of the request line, and of each header; what nginx and Apache take
    headers: int = 100
    head_bytes: int = 1024 * 1024  # of a whole request head: before it ends, nobody has proved who he is
    idle_seconds: float = 20.0  # without a byte of a body, or with a response that nobody reads
    minimum_rate: int = 1024  # of a body; far below the worst commune's line, far above a dripping attacker
    grace_seconds: float = 10.0  # before the minimum rate counts; with `idle_seconds` all are gone after 30 s
    connection_idle_seconds: float = 30.0  # for the first request, for its head, and between two requests
    linger_seconds: float = 5.0  # to read on after a refusal, so that the client sees it and not a reset
    connections_per_address: int = 512  # 0: no limit; those of trusted proxies are never limited
    requests_per_minute: int = 0  # of one key; 0: no limit
    open_metrics: bool = False  # True: /metrics needs no operator key


LIMITS: web.AppKey[Limits] = web.AppKey("truc_limits", Limits)
"""The limits of an application; whoever builds one sets it."""

PIECE = 64 * 1024  # a response is written in pieces of this size, each within `idle_seconds`

IN_MEMORY = 32 * 1024  # a letter of fewer bytes lies in its rows, which were read already


async def body(request: web.Request, limit: int | None = None) -> AsyncIterator[bytes]:
    """
    The body of a request as it arrives, at most `limit` bytes (default: the document limit).

    A client that waits with `Expect: 100-continue` is invited only here, after its key was looked at.

    Raises: Rejected (BODY_TOO_LARGE, BODY_TOO_SLOW, BAD_REQUEST); ConnectionError when the client has gone.
    """
    limits = request.app[LIMITS]
    most = limits.document_bytes if limit is None else limit
    if (request.content_length or 0) > most:
        raise Rejected(find(BODY_TOO_LARGE, limit=most))
    await _invite(request)
    clock = asyncio.get_running_loop().time
    waited, received = 0.0, 0
    while True:
        began = clock()
        chunk = await _next_chunk(request, limits.idle_seconds)
        waited += clock() - began
        if not chunk:
            return
        received += len(chunk)
        if received > most:
            raise Rejected(find(BODY_TOO_LARGE, limit=most))
        if is_too_slow(waited, received, limits):
            raise Rejected(find(BODY_TOO_SLOW))
        yield chunk


def is_too_slow(waited: float, received: int, limits: Limits) -> bool:
    """Whether a client that we waited for so long should have sent more than `received` bytes.

    Only time spent waiting for the client counts: a slow disk of ours is not its fault.
    """
    return received < (waited - limits.grace_seconds) * limits.minimum_rate


async def _next_chunk(request: web.Request, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await request.content.readany()
    except TimeoutError:
        raise Rejected(find(BODY_TOO_SLOW)) from None
    except RequestPayloadError as error:
        raise Rejected(find(BAD_REQUEST, detail=f"HTTP body: {type(error).__name__}")) from error


async def expect_later(request: web.Request) -> None:
    """The `expect_handler` of routes that take a body: whoever has no key is not invited to send one."""


async def _invite(request: web.Request) -> None:
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer has not begun yet


async def write_all(
    request: web.Request, response: web.StreamResponse, chunks: Callable[[], Iterator[bytes]]
) -> None:
    """
    Send all chunks as the body of `response`, reading each in a thread, or all at once if they are few.

    The first one is read before the answer begins, so that a damaged letter is refused in words.

    Raises: whatever `chunks` raises; ConnectionError when the client has gone or does not read.
    """
    is_small = response.content_length is not None and response.content_length < IN_MEMORY
    await write_stream(request, response, _at_once(chunks) if is_small else in_threads(chunks))


async def write_stream(
    request: web.Request, response: web.StreamResponse, chunks: AsyncIterator[bytes]
) -> None:
    """The same for chunks that come as a stream."""
    chunk = await anext(chunks, None)
    await response.prepare(request)
    while chunk is not None:
        for start in range(0, len(chunk), PIECE):
            await _write(request, response, chunk[start : start + PIECE])
        chunk = await anext(chunks, None)
    await response.write_eof()


async def _at_once(chunks: Callable[[], Iterator[bytes]]) -> AsyncIterator[bytes]:
    for chunk in chunks():
        yield chunk


async def in_threads(chunks: Callable[[], Iterator[bytes]]) -> AsyncIterator[bytes]:
    """Chunks as a stream, each read in a thread."""
    source = chunks()
    while (chunk := await asyncio.to_thread(next, source, None)) is not None:
        yield chunk


async def _write(request: web.Request, response: web.StreamResponse, piece: bytes) -> None:
    try:
        async with asyncio.timeout(request.app[LIMITS].idle_seconds):
            await response.write(piece)
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()  # close() would wait for what the client never reads
        raise ConnectionResetError("the client does not read") from None
