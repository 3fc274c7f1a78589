"""
What letters queue for in the simulation: servers with one queue, and a disk that writes for all at once.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol


class Chance(Protocol):
    """The random numbers that are handed in: `random.Random` with a seed."""

    def random(self) -> float:
        """Evenly in [0, 1)."""

    def expovariate(self, lambd: float, /) -> float:
        """Seconds until the next of `lambd` a second."""

    def gauss(self, mu: float, sigma: float, /) -> float:
        """Normal."""


@dataclass(slots=True)
class Agenda:
    """What happens next. Of two things at the same moment the one that was noted first comes first."""

    now: float = 0.0
    _due: list[tuple[float, int, Callable[[Any], None], Any]] = field(default_factory=list)
    _noted: int = 0

    def at(self, when: float, act: Callable[[Any], None], what: object) -> None:
        """Do `act(what)` at a moment that has not passed."""
        self._noted += 1
        heapq.heappush(self._due, (when, self._noted, act, what))

    def run(self) -> None:
        """Until nothing is left to happen."""
        due = self._due
        while due:
            self.now, _, act, what = heapq.heappop(due)
            act(what)


@dataclass(slots=True)
class Tally:
    """
    What all stations of one kind showed to the jobs that came between `start` and `end`; `count` of them,
    with `servers` each.
    """

    start: float
    end: float
    servers: int = 1
    count: int = 0
    jobs: int = 0
    busy: float = 0.0
    waits: list[float] = field(default_factory=list)
    longest_queue: int = 0

    def came(self, now: float, waiting: int) -> None:
        """A job came and found so many waiting."""
        if self.start <= now < self.end:
            self.jobs += 1
            self.longest_queue = max(self.longest_queue, waiting)

    def waited(self, came: float, seconds: float) -> None:
        """A job that came then waited so long for others."""
        if self.start <= came < self.end:
            self.waits.append(seconds)

    def worked(self, began: float, ends: float) -> None:
        """A server works from then till then."""
        self.busy += max(min(ends, self.end) - max(began, self.start), 0.0)

    @property
    def utilisation(self) -> float:
        """The share of all servers' time in which they worked."""
        room = (self.end - self.start) * self.servers * self.count
        return self.busy / room if room > 0 else 0.0

    @property
    def queue(self) -> float:
        """How many waited on average at one station (Little's law)."""
        room = (self.end - self.start) * self.count
        return sum(self.waits) / room if room > 0 else 0.0


@dataclass(slots=True)
class Servers:
    """Some servers with one queue, first come first served. `then(job)` when a job is done."""

    agenda: Agenda
    servers: int
    tally: Tally
    then: Callable[[Any], None]
    _working: int = 0
    _queue: deque[tuple[float, float, Any]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.tally.count += 1
        self.tally.servers = self.servers

    def offer(self, job: object, seconds: float) -> None:
        """A job that takes so long comes now."""
        now = self.agenda.now
        self.tally.came(now, len(self._queue))
        if self._working < self.servers:
            self._working += 1
            self._begin(now, seconds, job)
        else:
            self._queue.append((now, seconds, job))

    def _begin(self, came: float, seconds: float, job: object) -> None:
        now = self.agenda.now
        self.tally.waited(came, now - came)
        self.tally.worked(now, now + seconds)
        self.agenda.at(now + seconds, self._end, job)

    def _end(self, job: object) -> None:
        if self._queue:
            self._begin(*self._queue.popleft())
        else:
            self._working -= 1
        self.then(job)


@dataclass(slots=True)
class Disk:
    """
    Writes for everybody who waits, at most `most` at once, with one `fsync` (seconds). `then(job)` when it is
    durable; a job of None only loads it.
    """

    agenda: Agenda
    fsync: float
    most: int
    tally: Tally
    then: Callable[[Any], None]
    _is_writing: bool = False
    _queue: deque[tuple[float, float, Any]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.tally.count += 1

    def offer(self, job: object, seconds: float) -> None:
        """A transaction comes now; its own bytes take so long."""
        self.tally.came(self.agenda.now, len(self._queue))
        self._queue.append((self.agenda.now, seconds, job))
        if not self._is_writing:
            self._write()

    def _write(self) -> None:
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), self.most))]
        now, length = self.agenda.now, self.fsync + sum(seconds for _, seconds, _ in batch)
        for came, seconds, _ in batch:
            self.tally.waited(came, now + length - came - self.fsync - seconds)
        self.tally.worked(now, now + length)
        self._is_writing = True
        self.agenda.at(now + length, self._written, batch)

    def _written(self, batch: list[tuple[float, float, Any]]) -> None:
        self._is_writing = False
        if self._queue:
            self._write()
        for _, _, job in batch:
            if job is not None:
                self.then(job)
