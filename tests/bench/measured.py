"""
What one measurement hands to the report: the same shape for Trục's own rows, for the peers and for the bare
pipe.
"""

from __future__ import annotations

from dataclasses import dataclass, field


class NotHere(Exception):
    """This row cannot run on this machine; the text says what is missing and goes into the report."""


@dataclass(frozen=True)
class Measured:
    """One case of one row, measured once.

    `row` is dotted ("one_link.rsa", "peer.postfix"), `case` is what varies inside it ("6 KB", "1000
    recipients"). `seconds` is wall time from the first letter accepted to the last one at its end;
    `per_second` is the figure that is compared (letters per second unless a note says otherwise).
    `latencies` are seconds, one per observed letter, empty where the row observes none. `cpu_seconds` and
    `peak_rss` (bytes) are by process.
    """

    row: str
    case: str
    letters: int
    seconds: float
    per_second: float
    latencies: tuple[float, ...] = ()
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    peak_rss: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
