"""
One queue of the memory broker: frames in order, some of them handed out and not acknowledged yet.

A frame leaves only by an ack. Whatever else ends a delivery (nack, cut, close) puts it back in its old place.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from random import Random

from gateway.core.model import Lane, NodeId


@dataclass(frozen=True, slots=True)
class Way:
    """One direction and lane of a link."""

    sender: NodeId
    receiver: NodeId
    lane: Lane


@dataclass(slots=True, eq=False)
class Kept:
    """A frame that the broker keeps. `order` is its place, `ready_at` when it may be delivered."""

    way: Way
    order: int
    data: bytes
    ready_at: datetime | None = None
    deliveries: int = 0

    def is_ready(self, now: datetime | None) -> bool:
        return self.ready_at is None or (now is not None and self.ready_at <= now)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A frame in somebody's hands; `number` tells this delivery from an earlier one of the same frame."""

    kept: Kept
    queue: MemoryQueue
    number: int


class MemoryQueue:
    """Frames of one way, or those parked at one node. `changed` is set whenever waiting may be over."""

    def __init__(self, delivery_limit: int, park: Callable[[Kept], None]) -> None:
        self.changed = asyncio.Event()
        self.size = 0  #: bytes, those in somebody's hands included
        self._ready: deque[Kept] = deque()
        self._unacked: dict[int, Kept] = {}
        self._delivery_limit, self._park = delivery_limit, park
        self._orders, self._numbers = count(), count()

    def __len__(self) -> int:
        return len(self._ready) + len(self._unacked)

    @property
    def unacked(self) -> int:
        return len(self._unacked)

    def put(self, way: Way, data: bytes, ready_at: datetime | None = None) -> None:
        """Keep a frame behind all others."""
        self._ready.append(Kept(way, next(self._orders), data, ready_at))
        self.size += len(data)
        self.changed.set()

    def swap_last(self, dice: Random) -> None:
        """Let the newest frame and a random one of those that wait change places."""
        last, other = self._ready[-1], self._ready[at := dice.randrange(len(self._ready))]
        last.order, other.order = other.order, last.order
        self._ready[-1], self._ready[at] = other, last

    def take(self, limit: int, size: int, now: datetime | None) -> list[Delivered]:
        """The first frames, in order, up to `limit` and `size` bytes, but one at least if one is ready."""
        taken: list[Delivered] = []
        while self._ready and len(taken) < limit:
            first = self._ready[0]
            size -= len(first.data)
            if (taken and size < 0) or not first.is_ready(now):
                break
            self._ready.popleft()
            first.deliveries += 1
            number = next(self._numbers)
            self._unacked[number] = first
            taken.append(Delivered(first, self, number))
        return taken

    def next_ready_at(self) -> datetime | None:
        """When the first waiting frame may be delivered, if one waits for its time."""
        return self._ready[0].ready_at if self._ready else None

    def ack(self, number: int) -> bool:
        """Forget a delivered frame; False if this delivery has ended already."""
        kept = self._unacked.pop(number, None)
        if kept is None:
            return False
        self.size -= len(kept.data)
        self.changed.set()
        return True

    def put_back(self, numbers: Iterable[int]) -> None:
        """End these deliveries without an ack: the frames come again, or are parked after too many tries."""
        back = [self._unacked.pop(number) for number in numbers if number in self._unacked]
        for kept in back:
            if kept.deliveries > self._delivery_limit:
                self.size -= len(kept.data)
                self._park(kept)
            else:
                self._ready.append(kept)
        if back:
            self._ready = deque(sorted(self._ready, key=lambda kept: kept.order))
            self.changed.set()

    def put_all_back(self) -> None:
        """The connection of the receiver is gone: every delivery ends."""
        self.put_back(list(self._unacked))
        self.changed.set()
