"""
Upkeep: what people asked for at the console, done bit by bit.          beside relay

Reads   repairs that are due, letters whose words are not written yet
Writes  moves of deliveries (resend, hold, release, give back), the words by which letters are found
Never   sends anything itself: what becomes due is relay's and hand-over's
Crash   each bit is one transaction; the next life goes on behind the last one
"""

from __future__ import annotations

from gateway.doors.desk import Desk

LOOK_SECONDS = 2.0
PAUSE_SECONDS = 0.2
"""Between two bits while there is much to do: the letters of agencies go first."""

REPAIRED_AT_ONCE = 200
LISTED_AT_ONCE = 100  # some milliseconds of the writer's time


class Upkeep:
    """Looks after repairs and words."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """Go on for ever, until cancelled."""
        while True:
            if await self.step():
                await self._desk.clock.sleep(PAUSE_SECONDS)
            else:
                await self._desk.bell.wait("repairs", LOOK_SECONDS)

    async def step(self) -> bool:
        """A bit of each; whether there is likely more to do."""
        try:
            moved = await self._desk.store.run_repairs(self._desk.clock.now(), REPAIRED_AT_ONCE)
        finally:  # a repair that fails must not keep letters from being found
            listed = await self._desk.store.list_words(LISTED_AT_ONCE)
        return moved == REPAIRED_AT_ONCE or listed == LISTED_AT_ONCE
