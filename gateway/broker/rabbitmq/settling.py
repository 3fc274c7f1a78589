"""
Settling: which deliveries of one channel are still open, and how to acknowledge some of them in few words.

A channel numbers its deliveries, and one acknowledgement can cover a number and all before it: a batch costs
one frame on the wire, not sixty-four, unless something in between is still open. Decides only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Ack(NamedTuple):
    """One acknowledgement: of `number`, or of `up_to` it: that and every open delivery before it."""

    number: int
    up_to: bool


class Settling:
    """The deliveries of one channel that are neither acknowledged nor put back."""

    def __init__(self) -> None:
        self._open: set[int] = set()

    def __contains__(self, number: int) -> bool:
        return number in self._open

    def deliver(self, number: int) -> None:
        """The broker handed over a delivery of this number."""
        self._open.add(number)

    def put_back(self, number: int) -> None:
        """End a delivery without an acknowledgement. Twice is harmless."""
        self._open.discard(number)

    def settle(self, numbers: Iterable[int]) -> list[Ack]:
        """The acknowledgements that end these deliveries and no other; those that had ended are left out."""
        done = self._open.intersection(numbers)
        self._open -= done
        first_open = min(self._open, default=None)
        before = [number for number in done if first_open is None or number < first_open]
        acks = [Ack(max(before), up_to=True)] if before else []
        return acks + [Ack(number, up_to=False) for number in sorted(done.difference(before))]
