"""
The sockets in the walls of the office: what the doors need, in the office's own words.

No SQL, no AMQP, no HTTP is spoken here. Every port has real small implementations (SQLite in
memory, the memory broker), so tests need no mocks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from gateway.core.delivery import Delivery, Event, State, Target
from gateway.core.directory import Directory
from gateway.core.errors import Finding
from gateway.core.model import AgencyCode, Kind, Lane, LetterFacts, LetterId, NodeId, Part, Routing
from gateway.core.split import PartSink
from gateway.core.tracking import HopEvent as HopEvent
from gateway.core.tracking import StatusEvent as StatusEvent
from signing.parts import SealedPart
from signing.verdict import Verdict

if TYPE_CHECKING:
    from aiohttp import web


# --- time ----------------------------------------------------------------------------------------


class Clock(Protocol):
    """The only source of time. Tests advance it by hand."""

    def now(self) -> datetime:
        """The current instant, aware UTC."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock."""


class Bell(Protocol):
    """Wakes a door when there may be work for its topic (`link:H14`, `control:H14`, `local`, `duties`)."""

    def ring(self, topics: Iterable[str]) -> None:
        """Something changed for these topics. Thread-safe."""

    async def wait(self, topic: str, seconds: float) -> None:
        """Return when `topic` was rung since the last wait on it, or after `seconds`, whichever is first."""


# --- blobs: the bytes of parts -------------------------------------------------------------------


class BlobSink(PartSink, Protocol):
    """A part while it arrives: nothing is visible under its digest before `keep`."""

    def peek(self) -> AbstractContextManager[BinaryIO]:
        """A seekable file of what was written, for looking into archives before the letter is ours."""

    def keep(self) -> StoredPart:
        """Make it durable (fsync, then rename) and say what it is; `name` of the result is empty."""

    def discard(self) -> None:
        """Forget it. Harmless after `keep`."""


class Partial(Protocol):
    """The file of one part that comes in pieces, in any order."""

    def write_at(self, offset: int, data: bytes) -> None:
        """Put `data` at `offset`."""

    def sync(self) -> None:
        """Return when everything written is durable (fdatasync)."""

    def keep(self, part: Part) -> StoredPart | None:
        """The finished part made durable, or None (and nothing left of it) if size or digest disagree."""


class Blobs(Protocol):
    """Content-addressed files; parts up to INLINE_BYTES live in the letter's row instead."""

    def new(self) -> BlobSink:
        """Start a part of unknown size."""

    def put(self, name: str, data: bytes) -> StoredPart:
        """Keep a part that is already in memory (inline when small)."""

    def partial(self, letter: LetterKey, index: int) -> Partial:
        """The file of part `index` of a letter that comes in pieces."""

    def drop_partials(self, letter: LetterKey) -> None:
        """Remove what is left of a letter that is complete or refused."""

    def read(self, part: StoredPart, offset: int = 0, size: int | None = None) -> Iterator[bytes]:
        """The bytes of a part in pieces of at most 1 MiB.

        Raises: Unavailable (BLOB_DAMAGED) if the file is missing or shorter than it should be.
        """


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part that this node holds: `inline` bytes when small, else the blob named by `sha256`."""

    name: str
    size: int
    sha256: str
    inline: bytes | None = None


# --- letters in the store ------------------------------------------------------------------------


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
    `unreachable` are recipients that can't be served, each with the code that its sender is told;
    `control` are messages that go out if and only if the letter became ours (the receipt); `manifest_sha256`
    is that of the manifest it came with, for the receipts of its repeats.
    """

    letter: StoredLetter
    deliveries: tuple[Delivery, ...]
    sameness: str = ""
    idempotency: IdempotencyKey | None = None
    unreachable: tuple[tuple[str, str], ...] = ()
    control: tuple[tuple[NodeId, Mapping[str, Any]], ...] = ()
    manifest_sha256: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Duty:
    """Something the node itself owes: a notice to a sender, or a 01 in an agency's name."""

    number: int
    kind: str  #: `notice` or `arrival`
    letter: StoredLetter
    target: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Credential:
    """Who a caller is: one key, one or several agencies. The key itself is never stored."""

    key_id: str
    label: str
    agencies: frozenset[AgencyCode]
    locked: bool = False
    is_operator: bool = False


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


