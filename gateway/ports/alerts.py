"""
What of the store watches over a node: alerts, the messages that tell of them, and how far the journal has
been handed on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.core.alert_words import News
from gateway.core.alerts import Alert, AlertKind, AlertStep, Patience, Seen
from gateway.core.model import NodeId
from gateway.ports.accounts import Act

ALERTS = "alerts"
"""What is rung when a message is owed (Bell)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """
    What one way is owed: one message for all that one look found. It is sent again until `sent_at`, or until
    `given_up`; `code` says why the last try failed.
    """

    number: int
    way: str
    at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    given_up: bool = False
    code: str = ""
    news: News = field(default_factory=News)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLook:
    """What one look at the node found; `ways` are told, of every kind but those in `quiet`."""

    seen: Sequence[Seen]
    now: datetime
    patience: Patience
    ways: Collection[str] = ()
    quiet: Collection[AlertKind] = ()


class AlertBook(Protocol):
    """Alerts and their messages."""

    async def oldest_waiting(self, neighbours: Collection[NodeId]) -> Mapping[NodeId, datetime]:
        """For each neighbour, since when the oldest letter waits that it does not hold yet."""

    async def urgent_standing(self, neighbours: Collection[NodeId], before: datetime) -> int:
        """How many urgent letters that came here before this moment have not gone on, nor reached a door."""

    async def quarantined_since(self, since: datetime) -> int:
        """How much was put into quarantine without a delivery of ours since then; at most some hundreds."""

    async def database_clock(self, now: datetime) -> datetime:
        """The clock of the database; `now` where the database has none of its own."""

    async def look_at_alerts(self, look: AlertLook) -> AlertStep:
        """Bring the alerts up to date (journalled), and owe each way one message if there is news."""

    async def alerts_standing(self) -> Sequence[Alert]:
        """Alerts that were raised and have not ended, the oldest first."""

    async def alerts_past(self, before: int | None, limit: int) -> Sequence[Alert]:
        """Alerts that have ended, newest first; only those with a lower number than `before`."""

    async def acknowledge_alert(self, number: int, act: Act) -> bool:
        """Somebody has seen it (journalled as `act`); False if it does not stand."""

    async def owe_alert_test(self, way: str, act: Act) -> None:
        """Owe a way a message that tells nothing (journalled as `act`)."""

    async def claim_alert_messages(
        self, now: datetime, until: datetime, limit: int
    ) -> Sequence[AlertMessage]:
        """Messages that are due, in order, each with its attempt counted and nobody else's before `until`."""

    async def alert_message_ended(
        self, number: int, now: datetime, retry_at: datetime | None, code: str
    ) -> None:
        """What a try came to: sent if `code` is "", else due again at `retry_at`, or given up."""

    async def alert_messages(self, limit: int) -> Sequence[AlertMessage]:
        """The latest messages, newest first, without their news."""

    async def journal_handed_on(self, receiver: str) -> int:
        """The number of the last line of the journal that this receiver has."""

    async def note_handed_on(self, receiver: str, number: int) -> None:
        """This receiver has everything up to this line; never goes back."""
