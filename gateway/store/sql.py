"""
The store: letters, deliveries and all the rest, in SQLite or PostgreSQL.

This file only opens the rooms; how they are entered is said in `access`, what each method does in
`ports.store`, how, in the rooms imported here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from gateway.core.deadlines import Reminder
from gateway.core.delivery import Delivery, Event, Target
from gateway.core.diary import DiaryLine
from gateway.core.directory import Directory
from gateway.core.directory_change import Change, Prepared
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
from gateway.ports import (
    Arriving,
    Channel,
    Credential,
    DiaryPage,
    Duty,
    JournalRow,
    LetterKey,
    MailItem,
    NewLetter,
    Notice,
    NoticeOutcome,
    NoticeState,
    Occasion,
    Outgoing,
    Recalled,
    StoredLetter,
    Subscription,
    Taking,
    TrackRecord,
    Traffic,
    Wanted,
    Word,
    Work,
)
from gateway.store import (
    additions,
    arrivals,
    claims,
    control,
    crossings,
    diary,
    directory_rows,
    journal_lines,
    keys,
    links,
    mailbox,
    moves,
    notices,
    prepared,
    reminders,
    rows,
    search,
    subscriptions,
    take_backs,
    tracking,
    traffic,
    ways,
)
from gateway.store.alerts import AlertAccess
from gateway.store.console import ConsoleAccess
from gateway.store.editions import EditionAccess
from gateway.store.figures import FigureAccess
from gateway.store.finding import FindAccess
from gateway.store.letterbox import LetterBoxAccess
from gateway.store.partners import PartnerAccess
from gateway.store.repairs import RepairAccess
from gateway.store.report_mails import ReportMailAccess
from gateway.store.reports import StatisticsAccess


class SqlStore(
    AlertAccess,
    ConsoleAccess,
    EditionAccess,
    FigureAccess,
    FindAccess,
    LetterBoxAccess,
    PartnerAccess,
    RepairAccess,
    ReportMailAccess,
    StatisticsAccess,
):
    """The store of one instance of one node: everything that `ports.store.Store` promises."""

    # --- intake ----------------------------------------------------------------------------------

    async def same(self, sameness: str, recipients: Iterable[AgencyCode]) -> dict[AgencyCode, LetterId]:
        wanted = list(recipients)
        return await self._glance(lambda c: additions.same(c, sameness, wanted))

    async def answer_to(self, caller: str, key: str) -> tuple[str, Mapping[str, Any]] | None:
        return await self._glance(lambda c: additions.answer_to(c, caller, key))

    async def earlier(self, sender: AgencyCode, facts: LetterFacts) -> tuple[LetterId, datetime] | None:
        return await self._glance(lambda c: tracking.earlier(c, sender, facts))

    async def taken_back(
        self, sender: AgencyCode, named: Sequence[InReplyTo], recipients: Sequence[Addressee]
    ) -> list[Recalled]:
        ask = take_backs.Ask(self._instance.node, sender, named, recipients)
        return await self._read(lambda c: take_backs.taken_back(c, self._shelf.read(c), ask))

    async def add_letter(self, new: NewLetter, now: datetime) -> Taking:
        return await self._do(additions.add_letters, additions.Addition(new, now))

    async def keep_refused(self, caller: str, code: str, head: bytes, now: datetime) -> None:
        await self._do(additions.keep_refused, additions.Refusal(caller, code, head, now))

    # --- deliveries ------------------------------------------------------------------------------

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
        claim = claims.Claim(target, lane, now, letters, size)
        return await self._do(claims.claim_due, claim if biggest is None else replace(claim, biggest=biggest))

    async def record(
        self, letter_id: LetterId, target: Target, event: Event, now: datetime
    ) -> Delivery | None:
        return await self._do(moves.record, moves.Move(letter_id, target, event, now))

    async def note_held(self, letter_id: LetterId, target: Target, held: str) -> None:
        await self._do(moves.note_held, moves.Progress(letter_id, target, held))

    async def outstanding(self, neighbour: NodeId, lane: Lane) -> list[Delivery]:
        return await self._glance(lambda c: claims.outstanding(c, neighbour, lane))

    async def overdue(self, now: datetime, limit: int) -> list[Delivery]:
        return await self._read(lambda c: claims.overdue(c, now, limit))

    async def let_go(self, letter_id: LetterId, target: Target, until: datetime) -> None:
        await self._do(claims.let_go, claims.LettingGo(letter_id, target, until))

    async def next_due(
        self, target: Target | None, lane: Lane | None, *, biggest: int | None = None
    ) -> datetime | None:
        most = claims.ANY_SIZE if biggest is None else biggest
        return await self._glance(lambda c: claims.next_due(c, target, lane, most))

    async def hasten(self, neighbour: NodeId, now: datetime, limit: int) -> int:
        return await self._do(claims.hasten, claims.Haste(neighbour, now, limit))

    async def letter(self, letter_id: LetterId) -> StoredLetter | None:
        return await self._glance(lambda c: rows.load_letters(c, [letter_id]).get(letter_id))

    # --- arrival ---------------------------------------------------------------------------------

    async def arriving(self, key: LetterKey) -> Arriving:
        return await self._glance(lambda c: arrivals.arriving(c, key))

    async def hold_ranges(
        self,
        key: LetterKey,
        neighbour: NodeId,
        manifest: bytes | None,
        ranges: Mapping[int, str],
        now: datetime,
    ) -> None:
        await self._do(arrivals.hold_ranges, arrivals.Pieces(key, neighbour, manifest, dict(ranges), now))

    async def refuse_arrival(self, key: LetterKey, neighbour: NodeId, code: str, now: datetime) -> None:
        await self._do(arrivals.refuse, arrivals.Refusal(key, neighbour, code, now))

    async def quarantine(
        self, data: bytes, *, neighbour: NodeId, lane: Lane, code: str, letter_id: str, now: datetime
    ) -> None:
        odd = arrivals.Odd(data, neighbour, lane, code, letter_id, now)
        await self._do(arrivals.put_in_quarantine, odd)

    async def count_poison(self, key: LetterKey, frame: str, now: datetime) -> int:
        return await self._do(arrivals.count_poison, arrivals.Failure(key, frame, now))

    # --- control messages, duties ----------------------------------------------------------------

    async def send_control(self, messages: Iterable[tuple[NodeId, Mapping[str, Any]]], now: datetime) -> None:
        await self._do(control.send_control, control.Messages(list(messages), now))

    async def control_waiting(self, neighbour: NodeId, limit: int) -> list[Outgoing]:
        return await self._read(lambda c: control.control_waiting(c, neighbour, limit))

    async def control_sent(self, numbers: Sequence[int]) -> None:
        await self._do(control.control_sent, list(numbers))

    async def duties(self, limit: int) -> list[Duty]:
        return await self._read(lambda c: control.owed(c, limit))

    async def duty_done(self, number: int) -> None:
        await self._do(control.duty_done, number)

    # --- tracking --------------------------------------------------------------------------------

    async def add_hops(self, hops: Sequence[HopEvent]) -> None:
        await self._do(tracking.add_hops, list(hops))

    async def add_status(self, status: StoredLetter, now: datetime) -> LetterId | None:
        return await self._do(tracking.add_status, tracking.StatusMessage(status, now))

    async def track(self, letter_id: LetterId) -> TrackRecord | None:
        return await self._read(
            lambda c: links.with_links(c, self._shelf.read(c), tracking.track(c, letter_id))
        )

    async def crossings(self, links: Iterable[Link], most: int) -> Mapping[Link, Sequence[float]]:
        wanted = list(links)
        return await self._read(lambda c: crossings.crossings(c, wanted, most)) if wanted else {}

    async def find_letters(
        self, agencies: Iterable[AgencyCode], wanted: Wanted, *, before: LetterId | None, limit: int
    ) -> list[LetterId]:
        codes = list(agencies)
        return await self._read(lambda c: search.find_letters(c, codes, wanted, before, limit))

    async def diary(self, agencies: Iterable[AgencyCode], page: DiaryPage) -> Sequence[DiaryLine]:
        codes = list(agencies)
        return await self._read(lambda c: diary.diary(c, codes, page))

    async def traffic(self, agencies: Iterable[AgencyCode], since: datetime, until: datetime) -> Traffic:
        codes = list(agencies)
        return await self._read(lambda c: traffic.traffic(c, codes, since, until))

    # --- hand-over -------------------------------------------------------------------------------

    async def waiting(
        self, agencies: Iterable[AgencyCode], *, kind: Kind | None, after: int, limit: int
    ) -> list[MailItem]:
        codes, boxes = list(agencies), self._full_boxes
        if boxes.is_stale:
            await self._read(boxes.look)
        full = boxes.among(codes)
        return await self._read(lambda c: mailbox.waiting(c, full, kind, after, limit)) if full else []

    async def mail(self, letter_id: LetterId, agencies: Iterable[AgencyCode]) -> list[Delivery]:
        codes = list(agencies)
        return await self._glance(lambda c: mailbox.mail(c, letter_id, codes))

    async def remind(self, now: datetime, soon_until: datetime, limit: int) -> list[Reminder]:
        return await self._do(reminders.remind, reminders.Sweep(now, soon_until, limit))

    async def note_fetched(
        self, letter_id: LetterId, agency: AgencyCode, now: datetime, *, only_looked: bool = False
    ) -> bool:
        return await self._do(mailbox.note_fetched, mailbox.Fetch(letter_id, agency, now, only_looked))

    async def was_fetched(self, letter_id: LetterId, agency: AgencyCode) -> bool:
        return await self._glance(lambda c: mailbox.was_fetched(c, letter_id, agency))

    async def note_word(
        self, letter_id: LetterId, agency: AgencyCode, word: Word, detail: str, now: datetime
    ) -> None:
        await self._do(mailbox.note_words, mailbox.Said(letter_id, agency, word, detail, now))

    async def history(
        self,
        agencies: Iterable[AgencyCode],
        *,
        kind: Kind | None,
        after: int,
        since: datetime | None,
        limit: int,
    ) -> list[MailItem]:
        past = mailbox.Past(list(agencies), kind, after, since, limit)
        return await self._read(lambda c: mailbox.history(c, past))

    async def offer_again(
        self,
        agencies: Iterable[AgencyCode],
        since: datetime,
        now: datetime,
        *,
        letter_id: LetterId | None = None,
    ) -> int:
        return await self._do(mailbox.offer_again, mailbox.Again(list(agencies), since, now, letter_id))

    # --- directory, credentials, what was agreed -------------------------------------------------

    async def directory(self) -> Directory:
        return await self._read(self._shelf.read)

    async def set_directory(self, directory: Directory, now: datetime) -> None:
        await self._do(directory_rows.set_directory, directory_rows.NewDirectory(directory, now))

    async def prepare_directory(self, change: Change, on: date, now: datetime) -> int:
        return await self._do(prepared.prepare, prepared.Preparation(change, on, now))

    async def prepared_directories(self) -> list[Prepared]:
        return await self._read(prepared.waiting)

    async def cancel_directory(self, number: int, now: datetime) -> bool:
        return await self._do(prepared.cancel, prepared.Cancelling(number, now))

    async def begin_day(self, day: date, now: datetime) -> list[Prepared]:
        if not await self._read(lambda c: prepared.is_due(c, day)):
            return []
        return await self._do(prepared.put_in_force, prepared.DayBegins(day, now))

    async def add_credential(self, credential: Credential, key_hash: str, now: datetime) -> None:
        await self._do(keys.add_credentials, keys.NewCredential(credential, key_hash, now))

    async def change_credential(self, credential: Credential, now: datetime) -> None:
        await self._do(keys.change_credentials, keys.ChangedCredential(credential, now))

    async def credential(self, key_hash: str) -> Credential | None:
        return await self._glance(lambda c: keys.with_hash(c, key_hash))

    async def system(self, system_id: str) -> list[Credential]:
        return await self._glance(lambda c: keys.of_system(c, system_id))

    async def credentials(self) -> list[Credential]:
        return await self._read(keys.everybody)

    async def keys_version(self) -> int:
        return await self._glance(keys.version)

    async def ways(self) -> dict[str, dict[AgencyCode, Mapping[str, Any]]]:
        return await self._read(ways.all_ways)

    async def set_way(
        self, agency: AgencyCode, way: str, settings: Mapping[str, Any] | None, now: datetime
    ) -> None:
        await self._do(ways.set_ways, ways.Way(agency, way, settings, now))

    async def used(self, agency: AgencyCode, day: date) -> tuple[int, int]:
        return await self._glance(lambda c: additions.use(c, agency, day))

    # --- notices ---------------------------------------------------------------------------------

    async def set_subscription(self, subscription: Subscription, now: datetime) -> None:
        await self._do(subscriptions.set_subscriptions, subscriptions.Wish(subscription, now))

    async def remove_subscription(self, subscription_id: str, now: datetime) -> None:
        await self._do(subscriptions.remove_subscriptions, subscriptions.Removal(subscription_id, now))

    async def subscriptions(self, agencies: Iterable[AgencyCode] | None) -> list[Subscription]:
        codes = None if agencies is None else list(agencies)
        return await self._read(lambda c: subscriptions.all_subscriptions(c, codes))

    async def owe_notice(self, subscription_id: str, occasion: Occasion, now: datetime) -> Notice:
        return await self._do(notices.owe_notices, notices.Wanted(subscription_id, occasion, now))

    async def claim_notices(
        self,
        channel: Channel,
        now: datetime,
        until: datetime,
        limit: int,
        passing_over: Collection[str] = (),
    ) -> list[Notice]:
        claim = notices.Claim(channel, now, until, limit, passing_over)
        return await self._do(notices.claim_notices, claim)

    async def notice_ended(self, number: int, outcome: NoticeOutcome, now: datetime) -> None:
        await self._do(notices.notices_ended, notices.Ended(number, outcome))

    async def next_notice(self, channel: Channel) -> datetime | None:
        return await self._glance(lambda c: notices.next_notice(c, channel))

    async def notices(
        self,
        agencies: Iterable[AgencyCode] | None,
        *,
        subscription_id: str,
        state: NoticeState | None,
        before: int | None,
        limit: int,
    ) -> list[Notice]:
        codes = None if agencies is None else list(agencies)
        listing = notices.Listing(codes, subscription_id, state, before, limit)
        return await self._read(lambda c: notices.list_notices(c, listing))

    async def renew_notice(self, number: int, now: datetime) -> None:
        await self._do(notices.renew_notices, notices.Renewal(number, now))

    # --- journal, life ---------------------------------------------------------------------------

    async def journal(self, after: int, limit: int) -> list[JournalRow]:
        return await self._read(lambda c: journal_lines.journal_after(c, self._instance.node, after, limit))

    async def beat(self, now: datetime) -> None:
        await self._do(claims.beat, now)
