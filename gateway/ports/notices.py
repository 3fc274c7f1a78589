"""
Notices: the word to an agency that something has come for it, by webhook or mail.

A notice is owed by the same transaction that lays the letter at the agency's door, so none is forgotten. It
is tried until it was heard or given up (dead), and can be sent again. The letter itself never travels in it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.core.model import AgencyCode
from gateway.core.time_limits import RULES, Owner
from gateway.ports.keys import Caller
from gateway.ports.letters import MailItem


class Channel(StrEnum):
    """How notices travel; each channel has an adapter of this name."""

    WEBHOOK = "webhook"
    MAIL = "mail"


class Occasion(StrEnum):
    """What a notice is about."""

    DOCUMENT = "document.arrived"
    STATUS = "status.arrived"
    TASK_REPLIED = "task.replied"  #: a document answers a task that the agency gave or wrote about
    LETTER_DUE_SOON = "letter.due_soon"  #: its due date is the next working day, or its hour is near
    LETTER_OVERDUE = "letter.overdue"  #: a time of it is over, and nothing tells that what was due was done
    PING = "ping"  #: asked for by a person who tests the way


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """
    An agency's wish to be told. `address` is a URL or a mail address; `occasions` what it wants to hear of.

    `sealed_secret` is the key by which a webhook is signed (Vault), `sealed_former` the one before it, until
    `former_ends_at`: a receiver changes its key in between.
    """

    id: str
    agency: AgencyCode
    channel: Channel
    address: str
    occasions: frozenset[Occasion] = frozenset({Occasion.DOCUMENT, Occasion.STATUS})
    label: str = ""
    is_active: bool = True
    shows_subject: bool = False  #: mail: also trích yếu, which is personal data at times
    sealed_secret: str = field(default="", repr=False)
    sealed_former: str = field(default="", repr=False)
    former_ends_at: datetime | None = None


class NoticeState(StrEnum):
    """Where a notice stands."""

    DUE = "due"
    SENT = "sent"
    DEAD = "dead"  #: given up; an operator or the agency may send it again


@dataclass(frozen=True, slots=True)
class Notice:
    """
    One word owed to one subscription. `item` is the letter it speaks of, None for a ping.

    `what` is the duty that a reminder is of (a rule of core.time_limits), "" otherwise. `deadline` is the
    first moment at which that duty, or the letter's due date, is over; None if it names none.
    """

    number: int
    subscription: Subscription
    occasion: Occasion
    at: datetime
    item: MailItem | None = None
    attempts: int = 0
    due_at: datetime | None = None
    state: NoticeState = NoticeState.DUE
    code: str = ""  #: of the last failure
    detail: str = ""  #: HTTP status, SMTP reply: never more than one line
    deadline: datetime | None = None
    what: str = ""

    @property
    def is_to_sender(self) -> bool:
        """Whether it reminds of what concerns the sender of the letter, which lies at no door of its own."""
        return self.what in RULES and RULES[self.what].owner is not Owner.RECEIVER


@dataclass(frozen=True, slots=True)
class NoticeOutcome:
    """What became of one try. `retry_at` is set exactly if it failed and shall be tried again."""

    heard: bool
    code: str = ""
    detail: str = ""
    retry_at: datetime | None = None


class NoticeBoard(Protocol):
    """The notices of a node. Agencies see and change their own only (Rejected, UNKNOWN_SUBSCRIPTION)."""

    async def claim(
        self, channel: Channel, limit: int, passing_over: Collection[str] = ()
    ) -> Sequence[Notice]:
        """
        Notices that are due, each with its attempt counted; not given to anybody else for five minutes.

        Those of the subscriptions in `passing_over` stay: their receivers have enough on their hands.
        """

    async def ended(self, notice: Notice, outcome: NoticeOutcome) -> None:
        """What the try of a claimed notice came to."""

    async def wait(self, channel: Channel) -> None:
        """Return when there may be notices to send."""

    async def subscribe(
        self, caller: Caller, subscription: Subscription, secret: str = ""
    ) -> tuple[Subscription, str]:
        """Add a subscription (its `id` is given here), with its secret, which is shown this once."""

    async def change(self, caller: Caller, subscription: Subscription) -> Subscription:
        """Replace address, occasions, label, activity of a subscription."""

    async def rotate(self, caller: Caller, subscription_id: str) -> tuple[Subscription, str]:
        """A new secret; the former one signs beside it for a day."""

    async def unsubscribe(self, caller: Caller, subscription_id: str) -> None:
        """End a subscription; what it still owes is given up."""

    async def subscriptions(self, caller: Caller) -> Sequence[Subscription]:
        """Those of the caller's agencies (of all, for an operator)."""

    async def ping(self, caller: Caller, subscription_id: str) -> Notice:
        """Owe a test notice at once, also to a subscription that is not active."""

    async def notices(
        self,
        caller: Caller,
        *,
        subscription_id: str = "",
        state: NoticeState | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Notice]:
        """What was owed to the caller's agencies, newest first, below the cursor `before`."""

    async def again(self, caller: Caller, number: int) -> Notice:
        """Owe a notice again, whatever came of it. Raises: Rejected (UNKNOWN_NOTICE)."""
