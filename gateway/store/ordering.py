"""
Places in an order that is kept in a table: numbers with gaps, so that most changes move nobody.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

GAP = 1024
"""Between neighbours that were numbered together: ten times may another row come between the same two."""

HIGHEST = 2**31 - 1
"""What an INTEGER column holds. 111,339 rows end at 114 million, so two million can still come last."""


def places(former: Sequence[tuple[str, int]], wanted: Iterable[str]) -> list[int]:
    """
    A place for each of `wanted`, rising; as many as possible keep the place that they have in `former`.

    `former` are keys with their places, rising. Where there is no room left, all are numbered anew.
    """
    keys = list(wanted)
    free = dict(reversed(former))
    known = [free.pop(key, None) for key in keys]
    kept = _rising(known)
    found: list[int] = []
    low: int | None = None
    start = 0
    for at in (*kept, len(keys)):
        high = known[at] if at < len(keys) else None
        between = _between(low, high, at - start)
        if between is None:
            return [n * GAP for n in range(len(keys))]
        found += between
        if high is not None:
            found.append(high)
        low, start = high, at + 1
    if found and not -HIGHEST <= found[0] <= found[-1] <= HIGHEST:
        return [n * GAP for n in range(len(keys))]
    return found


def _between(low: int | None, high: int | None, count: int) -> list[int] | None:
    """So many places between two others, evenly; None if there is no room."""
    if not count:
        return []
    if high is None:
        first = 0 if low is None else low + GAP
        return [first + n * GAP for n in range(count)]
    if low is None:
        return [high - n * GAP for n in range(count, 0, -1)]
    if high - low <= count:
        return None
    return [low + (high - low) * n // (count + 1) for n in range(1, count + 1)]


def _rising(known: Sequence[int | None]) -> list[int]:
    """The indexes of the longest rising run among the numbers (gaps between them do not matter)."""
    tails: list[int] = []  # the lowest number at which a run of each length ends
    ends: list[int] = []  # its index
    before: dict[int, int] = {}
    for at, number in enumerate(known):
        if number is None:
            continue
        length = bisect_left(tails, number)
        if length:
            before[at] = ends[length - 1]
        tails[length : length + 1] = [number]
        ends[length : length + 1] = [at]
    run: list[int] = []
    last = ends[-1] if ends else None
    while last is not None:
        run.append(last)
        last = before.get(last)
    return run[::-1]
