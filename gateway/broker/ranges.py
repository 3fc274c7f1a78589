"""
Which bytes of a part, or of a whole letter, somebody holds.

Ranges are half-open. Their text is `0-1048576,2097152-3145728`; that of a whole letter puts the index of
each part before its ranges, `0:0-1048576;2:0-500`. Both forms are normative on the wire (docs/protocol.md)
and are what the store keeps.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

# 16 digits hold every number that is allowed on the wire (2**53 - 1).
_TEXT = re.compile(r"[0-9]{1,16}-[0-9]{1,16}(?:,[0-9]{1,16}-[0-9]{1,16})*")
_PART = re.compile(r"(0|[1-9][0-9]{0,3}):(.+)")


@dataclass(frozen=True, slots=True)
class Ranges:
    """A set of bytes as disjoint half-open ranges, in order, none touching the next.

    `bounds` is start, stop, start, stop … strictly growing: a number's index in it says by its parity
    whether the number lies inside, so every operation is two bisections and one copy of a flat tuple.
    """

    bounds: tuple[int, ...] = ()

    @classmethod
    def of_text(cls, text: str) -> Ranges:
        """Read the text form. Raises: ValueError."""
        if not text:
            return cls()
        if _TEXT.fullmatch(text) is None:
            raise ValueError(f"not a list of ranges: {text[:80]!r}")
        bounds = tuple(map(int, text.replace("-", ",").split(",")))
        if any(left >= right for left, right in pairwise(bounds)):
            raise ValueError(f"ranges are empty, touching or out of order: {text[:80]!r}")
        return cls(bounds)

    @property
    def text(self) -> str:
        return ",".join(f"{start}-{stop}" for start, stop in self)

    @property
    def total(self) -> int:
        """How many bytes these are."""
        return sum(self.bounds[1::2]) - sum(self.bounds[::2])

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.bounds[::2], self.bounds[1::2], strict=True)

    def __bool__(self) -> bool:
        return bool(self.bounds)

    def add(self, start: int, stop: int) -> Ranges:
        """These and the bytes from `start` up to `stop`."""
        return self._with(start, stop, inside=0)

    def subtract(self, start: int, stop: int) -> Ranges:
        """These without the bytes from `start` up to `stop`."""
        return self._with(start, stop, inside=1)

    def complement(self, size: int) -> Ranges:
        """The bytes of a part of `size` bytes that are missing here."""
        # Inside and outside change places: every bound below `size` stays, 0 and `size` are toggled.
        at = bisect_left(self.bounds, size)
        inside = self.bounds[:at] + ((size,) if at % 2 else ())
        flipped = inside[1:] if inside[:1] == (0,) else (0, *inside)
        return Ranges(flipped[:-1] if flipped[-1:] == (size,) else (*flipped, size))

    def contains(self, start: int, stop: int) -> bool:
        """Whether every byte from `start` up to `stop` is here (an empty range always is)."""
        at = bisect_right(self.bounds, start)
        return start >= stop or (at % 2 == 1 and stop <= self.bounds[at])

    def _with(self, start: int, stop: int, *, inside: int) -> Ranges:
        if not 0 <= start <= stop:
            raise ValueError(f"not a range: {start}-{stop}")
        if start == stop:
            return self
        left, right = bisect_left(self.bounds, start), bisect_right(self.bounds, stop)
        new = (start,) if left % 2 == inside else ()
        end = (stop,) if right % 2 == inside else ()
        return Ranges(self.bounds[:left] + new + end + self.bounds[right:])


def read_held(text: str) -> dict[int, Ranges]:
    """Part index → ranges, from the letter-wide text. Raises: ValueError."""
    held: dict[int, Ranges] = {}
    last = -1
    for field in text.split(";") if text else ():
        match = _PART.fullmatch(field)
        if match is None or int(match[1]) <= last:
            raise ValueError(f"not the ranges of a letter: {field[:80]!r}")
        last = int(match[1])
        held[last] = Ranges.of_text(match[2])
    return held


def write_held(held: Mapping[int, Ranges]) -> str:
    """The letter-wide text; parts of which nothing is held are left out."""
    return ";".join(f"{part}:{ranges.text}" for part, ranges in sorted(held.items()) if ranges)
