"""
What was reported about a letter for one recipient: the history in words, and the state to show.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core.lifecycle import (
    AUTOMATIC,
    CONSENT,
    NOTICE,
    REFUSAL,
    STATUSES,
    TAKE_BACK,
    highest,
    normal_code,
)
from gateway.core.model import AgencyCode, Operation


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """A business status that was reported for one recipient of a letter."""

    recipient: AgencyCode
    code: str
    reported_at: str
    arrived_at: datetime
    description: str = ""
    staff: str = ""


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One status of the history.

    `reported_at` is the sender's own time as it wrote it. `is_automatic`: made by the gateway after the
    agency's acknowledgement. `is_notice`: written by the axis in its own name, not by the receiver.
    """

    code: str
    vi: str
    en: str
    reported_at: str
    arrived_at: datetime
    description: str
    staff: str
    is_automatic: bool
    is_notice: bool


def history(statuses: Iterable[StatusEvent]) -> tuple[StatusLine, ...]:
    """All of them in the order in which they arrived, each in words."""
    return tuple(_line(event) for event in sorted(statuses, key=lambda event: event.arrived_at))


def shown(lines: Sequence[StatusLine], operation: Operation) -> StatusLine | None:
    """The line that tells how far the receiver is; of several with that code the latest.

    A notice of the axis says nothing about the receiver. A recall, update or replacement is itself a request:
    there 15 and 16 are the answers to it and are shown.

    Spec: QCVN102/StatusCode
    """
    spoken = [line for line in lines if not line.is_notice]
    code = highest(line.code for line in spoken)
    if operation is not Operation.NEW and code != TAKE_BACK:
        answers = [line.code for line in spoken if line.code in (CONSENT, REFUSAL)]
        code = answers[-1] if answers else code
    return next((line for line in reversed(spoken) if line.code == code), None)


def _line(event: StatusEvent) -> StatusLine:
    code = normal_code(event.code)
    row = STATUSES.get(code)
    is_notice = event.description.startswith(NOTICE)
    if is_notice:
        vi, en = "Thông báo của Trục", "Notice of the axis"
    elif row is not None:
        vi, en = row.vi, row.en
    else:
        vi, en = f"Trạng thái {code}", f"Status {code}"
    return StatusLine(
        code=code,
        vi=vi,
        en=en,
        reported_at=event.reported_at,
        arrived_at=event.arrived_at,
        description=event.description,
        staff=event.staff,
        is_automatic=event.description.startswith(AUTOMATIC),
        is_notice=is_notice,
    )
