"""
The real clock. Everything that needs time is handed a Clock, so that tests can hand it another.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime


class SystemClock:
    """The machine's time, aware UTC."""

    def now(self) -> datetime:
        """The current instant."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await asyncio.sleep(seconds)