class Store(Protocol):
    """The hall: everything durable. Each call is one transaction, answered after its commit.

    Raises (any of them): Unavailable with STORE_BUSY or DISK_FULL.
    """

    blobs: Blobs

    # intake
    async def same(self, sameness: str, recipients: Iterable[AgencyCode]) -> dict[AgencyCode, LetterId]:
        """Recipients that already have a live letter of this sameness, with its id."""

    async def answer_to(self, caller: str, key: str) -> tuple[str, Mapping[str, Any]] | None:
        """The (sha256, answer) first given for this idempotency key, or None."""

    async def earlier(self, sender: AgencyCode, facts: LetterFacts) -> tuple[LetterId, datetime] | None:
        """An earlier document of the sender with the same DocumentId, or the same number and notation."""

    async def add_letter(self, new: NewLetter, now: datetime) -> Taking:
        """Make a letter ours: letter, parts, deliveries, inbox, duties, journal, all or nothing."""

    async def keep_refused(self, caller: str, code: str, head: bytes, now: datetime) -> None:
        """Keep the head of refused input for its caller (the last 100, 64 KiB each)."""

    # deliveries
    async def claim_due(
        self,
        target: Target | None,
        lane: Lane | None,
        now: datetime,
        *,
        letters: int,
        size: int,
        biggest: int | None = None,
    ) -> list[Work]:
        """Claim what is due for one neighbour and lane (or, without a target, for any local agency).

        Highest rank first, then oldest. At most `letters` and `size` bytes together, but never fewer than
        one letter when `letters` > 0; letters over `biggest` bytes are passed over.
        Each becomes TRYING with its attempt registered before anyone tries.
        Claims of instances that are gone are due again.
        """

    async def record(
        self, letter_id: LetterId, target: Target, event: Event, now: datetime
    ) -> Delivery | None:
        """Apply `event` by delivery.decide with all that follows from it; None if LEGAL forbids it."""

    async def note_held(self, letter_id: LetterId, target: Target, held: str) -> None:
        """Remember the ranges that a neighbour says it holds of a letter that is not TAKEN yet."""

    async def outstanding(self, neighbour: NodeId, lane: Lane) -> list[Delivery]:
        """Deliveries over this link and lane that are TRYING or SENT: what fills the window."""

    async def overdue(self, now: datetime, limit: int) -> list[Delivery]:
        """Deliveries that time concerns: QUEUED past `expires_at`; SENT or WAITING past `due_at`."""

    async def next_due(self, target: Target | None, lane: Lane | None) -> datetime | None:
        """When the next QUEUED delivery of this claim becomes due."""

    async def letter(self, letter_id: LetterId) -> StoredLetter | None:
        """A letter that this node holds."""

    # arrival
    async def arriving(self, key: LetterKey) -> Arriving:
        """How far a letter on its way in has come."""

    async def hold_ranges(
        self,
        key: LetterKey,
        neighbour: NodeId,
        manifest: bytes | None,
        ranges: Mapping[int, str],
        now: datetime,
    ) -> None:
        """Record ranges whose bytes are durable in their partial files (replaces what was recorded)."""

    async def refuse_arrival(self, key: LetterKey, neighbour: NodeId, code: str, now: datetime) -> None:
        """Remember that this letter is refused, so that every repeat gets the same answer."""

    async def quarantine(
        self, data: bytes, *, neighbour: NodeId, lane: Lane, code: str, letter_id: str, now: datetime
    ) -> None:
        """Keep bytes that could not be understood, with the reason."""

    async def count_poison(self, key: LetterKey, frame: str, now: datetime) -> int:
        """How often this frame of this letter has failed, this time included."""

    # control messages
    async def send_control(self, messages: Iterable[tuple[NodeId, Mapping[str, Any]]], now: datetime) -> None:
        """Queue control messages for their links."""

    async def control_waiting(self, neighbour: NodeId, limit: int) -> list[Outgoing]:
        """The oldest control messages for a link."""

    async def control_sent(self, numbers: Sequence[int]) -> None:
        """The broker has these; forget them."""

    # tracking
    async def add_hops(self, hops: Sequence[HopEvent]) -> None:
        """Remember what nodes said about letters of ours (a repeat changes nothing)."""

    async def add_status(self, status: StoredLetter, now: datetime) -> LetterId | None:
        """Note a status message with the document it speaks of, if this node holds that document."""

    async def track(self, letter_id: LetterId) -> TrackRecord | None:
        """All that is known of a letter."""

    async def find_letters(self, agencies: Iterable[AgencyCode], text: str, limit: int) -> list[LetterId]:
        """Letters sent or received by these agencies with this letter_id, DocumentId or number/notation."""

    # hand-over
    async def waiting(
        self, agencies: Iterable[AgencyCode], *, kind: Kind | None, after: int, limit: int
    ) -> list[MailItem]:
        """What lies at the door of these agencies, oldest first, beyond the cursor `after`."""

    async def mail(self, letter_id: LetterId, agencies: Iterable[AgencyCode]) -> list[Delivery]:
        """The deliveries of a letter to these agencies that were offered (WAITING or DELIVERED)."""

    async def note_fetched(self, letter_id: LetterId, agency: AgencyCode, now: datetime) -> None:
        """The agency fetched it (for tracking and for the rule that an ack needs a fetch)."""

    async def was_fetched(self, letter_id: LetterId, agency: AgencyCode) -> bool:
        """Whether the agency ever fetched it."""

    # the node's own clerk
    async def duties(self, limit: int) -> list[Duty]:
        """What the node owes, oldest first."""

    async def duty_done(self, number: int) -> None:
        """A duty was fulfilled."""

    # directory, credentials, journal, life of the instance
    async def directory(self) -> Directory:
        """The directory of this node."""

    async def set_directory(self, directory: Directory, now: datetime) -> None:
        """Replace the directory (journalled)."""

    async def add_credential(self, credential: Credential, key_hash: str, now: datetime) -> None:
        """Add an access key, of which only the hash is kept."""

    async def credential(self, key_hash: str) -> Credential | None:
        """The credential with this key hash."""

    async def credentials(self) -> list[Credential]:
        """All credentials, by label."""

    async def journal(self, after: int, limit: int) -> list[JournalRow]:
        """The audit log from a number on."""

    async def beat(self, now: datetime) -> None:
        """Show that this instance lives; claims of instances silent for 60 s are free again."""

    async def counts(self) -> Mapping[tuple[str, State], int]:
        """How many deliveries stand in which state, per target."""

    async def close(self) -> None:
        """Finish what is queued and release the files."""


