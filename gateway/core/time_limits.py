"""
The law's limits of time as data: who owes what, from when, until when, and which status fulfils it.

Nothing here decides; `deadlines` reads it. Where the law names no number, none stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gateway.core.lifecycle import ARRIVED, ASSIGNED, FINISHED, IN_PROGRESS, REGISTERED, REJECTED
from gateway.core.routing import rank_of

LABEL_VI, LABEL_EN = "đúng hạn xử lý văn bản", "handled in time"
"""What these figures are called wherever they are shown."""


class Owner(StrEnum):
    """Who owes it."""

    SENDER = "sender"
    RECEIVER = "receiver"
    AXIS = "axis"


class Start(StrEnum):
    """From when it is counted."""

    SIGNED = "signed"  #: the agency's signature, else the last moment of the date of issue
    ARRIVED = "arrived"  #: when the letter lay at the agency's door
    ACCEPTED = "accepted"  #: when the axis took the letter


class Limit(StrEnum):
    """Until when it is to be done."""

    SAME_DAY = "same_day"
    NEXT_MORNING = "next_morning"  #: the end of the morning of the next working day
    NEXT_DAY = "next_day"  #: the end of the next working day
    AT_ONCE = "at_once"
    DUE_DATE = "due_date"  #: the end of the day that the letter names
    HOUR = "hour"  #: an hour known from elsewhere
    PROMPTLY = "promptly"  #: the law gives no number: nothing is ever late


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One duty. `urgent` is its limit for urgent documents, if another; `statuses` are those that fulfil it.

    `needs_report`: only some document systems tell of it, so silence is no data and never late.
    """

    name: str
    owner: Owner
    start: Start
    limit: Limit
    clauses: tuple[str, ...]
    vi: str
    en: str
    statuses: tuple[str, ...] = ()
    urgent: Limit | None = None
    needs_report: bool = False

    def limit_of(self, priority: int) -> Limit:
        """Its limit for a document of this priority; 1 to 4 are urgent."""
        return self.urgent if self.urgent is not None and rank_of(priority) else self.limit


SENT: Final = Rule(
    "sent",
    Owner.SENDER,
    Start.SIGNED,
    Limit.NEXT_MORNING,
    ("QD28/6.2", "ND30/18.1"),
    "Gửi trong ngày ký, chậm nhất sáng ngày làm việc tiếp theo",
    "Sent on the day of signing, at the latest the next working morning",
    urgent=Limit.AT_ONCE,
)
CARRIED: Final = Rule(
    "carried",
    Owner.AXIS,
    Start.ACCEPTED,
    Limit.HOUR,
    ("QD28/6.2",),
    "Đến nơi trước giờ hẹn",
    "At the receiver's door before its hour",
)
TOLD: Final = Rule(
    "told",
    Owner.RECEIVER,
    Start.ARRIVED,
    Limit.SAME_DAY,
    ("ND30/21.2c",),
    "Báo đã nhận cho bên gửi trong ngày",
    "The sender is told of the receipt on the same day",
    statuses=(ARRIVED, REGISTERED, REJECTED, ASSIGNED, IN_PROGRESS, FINISHED),  # clients skip the first
)
PRESENTED: Final = Rule(
    "presented",
    Owner.RECEIVER,
    Start.ARRIVED,
    Limit.NEXT_DAY,
    ("ND30/23.1",),
    "Trình, chuyển giao trong ngày, chậm nhất ngày làm việc tiếp theo",
    "Presented on the same day, at the latest the next working day",
    statuses=(ASSIGNED, IN_PROGRESS),
    urgent=Limit.AT_ONCE,
    needs_report=True,
)
HANDLED: Final = Rule(
    "handled",
    Owner.RECEIVER,
    Start.ARRIVED,
    Limit.DUE_DATE,
    ("ND30/24.2",),
    "Giải quyết theo hạn xử lý ghi trong văn bản",
    "Handled by the due date of the document",
    statuses=(FINISHED,),
)
RETURNED: Final = Rule(
    "returned",
    Owner.RECEIVER,
    Start.ARRIVED,
    Limit.PROMPTLY,
    ("QD28/9.1", "ND30/21.2b"),
    "Trả lại kịp thời văn bản sai",
    "A wrong document is returned promptly",
    statuses=(REJECTED,),
)

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {rule.name: rule for rule in (SENT, CARRIED, TOLD, PRESENTED, HANDLED, RETURNED)}
)
"""
Every duty that has a time, by name, in the order in which they fall due.

Spec: QD28/6.2, QD28/9.1, ND30/18.1, ND30/21.2b, ND30/21.2c, ND30/23.1, ND30/24.2
"""
