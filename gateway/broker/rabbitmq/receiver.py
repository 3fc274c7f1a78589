"""
The receiving end of one lane: frames as they come, each acknowledged when it is durable here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from aiormq.abc import AbstractChannel

from gateway.broker.frames import MAX_FRAME
from gateway.broker.rabbitmq.connection import Connection, Surroundings, Watch
from gateway.broker.rabbitmq.keeper import Keeper, Way, end_all
from gateway.broker.rabbitmq.settling import Settling
from gateway.broker.rabbitmq.wall import is_broken, link_down, translate, words_of
from gateway.core.model import Lane, NodeId
from gateway.ports import Incoming

Origin = Callable[[AbstractIncomingMessage], tuple[NodeId, Lane]]
"""The neighbour and the lane that a frame came from."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a receiver takes its frames: at most `prefetch` of them are in our hands unacknowledged."""

    url: str
    queue: str
    neighbour: NodeId
    lane: str
    way: Way
    prefetch: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Delivery:
    """A frame in our hands, as the broker counts it: `number` on the channel of `session`."""

    session: _Session
    number: int


class _Session:
    """The channel of this end while it lives."""

    def __init__(self, channel: AbstractChannel) -> None:
        self.channel, self.settling = channel, Settling()
        self.heard = 0  # frames


class Receiver:
    """The frames of one queue (ports.Inbox)."""

    def __init__(self, source: Source, surroundings: Surroundings) -> None:
        self._source, self._surroundings = source, surroundings
        self._session: _Session | None = None
        self._frames: deque[Incoming] = deque()
        self._changed = asyncio.Event()
        self._is_up = self._is_closed = False

    @property
    def is_up(self) -> bool:
        return self._is_up

    def keeper(self) -> Keeper:
        """What keeps this end open."""
        source = self._source
        return Keeper(
            self._open, self._surroundings, neighbour=source.neighbour, lane=source.lane, way=source.way
        )

    def close(self) -> None:
        """Nothing is handed over any more, and whoever waits is told."""
        self._is_closed = True
        self._changed.set()

    # --- the port --------------------------------------------------------------------------------

    async def get(self, limit: int, size: int) -> list[Incoming]:
        """
        Wait for at least one frame, then give what has come, up to `limit` frames and `size` bytes.

        Raises: Unavailable (LINK_DOWN) after `close`.
        """
        while True:
            self.require_open()
            if frames := self.take(limit, size):
                return frames
            self._changed.clear()
            await self._changed.wait()

    def take(self, limit: int, size: int) -> list[Incoming]:
        """What `get` gives, if there is any."""
        taken: list[Incoming] = []
        while self._frames and len(taken) < limit:
            size -= len(self._frames[0].data)
            if taken and size < 0:
                break
            taken.append(self._frames.popleft())
        return taken

    async def ack(self, frames: Sequence[Incoming]) -> None:
        """
        These frames are durable here; the broker forgets them.

        Raises: Unavailable (LINK_DOWN) if the connection that brought some of them is gone. They come again.
        """
        self.require_open()
        session = self._session
        numbers = [frame.tag.number for frame in frames if self._is_open(frame)]
        if session is not None:
            try:
                for number, up_to in session.settling.settle(numbers):
                    await session.channel.basic_ack(number, multiple=up_to)
            except BaseException as error:
                if not is_broken(error):
                    raise
                raise translate(error, self._source.neighbour) from error
        if late := len(frames) - len(numbers):
            raise link_down(self._source.neighbour, f"{late} deliveries ended before their ack")

    async def nack(self, frames: Sequence[Incoming]) -> None:
        """Put these frames back; they come again."""
        for frame in frames:
            if not self._is_open(frame):
                continue  # its connection is gone, or it was settled: it is not in our hands
            session: _Session = frame.tag.session
            session.settling.put_back(frame.tag.number)
            try:
                await session.channel.basic_nack(frame.tag.number, requeue=True)
            except BaseException as error:
                if not is_broken(error):
                    raise
                return  # the connection ended, and with it every delivery

    def require_open(self) -> None:
        """Raises: Unavailable (LINK_DOWN) after `close`."""
        if self._is_closed:
            raise link_down(self._source.neighbour, "closed")

    def _is_open(self, frame: Incoming) -> bool:
        delivery: Delivery = frame.tag
        return delivery.session is self._session and delivery.number in delivery.session.settling

    # --- the connection --------------------------------------------------------------------------

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Watch]:
        source = self._source
        name = f"{aio_pika.connection.make_url(source.url).user} < {source.queue}"
        async with self._surroundings.connected(source.url, name) as connection:
            async with asyncio.timeout(self._surroundings.answer.total_seconds()):
                opened = await connection.channel(publisher_confirms=False)
                channel = await opened.get_underlay_channel()
            session, watch = _Session(channel), Watch(channel)
            # A queue that is deleted takes its consumers with it, and leaves the channel open.
            channel.on_consumer_cancel_callbacks.add(
                lambda _frame: watch.give_up("the broker has cancelled the consumer")
            )
            checking: list[asyncio.Task[None]] = []
            self._session = session  # before the first frame comes
            try:
                async with asyncio.timeout(self._surroundings.answer.total_seconds()):
                    await opened.set_qos(prefetch_count=source.prefetch)
                    queue = await opened.get_queue(source.queue, ensure=False)
                    await queue.consume(self._receiver(session))
                checking.append(asyncio.create_task(self._check(connection, session, watch)))
                self._is_up = True
                yield watch
            finally:
                self._is_up, self._session = False, None
                self._frames.clear()  # what was not acknowledged comes again over the next connection
                await end_all(*checking)

    def _receiver(self, session: _Session) -> Callable[[AbstractIncomingMessage], Any]:
        async def receive(message: AbstractIncomingMessage) -> None:
            number = message.delivery_tag
            if number is None or session is not self._session:
                return
            session.heard += 1
            session.settling.deliver(number)
            neighbour, lane = self._source.origin(message)
            delivery, again = Delivery(session, number), bool(message.redelivered)
            self._frames.append(Incoming(neighbour, lane, message.body, delivery, redelivered=again))
            self._changed.set()

        return receive

    async def _check(self, connection: Connection, session: _Session, watch: Watch) -> None:
        """Ask in silence whether anybody consumes the queue: a forgotten consumer looks the same."""
        while self._session is session:  # a cancellation may get lost in the library
            heard = session.heard
            await self._surroundings.clock.sleep(self._surroundings.check_every.total_seconds())
            fault = "" if session.heard != heard else await self._fault(connection)
            if fault and session.heard == heard:  # the answer may be late behind frames
                watch.give_up(fault)

    async def _fault(self, connection: Connection) -> str:
        """What the broker says against our being its consumer, if anything."""
        try:
            async with asyncio.timeout(self._surroundings.seconds_behind(MAX_FRAME)):
                channel = await connection.channel(publisher_confirms=False)
                found = await channel.declare_queue(self._source.queue, passive=True)
                await channel.close()
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and not is_broken(error):
                raise
            return f"no answer whether anybody consumes: {words_of(error)}"
        consumers = found.declaration_result.consumer_count
        return "" if consumers else "the broker has forgotten the consumer"
