"""
The memory broker: what RabbitMQ promises, in one process, with faults on demand.

One MemoryPost is the post between all nodes of a sandbox; links spring up when they are first used. Each
node speaks to it through the Broker that `broker(node)` gives. Asking again is what a restarted process does:
the earlier one is cut off, and the frames it had not acknowledged come again. Nothing is durable: the post
ends with its process.

All calls belong to one event loop. Faults are drawn from a Random that the caller seeds and delays run on the
caller's clock, so a run can be repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from gateway.broker.memory_queue import Delivered, Kept, MemoryQueue, Way
from gateway.broker.topology import DELIVERY_LIMIT, QUEUE_BYTES
from gateway.core.catalogue import BROKER_REFUSED, LINK_DOWN
from gateway.core.errors import Unavailable, find
from gateway.core.model import Lane, NodeId
from gateway.ports import Clock, Incoming, Step, Tried


@dataclass(frozen=True, slots=True)
class Faults:
    """How often (0 to 1, per publish) what goes wrong.

    A lost confirm or frame raises Unavailable, since a broker promises nothing for what it did not confirm.
    `delay` is the shortest and longest time in seconds before a frame arrives; those behind it wait with it.
    """

    lose_confirm: float = 0.0  #: the frame arrives, and its publisher never hears of it
    lose_frame: float = 0.0  #: the frame is gone, and its publisher hears of no confirm
    duplicate: float = 0.0  #: the frame arrives twice
    reorder: float = 0.0  #: the frame changes places with one that waits
    delay: tuple[float, float] = (0.0, 0.0)


CALM = Faults()


@dataclass(frozen=True, slots=True)
class Depth:
    """How full a queue is. `frames` and `size` (bytes) count the `unacked` in the receiver's hands too."""

    frames: int
    size: int
    unacked: int


