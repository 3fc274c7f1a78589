"""
The hall: everything durable, in words of the office.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from gateway.core.deadlines import Reminder
from gateway.core.delivery import Delivery, Event, Target
from gateway.core.diary import DiaryLine
from gateway.core.directory import Directory
from gateway.core.directory_change import Change, Prepared
from gateway.core.editions import Held
from gateway.core.model import (
    Addressee,
    AgencyCode,
    InReplyTo,
    Kind,
    Lane,
    LetterFacts,
    LetterId,
    NodeId,
)
from gateway.core.tracking import HopEvent
from gateway.core.whereabouts import Link
from gateway.ports.accounts import ConsoleBook
from gateway.ports.alerts import AlertBook
from gateway.ports.blobs import Blobs
from gateway.ports.editions import EditionBytes, EditionFault, EditionLine, NewEdition
from gateway.ports.figures import FigureBook
from gateway.ports.finding import LetterFinder
from gateway.ports.keys import Credential
from gateway.ports.letterbox import LetterBox
from gateway.ports.letters import (
    Arriving,
    Duty,
    JournalRow,
    LetterKey,
    MailItem,
    NewLetter,
    Outgoing,
    Recalled,
    StoredLetter,
    Taking,
    TrackRecord,
    Work,
)
from gateway.ports.notices import Channel, Notice, NoticeOutcome, NoticeState, Occasion, Subscription
from gateway.ports.office import DiaryPage, Traffic, Wanted, Word
from gateway.ports.partners import PartnerBook
from gateway.ports.repairs import RepairBook
from gateway.ports.report_mails import ReportMailBook
from gateway.ports.statistics import StatisticsBook


class Store(
    AlertBook,
    ConsoleBook,
    FigureBook,
    LetterBox,
    LetterFinder,
    PartnerBook,
    RepairBook,
    ReportMailBook,
    StatisticsBook,
    Protocol,
):
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

    async def taken_back(
        self, sender: AgencyCode, named: Sequence[InReplyTo], recipients: Sequence[Addressee]
    ) -> list[Recalled]:
        """The letters of this sender, handed in here, that a 13 about `named` takes back from these."""

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
        """
        Deliveries that time concerns: QUEUED past `expires_at`; SENT or WAITING past `due_at`.

        Of what is QUEUED and may be with the neighbour only until its sender was told.
        """

    async def let_go(self, letter_id: LetterId, target: Target, until: datetime) -> None:
        """Give up a claim whose try can't be recorded: the delivery may be claimed again from `until` on."""

    async def next_due(
        self, target: Target | None, lane: Lane | None, *, biggest: int | None = None
    ) -> datetime | None:
        """When the next QUEUED delivery of this claim becomes due."""

    async def hasten(self, neighbour: NodeId, now: datetime, limit: int) -> int:
        """The link works again: make due what waits only because it was down. How many (at most `limit`)."""

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

    async def crossings(self, links: Iterable[Link], most: int) -> Mapping[Link, Sequence[float]]:
        """How many seconds the latest letters of ours took over each of these links, the newest first."""

    async def find_letters(
        self, agencies: Iterable[AgencyCode], wanted: Wanted, *, before: LetterId | None, limit: int
    ) -> list[LetterId]:
        """Letters sent or received by these agencies that fit, newest first, older than the cursor."""

    async def diary(self, agencies: Iterable[AgencyCode], page: DiaryPage) -> Sequence[DiaryLine]:
        """The documents that these agencies sent, or received, in order of time.

        Raises: Rejected (BAD_REQUEST) for a cursor that is none.
        """

    async def traffic(self, agencies: Iterable[AgencyCode], since: datetime, until: datetime) -> Traffic:
        """What these agencies sent and received in a span of time."""

    # hand-over
    async def waiting(
        self, agencies: Iterable[AgencyCode], *, kind: Kind | None, after: int, limit: int
    ) -> list[MailItem]:
        """What lies at the door of these agencies, oldest first, beyond the cursor `after`.

        What another instance of this node offered may be listed a second later.
        """

    async def mail(self, letter_id: LetterId, agencies: Iterable[AgencyCode]) -> list[Delivery]:
        """The deliveries of a letter to these agencies that were offered (WAITING or DELIVERED)."""

    async def remind(self, now: datetime, soon_until: datetime, limit: int) -> list[Reminder]:
        """
        Tell agencies here what is due by `soon_until` or late now, each word once (journalled, with notices).

        What was told by this call, at most `limit` of each word.
        """

    async def note_fetched(
        self, letter_id: LetterId, agency: AgencyCode, now: datetime, *, only_looked: bool = False
    ) -> bool:
        """The agency fetches it: from now on nobody can take it back, and it may be acknowledged.

        `only_looked`: it may not. False if the letter is not at the agency's door: then it must not be shown.
        """

    async def was_fetched(self, letter_id: LetterId, agency: AgencyCode) -> bool:
        """Whether the agency ever fetched it."""

    async def note_word(
        self, letter_id: LetterId, agency: AgencyCode, word: Word, detail: str, now: datetime
    ) -> None:
        """What the agency says of a letter that it does not acknowledge (journalled)."""

    async def history(
        self,
        agencies: Iterable[AgencyCode],
        *,
        kind: Kind | None,
        after: int,
        since: datetime | None,
        limit: int,
    ) -> list[MailItem]:
        """Everything that ever came to the doors of these agencies, in the order it came."""

    async def offer_again(
        self,
        agencies: Iterable[AgencyCode],
        since: datetime,
        now: datetime,
        *,
        letter_id: LetterId | None = None,
    ) -> int:
        """Put what came since then (or one letter of it) and was acknowledged back into the listing
        (journalled); how many."""

    # the node's own clerk
    async def duties(self, limit: int) -> list[Duty]:
        """What the node owes, oldest first."""

    async def duty_done(self, number: int) -> None:
        """A duty was fulfilled."""

    # directory, credentials
    async def directory(self) -> Directory:
        """The directory of this node."""

    async def set_directory(self, directory: Directory, now: datetime) -> None:
        """Replace the directory (journalled). Only rows that differ are written."""

    async def prepare_directory(self, change: Change, on: date, now: datetime) -> int:
        """Keep a change of the directory for a day; its number (journalled)."""

    async def prepared_directories(self) -> list[Prepared]:
        """The changes that wait for their day, and those that were refused on it, by day."""

    async def cancel_directory(self, number: int, now: datetime) -> bool:
        """Forget a change that waits; whether there was one (journalled)."""

    async def begin_day(self, day: date, now: datetime) -> list[Prepared]:
        """
        Put in force what was prepared for that day or one before (journalled); what that was.

        A change that would make the directory unsound is refused, and kept with the reason. So is one of an
        edition that its signer may not make; it is judged again when the directory is another one.
        """

    # editions of the directory
    async def editions_held(self, *, to_tell: bool = False) -> Mapping[NodeId, Held]:
        """How far this node holds the chain of each signer; `to_tell`: up to the last not refused here."""

    async def add_edition(self, new: NewEdition, now: datetime) -> bool:
        """
        Keep the next edition of a chain, prepared for its day, and tell the other neighbours (journalled).

        False, and nothing done, if it is not the next one. One that its signer may not make is kept as
        REFUSED and told to nobody: those that follow it need it.
        """

    async def edition_bytes(self, signer: NodeId, number: int, offset: int, most: int) -> EditionBytes | None:
        """At most `most` bytes of an edition from `offset` on; None if it is not here."""

    async def refuse_edition(self, fault: EditionFault) -> None:
        """Remember what a neighbour offered and why it was not taken (journalled, a repeat is not)."""

    async def editions(self) -> tuple[list[EditionLine], list[EditionFault]]:
        """All editions by signer and number, and what was not taken."""

    async def add_credential(self, credential: Credential, key_hash: str, now: datetime) -> None:
        """Add an access key, of which only the hash is kept, or the credential of a system that signs."""

    async def change_credential(self, credential: Credential, now: datetime) -> None:
        """Replace all but the key of the credential with this key_id (journalled)."""

    async def credential(self, key_hash: str) -> Credential | None:
        """The credential with this key hash."""

    async def system(self, system_id: str) -> list[Credential]:
        """The credentials of a system that signs, newest first."""

    async def credentials(self) -> list[Credential]:
        """All credentials, by label."""

    async def keys_version(self) -> int:
        """A number that grows with every change of a credential: what was read before it may be kept."""

    # what was agreed with agencies
    async def ways(self) -> dict[str, dict[AgencyCode, Mapping[str, Any]]]:
        """What is set for agencies, by the name of the adapter (or `office`: Terms)."""

    async def set_way(
        self, agency: AgencyCode, way: str, settings: Mapping[str, Any] | None, now: datetime
    ) -> None:
        """Set what one adapter shall know about an agency; None removes it (journalled without values)."""

    async def used(self, agency: AgencyCode, day: date) -> tuple[int, int]:
        """Documents and their bytes that the agency handed in on a day of Vietnam."""

    # notices
    async def set_subscription(self, subscription: Subscription, now: datetime) -> None:
        """Add or replace a subscription (journalled without address and secret)."""

    async def remove_subscription(self, subscription_id: str, now: datetime) -> None:
        """Remove it; what it is still owed becomes DEAD."""

    async def subscriptions(self, agencies: Iterable[AgencyCode] | None) -> list[Subscription]:
        """Those of these agencies (None: all), in the order they were added."""

    async def owe_notice(self, subscription_id: str, occasion: Occasion, now: datetime) -> Notice:
        """A notice that no letter causes (a ping). Raises: Rejected (UNKNOWN_SUBSCRIPTION)."""

    async def claim_notices(
        self,
        channel: Channel,
        now: datetime,
        until: datetime,
        limit: int,
        passing_over: Collection[str] = (),
    ) -> list[Notice]:
        """
        Due notices, oldest first, each with its attempt counted and nobody else's before `until`.

        None of the subscriptions `passing_over`.
        """

    async def notice_ended(self, number: int, outcome: NoticeOutcome, now: datetime) -> None:
        """What a try came to: SENT, DUE again at `retry_at`, or DEAD."""

    async def next_notice(self, channel: Channel) -> datetime | None:
        """When the next one of a channel becomes due."""

    async def notices(
        self,
        agencies: Iterable[AgencyCode] | None,
        *,
        subscription_id: str,
        state: NoticeState | None,
        before: int | None,
        limit: int,
    ) -> list[Notice]:
        """Notices of these agencies (None: all), newest first."""

    async def renew_notice(self, number: int, now: datetime) -> None:
        """Make a notice due again, its attempts counted anew."""

    # journal, life of the instance
    async def journal(self, after: int, limit: int) -> list[JournalRow]:
        """The audit log from a number on."""

    async def beat(self, now: datetime) -> None:
        """Show that this instance lives; claims of instances silent for 60 s are free again."""

    async def close(self) -> None:
        """Finish what is queued and release the files."""
