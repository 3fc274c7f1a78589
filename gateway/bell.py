"""
The bell between the store and the doors: a commit rings, a waiting door looks for work at once.

A ring is only a hint. Doors also look on their own from time to time, so a ring that is lost costs a moment,
never a letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

TOGETHER_SECONDS = 0.01
"""
A door that is rung for again this soon waits for others that come meanwhile, and answers them together.

Under load each look then finds many letters: one question, one commit, one fsync for all of them. A door
that was at rest goes at once, so an idle axis is no slower.
"""


class Doorbell:
    """Bell of one event loop. `ring` may be called from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop or asyncio.get_running_loop()
        self._events: dict[str, asyncio.Event] = {}
        self._woken: dict[str, float] = {}

    def ring(self, topics: Iterable[str]) -> None:
        """Wake who waits for one of these topics, or for one below it (`link:H14` → `link:H14:urgent`)."""
        rung = tuple(topics)
        if rung and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring, rung)

    def _ring(self, rung: tuple[str, ...]) -> None:
        for topic, event in self._events.items():
            if any(topic == r or topic.startswith(r + ":") for r in rung):
                event.set()

    async def wait(self, topic: str, seconds: float) -> None:
        """
        Return when `topic` was rung since the last wait on it, or after `seconds`, whichever is first.

        The first wait on a topic returns at once: what was rung before anybody listened must not be missed.
        """
        event = self._events.get(topic)
        if event is None:
            self._events[topic] = asyncio.Event()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
                since = self._loop.time() - self._woken.get(topic, 0.0)
                if since < TOGETHER_SECONDS:
                    await asyncio.sleep(TOGETHER_SECONDS - since)
        self._woken[topic] = self._loop.time()
        event.clear()
