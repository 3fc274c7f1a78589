"""
A clock that a test moves by hand.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
"""A Monday morning, 8:30 in Vietnam."""

TURNS = 20  # of the event loop, for what a woken task has to do before it sleeps again


class ManualClock:
    """ports.Clock; time passes only in `advance` and `run`."""

    def __init__(self, at: datetime = START) -> None:
        self._now = at
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has let `seconds` pass."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        until = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (until, next(self._order), woken))
        await woken

    @property
    def sleepers(self) -> int:
        """How many sleep now."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    @property
    def next_wake(self) -> datetime | None:
        """When the first sleeper wakes; None if nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)  # it was cancelled
        return self._sleepers[0][0] if self._sleepers else None

    def advance(self, passed: float | timedelta) -> datetime:
        """Let time pass at once; sleepers whose time has come go on when the test next waits."""
        self._now += passed if isinstance(passed, timedelta) else timedelta(seconds=passed)
        while (wake := self.next_wake) is not None and wake <= self._now:
            heapq.heappop(self._sleepers)[2].set_result(None)
        return self._now

    async def run(self, passed: float | timedelta) -> datetime:
        """Let time pass sleeper by sleeper, each going on at its own hour (and perhaps sleeping again)."""
        end = self._now + (passed if isinstance(passed, timedelta) else timedelta(seconds=passed))
        await _turns()
        while (wake := self.next_wake) is not None and wake <= end:
            self.advance(max(wake - self._now, timedelta(0)))
            await _turns()
        self.advance(end - self._now)
        await _turns()
        return self._now


async def _turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)
