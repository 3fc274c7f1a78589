"""
The sending end of one lane: a frame is sent when the broker has confirmed that it keeps it.

It has a connection of its own, apart from that of the receiving end. A broker that runs short of disk or
memory stops reading from whoever publishes; acknowledgements on the same connection would be stuck behind,
and what is received could never leave the broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractExchange

from gateway.broker.rabbitmq.connection import Connection, Surroundings, Watch
from gateway.broker.rabbitmq.keeper import Keeper
from gateway.broker.rabbitmq.wall import is_broken, link_down, translate
from gateway.core.catalogue import BROKER_REFUSED
from gateway.core.errors import Unavailable, find
from gateway.core.model import Lane, NodeId

# How long a publish waits for a lane that is being opened before it is told that the link is down.
PATIENCE_SECONDS = 2.0
# A publish that is not confirmed in time is bad luck once; this often on one connection, it is stuck.
UNCONFIRMED_LIMIT = 2


@dataclass(slots=True)
class _Session:
    """The connection of this lane while it lives."""

    connection: Connection
    exchange: AbstractExchange
    watch: Watch
    unconfirmed: int = 0


class Sender:
    """Publishes to one exchange with the lane as routing key, as the user that `url` names."""

    def __init__(
        self, neighbour: NodeId, lane: Lane, url: str, exchange: str, surroundings: Surroundings
    ) -> None:
        self._neighbour, self._lane, self._url, self._exchange = neighbour, lane, url, exchange
        self._surroundings = surroundings
        self._user = aio_pika.connection.make_url(url).user
        self._session: _Session | None = None
        self._up = asyncio.Event()
        self._flying = 0  # bytes that were given to the connection and are not confirmed
        self._is_closed = False

    @property
    def is_up(self) -> bool:
        return self._session is not None

    def keeper(self) -> Keeper:
        """What keeps this end open."""
        return Keeper(
            self._open, self._surroundings, neighbour=self._neighbour, lane=self._lane.value, way="out"
        )

    def close(self) -> None:
        """From now on nothing is published."""
        self._is_closed = True

    async def publish(self, data: bytes) -> None:
        """
        Return when the broker has confirmed that it keeps the frame.

        Raises: Unavailable (LINK_DOWN, BROKER_REFUSED). The outcome is then unknown: send again, same bytes.
        """
        session = await self._ready()
        message = aio_pika.Message(
            data,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            user_id=self._user,
            content_type="application/octet-stream",
        )
        self._flying += len(data)
        seconds = self._surroundings.seconds_behind(self._flying)  # its confirm comes after all these bytes
        try:
            await session.exchange.publish(
                message, routing_key=self._lane.value, mandatory=True, timeout=seconds
            )
        except BaseException as error:
            if not is_broken(error):
                raise
            await self._doubt(session, error)
            raise translate(error, self._neighbour) from error
        finally:
            self._flying -= len(data)
        session.unconfirmed = 0

    async def _ready(self) -> _Session:
        if self._is_closed:
            raise link_down(self._neighbour, "closed")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._up.wait()
        except TimeoutError:
            raise link_down(self._neighbour, "not connected") from None
        session = self._session
        if session is None:
            raise link_down(self._neighbour, "not connected")
        await self._require_taking(session)
        return session

    async def _require_taking(self, session: _Session) -> None:
        """Raises: Unavailable (BROKER_REFUSED) if the broker tells that it takes nothing now."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await session.connection.taking()
        except TimeoutError:
            detail = "it takes nothing now, being short of disk or memory"
            raise Unavailable(find(BROKER_REFUSED, detail=detail)) from None

    async def _doubt(self, session: _Session, error: BaseException) -> None:
        """
        Give the session up when too much went unconfirmed; an answer, whatever it says, is no doubt.

        Raises: Unavailable (BROKER_REFUSED) if the broker said that it confirms nothing now.
        """
        if isinstance(error, aio_pika.exceptions.DeliveryError):
            session.unconfirmed = 0
            return
        if isinstance(error, TimeoutError):
            await self._require_taking(session)
        session.unconfirmed += 1
        if session.unconfirmed >= UNCONFIRMED_LIMIT:
            session.watch.give_up("the broker confirms nothing")

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Watch]:
        name = f"{self._user} > {self._exchange} {self._lane}"
        async with self._surroundings.connected(self._url, name) as connection:
            # Without on_return_raises, a frame for which there is no queue is lost and counts as sent.
            async with asyncio.timeout(self._surroundings.answer.total_seconds()):
                channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
                exchange = await channel.get_exchange(self._exchange, ensure=True)
            watch = Watch(await channel.get_underlay_channel())
            self._session = _Session(connection, exchange, watch)
            self._up.set()
            try:
                yield watch
            finally:
                self._session = None
                self._up.clear()
