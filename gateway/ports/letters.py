"""
Letters as a node holds them, and what is said about them between the doors and the store.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from gateway.core.business import Linked
from gateway.core.calendar import VIETNAM
from gateway.core.catalogue import CAME_BEFORE
from gateway.core.deadlines import Watch
from gateway.core.delivery import Delivery, State
from gateway.core.errors import Finding, find
from gateway.core.model import AgencyCode, Kind, LetterFacts, LetterId, NodeId, Routing
from gateway.core.stages import STAGE_OF, Stage
from gateway.core.tracking import HopEvent, StatusEvent
from gateway.ports.blobs import StoredPart


@dataclass(frozen=True, slots=True)
class LetterKey:
    """What a letter is between nodes."""

    origin: NodeId
    letter_id: LetterId


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A letter as this node holds it. `parts` in manifest order, routing.json first."""

    routing: Routing
    facts: LetterFacts
    parts: tuple[StoredPart, ...]
    came_from: NodeId | None
    hops: int
    received_at: datetime

    @property
    def key(self) -> LetterKey:
        return LetterKey(self.routing.origin, self.routing.letter_id)

    @property
    def size(self) -> int:
        """Bytes that cross a link when this letter does."""
        return sum(part.size for part in self.parts)

    def part(self, name: str) -> StoredPart | None:
        return next((p for p in self.parts if p.name == name), None)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's own key for one request, and the digest of what came with it."""

    caller: str
    key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class NewLetter:
    """Everything one transaction writes when a letter becomes ours.

    `sameness` is set at intake only: the digest by which a repeat for the same recipient is recognised.
    `unreachable` are recipients that can't be served, each with the code that its sender is told; `astray`
    those whose way is not known here, of whom the origin is told;
    `control` are messages that go out if and only if the letter became ours (the receipt); `manifest_sha256`
    is that of the manifest it came with, for the receipts of its repeats. `stops`: of a 13 that this node
    acts on, the letters it takes back; they are stopped in the same transaction, or when they come.
    `watches`: of what its sender is to be reminded.
    """

    letter: StoredLetter
    deliveries: tuple[Delivery, ...]
    sameness: str = ""
    idempotency: IdempotencyKey | None = None
    unreachable: tuple[tuple[str, str], ...] = ()
    astray: tuple[AgencyCode, ...] = ()
    control: tuple[tuple[NodeId, Mapping[str, Any]], ...] = ()
    manifest_sha256: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)
    stops: tuple[LetterId, ...] = ()
    watches: tuple[Watch, ...] = ()


@dataclass(frozen=True, slots=True)
class Recalled:
    """A letter that a 13 takes back, and how long it may be on its way."""

    letter_id: LetterId
    expires_at: datetime


class Taking(StrEnum):
    """What became of a letter that was to be written."""

    NEW = "new"  #: it is ours now
    KNOWN = "known"  #: it was ours already; nothing was written
    CLASH = "clash"  #: another request took some of its recipients meanwhile: look again


@dataclass(frozen=True, slots=True)
class Arriving:
    """What the store knows of a letter on its way in. `ranges` is part index → held ranges as text."""

    state: str  #: `unknown`, `receiving`, `taken` or `refused`
    manifest: bytes | None = None
    manifest_sha256: str = ""
    ranges: Mapping[int, str] = field(default_factory=dict)
    code: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """A claimed delivery with the letter it moves."""

    delivery: Delivery
    letter: StoredLetter


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A control message waiting for its link."""

    number: int
    neighbour: NodeId
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """All that this node knows about where a letter is."""

    letter: StoredLetter
    deliveries: tuple[Delivery, ...]
    hops: tuple[HopEvent, ...]
    statuses: tuple[StatusEvent, ...]
    offered: Mapping[str, datetime] = field(default_factory=dict)  #: by target: when it came to a door here
    answered: Mapping[AgencyCode, datetime] = field(default_factory=dict)  #: who replied to it, and when
    links: tuple[Linked, ...] = ()  #: the documents here that belong to it
    opened: frozenset[AgencyCode] = frozenset()  #: agencies here that have it, or have looked into it

    def is_open_to(self, agencies: Collection[AgencyCode]) -> bool:
        """Whether one of them sent it or has opened it; others are told where it is, never what it says."""
        return self.letter.routing.sender in agencies or not self.opened.isdisjoint(agencies)


@dataclass(frozen=True, slots=True)
class MailItem:
    """One line of a mailbox listing. `number` is the cursor: later items have higher numbers."""

    number: int
    letter_id: LetterId
    agency: AgencyCode
    kind: Kind
    sender: AgencyCode
    sender_name: str
    document_id: str
    code: str
    issue_date: str
    subject: str
    priority: int
    status_code: str
    size: int
    waiting_since: datetime
    state: State
    task_codes: tuple[str, ...] = ()
    came_before: datetime | None = (
        None  #: when the latest document that is the same by law came to this agency
    )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What its receiver should know before it registers the document. Spec: ND30/VI"""
        if self.came_before is None:
            return ()
        day = self.came_before.astimezone(VIETNAM).strftime("%d/%m/%Y")
        organ = self.sender_name or self.sender
        return (find(CAME_BEFORE, clause="ND30/VI", organ=organ, at=day),)

    @property
    def where(self) -> Stage:
        """The one line about it: how it stands at the agency's door."""
        return STAGE_OF[self.state]


BETWEEN_NAMES = "\n"  # no code of an agency holds one


@dataclass(frozen=True, slots=True)
class Duty:
    """Something the node itself owes: a notice to a sender, or a 01 in an agency's name.

    `target` is that of a delivery; or a recipient that never became one, as named, or many of them with
    BETWEEN_NAMES between.
    """

    number: int
    kind: str  #: `notice` or `arrival`
    letter: StoredLetter
    target: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One line of the audit log, chained by hash to the one before it of the same writer."""

    number: int
    at: datetime
    event: str
    letter_id: str
    target: str
    code: str
    detail: Mapping[str, Any]
    sha256: str
