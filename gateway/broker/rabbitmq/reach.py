"""
Whether a broker can be reached, as all ends that use it know together.

While it can't, one end goes ahead and knocks again every second; the others wait until it was let in. So a
line that is mended is found at once, and a broker that is away is asked once a second by a node, however
many links the node has there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.ports import Clock

# What a document waits at most for a link that works again. A refused connection costs a node half a
# millisecond, and the machine that refuses it next to nothing, be they a hundred communes.
KNOCK_SECONDS = 1.0
# The other ends follow in such a time: a hundred nodes with seven connections each do not come at one moment.
FOLLOW_SECONDS = 0.3

Chance = Callable[[], float]
"""A number from 0 to 1, another each time."""


class Reach:
    """Shared by the keepers of one broker's ends; each names itself by `who`."""

    def __init__(self) -> None:
        self._ahead: object | None = None  # who knocks
        self._opened = asyncio.Event()

    def opened(self) -> None:
        """One was let in: nobody needs to wait any longer."""
        self._ahead = None
        self._opened.set()
        self._opened = asyncio.Event()

    def leave(self, who: object) -> None:
        """It does not knock any more, whatever becomes of it: another may go ahead."""
        if self._ahead is who:
            self._ahead = None

    async def pause(self, who: object, seconds: float, clock: Clock, chance: Chance) -> None:
        """Return when `who` shall try again: the one ahead soon, the others after `seconds` or behind it."""
        if self._ahead is None:
            self._ahead = who
        if self._ahead is who:
            await clock.sleep(jittered(min(seconds, KNOCK_SECONDS), chance))
        elif await self._opens_within(jittered(seconds, chance), clock):
            await clock.sleep(FOLLOW_SECONDS * chance())

    async def _opens_within(self, seconds: float, clock: Clock) -> bool:
        opened = asyncio.ensure_future(self._opened.wait())
        waiting = {opened, asyncio.ensure_future(clock.sleep(seconds))}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return opened.done()
        finally:
            for task in waiting:
                task.cancel()


def jittered(seconds: float, chance: Chance) -> float:
    """From half of `seconds` to all of it: what fell together need not come back together."""
    return seconds * (1 + chance()) / 2
