"""
When something dropped into a folder is complete: nobody says so, it just stops changing.

The share's clock is not ours and is never asked: only whether size and time of change are still the same.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

QUIET = timedelta(seconds=4)
"""As long must nothing change, by our clock: copying programs pause for less while they write."""


@dataclass(slots=True)
class _Seen:
    mark: Hashable
    since: datetime


class Settling:
    """What was seen of each thing at the last look."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, _Seen] = {}

    def look(self, key: Hashable, mark: Hashable, now: datetime) -> timedelta | None:
        """How long `key` has had this mark; None at the first look, or if it is not quiet long enough."""
        seen = self._seen.get(key)
        if seen is None or seen.mark != mark:
            self._seen[key] = _Seen(mark, now)
            return None
        quiet = now - seen.since
        return quiet if quiet >= QUIET else None

    def keep_only(self, keys: Collection[Hashable]) -> None:
        """Forget what is not there any more."""
        self._seen = {key: seen for key, seen in self._seen.items() if key in keys}
