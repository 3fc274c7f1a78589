"""One connection of an agency's system to its node, as cheap as it can be.

What a load generator burns is missing on the machine that is measured, and a client library takes several
times what these few lines take. Only what /v1 answers is understood: a status, headers, a body of known
length.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
BUFFER = 1024 * 1024
BUSY = (429, 503)  # the node asks to come again
AGAIN_SECONDS = 0.1
PATIENCE_SECONDS = 120.0


class Unexpected(Exception):
    """The node answered something else than the measurement needs."""


class HttpLine:
    """Asks and waits for the answer, one request at a time; the connection is kept."""

    def __init__(self, url: str, key: str) -> None:
        at = urlsplit(url)
        self._host, self._port = at.hostname or "", at.port or 80
        self._always = f"Host: {at.netloc}\r\nAuthorization: Bearer {key}\r\n"
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.again = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    async def post(self, path: str, pieces: Sequence[bytes] = ()) -> bytes:
        """Send a message; the body of the answer. Raises: Unexpected unless it is 2xx."""
        head = f"Content-Type: application/xml\r\nContent-Length: {sum(map(len, pieces))}\r\n"
        return await self._ask("POST", path, head, pieces, keep=True)

    async def get(self, path: str, *, keep: bool = True) -> bytes:
        """The body of an answer; nothing of it unless `keep`. Raises: Unexpected unless it is 2xx."""
        return await self._ask("GET", path, "", (), keep=keep)

    async def _ask(self, method: str, path: str, head: str, pieces: Sequence[bytes], *, keep: bool) -> bytes:
        begin = f"{method} {path} HTTP/1.1\r\n{self._always}{head}\r\n".encode()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                reader, writer = await self._connection()
                writer.write(begin)
                for piece in pieces:
                    writer.write(piece)
                await writer.drain()
                status, body = await self._answer(reader, keep=keep)
                if status not in BUSY:
                    break
                self.again += 1
                await asyncio.sleep(AGAIN_SECONDS)
        if not 200 <= status < 300:
            raise Unexpected(f"{method} {path}: HTTP {status} {body[:400].decode(errors='replace')}")
        return body

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self._writer is None or self._reader.at_eof():
            if self._writer is not None:
                self._writer.close()
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=BUFFER)
        return self._reader, self._writer

    async def _answer(self, reader: asyncio.StreamReader, *, keep: bool) -> tuple[int, bytes]:
        head = await reader.readuntil(b"\r\n\r\n")
        status, length = int(head[9:12]), LENGTH.search(head)
        if CLOSES.search(head):
            self._reader = None  # the next request goes over a new connection
        left = int(length.group(1)) if length else 0
        if length is None and status != 204:
            raise Unexpected(f"HTTP {status} without a length")
        if keep or not 200 <= status < 300:
            return status, await reader.readexactly(left)
        while left:
            chunk = await reader.read(min(left, BUFFER))
            if not chunk:
                raise Unexpected("the answer broke off")
            left -= len(chunk)
        return status, b""
