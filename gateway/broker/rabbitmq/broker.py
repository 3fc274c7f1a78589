"""
The Broker port over RabbitMQ: for every lane of every link one end that sends and one that receives.

Each end has a connection of its own. On a shared one, urgent mail waits behind bulk in the socket, and a
broker that stops whoever publishes would stop acknowledgements too.

Spec: docs/protocol.md chapter 2
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

from gateway.broker.rabbitmq.connection import Surroundings
from gateway.broker.rabbitmq.keeper import end_all
from gateway.broker.rabbitmq.probe import probe_broker
from gateway.broker.rabbitmq.receiver import Origin, Receiver, Source
from gateway.broker.rabbitmq.sender import Sender
from gateway.broker.topology import PARKED, Link, read_queue
from gateway.core.model import Lane, NodeId
from gateway.observe import Log
from gateway.ports import LINKS, Clock, Inbox, Incoming, Step

# Frames in our hands before the first is acknowledged: two batches of arrival, one being written while the
# next comes. Their bytes are bounded by the neighbour's window, not by this number.
PREFETCH = 128
# No window bounds what was parked, and nobody is in a hurry for it.
PREFETCH_PARKED = 8
PARKED_SIZE = 8 * 1024 * 1024
CHECK_EVERY = timedelta(seconds=60)
# What these write on their own would go past the vocabulary of our log, and may quote a message.
LIBRARIES = ("aio_pika", "aiormq")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a link's queues lie: the link, and the URL (user, password, virtual host) for this node."""

    link: Link
    url: str


class RabbitBroker:
    """
    The links of one node (ports.Broker). Nothing is sent or received before `start`.

    `on_change` is called with topics for the bell when a link comes up or goes down.
    """

    def __init__(
        self,
        node: NodeId,
        addresses: Sequence[Address],
        *,
        clock: Clock,
        log: Log,
        heartbeat: timedelta = timedelta(seconds=15),
        confirm_timeout: timedelta = timedelta(seconds=10),
        check_every: timedelta = CHECK_EVERY,
        on_change: Callable[[Iterable[str]], None] = lambda _topics: None,
    ) -> None:
        self._on_change, self._clock = on_change, clock
        self._urls = {address.link.other(node): address.url for address in addresses}
        around = {
            address.url: Surroundings(
                *(clock, log, heartbeat, confirm_timeout, check_every), changed=self._look_at_links
            )
            for address in addresses
        }
        self._senders: dict[tuple[NodeId, Lane], Sender] = {}
        self._receivers: dict[tuple[NodeId, Lane], Receiver] = {}
        self._parking: Receiver | None = None
        self._keepers: list[asyncio.Task[Any]] = []
        for address in addresses:
            link, neighbour = address.link, address.link.other(node)
            surroundings = around[address.url]
            exchange = link.exchange(link.outgoing(node))
            for lane in Lane:
                self._senders[neighbour, lane] = Sender(neighbour, lane, address.url, exchange, surroundings)
                self._receivers[neighbour, lane] = Receiver(
                    Source(
                        address.url,
                        link.queue(link.incoming(node), lane),
                        neighbour,
                        lane.value,
                        "in",
                        PREFETCH,
                        _always(neighbour, lane),
                    ),
                    surroundings,
                )
            if link.owner == node and self._parking is None:
                parked = Source(
                    address.url, PARKED, node, PARKED, "parked", PREFETCH_PARKED, _parked_from(node)
                )
                self._parking = Receiver(parked, surroundings)
        self._was_up = self.neighbours_up()

    def start(self) -> None:
        """Open every end of every lane, and keep it open, in the background."""
        for library in LIBRARIES:
            logging.getLogger(library).setLevel(logging.CRITICAL)
        self._keepers = [asyncio.create_task(end.keeper().run()) for end in self._ends()]

    # --- the port --------------------------------------------------------------------------------

    async def publish(self, neighbour: NodeId, lane: Lane, data: bytes) -> None:
        """
        Return when the broker has confirmed that it keeps the frame.

        Raises: Unavailable (LINK_DOWN, BROKER_REFUSED). The outcome is then unknown: send again, same bytes.
        """
        await self._senders[neighbour, lane].publish(data)

    def inbox(self, neighbour: NodeId, lane: Lane) -> Inbox:
        """The frames of one neighbour on one lane."""
        return self._receivers[neighbour, lane]

    async def parked(self) -> list[Incoming]:
        """Frames that the broker of this node gave up on, each with the neighbour and lane it was for."""
        if self._parking is None:
            return []
        self._parking.require_open()
        return self._parking.take(PREFETCH_PARKED, PARKED_SIZE)

    async def ack_parked(self, frames: Sequence[Incoming]) -> None:
        """These parked frames are kept in quarantine. Raises: Unavailable (LINK_DOWN)."""
        if self._parking is not None:
            await self._parking.ack(frames)

    def neighbours_up(self) -> Mapping[NodeId, bool]:
        """Whether both ends of every lane of the link to each neighbour are open."""
        up: dict[NodeId, bool] = {}
        for ends in (self._senders, self._receivers):
            for (neighbour, _lane), end in ends.items():
                up[neighbour] = up.get(neighbour, True) and end.is_up
        return up

    async def probe(self, neighbour: NodeId) -> Sequence[Step]:
        """Try a connection to the link's broker: the steps to the first that fails."""
        return await probe_broker(self._urls[neighbour], self._clock.now())

    async def close(self) -> None:
        """Stop receiving and sending; unacknowledged frames come again."""
        for end in self._ends():
            end.close()
        await end_all(*self._keepers)

    def _look_at_links(self) -> None:
        """An end was opened or lost: ring if a link works now that did not, or no longer."""
        now_up = self.neighbours_up()
        if now_up != self._was_up:
            self._was_up = now_up
            self._on_change((LINKS,))

    def _ends(self) -> list[Sender | Receiver]:
        parking = [self._parking] if self._parking is not None else []
        return [*self._senders.values(), *self._receivers.values(), *parking]


def _always(neighbour: NodeId, lane: Lane) -> Origin:
    return lambda _message: (neighbour, lane)


def _parked_from(owner: NodeId) -> Origin:
    """Reads the link and lane of a parked frame from the name of the queue that gave it up."""

    def origin(message: AbstractIncomingMessage) -> tuple[NodeId, Lane]:
        with suppress(ValueError):
            _direction, child, lane = read_queue(str(message.headers.get("x-first-death-queue", "")))
            return child, lane
        return owner, Lane.CONTROL

    return origin