# --- the network ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Incoming:
    """A frame from a neighbour, not acknowledged yet. `tag` belongs to the broker."""

    neighbour: NodeId
    lane: Lane
    data: bytes
    tag: Any
    redelivered: bool = False


class Inbox(Protocol):
    """The receiving end of one link and lane."""

    async def get(self, limit: int, size: int) -> list[Incoming]:
        """Wait for at least one frame, then give what has come, up to `limit` frames and `size` bytes."""

    async def ack(self, frames: Sequence[Incoming]) -> None:
        """These frames are durable here; the broker forgets them."""

    async def nack(self, frames: Sequence[Incoming]) -> None:
        """Put these frames back; they come again."""


class Broker(Protocol):
    """Links to the neighbours of one node. Delivers at least once, in any order."""

    async def publish(self, neighbour: NodeId, lane: Lane, data: bytes) -> None:
        """Return when the broker has confirmed that it keeps the frame.

        Raises: Unavailable (LINK_DOWN, BROKER_REFUSED). The outcome is then unknown: send again, same bytes.
        """

    def inbox(self, neighbour: NodeId, lane: Lane) -> Inbox:
        """The frames of one neighbour on one lane."""

    async def parked(self) -> list[Incoming]:
        """Frames the broker itself gave up on, if any; acknowledged like others once quarantined."""

    async def ack_parked(self, frames: Sequence[Incoming]) -> None:
        """These parked frames are kept in quarantine."""

    def neighbours_up(self) -> Mapping[NodeId, bool]:
        """Whether the link to each neighbour works, as far as the broker knows."""

    async def close(self) -> None:
        """Stop receiving and sending; unacknowledged frames come again."""


# --- the agencies' side --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Caller:
    """Who speaks to the office, as its credential says. `name` is a key id, never the key."""

    name: str
    agencies: frozenset[AgencyCode]
    is_operator: bool = False


