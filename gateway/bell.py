"""
The bell between the store and the doors: a commit rings, a waiting door looks for work at once.

A ring is only a hint. Doors also look on their own from time to time, so a ring that is lost costs a moment,
never a letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

TOGETHER_SECONDS = 0.05
"""
A door that is rung for again this soon waits for others that come meanwhile, and answers them together.

Under load each look then finds many letters: one question, one commit, one fsync for all of them. A door
that was at rest goes at once, so an idle axis is no slower.
"""


@dataclass(slots=True)
class _Topic:
    """How often it was rung, and what wakes those who wait for the next time."""

    rings: int = 0
    next_ring: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class _Ear:
    """What one listener has heard of a topic, and when it last went on."""

    rings: int
    woken_at: float = 0.0


class Doorbell:
    """Bell of one event loop. `ring` may be called from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop or asyncio.get_running_loop()
        self._topics: dict[str, _Topic] = {}
        self._ears: WeakKeyDictionary[object, dict[str, _Ear]] = WeakKeyDictionary()

    def ring(self, topics: Iterable[str]) -> None:
        """Wake who waits for one of these topics, or for one below it (`link:H14` → `link:H14:urgent`)."""
        rung = tuple(topics)
        if rung and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring, rung)

    def _ring(self, rung: tuple[str, ...]) -> None:
        for name, topic in self._topics.items():
            if any(name == r or name.startswith(r + ":") for r in rung):
                topic.rings += 1
                topic.next_ring.set()
                topic.next_ring = asyncio.Event()

    async def wait(self, topic: str, seconds: float, *, by: object | None = None) -> None:
        """
        Return when `topic` was rung since the last wait on it, or after `seconds`, whichever is first.

        `by`: who waits, where several wait for the same topic; each of them hears every ring. The first wait
        of each returns at once: what was rung before it listened must not be missed.
        """
        ears = self._ears.setdefault(self if by is None else by, {})
        told = self._topics.setdefault(topic, _Topic())
        ear = ears.get(topic)
        if ear is None:
            ears[topic] = _Ear(told.rings)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while told.rings == ear.rings:
                    await told.next_ring.wait()
                since = self._loop.time() - ear.woken_at
                if since < TOGETHER_SECONDS:
                    await asyncio.sleep(TOGETHER_SECONDS - since)
        ear.rings, ear.woken_at = told.rings, self._loop.time()
