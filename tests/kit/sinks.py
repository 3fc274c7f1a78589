"""
Parts in memory, for tests that split and join.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from gateway.core.split import Split, Splitter, join
from schemas.safe_xml import DEFAULT_LIMITS, Limits


class MemorySink:
    """A PartSink whose blob can be looked at."""

    def __init__(self) -> None:
        self.blob = b""
        self.is_closed = False
        self.rewrites = 0

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.blob += data

    def rewrite(self, transform: Callable[[Iterator[bytes]], Iterator[bytes]]) -> None:
        assert not self.is_closed
        written = self.blob
        self.blob = b"".join(transform(written[at : at + 10] for at in range(0, len(written), 10)))
        self.rewrites += 1

    def close(self) -> None:
        self.is_closed = True


@dataclass
class TakenApart:
    """A document after the Splitter: the result and what lies in the sinks."""

    split: Split
    sinks: list[MemorySink] = field(default_factory=list)

    def joined(self) -> bytes:
        """The document put together again."""
        return b"".join(join(self.split.envelope, self.split.parts, lambda index: [self.sinks[index].blob]))


def take_apart(data: bytes, *, chunk: int = 1 << 20, limits: Limits = DEFAULT_LIMITS) -> TakenApart:
    """Feed `data` to a Splitter in chunks of `chunk` bytes."""
    sinks: list[MemorySink] = []

    def open_part(index: int) -> MemorySink:
        assert index == len(sinks)
        sinks.append(MemorySink())
        return sinks[-1]

    splitter = Splitter(limits, open_part)
    for at in range(0, len(data), chunk):
        splitter.feed(data[at : at + chunk])
    return TakenApart(splitter.close(), sinks)
