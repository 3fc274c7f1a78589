"""
When neighbours were last heard, and what they said of themselves: kept in memory, written now and then.

A link can be up while nobody is behind it (the broker answers, the neighbour does not), so whoever looks for
a fault asks this first. A row for each frame would cost more than it tells.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime

from gateway.core.model import NodeId
from gateway.ports import Clock, Heard

WRITE_SECONDS = 20.0  # what a page shows as «last heard» is so old at most

Note = Callable[[Iterable[Heard]], Awaitable[None]]


class LastHeard:
    """What this process heard since it was last written."""

    def __init__(self) -> None:
        self._heard: dict[NodeId, Heard] = {}

    def note(self, neighbour: NodeId, at: datetime) -> None:
        """Something of a neighbour has come."""
        known = self._heard.get(neighbour)
        self._heard[neighbour] = Heard(neighbour, at) if known is None else replace(known, at=at)

    def greet(self, neighbour: NodeId, release: str, protocols: tuple[int, ...], at: datetime) -> None:
        """Its hello has come."""
        self._heard[neighbour] = Heard(neighbour, at, release, protocols, hello_at=at)

    async def write(self, note: Note) -> None:
        """Write what is new. Raises: Unavailable, and keeps it for the next time."""
        new, self._heard = self._heard, {}
        if not new:
            return
        try:
            await note(new.values())
        except BaseException:
            self._heard = new | self._heard
            raise

    async def keep(self, note: Note, clock: Clock) -> None:
        """Write it again and again, until cancelled."""
        while True:
            await clock.sleep(WRITE_SECONDS)
            await self.write(note)
