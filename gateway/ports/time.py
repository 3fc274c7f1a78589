"""
Time, and the bell that wakes a door.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of time. Tests advance it by hand."""

    def now(self) -> datetime:
        """The current instant, aware UTC."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock."""


class Bell(Protocol):
    """Wakes a door when there may be work for its topic (`link:H14`, `links`, `local`, `mail:CODE`, …)."""

    def ring(self, topics: Iterable[str]) -> None:
        """Something changed for these topics. Thread-safe."""

    async def wait(self, topic: str, seconds: float, *, by: object | None = None) -> None:
        """
        Return when `topic` was rung since the last wait on it, or after `seconds`, whichever is first.

        `by`: who waits, where several wait for the same topic; each of them hears every ring.
        """
