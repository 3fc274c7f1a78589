"""
When keys were last used, from where and by which software: kept in memory, written now and then.

A row for each request would cost more than the request; what is asked is whether a system still comes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

from gateway.ports import Clock, KeyUse

WRITE_SECONDS = 60.0
EVERY = timedelta(minutes=5)
"""Of one key at most one write in so long: a thousand systems that poll all day make some three a second."""

LONGEST_SOFTWARE = 120  # characters of a name that anybody may send

Note = Callable[[Iterable[KeyUse]], Awaitable[None]]


class KeyLog:
    """What this process saw of keys since it was last written. Only keys that are good get here."""

    def __init__(self) -> None:
        self._used: dict[str, KeyUse] = {}
        self._written: dict[str, datetime] = {}

    def note(self, key_id: str, address: str, software: str, at: datetime) -> None:
        """A request came with this key; `software` is what its client calls itself."""
        plain = "".join(sign if sign.isprintable() else " " for sign in software[:LONGEST_SOFTWARE])
        self._used[key_id] = KeyUse(key_id, at, address, plain.strip())

    async def write(self, note: Note, now: datetime) -> None:
        """Write of each key the last use, if it was not written lately. Raises: Unavailable, and keeps it."""
        self._written = {key: at for key, at in self._written.items() if now - at < EVERY}
        due = {key: use for key, use in self._used.items() if key not in self._written}
        if not due:
            return
        await note(due.values())
        self._written |= dict.fromkeys(due, now)
        self._used = {key: use for key, use in self._used.items() if due.get(key) is not use}

    async def keep(self, note: Note, clock: Clock) -> None:
        """Write it again and again, until cancelled."""
        while True:
            await clock.sleep(WRITE_SECONDS)
            await self.write(note, clock.now())
