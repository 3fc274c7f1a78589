"""
A bad line: TCP on loopback that is held, slowed, cut or refused on demand, between a client and a server.

Bytes are held, or cut together with their connection; none is ever dropped inside a connection that lives,
since TCP never does that either. While a way is held, nothing passes it, the end of a connection included:
neither side learns that the other is gone.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Coroutine
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from gateway.sandbox.rabbit import HOST, free_ports

PIECE = 16 * 1024  # how much one connection sends before it is another's turn
ON_THE_WAY = 64  # pieces; what a line with latency can hold


class Way(StrEnum):
    """A direction, as the client sees it."""

    UP = "up"
    DOWN = "down"


class FaultProxy:
    """
    Listens on `port` and passes everything on to `target`, another port of this machine.

    `latency` is in seconds for each way. `rate` is in bytes per second and way, shared fairly by all
    connections; None is as fast as it goes.
    """

    def __init__(self, target: int) -> None:
        self.port = free_ports(1)[0]
        self.latency = 0.0
        self.rate: float | None = None
        self.passed = dict.fromkeys(Way, 0)
        self._target = target
        self._is_refusing = False
        self._open = {way: asyncio.Event() for way in Way}
        self._line = {way: asyncio.Lock() for way in Way}
        self._left: dict[Way, int | None] = dict.fromkeys(Way)
        self._connections: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self._server: asyncio.Server | None = None
        self.release()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, HOST, self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        ending = list(self._connections)
        self.reset()
        await asyncio.gather(*ending, return_exceptions=True)

    @property
    def connections(self) -> int:
        """How many connections it carries."""
        return len(self._connections)

    # --- faults ----------------------------------------------------------------------------------

    def hold(self, *ways: Way) -> None:
        """Let nothing pass these ways (or either): a partition that nobody is told of."""
        for way in ways or Way:
            self._open[way].clear()

    def release(self, *ways: Way) -> None:
        """Let pass what was held, and what comes."""
        for way in ways or Way:
            self._open[way].set()

    def reset(self) -> None:
        """Cut every connection; what is on the way is lost."""
        for task, ends in list(self._connections.items()):
            for end in ends:
                _reset(end)
            task.cancel()

    def refuse(self) -> None:
        """Cut every new connection at once."""
        self._is_refusing = True

    def accept(self) -> None:
        """Undo `refuse`."""
        self._is_refusing = False

    def cut_after(self, way: Way, size: int) -> None:
        """Let `size` more bytes pass this way, then cut every connection, once."""
        self._left[way] = size

    # --- carrying --------------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._is_refusing:
            return _reset(near)
        try:
            far_reader, far = await asyncio.open_connection(HOST, self._target)
        except OSError:
            return _reset(near)
        self._connections[task] = [near, far]
        try:
            with suppress(OSError):
                await _both(self._carry(Way.UP, reader, far), self._carry(Way.DOWN, far_reader, near))
            for way in Way:
                await self._open[way].wait()
        except asyncio.CancelledError:
            pass  # cut
        finally:
            del self._connections[task]
            for end in (near, far):
                end.transport.abort()
        return None

    async def _carry(self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(ON_THE_WAY)
        await _both(self._take(way, reader, pieces), self._give(way, pieces, writer))

    async def _take(
        self, way: Way, reader: asyncio.StreamReader, pieces: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        now = asyncio.get_running_loop().time
        data = b"first"
        while data:
            data = await reader.read(PIECE)
            if self.rate is not None:
                async with self._line[way]:
                    await asyncio.sleep(len(data) / self.rate)
            await pieces.put((now() + self.latency, data))

    async def _give(
        self, way: Way, pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        now = asyncio.get_running_loop().time
        while True:
            due, data = await pieces.get()
            if due > now():
                await asyncio.sleep(due - now())
            await self._open[way].wait()
            if not data:
                return writer.write_eof()
            left = self._left[way]
            if left is not None and len(data) >= left:
                await self._write(way, writer, data[:left])
                self._left[way] = None
                return self.reset()
            if left is not None:
                self._left[way] = left - len(data)
            await self._write(way, writer, data)

    async def _write(self, way: Way, writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data)
        await writer.drain()
        self.passed[way] += len(data)


async def _both(*halves: Coroutine[Any, Any, None]) -> None:
    """Run all to the end; the first that fails ends the others."""
    tasks = [asyncio.ensure_future(half) for half in halves]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _reset(end: asyncio.StreamWriter) -> None:
    """Close with an RST, as a machine does that knows nothing of the connection any more."""
    line = end.get_extra_info("socket")
    with suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.transport.abort()