class MemoryPost:
    """
    The queues between any number of nodes.

    `queue_bytes` bounds every queue: publishing into a full one raises Unavailable (BROKER_REFUSED). A frame
    that was delivered more than `delivery_limit` times without an ack is parked at its receiver. `clock` is
    needed for delays, `rng` for every fault.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        rng: Random | None = None,
        queue_bytes: int = QUEUE_BYTES,
        delivery_limit: int = DELIVERY_LIMIT,
    ) -> None:
        self._clock, self._rng = clock, rng
        self._queue_bytes, self._delivery_limit = queue_bytes, delivery_limit
        self._queues: dict[Way, MemoryQueue] = {}
        self._parking: dict[NodeId, MemoryQueue] = {}
        self._brokers: dict[NodeId, MemoryBroker] = {}
        self._cut_links: set[frozenset[NodeId]] = set()
        self._cut_nodes: set[NodeId] = set()
        self._faults, self._faults_of_links = CALM, dict[frozenset[NodeId], Faults]()
        self._acked = asyncio.Event()

    def broker(self, node: NodeId) -> MemoryBroker:
        """The broker of a node that starts (again): an earlier one stops as if its process had died."""
        if node in self._brokers:
            self._brokers[node].stop()
        self._brokers[node] = MemoryBroker(self, node)
        return self._brokers[node]

    # --- faults --------------------------------------------------------------------------------

    def disturb(self, faults: Faults, link: tuple[NodeId, NodeId] | None = None) -> None:
        """From now on these faults happen on one link, or on all that have none of their own."""
        if faults != CALM and self._rng is None:
            raise ValueError("faults are drawn from rng")
        if faults.delay[1] and self._clock is None:
            raise ValueError("delays need a clock")
        if link is None:
            self._faults = faults
        else:
            self._faults_of_links[frozenset(link)] = faults

    def cut(self, one: NodeId, other: NodeId) -> None:
        """Neither end reaches the other: publishing raises, nothing is received, unacked frames go back."""
        self._cut_links.add(frozenset({one, other}))
        self._after_change()

    def heal(self, one: NodeId, other: NodeId) -> None:
        """Undo `cut`."""
        self._cut_links.discard(frozenset({one, other}))
        self._after_change()

    def cut_node(self, node: NodeId) -> None:
        """Cut every link of a node, those too that are not there yet."""
        self._cut_nodes.add(node)
        self._after_change()

    def heal_node(self, node: NodeId) -> None:
        """Undo `cut_node`; links that were cut one by one stay cut."""
        self._cut_nodes.discard(node)
        self._after_change()

    def _after_change(self) -> None:
        for way, queue in self._queues.items():
            if not self.is_up(way.sender, way.receiver):
                queue.put_all_back()
            queue.changed.set()

    # --- looking in ----------------------------------------------------------------------------

    def depths(self) -> Mapping[Way, Depth]:
        """Every queue with something in it."""
        return {way: Depth(len(q), q.size, q.unacked) for way, q in self._queues.items() if len(q)}

    async def drained(self) -> None:
        """Return when every frame was acknowledged (or parked)."""
        while self.depths():
            self._acked.clear()
            await self._acked.wait()

    # --- what the brokers of the nodes call ------------------------------------------------------

    def is_up(self, node: NodeId, neighbour: NodeId) -> bool:
        """Whether the link between these two works."""
        link = frozenset({node, neighbour})
        return link not in self._cut_links and not link & self._cut_nodes

    def neighbours(self, node: NodeId) -> set[NodeId]:
        """The other ends of all links of `node` that were used so far."""
        ends = [(way.sender, way.receiver) for way in self._queues]
        return {b for a, b in ends if a == node} | {a for a, b in ends if b == node}

    def queue(self, way: Way) -> MemoryQueue:
        """The queue of a way, made when it is first asked for."""
        if way not in self._queues:
            self._queues[way] = MemoryQueue(self._delivery_limit, self._park)
        return self._queues[way]

    def held_by(self, node: NodeId) -> list[MemoryQueue]:
        """The queues that `node` receives from, its parking queue among them."""
        parking = [self._parking[node]] if node in self._parking else []
        return [queue for way, queue in self._queues.items() if way.receiver == node] + parking

    def parking(self, node: NodeId) -> MemoryQueue:
        """The parking queue of `node`, made when it is first asked for."""
        if node not in self._parking:
            self._parking[node] = MemoryQueue(DELIVERY_LIMIT, _never_parked)
        return self._parking[node]

    def now(self) -> datetime | None:
        """The clock's time, if there is a clock."""
        return self._clock.now() if self._clock is not None else None

    def accept(self, way: Way, data: bytes) -> None:
        """Keep a frame, or fail to, as the faults of its link have it. Raises: Unavailable."""
        if not self.is_up(way.sender, way.receiver):
            raise link_down(way.receiver, "cut")
        queue, rng = self.queue(way), self._rng
        faults = self._faults_of_links.get(frozenset({way.sender, way.receiver}), self._faults)
        if rng is None or faults == CALM:
            return self._put(queue, way, data)
        if rng.random() < faults.lose_frame:
            raise link_down(way.receiver, "the frame was lost")
        delay = rng.uniform(*faults.delay)
        self._put(queue, way, data, delay)
        if rng.random() < faults.duplicate:
            self._put(queue, way, data, delay)
        if rng.random() < faults.reorder:
            queue.swap_last(rng)
        if rng.random() < faults.lose_confirm:
            raise link_down(way.receiver, "the confirm was lost")
        return None

    def note_ack(self) -> None:
        """A frame left its queue."""
        self._acked.set()

    async def change_of(self, queue: MemoryQueue, *, is_up: bool) -> None:
        """Return when what `queue` has to give may have changed: a frame, a heal, a close, a delay over."""
        queue.changed.clear()
        ready_at = queue.next_ready_at() if is_up else None
        if ready_at is None or self._clock is None:
            await queue.changed.wait()
            return
        seconds = max((ready_at - self._clock.now()).total_seconds(), 0.0)
        races = [
            asyncio.ensure_future(queue.changed.wait()),
            asyncio.ensure_future(self._clock.sleep(seconds)),
        ]
        try:
            await asyncio.wait(races, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for race in races:
                race.cancel()
            await asyncio.gather(*races, return_exceptions=True)

    def _put(self, queue: MemoryQueue, way: Way, data: bytes, delay: float = 0.0) -> None:
        if queue.size + len(data) > self._queue_bytes:
            raise Unavailable(find(BROKER_REFUSED, detail=f"the queue is full ({queue.size} bytes)"))
        now = self.now() if delay else None
        queue.put(way, data, now and now + timedelta(seconds=delay))

    def _park(self, kept: Kept) -> None:
        self.parking(kept.way.receiver).put(kept.way, kept.data)
        self.note_ack()


class MemoryBroker:
    """One node's side of the post (ports.Broker)."""

    def __init__(self, post: MemoryPost, node: NodeId) -> None:
        self._post, self._node = post, node
        self._is_open = True

    async def publish(self, neighbour: NodeId, lane: Lane, data: bytes) -> None:
        await asyncio.sleep(0)  # a broker far away lets others run meanwhile, so this one does too
        self.require_open(neighbour)
        self._post.accept(Way(self._node, neighbour, lane), data)

    def inbox(self, neighbour: NodeId, lane: Lane) -> MemoryInbox:
        return MemoryInbox(self._post, self, Way(neighbour, self._node, lane))

    async def parked(self) -> list[Incoming]:
        self.require_open(self._node)
        queue = self._post.parking(self._node)
        return [_incoming(frame) for frame in queue.take(len(queue), queue.size, self._post.now())]

    async def ack_parked(self, frames: Sequence[Incoming]) -> None:
        self.require_open(self._node)
        _ack(frames)

    def neighbours_up(self) -> Mapping[NodeId, bool]:
        others = sorted(self._post.neighbours(self._node))
        return {other: self._is_open and self._post.is_up(self._node, other) for other in others}

    async def probe(self, neighbour: NodeId) -> Sequence[Step]:
        if self._is_open and self._post.is_up(self._node, neighbour):
            return (Step(Tried.REACH, True, "cùng tiến trình, đang thông", "in this process, and up"),)
        return (Step(Tried.REACH, False, "đường nối bị cắt", "the link is cut"),)

    async def close(self) -> None:
        self.stop()

    def stop(self) -> None:
        """End every delivery; from now on every call raises. Twice is harmless."""
        if self._is_open:
            self._is_open = False
            for queue in self._post.held_by(self._node):
                queue.put_all_back()

    def require_open(self, neighbour: NodeId) -> None:
        """Raises: Unavailable (LINK_DOWN) after `close`, and when the node was started again."""
        if not self._is_open:
            raise link_down(neighbour, "closed")


class MemoryInbox:
    """The receiving end of one way (ports.Inbox)."""

    def __init__(self, post: MemoryPost, broker: MemoryBroker, way: Way) -> None:
        self._post, self._broker, self._way = post, broker, way
        self._queue = post.queue(way)

    async def get(self, limit: int, size: int) -> list[Incoming]:
        while True:
            self._broker.require_open(self._way.sender)
            is_up = self._post.is_up(self._way.receiver, self._way.sender)
            frames = self._queue.take(limit, size, self._post.now()) if is_up else []
            if frames:
                return [_incoming(frame) for frame in frames]
            await self._post.change_of(self._queue, is_up=is_up)

    async def ack(self, frames: Sequence[Incoming]) -> None:
        self._broker.require_open(self._way.sender)
        try:
            _ack(frames)
        finally:
            self._post.note_ack()

    async def nack(self, frames: Sequence[Incoming]) -> None:
        self._queue.put_back([frame.tag.number for frame in frames])


def link_down(neighbour: NodeId, detail: str) -> Unavailable:
    """What a caller is told when the link does not carry it."""
    return Unavailable(find(LINK_DOWN, neighbour=neighbour, detail=detail))


def _ack(frames: Sequence[Incoming]) -> None:
    # Acks belong to a connection. Those of an earlier one can't be given any more; the frames come again.
    late = [frame for frame in frames if not frame.tag.queue.ack(frame.tag.number)]
    if late:
        raise link_down(late[0].neighbour, f"{len(late)} deliveries ended before their ack")


def _incoming(frame: Delivered) -> Incoming:
    kept = frame.kept
    return Incoming(kept.way.sender, kept.way.lane, kept.data, frame, redelivered=kept.deliveries > 1)


def _never_parked(kept: Kept) -> None:
    raise RuntimeError(f"nothing lies behind a parking queue: {kept.way}")
