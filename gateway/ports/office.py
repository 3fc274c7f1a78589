"""
The office: what may be asked of it, whichever way an agency comes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from gateway.core.diary import DiaryLine, Direction
from gateway.core.directory import Agency, Directory
from gateway.core.errors import Finding
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.core.tracking import Tracking
from gateway.ports.keys import Caller
from gateway.ports.letters import MailItem, StoredLetter, TrackRecord
from gateway.ports.terms import Quota, Terms
from signing.verdict import Verdict


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
    part: Callable[[str], Iterator[bytes]]  #: the bytes of one part by its name, for looking inside


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    What letters are looked for by; what is empty does not count, all the rest must fit.

    `text` is a letter_id, a DocumentId or number/notation. `reference` is a code of ReferenceCodes or of a
    dossier, `replies_to` the DocumentId or number/notation of a document that is answered. `since` and
    `until` bound the time at which this node got the letter. `sent`: only those that the caller sent (True)
    or received (False).
    """

    text: str = ""
    kind: Kind | None = None
    document_id: str = ""
    code: str = ""  #: number and notation, `7816/VPCP-TTĐT`
    issue_date: str = ""
    sha256: str = ""  #: of the bytes that were handed in
    task_code: str = ""
    reference: str = ""
    replies_to: str = ""
    sent: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """
    What some agencies sent and received in a span of time.

    Sent is counted once per letter, received once per agency that got it. `bytes` are of what was handed in.
    `waiting` is what lies at their doors now, whatever the span.
    """

    documents_sent: int = 0
    statuses_sent: int = 0
    bytes_sent: int = 0
    documents_received: int = 0
    statuses_received: int = 0
    bytes_received: int = 0
    acknowledged: int = 0
    returned: int = 0
    waiting: int = 0
    by_status: Mapping[str, int] = field(default_factory=dict)  #: latest status code of documents sent


@dataclass(frozen=True, slots=True, kw_only=True)
class DiaryPage:
    """Which part of a diary is asked for: what lies beyond `after` ("": from the start), in order of time."""

    direction: Direction
    since: datetime
    until: datetime
    after: str = ""
    limit: int = 500


class Word(StrEnum):
    """What an agency says of a letter that it has fetched and not acknowledged."""

    PROCESSING = "processing"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Registration:
    """An agency that a caller adds below one of its own."""

    code: str
    name: str
    parent: str
    mail: str = ""
    telephone: str = ""
    fax: str = ""


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
        ttl: timedelta | None = None,
        deliver_by: datetime | None = None,
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

    async def whereabouts(self, caller: Caller, letter_id: LetterId) -> Tracking:
        """The same in words for people, with when it should arrive. Raises: Rejected (UNKNOWN_LETTER)."""

    async def evidence(self, caller: Caller, letter_id: LetterId) -> OpenEvidence:
        """A letter of the caller with its seals. Raises: Rejected (UNKNOWN_LETTER, NO_SEAL)."""

    async def verification(self, caller: Caller, letter_id: LetterId) -> Verdict:
        """What the seal of a letter of the caller is worth. Raises: Rejected (UNKNOWN_LETTER)."""

    async def verifications(self, caller: Caller, letter_id: LetterId) -> Mapping[str, Verdict]:
        """
        What each of its seals is worth, by the name of the seal: the node's, and the sender's if it has one.

        Raises: Rejected (UNKNOWN_LETTER).
        """

    async def read(self, caller: Caller, letter_id: LetterId) -> OpenLetter:
        """A letter that the caller sent or was handed, to look into; no fetch.

        Raises: Rejected (UNKNOWN_LETTER).
        """

    async def find(
        self, caller: Caller, wanted: Wanted, *, before: LetterId | None = None, limit: int = 50
    ) -> Sequence[LetterId]:
        """Letters of the caller that fit, newest first, older than the cursor `before`."""

    async def history(
        self,
        caller: Caller,
        *,
        kind: Kind | None = None,
        after: int = 0,
        since: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[MailItem]:
        """Everything that ever came to the caller's doors, acknowledged or not, in the order it came."""

    async def offer_again(self, caller: Caller, since: datetime, *, letter_id: LetterId | None = None) -> int:
        """List again what came since then (or one letter of it) and was acknowledged: for a system that
        lost it. How many."""

    async def wait(self, caller: Caller, seconds: float) -> None:
        """Return when something may have come for the caller, or after `seconds`."""

    async def word(self, caller: Caller, letter_id: LetterId, word: Word, detail: str = "") -> None:
        """Note what the caller says of a letter it has not acknowledged; it stays where it is.

        Raises: Rejected (UNKNOWN_LETTER).
        """

    async def traffic(self, caller: Caller, since: datetime, until: datetime) -> Traffic:
        """What the caller's agencies sent and received from `since` to before `until`."""

    async def diary(self, caller: Caller, page: DiaryPage) -> Sequence[DiaryLine]:
        """The documents that the caller's agencies sent, or received, in a span of time.

        Raises: Rejected (BAD_REQUEST) for a cursor that is none.
        """

    async def quota(self, caller: Caller) -> Sequence[Quota]:
        """What each of the caller's agencies may send today, and has sent."""

    def terms(self, agency: AgencyCode) -> Terms:
        """What was agreed with an agency."""

    async def register(self, caller: Caller, registration: Registration) -> Agency:
        """Add an agency below one of the caller's own. Twice is harmless.

        Raises: Rejected (NOT_ALLOWED, CODE_TAKEN, BAD_REQUEST)
        """

    async def deregister(self, caller: Caller, code: str) -> None:
        """Lock an agency that the caller may register: it takes no new letters, its mail stays.

        Raises: Rejected (NOT_ALLOWED, AGENCY_UNKNOWN)
        """

    async def enrol(self, newcomers: Sequence[Agency]) -> int:
        """Add agencies that an axis behind this node names and the directory does not know. How many."""

    def directory(self) -> Directory:
        """The directory as this node knows it."""
