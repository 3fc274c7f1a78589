"""
The window of one link and lane: what is on its way and not yet in the neighbour's hands.

It bounds what lies in the broker's queue, so that a neighbour which is away fills no disk, and so that what
waits stays in the store, where urgent letters overtake and hold, recall and expiry still reach it. Decides
only: the relay waits (for a receipt, a progress report or a confirm that failed), never the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from gateway.core.model import LetterId

WINDOW_LETTERS: Final = 64
WINDOW_SIZE: Final = 8 * 1024 * 1024

# The wire asks for a progress report at least every 4 MiB or second. We send one every 2 MiB: half of what a
# large letter may have on its way, so that its sender never stands still for want of news.
PROGRESS_SIZE: Final = 2 * 1024 * 1024


class Room(NamedTuple):
    """How much more may be claimed: letters, and bytes of them together."""

    letters: int
    size: int


@dataclass(slots=True)
class _Flight:
    """One letter, counted from its first byte: `sent` were given to the broker, `held` the neighbour has."""

    sent: int
    held: int

    @property
    def size(self) -> int:
        return max(self.sent - self.held, 0)


class Window:
    """At most `letters` letters and about `size` bytes that the neighbour does not hold yet."""

    def __init__(self, letters: int = WINDOW_LETTERS, size: int = WINDOW_SIZE) -> None:
        self._letters, self._size = letters, size
        self._flights: dict[LetterId, _Flight] = {}

    @property
    def size(self) -> int:
        """Bytes on their way. One letter counts for at most half the window: it never has more in flight."""
        return sum(min(flight.size, self.half) for flight in self._flights.values())

    @property
    def half(self) -> int:
        """What a letter that goes piece by piece may have on its way."""
        return self._size // 2

    def room(self) -> Room:
        """What may be claimed now; no size, no letters."""
        size = max(self._size - self.size, 0)
        letters = max(self._letters - len(self._flights), 0)
        return Room(letters, size) if letters and size else Room(0, 0)

    def big(self, size: int) -> bool:
        """Whether a letter of `size` bytes goes piece by piece, so that small ones pass beside it."""
        return size > self.half

    def add(self, letter_id: LetterId, size: int, *, held: int = 0) -> None:
        """`size` bytes of this letter are being published.

        `held` is what the neighbour already held of it when the first of them went (after a cut).
        """
        flight = self._flights.setdefault(letter_id, _Flight(held, held))
        flight.sent += size

    def progress(self, letter_id: LetterId, held: int) -> None:
        """The neighbour holds `held` bytes of this letter in all; a report older than the last is idle."""
        flight = self._flights.get(letter_id)
        if flight is not None:
            flight.held = max(flight.held, held)

    def release(self, letter_id: LetterId) -> None:
        """Taken, refused, failed or asked for anew: nothing of it is on its way. Twice is harmless."""
        self._flights.pop(letter_id, None)
