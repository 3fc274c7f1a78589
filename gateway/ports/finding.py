"""
Finding letters: what people at the console look for, and what they are shown of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.core.delivery import State, Target
from gateway.core.model import AgencyCode, Kind, LetterId, NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWish:
    """
    What is looked for among all letters of the node; what is empty does not count, all the rest must fit.

    `text` is a letter_id, a DocumentId, a number with notation or the number alone. `agency` sent it or is
    one of its receivers. `since` and `until` bound the time at which the axis accepted it. `state`: a
    delivery of it stands so at this node. `subject` are words that its subject must all have.
    `mine`: only what this agency sent or has at its door; its subject only if it may read that.
    """

    text: str = ""
    agency: str = ""
    kind: Kind | None = None
    state: State | None = None
    since: datetime | None = None
    until: datetime | None = None
    subject: str = ""
    mine: AgencyCode | None = None
    before: LetterId | None = None  #: only letters with a lower id: where another page ended


@dataclass(frozen=True, slots=True)
class FoundLetter:
    """
    One line of what was found. `states`: how many deliveries of it stand how at this node.

    `is_readable`: the agency that asked (`LetterWish.mine`) sent it, or it was handed to that agency.
    """

    letter_id: LetterId
    kind: Kind
    sender: AgencyCode
    sender_name: str
    document_id: str
    code: str
    issue_date: str
    subject: str
    status_code: str
    priority: int
    size: int
    origin: NodeId
    accepted_at: datetime
    recipients: tuple[str, ...]
    states: Mapping[State, int] = field(default_factory=dict)
    is_readable: bool = False


@dataclass(frozen=True, slots=True)
class FoundPage:
    """
    Some lines, newest first, and from where to go on; None when all were looked at.

    `is_short`: so many were looked at that the rest is left to the next page.
    """

    letters: Sequence[FoundLetter]
    before: LetterId | None = None
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class Try:
    """One try to pass a letter on. `outcome` is the name of the event that ended it, "" while it lasts."""

    target: Target
    number: int
    began_at: datetime
    ended_at: datetime | None
    outcome: str
    code: str


class LetterFinder(Protocol):
    """What of the store finds letters."""

    async def find(self, wish: LetterWish, limit: int) -> FoundPage:
        """Letters that fit, newest first; costs the same however many letters the node has."""

    async def tries(self, letter_id: LetterId, limit: int) -> Sequence[Try]:
        """The tries to pass a letter on from this node, the latest first."""

    async def list_words(self, limit: int) -> int:
        """Write the words of letters that came lately; of how many letters (at most `limit`)."""
