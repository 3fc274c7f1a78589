"""
Figures of an agency, a level or a node over a period: sums that may be added up in any order.

A document counts once as sent, however many it went to and however often; it counts once as received for each
agency at whose door it lay. A duty that nobody could judge («không có dữ liệu») is neither in time nor late.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final

from gateway.core.deadlines import DueState
from gateway.core.directory import Agency, Directory

DUTIES: Final = ("sent", "told", "presented", "handled")
"""The rules of `time_limits` that are counted, as columns begin with them."""

JUDGED: Final[Mapping[DueState, str]] = {
    DueState.MET: "met",
    DueState.LATE: "late",
    DueState.NO_DATA: "no_data",
    DueState.OPEN: "no_data",  # its time is over, and nothing says when it would have been late
}


@dataclass(frozen=True, slots=True)
class Figures:
    """
    Counts of documents, all of one period.

    `sent_on_paper` and `received_on_paper` are those of `sent` and `received` that a paper copy follows.
    `refused`: received, and refused (02) by the agency. `came_back`: sent, and refused by a receiver or
    returned by the axis, once for each word of it. The rest: duties by what became of them.

    Spec: QD28/11, QCVN102/Paper
    """

    sent: int = 0
    sent_on_paper: int = 0
    sent_urgent: int = 0
    received: int = 0
    received_on_paper: int = 0
    refused: int = 0
    came_back: int = 0
    sent_met: int = 0
    sent_late: int = 0
    sent_no_data: int = 0
    told_met: int = 0
    told_late: int = 0
    told_no_data: int = 0
    presented_met: int = 0
    presented_late: int = 0
    presented_no_data: int = 0
    handled_met: int = 0
    handled_late: int = 0
    handled_no_data: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    @property
    def sent_electronic(self) -> int:
        """Sent, and no paper follows."""
        return self.sent - self.sent_on_paper

    @property
    def is_active(self) -> bool:
        """Whether there was anything at all."""
        return bool(self.sent or self.received)

    def in_time(self, duty: str) -> float | None:
        """The share of a duty that was done in time, of what could be judged; None if that was nothing."""
        met, late = getattr(self, f"{duty}_met"), getattr(self, f"{duty}_late")
        return met / (met + late) if met + late else None

    def electronic_share(self, paper_only: int | None) -> float | None:
        """
        Electronic only ÷ (electronic only + with paper + paper only); None of nothing.

        `paper_only` None: not known, so the share is one of the documents on the axis alone.
        """
        whole = self.sent + (paper_only or 0)
        return self.sent_electronic / whole if whole else None

    def as_dict(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in NAMES}


NAMES: Final = tuple(field.name for field in fields(Figures))
"""Every figure by name, in the order of the columns."""

NOTHING: Final = Figures()


def total(parts: Iterable[Figures]) -> Figures:
    """Their sum."""
    whole = NOTHING
    for part in parts:
        whole = whole + part
    return whole


def level_of(directory: Directory, agency: Agency) -> str:
    """The level that an agency belongs to: its tier, else that of its node, "" if neither is known."""
    if agency.tier:
        return agency.tier
    node = directory.node(agency.node)
    return "" if node is None else node.level


# --- how long letters took ----------------------------------------------------------------------

STEP: Final = 1.1
"""Each class of times is a tenth longer than the one before: a median of them is at most 5 % wrong."""

CLASSES: Final = 200  # up to 1.1^200 s, six years


def class_of(seconds: float) -> int:
    """The class of a time; everything below a second is class 0."""
    return min(CLASSES, max(0, math.ceil(math.log(seconds, STEP)))) if seconds > 1 else 0


def quantile(classes: Mapping[int, int], share: float) -> float | None:
    """
    The time in seconds within which `share` of the letters came; None of none.

    The middle of its class.
    """
    number = sum(classes.values())
    if not number:
        return None
    wanted, seen = math.ceil(number * share), 0
    for place, amount in sorted(classes.items()):
        seen += amount
        if seen >= wanted:
            return 1.0 if place == 0 else float(STEP ** (place - 0.5))
    raise AssertionError("the last class reaches every share")
