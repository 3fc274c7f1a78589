"""
The journal handed on to a SIEM: every line, in order, at least once.

Syslog has no receipts. So over TCP a line counts as handed on when the other machine has acknowledged its
last byte, which the kernel tells on Linux; after a broken line everything since then is sent again. UDP tells
nothing, and lines may be lost there.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import ssl
import struct
import sys
import termios
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.config import SyslogSection
from gateway.core.model import NodeId
from gateway.core.syslog import UDP_MOST, SyslogForm, counted
from gateway.observe import Log
from gateway.ports import Clock, JournalRow, Store

LINES = 200
IDLE_SECONDS = 5.0
AGAIN_SECONDS = 30.0  # a SIEM that is away is asked twice a minute
ANSWER_SECONDS = 10.0
LOOK_SECONDS = 0.05


class NotHandedOn(Exception):
    """The line broke, or the other side acknowledged nothing; `reason` is a word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Stream:
    """A line over TCP or TLS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, messages: Sequence[bytes]) -> None:
        """Return when the other machine has all of it. Raises: NotHandedOn; OSError, TimeoutError."""
        async with asyncio.timeout(ANSWER_SECONDS):
            self._writer.write(b"".join(map(counted, messages)))
            await self._writer.drain()
            while True:
                if not self._unacknowledged():
                    break
                await asyncio.sleep(LOOK_SECONDS)
        # one turn, so that a reset which came with the acknowledgement is heard
        await asyncio.sleep(0)
        if self._reader.at_eof() or self._writer.is_closing():
            raise NotHandedOn("closed")

    def _unacknowledged(self) -> int:
        """Bytes that are still in this machine."""
        if self._writer.is_closing() or self._reader.at_eof():
            raise NotHandedOn("closed")
        waiting = self._writer.transport.get_write_buffer_size()
        if waiting or sys.platform != "linux":
            return waiting
        number = self._writer.get_extra_info("socket").fileno()
        told = fcntl.ioctl(number, termios.TIOCOUTQ, struct.pack("I", 0))
        return int(struct.unpack("I", told)[0])


class _Datagrams:
    """A line over UDP."""

    def __init__(self, opened: socket.socket) -> None:
        self._opened = opened

    async def send(self, messages: Sequence[bytes]) -> None:
        """Send each. Raises: OSError."""
        for message in messages:
            await asyncio.get_running_loop().sock_sendall(self._opened, message)


@dataclass(slots=True)
class JournalExport:
    """Hands on the journal of one node to the receiver that `syslog` names."""

    node: NodeId
    store: Store
    clock: Clock
    log: Log
    syslog: SyslogSection
    _is_up: bool = field(default=True, init=False)  # so that the first failure is told

    @property
    def receiver(self) -> str:
        """Under which name it is remembered how far this receiver is."""
        return f"syslog:{self.syslog.host}:{self.syslog.port}"

    async def run(self) -> None:
        """Hand on what comes, for ever."""
        while True:
            try:
                async with self._line() as line:
                    while True:
                        if not await self.step(line):
                            await self.clock.sleep(IDLE_SECONDS)
            except (NotHandedOn, OSError, TimeoutError) as failed:
                self._note_down(failed)
            await self.clock.sleep(AGAIN_SECONDS)

    async def step(self, line: _Stream | _Datagrams) -> int:
        """Hand on the next lines; how many there were."""
        rows = await self.store.journal(await self.store.journal_handed_on(self.receiver), LINES)
        if rows:
            await line.send(self._messages(rows))
            await self.store.note_handed_on(self.receiver, rows[-1].number)
            if not self._is_up:
                self._is_up = True
                self.log.info("syslog.up")
        return len(rows)

    def _messages(self, rows: Sequence[JournalRow]) -> list[bytes]:
        form = SyslogForm(self.node, self.syslog.facility, UDP_MOST if self.syslog.transport == "udp" else 0)
        return [form.message(row) for row in rows]

    def _note_down(self, failed: Exception) -> None:
        if self._is_up:
            self._is_up = False
            reason = failed.reason if isinstance(failed, NotHandedOn) else type(failed).__name__
            self.log.warning("syslog.down", reason=reason)

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[_Stream | _Datagrams]:
        host, port = self.syslog.host, self.syslog.port
        if self.syslog.transport == "udp":
            with await self._udp(host, port) as opened:
                yield _Datagrams(opened)
            return
        context = None
        if self.syslog.transport == "tls":
            context = await asyncio.to_thread(ssl.create_default_context, cafile=self.syslog.ca_file)
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
        try:
            yield _Stream(reader, writer)
        finally:
            writer.close()

    @staticmethod
    async def _udp(host: str, port: int) -> socket.socket:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _name, address = found[0]
        opened = socket.socket(family, kind, protocol)
        opened.setblocking(False)
        await loop.sock_connect(opened, address)
        return opened
