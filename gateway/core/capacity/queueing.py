"""
The formulae of waiting: several servers with one queue, and a disk that makes many writes durable at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ROUNDS = 200  # of the fixed point below; it halves its error each time at a load of one half


def erlang_c(offered: float, servers: int) -> float:
    """The probability that somebody must wait (M/M/c); `offered` load in servers. 1 at and above capacity."""
    if offered <= 0:
        return 0.0
    if offered >= servers:
        return 1.0
    blocked = 1.0  # Erlang B, server by server: no factorial overflows
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    return blocked / (1 - offered / servers * (1 - blocked))


def mean_wait(rate: float, mean: float, square: float, servers: int) -> float:
    """
    Mean seconds in the queue of M/G/c: exact for one server and for exponential service, Allen-Cunneen else.

    `rate` jobs a second; `mean` and `square` are the first two moments of the service time. inf at capacity.
    """
    if rate <= 0 or mean <= 0:
        return 0.0
    offered = rate * mean
    if offered >= servers:
        return math.inf
    exponential = erlang_c(offered, servers) * mean / (servers - offered)
    return exponential * square / mean**2 / 2


@dataclass(frozen=True, slots=True)
class GroupCommit:
    """
    One disk that makes everything durable that waits (at most `most` at once) in one go.

    `busy`: the share of time in which it writes; `full`: the share of its capacity that is used, above 1 if
    it cannot keep up; `sojourn`: mean seconds from asking to durable.
    """

    busy: float
    full: float
    sojourn: float


def group_commit(rate: float, fsync: float, each: float, square: float, most: int) -> GroupCommit:
    """
    `rate` transactions a second share an `fsync`; writing what one adds takes `each` seconds, with the second
    moment `square`.

    A write of length s that meets the rate λ is followed at once by another unless nobody came meanwhile
    (e^-λs): so it is busy λs / (λs + e^-λs) of the time, and k = λs + e^-λs share one write of
    s = fsync + k·each. Who comes during a write waits for its rest and then for his own, which is the longer
    the more came with him.
    """
    full = rate * (fsync / most + each)
    if full >= 1:
        return GroupCommit(1.0, full, math.inf)
    length = fsync + each
    for _ in range(ROUNDS):
        expected = rate * length
        length = fsync + each * (expected + math.exp(-expected))
    expected, written = rate * length, rate * each
    busy = expected / (expected + math.exp(-expected))
    variance = (busy * expected + 1 - busy) * square / (1 - written**2)
    met = length + variance / length  # who comes meets long writes more often than short ones
    behind = met / 2 + fsync + written * met + each
    return GroupCommit(busy, full, busy * behind + (1 - busy) * (fsync + each))