@dataclass(frozen=True, slots=True)
class RecipientAnswer:
    """What the sender is told about one recipient. `code` is of the catalogue, "" if it is on its way."""

    named: str
    served: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The office's answer to a letter: from now on it is ours to deliver or to return."""

    letter_id: LetterId
    kind: Kind
    document_id: str
    accepted_at: datetime
    expires_at: datetime
    recipients: tuple[RecipientAnswer, ...]
    findings: tuple[Finding, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class OpenLetter:
    """A letter handed to its agency: `chunks` are exactly the bytes that the sender gave us."""

    letter: StoredLetter
    agency: AgencyCode
    size: int
    chunks: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class OpenEvidence:
    """A letter with its seals as one ASiC-E file; the same letter gives the same bytes everywhere."""

    letter: StoredLetter
    size: int
    chunks: Callable[[], Iterator[bytes]]


class Office(Protocol):
    """What an adapter may ask of the post office. Every way in and out of an agency ends here."""

    async def accept(
        self,
        source: AsyncIterator[bytes],
        caller: Caller,
        *,
        to: Sequence[str] = (),
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Accepted:
        """Take a message from an agency and make it ours; see doors/intake."""

    async def list(
        self, caller: Caller, *, kind: Kind | None = None, after: int = 0, limit: int = 100
    ) -> Sequence[MailItem]:
        """What waits for the caller's agencies."""

    async def open(self, caller: Caller, letter_id: LetterId) -> OpenLetter:
        """A letter from the caller's mailbox. Raises: Rejected (UNKNOWN_LETTER)."""

    async def ack(self, caller: Caller, letter_id: LetterId) -> None:
        """The caller has the letter. Twice is harmless. Raises: Rejected (UNKNOWN_LETTER, NOT_FETCHED)."""

    async def status(
        self, caller: Caller, letter_id: LetterId, code: str, *, description: str = "", staff: str = ""
    ) -> Accepted:
        """Send a status about a letter that the caller received (or sent: 13)."""

    async def track(self, caller: Caller, letter_id: LetterId) -> TrackRecord:
        """Where a letter of the caller is. Raises: Rejected (UNKNOWN_LETTER)."""

    async def evidence(self, caller: Caller, letter_id: LetterId) -> OpenEvidence:
        """A letter of the caller with its seals. Raises: Rejected (UNKNOWN_LETTER, NO_SEAL)."""

    async def verification(self, caller: Caller, letter_id: LetterId) -> Verdict:
        """What the seal of a letter of the caller is worth. Raises: Rejected (UNKNOWN_LETTER)."""

    async def find(self, caller: Caller, text: str) -> Sequence[LetterId]:
        """Letters of the caller by letter_id, DocumentId or number/notation."""

    def directory(self) -> Directory:
        """The directory as this node knows it."""


class Deliverer(Protocol):
    """One way of handing letters to agencies; the directory row of an agency names it."""

    async def deliver(self, letter: OpenLetter) -> bool:
        """Offer the letter. True: the agency has it (acknowledged). False: it lies at its door.

        Raises: Unavailable to be tried again later.
        """


class AgencyAdapter(Protocol):
    """A way of reaching document systems; found by the entry point group `truc.adapters`."""

    name: str

    def deliverer(self) -> Deliverer:
        """How letters are handed over in this way."""

    def routes(self) -> Sequence[web.RouteDef]:
        """HTTP routes that this way needs, if any."""

    def pollers(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """Loops that this way needs, if any; the node runs and cancels them."""


# --- the seal ------------------------------------------------------------------------------------


class Sealer(Protocol):
    """The node's own hand: makes the seal over the digests of the parts, off the event loop."""

    async def seal(self, parts: Sequence[Part], at: datetime) -> bytes:
        """The signature file that travels beside the envelope."""


class Examiner(Protocol):
    """Looks at seals, off the event loop."""

    async def verdict(self, letter: StoredLetter) -> Verdict:
        """What the seal of the letter's origin is worth, judged at the letter's acceptance."""

    async def agency_verdict(self, seal: bytes, parts: Sequence[SealedPart], at: datetime) -> Verdict:
        """What a seal that an agency made at its own office is worth at this moment."""
