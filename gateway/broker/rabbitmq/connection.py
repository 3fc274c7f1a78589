"""
One connection to a broker: opened within a time, watched, and left for good.

Nothing is repaired in place. Half-dead connections that look alive are how messages and hours get lost, so
one that is doubted is thrown away, its socket cut if the broker does not say goodbye.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import aio_pika
from aio_pika.connection import make_url
from aiormq.abc import AbstractChannel
from aiormq.connection import TCPTransportFactory, TLSTransportFactory, TransportFactory
from yarl import URL

from gateway.broker.rabbitmq.reach import Chance, Reach
from gateway.observe import Log
from gateway.ports import Clock

# A broker that works answers a goodbye in milliseconds; one that does not is not waited for.
GOODBYE_SECONDS = 1.0
# A commune's line at its worst: 256 kbit/s. What waits behind bulk is given the time that the bulk takes; of
# a line that is cut the heartbeat tells sooner.
SLOWEST_LINE: Final = 32 * 1024


@dataclass(frozen=True, slots=True)
class Surroundings:
    """
    What every end of every lane is given.

    `answer` is how long an answer of the broker may take, the way of the bytes not counted; `check_every` how
    often it is asked whether it still knows the consumer. `reach` is shared by all ends at one broker;
    `changed` is called when an end was opened, and when it could not be or is no longer.
    """

    clock: Clock
    log: Log
    heartbeat: timedelta
    answer: timedelta
    check_every: timedelta
    reach: Reach = field(default_factory=Reach)
    changed: Callable[[], None] = lambda: None
    chance: Chance = random.random

    def seconds_behind(self, size: int) -> float:
        """How long to wait for an answer that comes after `size` bytes."""
        return self.answer.total_seconds() + size / SLOWEST_LINE

    def connected(self, url: str, name: str) -> AbstractAsyncContextManager[Connection]:
        """A connection as these surroundings have it."""
        return connected(url, name, heartbeat=self.heartbeat, answer=self.answer)


class Connection(aio_pika.Connection):
    """A connection of aio_pika that tells whether the broker takes anything, and can be cut."""

    def __init__(self, url: URL) -> None:
        super().__init__(url)
        self._socket = _Socket()
        self.kwargs["transport_factory"] = self._socket

    async def taking(self) -> None:
        """Return when the broker takes messages: not while it says that it is short of disk or memory."""
        if self.transport is not None:
            await self.transport.ready()

    def cut(self) -> None:
        """Drop the socket without a word. Everything that waits for this connection fails at once."""
        if self._socket.writer is not None:
            self._socket.writer.transport.abort()


class _Socket(TransportFactory):
    """Opens sockets as aiormq does by itself, and remembers its end: closing waits for a silent peer."""

    def __init__(self) -> None:
        self.writer: asyncio.StreamWriter | None = None

    async def create(self, url: URL, **kwargs: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        ordinary = TLSTransportFactory() if url.scheme == "amqps" else TCPTransportFactory()
        reader, self.writer = await ordinary.create(url, **kwargs)
        return reader, self.writer


@asynccontextmanager
async def connected(
    url: str, name: str, *, heartbeat: timedelta, answer: timedelta
) -> AsyncIterator[Connection]:
    """
    A connection that bears `name` in the broker's lists; left, or cut, at the end of the block.

    A dead one is noticed after three heartbeats; `answer` is how long opening it may take.
    """
    connection = Connection(make_url(url, heartbeat=max(int(heartbeat.total_seconds()), 1), name=name))
    try:
        await connection.connect(timeout=answer.total_seconds())
        yield connection
    finally:
        await _leave(connection)


async def _leave(connection: Connection) -> None:
    leaving = asyncio.ensure_future(connection.close())
    leaving.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait([leaving], timeout=GOODBYE_SECONDS)
    finally:
        connection.cut()
    await asyncio.wait([leaving], timeout=GOODBYE_SECONDS)


class Watch:
    """Waits for the end of a session: one of its channels closed, or somebody gave it up."""

    def __init__(self, *channels: AbstractChannel) -> None:
        self._closing = [channel.closing for channel in channels]
        self._given_up = asyncio.get_running_loop().create_future()

    def give_up(self, reason: str) -> None:
        """The session is not worth keeping. Twice is harmless."""
        if not self._given_up.done():
            self._given_up.set_result(ConnectionError(reason))

    async def ended(self) -> BaseException:
        """Return when the session should be replaced, and why."""
        await asyncio.wait([*self._closing, self._given_up], return_when=asyncio.FIRST_COMPLETED)
        if self._given_up.done():
            reason: BaseException = self._given_up.result()
            return reason
        for closing in self._closing:
            if closing.done() and not closing.cancelled() and (error := closing.exception()) is not None:
                return error
        return ConnectionError("closed")
