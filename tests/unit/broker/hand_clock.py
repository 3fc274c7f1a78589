"""
A clock that moves only when a test moves it.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class HandClock:
    """ports.Clock; sleepers wake when `advance` has passed their hour."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        self._moved = asyncio.Condition()
        self._asleep = asyncio.Event()
        self.sleepers = 0

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        until = self._now + timedelta(seconds=seconds)
        self.sleepers += 1
        self._asleep.set()
        try:
            async with self._moved:
                await self._moved.wait_for(lambda: self._now >= until)
        finally:
            self.sleepers -= 1

    async def somebody_sleeps(self) -> None:
        """Return when somebody has gone to sleep at all."""
        await self._asleep.wait()

    async def advance(self, seconds: float) -> None:
        async with self._moved:
            self._now += timedelta(seconds=seconds)
            self._moved.notify_all()
