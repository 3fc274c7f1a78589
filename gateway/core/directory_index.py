"""
The agencies of a directory as people look for them: by code, by words with or without marks, by who is above.

All names and codes stand folded in one text, so that a search is done by the machine's own search for text:
some milliseconds among 111,339 agencies. It is made once for a directory, in about half a second.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

from gateway.core.codes import normal
from gateway.core.directory_rows import Agency

MOST_FOUND = 1_000
"""Of more, a search gives the first in the order of the file: who sees so many types another word."""

Keep = Callable[[Agency], bool]


class DirectoryIndex:
    """What is found in one directory. `find` gives the agency of any of its codes."""

    def __init__(self, rows: Sequence[Agency], find: Callable[[str], Agency | None]) -> None:
        self._rows = rows
        lines = folded("\n".join("\t".join((" ".join(row.name.split()), *row.codes)) for row in rows))
        self._text = f"\n{lines}\n"
        lengths = (len(line) + 1 for line in lines.split("\n"))
        self._starts = list(accumulate(lengths, initial=0))  # of the break before each line
        self.tiers: Mapping[str, int] = Counter(row.tier for row in rows)
        self._below, self._before = _relatives(rows, find)

    def below(self, agency: Agency) -> Sequence[Agency]:
        """The agencies of which this one is the parent, in the order of the file."""
        return [self._rows[number] for number in self._below.get(normal(agency.code), ())]

    def before(self, agency: Agency) -> Sequence[Agency]:
        """The agencies that this one followed, in the order of the file."""
        return [self._rows[number] for number in self._before.get(normal(agency.code), ())]

    def rows_from(self, number: int, keep: Keep) -> Iterator[tuple[int, Agency]]:
        """The agencies from a place in the file on, each with its place."""
        for place in range(max(0, number), len(self._rows)):
            if keep(self._rows[place]):
                yield place, self._rows[place]

    def search(self, text: str, keep: Keep = lambda _agency: True) -> list[Agency]:
        """
        Agencies by code, or by all words of the name; at most MOST_FOUND.

        Exact codes first, then codes and names that begin with `text`, then the rest by code.
        """
        key = " ".join(folded(text).split())
        if not key:
            return []
        ranks: dict[int, int] = {}
        hits = ((number, rank) for places, rank in self._places(key) for number in places)
        for number, rank in hits:
            if number not in ranks and keep(self._rows[number]):
                ranks[number] = rank
                if len(ranks) >= MOST_FOUND:
                    break
        found = sorted(ranks.items(), key=lambda hit: (hit[1], self._rows[hit[0]].code))
        return [self._rows[number] for number, _ in found]

    def _places(self, key: str) -> Iterator[tuple[Iterator[int], int]]:
        yield self._at(f"\t{key}\t"), 0
        yield self._at(f"\t{key}\n"), 0
        yield self._at(f"\t{key}"), 1
        yield self._at(f"\n{key}"), 2
        yield self._with_words(key.split()), 3

    def _at(self, needle: str) -> Iterator[int]:
        """The lines in which this stands, each once. A break at its beginning is that before the line."""
        at = self._text.find(needle)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            if number >= len(self._rows):
                return
            yield number
            at = self._text.find(needle, self._starts[number + 1])

    def _with_words(self, words: Sequence[str]) -> Iterator[int]:
        """The lines whose name has all the words; the rarest is looked for, the others are compared."""
        rarest = min(words, key=self._text.count) if len(words) > 1 else words[0]
        for number in self._at(rarest):
            start = self._starts[number] + 1
            name = self._text[start : self._text.index("\t", start)]
            if all(word in name for word in words):
                yield number


def folded(text: str) -> str:
    """Lower case without Vietnamese marks; what is no letter of ours is left out."""
    letters = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    return letters.encode("ascii", "ignore").decode("ascii")


def _relatives(
    rows: Sequence[Agency], find: Callable[[str], Agency | None]
) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """By primary code: the rows whose parent, and those whose successor it is."""
    below: dict[str, list[int]] = {}
    before: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        for named, index in ((row.parent, below), (row.successor, before)):
            relative = find(named) if named else None
            if relative is not None:
                index.setdefault(normal(relative.code), []).append(number)
    return below, before
