"""
Work that is done step by step: a bell, loops and threads that move only when a test lets them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from gateway.core.errors import TrucError


class Died(BaseException):
    """The process of a node is gone; not an Exception, since nothing in a dead process handles it."""


class StepBell:
    """ports.Bell; remembers what was rung, for loops that listen and for those who wait inside a step."""

    def __init__(self) -> None:
        self._rung: dict[str, bool] = {}
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []

    @property
    def parked(self) -> int:
        """How many wait for a ring in the middle of a step."""
        return sum(not waiter.done() for _, waiter in self._waiting)

    def ring(self, topics: Iterable[str]) -> None:
        """What the store calls after a commit."""
        for topic in topics:
            for known in self._rung:
                if _reaches(topic, known):
                    self._rung[known] = True
            for known, waiter in self._waiting:
                if _reaches(topic, known) and not waiter.done():
                    waiter.set_result(None)

    def ring_all(self) -> None:
        """As much time has passed as makes every door look for itself."""
        self.ring([*self._rung, *(topic for topic, _ in self._waiting)])

    async def wait(self, topic: str, seconds: float, *, by: object | None = None) -> None:
        """Return when `topic` is rung, or at `ring_all`."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((topic, waiter))
        try:
            await waiter
        finally:
            self._waiting.remove((topic, waiter))

    def listen(self, topic: str) -> None:
        """From now on rings of this topic are remembered; it counts as rung when a loop begins."""
        self._rung[topic] = True

    def take(self, topic: str) -> bool:
        """Whether the topic was rung since it was last taken."""
        rung, self._rung[topic] = self._rung[topic], False
        return rung


def _reaches(rung: str, topic: str) -> bool:
    return topic == rung or topic.startswith(rung + ":")


@dataclass
class Loop:
    """
    One loop of a node: `step` does one round and says whether another may follow at once.

    It runs when it was rung for (or when `has_work` says so), one round at a time.
    """

    name: str
    step: Callable[[], Awaitable[object]]
    bell: StepBell
    topic: str = ""
    has_work: Callable[[], bool] | None = None
    task: asyncio.Task[None] | None = None
    failed: list[TrucError] = field(default_factory=list)
    _again: bool = False

    def begin_if_ready(self) -> bool:
        """Begin a round if there is work and none is running; whether one was begun."""
        if self.task is not None and not self.task.done():
            return False
        ready = self.has_work() if self.has_work is not None else self.bell.take(self.topic) or self._again
        if ready:
            self._again = False
            self.task = asyncio.create_task(self._round(), name=self.name)
        return ready

    async def _round(self) -> None:
        try:
            self._again = bool(await self.step())
        except TrucError as known:
            self.failed.append(known)  # as in a node: tried again later, when time has passed


class InlineExecutor(ThreadPoolExecutor):
    """What should run in a thread runs at once, so that a run is the same every time."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future
