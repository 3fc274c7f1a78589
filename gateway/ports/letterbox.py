"""
The letter box: what people of an agency without a document system are shown of their documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.model import AgencyCode, LetterFacts, LetterId
from gateway.core.tracking import StatusEvent
from gateway.ports.letters import MailItem

MOST_SORTED = 1_000
"""Documents that wait in one box and are laid in order by their urgency; more are urgent ones first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxWish:
    """
    Which documents of one box are asked for; what is empty does not count, all the rest must fit.

    `waits`: only what the agency has not taken yet, the most urgent first, from the place `skip` on. Else all
    that ever came, the latest first, before the cursor `before`. `text` is a number and notation or a
    document id, `sender` an agency's code; `since` and `until` bound the time at which it came.
    """

    agency: AgencyCode
    waits: bool = True
    text: str = ""
    sender: str = ""
    urgent: bool = False
    since: datetime | None = None
    until: datetime | None = None
    skip: int = 0
    before: int | None = None


@dataclass(frozen=True, slots=True)
class BoxLine:
    """One document in a box, with what is known of it for this agency."""

    item: MailItem
    facts: LetterFacts
    received_at: datetime
    offered_at: datetime
    statuses: tuple[StatusEvent, ...]
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class BoxPage:
    """Some lines of a box. `more` is `skip` or `before` of the following page, None at the end."""

    lines: tuple[BoxLine, ...]
    more: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentWish:
    """Which documents that an agency sent are asked for, the latest first; see `BoxWish`."""

    agency: AgencyCode
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: LetterId | None = None


@dataclass(frozen=True, slots=True)
class SentPage:
    """Some letters that were sent. `before` is the cursor of the following page, None at the end."""

    letters: tuple[LetterId, ...]
    before: LetterId | None


class LetterBox(Protocol):
    """What the store answers to people of an agency."""

    async def box(self, wish: BoxWish, limit: int) -> BoxPage:
        """Documents that came to an agency. A page may hold fewer lines than `limit`, and not be the last."""

    async def sent_box(self, wish: SentWish, limit: int) -> SentPage:
        """Documents that an agency handed in at this node; the same holds."""

    async def box_line(self, letter_id: LetterId, agency: AgencyCode) -> BoxLine | None:
        """One document of the box; None for what did not come to this agency, or is not at its door now."""
