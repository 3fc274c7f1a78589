"""
Handover: store → agency.          door 4 of 4

Reads   deliveries to agencies of this node; what an agency asks of its mailbox
Writes  WAITING when the letter lies at the agency's door, DELIVERED at its acknowledgement
Calls   the deliverer of the way in which the agency is reached
Never   talks to another node, shows an agency what is not its own
Crash   fetched but not acknowledged is offered again under the same letter_id
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime

from gateway.core import catalogue
from gateway.core.axis_notices import Told
from gateway.core.calendar import Calendar
from gateway.core.delivery import (
    Acknowledged,
    Delivery,
    Event,
    Expired,
    Failed,
    Offered,
    Overdue,
    State,
    Target,
    Unwelcome,
)
from gateway.core.errors import Finding, Misconfigured, Rejected, TrucError, Unavailable, find
from gateway.core.model import AgencyCode, Kind, LetterId, NodeId
from gateway.core.seals import entitlement_objection, seal_objection, time_objection
from gateway.core.split import join, read_parts_json
from gateway.doors.axis_notices import as_agreed, line_of, may_be_told_otherwise, told_to
from gateway.doors.desk import Desk
from gateway.doors.recording import fault_of_ours, record_move
from gateway.doors.reminders import Reminders
from gateway.ports import (
    AtTheDoor,
    Caller,
    Deliverer,
    Examiner,
    MailItem,
    OpenLetter,
    StoredLetter,
    Word,
    Work,
)
from signing.verdict import Verdict

IDLE_SECONDS = 5.0
SWEEP_SECONDS = 5.0
LOOK_UP_SECONDS = 2.0
LOCAL = NodeId("local")  # stands for a link in the metrics
SWEEP_ROWS = 500
# One round claims as much as one writer transaction holds, and at most what fits in memory many times over.
ROUND_LETTERS = 64
ROUND_BYTES = 64 * 1024 * 1024


Judgement = Finding | bool | BaseException
"""What `_judge` says of a delivery of the round, or how it failed."""


class Handover:
    """The way out to the agencies of this node."""

    def __init__(
        self,
        desk: Desk,
        calendar: Calendar,
        deliverers: Mapping[str, Deliverer],
        examiner: Examiner,
        *,
        pick_up_days: int,
        ttl_days: int,
        one_by_one: Callable[[StoredLetter, Told], Awaitable[bool]],
    ) -> None:
        self._examiner, self._ttl_days, self._one_by_one = examiner, ttl_days, one_by_one
        self._desk, self._store = desk, desk.store
        self._calendar, self._deliverers, self._pick_up_days = calendar, deliverers, pick_up_days
        self._reminders = Reminders(desk, calendar)

    # --- offering --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Offer what is due to the agencies of this node until cancelled."""
        while True:
            if not await self.step():
                await self._desk.bell.wait("local", await self._patience())

    async def step(self) -> int:
        """
        One round of offers; how many deliveries were claimed.

        Places in a mailbox follow the order of the claims, whatever the kind: what has to be written or asked
        first (of statuses) is done for the whole round before anything of it is offered.
        """
        works = await self._store.claim_due(
            None, None, self._desk.clock.now(), letters=ROUND_LETTERS, size=ROUND_BYTES
        )
        # the seals first, once for all agencies of a letter
        letters = {work.delivery.letter_id: work.letter for work in works}
        looks = await asyncio.gather(*map(self._look_at, letters.values()), return_exceptions=True)
        seen = dict(zip(letters, looks, strict=True))
        judged = (self._judge(work, seen[work.delivery.letter_id]) for work in works)
        judgements = await asyncio.gather(*judged, return_exceptions=True)
        ways: dict[str, list[tuple[Work, Judgement]]] = {}
        for work, judgement in zip(works, judgements, strict=True):
            ways.setdefault(self._way(_agency(work)), []).append((work, judgement))
        await asyncio.gather(*(self._offer_all(way, its) for way, its in ways.items()))
        return len(works)

    async def _offer_all(self, way: str, works: Sequence[tuple[Work, Judgement]]) -> None:
        """
        Offer all that goes one way.

        What only lies down at a door shares its commits. What is pushed goes one after another: the first one
        finds out that nobody answers, and costs the others nothing.
        """
        if isinstance(self._deliverers.get(way), AtTheDoor):
            await asyncio.gather(*(self._offer(work, judgement) for work, judgement in works))
            return
        for work, judgement in works:
            await self._offer(work, judgement)

    async def _patience(self) -> float:
        due = await self._store.next_due(None, None)
        if due is None:
            return IDLE_SECONDS
        return min(max((due - self._desk.clock.now()).total_seconds(), 0.05), IDLE_SECONDS)

    async def _offer(self, work: Work, judgement: Judgement) -> None:
        """Hand one letter over, unless something speaks against it; whatever happens is recorded."""
        delivery, agency = work.delivery, _agency(work)
        try:
            if isinstance(judgement, BaseException):
                raise judgement
            if isinstance(judgement, Finding):
                await self._turn_down(work, judgement)
                return
            has_it = judgement or await self._deliverer(agency).deliver(self.open_letter(work.letter, agency))
        except Rejected as refused:  # whoever is behind this way will never take it
            await self._turn_down(work, refused.first)
            return
        except TrucError as failed:
            await self._record(work, Failed(failed.code))
            self._desk.log.warning(
                "delivery.failed", letter_id=delivery.letter_id, target=delivery.target.key, code=failed.code
            )
            self._desk.metrics.failed(LOCAL, delivery.lane, failed.code)
            return
        except Exception as fault:
            error = type(fault).__name__
            self._desk.log.exception("internal.error", letter_id=delivery.letter_id, error=error)
            self._desk.metrics.fault("handover")
            await self._record(work, fault_of_ours(delivery))
            return
        if has_it:
            await self._record(work, Acknowledged())
            self._tell("delivery.delivered", work)
        else:
            fetch_by = self._pick_up_by(self._desk.clock.now())
            await self._record(work, Offered(fetch_by))
            self._tell("delivery.waiting", work)

    async def _judge(self, work: Work, seen: Verdict | Finding | BaseException) -> Finding | bool:
        """What speaks against handing it to this agency; else whether the agency knows all of it already."""
        if isinstance(seen, BaseException):
            raise seen
        if (objection := self._objection(work, seen)) is not None:
            return objection
        if work.letter.routing.kind is Kind.STATUS:
            await self._store.add_status(work.letter, self._desk.clock.now())
        return await self._is_told_one_by_one(work.letter, _agency(work))

    async def _is_told_one_by_one(self, letter: StoredLetter, agency: AgencyCode) -> bool:
        """Whether notices about one receiver each now say all that a notice about several would."""
        told = told_to(self._desk, letter, agency)
        return told is not None and len(told.recipients) > 1 and await self._one_by_one(letter, told)

    async def _look_at(self, letter: StoredLetter) -> Verdict | Finding:
        """The verdict about its seal, or why it may not be handed to anybody now."""
        routing, now = letter.routing, self._desk.clock.now()
        objection = time_objection(routing, letter.received_at, self._calendar, self._ttl_days, now=now)
        if objection is not None:
            return objection
        verdict = await self._examiner.verdict(letter)
        return seal_objection(verdict) or verdict

    def _objection(self, work: Work, seen: Verdict | Finding) -> Finding | None:
        """Why this letter may not be handed to this agency, or not yet; asked before it is handed over."""
        if isinstance(seen, Finding):
            return seen
        signer, directory = seen.facts.common_name, self._desk.directory()
        return entitlement_objection(work.letter.routing, _agency(work), signer, directory)

    async def _turn_down(self, work: Work, objection: Finding) -> None:
        """Wait with what can't be judged now, give back what may never be handed over. No silent pass."""
        told = {
            "letter_id": work.delivery.letter_id,
            "target": work.delivery.target.key,
            "code": objection.code,
            "reason": objection.en,
        }
        if objection.fault in (catalogue.SEAL_UNDETERMINED, catalogue.FROM_THE_FUTURE):
            await self._record(work, Failed(objection.code))
            self._desk.log.warning("delivery.failed", **told)
        else:
            await self._record(work, Unwelcome(objection.code))
            self._desk.log.warning("delivery.returned", **told)
        self._desk.metrics.failed(LOCAL, work.delivery.lane, objection.code)

    def _tell(self, event: str, work: Work) -> None:
        delivery = work.delivery
        self._desk.log.info(event, letter_id=delivery.letter_id, target=delivery.target.key)
        self._desk.metrics.handed_over(work.letter.routing.kind)

    def _way(self, code: AgencyCode) -> str:
        """The name of the way by which an agency gets its letters."""
        agency = self._desk.directory().find(code)
        return agency.delivery if agency else "mailbox"

    def _deliverer(self, code: AgencyCode) -> Deliverer:
        way = self._way(code)
        if way not in self._deliverers:
            raise Misconfigured(
                find(catalogue.DIRECTORY_BROKEN, detail=f"{code}: no way of delivery «{way}»")
            )
        return self._deliverers[way]

    async def _record(self, work: Work, event: Event) -> None:
        await record_move(self._desk, "handover", work.delivery, event)

    # --- time ------------------------------------------------------------------------------------

    async def keep_time(self) -> None:
        """Tell senders what nobody fetches, and agencies what is due, until cancelled."""
        while True:
            await self.sweep()
            await self._desk.clock.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """One look at the deliveries to agencies that time concerns.

        A letter in a mailbox does not expire (Tết closes offices for a week), it is only told once.
        """
        now = self._desk.clock.now()
        for delivery in await self._store.overdue(now, SWEEP_ROWS):
            if delivery.target.agency is None:
                continue
            event: Event = Expired()
            if delivery.state is State.WAITING:
                event = Overdue(next_due_at=self._pick_up_by(now))
            await self._store.record(delivery.letter_id, delivery.target, event, now)
        await self._reminders.sweep()

    def _pick_up_by(self, at: datetime) -> datetime:
        return self._calendar.add_working_days(at, self._pick_up_days)

    # --- the mailbox -----------------------------------------------------------------------------

    async def list(
        self, caller: Caller, *, kind: Kind | None = None, after: int = 0, limit: int = 100
    ) -> Sequence[MailItem]:
        """What waits for the caller's agencies, oldest first, beyond the cursor `after`."""
        return await self.listed(
            await self._store.waiting(caller.agencies, kind=kind, after=after, limit=limit)
        )

    async def history(
        self, caller: Caller, *, kind: Kind | None, after: int, since: datetime | None, limit: int
    ) -> Sequence[MailItem]:
        """Everything that ever came to the caller's doors, in the order it came."""
        return await self.listed(
            await self._store.history(caller.agencies, kind=kind, after=after, since=since, limit=limit)
        )

    async def listed(self, items: Sequence[MailItem]) -> Sequence[MailItem]:
        """Lines of mailboxes as their agencies want them: each says what `open_letter` gives."""
        if not may_be_told_otherwise(self._desk, items):
            return items
        return [await self._listed(item) if item.kind is Kind.STATUS else item for item in items]

    async def _listed(self, item: MailItem) -> MailItem:
        letter = await self._store.letter(item.letter_id)
        return item if letter is None else line_of(item, self.open_letter(letter, item.agency))

    async def offer_again(self, caller: Caller, since: datetime, *, letter_id: LetterId | None = None) -> int:
        """List again what came since then (or one letter of it) and was acknowledged; how many that are."""
        now = self._desk.clock.now()
        return await self._store.offer_again(caller.agencies, since, now, letter_id=letter_id)

    async def wait(self, caller: Caller, seconds: float) -> None:
        """Return when something may have come for the caller, or after `seconds`.

        Another instance of this node rings no bell here, so a long wait looks up now and then.
        """
        topics = [f"mail:{code}" for code in caller.agencies]
        if not topics:
            return await self._desk.clock.sleep(seconds)
        by = asyncio.current_task()  # others wait for the same agency: each call hears every ring
        waits = [
            asyncio.ensure_future(self._desk.bell.wait(topic, min(seconds, LOOK_UP_SECONDS), by=by))
            for topic in topics
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in waits:
                waiting.cancel()

    async def open(self, caller: Caller, letter_id: LetterId) -> OpenLetter:
        """A letter from the caller's mailbox; fetching is noted, and harmless however often.

        Raises: Rejected (UNKNOWN_LETTER) also for a letter that is another agency's.
        """
        mail = await self._store.mail(letter_id, caller.agencies)
        letter = await self._store.letter(letter_id) if mail else None
        if letter is None:
            raise Rejected(find(catalogue.UNKNOWN_LETTER, letter_id=letter_id))
        agency = await self._see(letter_id, mail, only_looked=False)
        if agency is None:
            raise Rejected(find(catalogue.UNKNOWN_LETTER, letter_id=letter_id))
        self._desk.point("C14")
        return self.open_letter(letter, agency)

    async def look(self, caller: Caller, letter_id: LetterId) -> AgencyCode | None:
        """The caller looks into a letter at its door without fetching it; None if there is none (any more).

        What it has seen can't be taken back unseen any more.
        """
        return await self._see(
            letter_id, await self._store.mail(letter_id, caller.agencies), only_looked=True
        )

    async def _see(
        self, letter_id: LetterId, mail: Sequence[Delivery], *, only_looked: bool
    ) -> AgencyCode | None:
        """Note for each agency, before a byte is shown, that it sees the letter; the first that may."""
        now, seeing = self._desk.clock.now(), list[AgencyCode]()
        for delivery in mail:
            agency = delivery.target.agency
            assert agency is not None, "mail() gives deliveries to agencies"
            if await self._store.note_fetched(letter_id, agency, now, only_looked=only_looked):
                seeing.append(agency)
        return seeing[0] if seeing else None

    async def ack(self, caller: Caller, letter_id: LetterId) -> None:
        """The caller has the letter: from now on it is not listed any more. Twice is harmless.

        Raises: Rejected (UNKNOWN_LETTER, or NOT_FETCHED for a letter that nobody ever opened).
        """
        mail = await self._store.mail(letter_id, caller.agencies)
        if not mail:
            raise Rejected(find(catalogue.UNKNOWN_LETTER, letter_id=letter_id))
        for delivery in mail:
            agency = delivery.target.agency
            assert agency is not None, "mail() gives deliveries to agencies"
            if not await self._store.was_fetched(letter_id, agency):
                raise Rejected(find(catalogue.NOT_FETCHED, letter_id=letter_id))
            await self._store.record(letter_id, Target(agency=agency), Acknowledged(), self._desk.clock.now())
            self._desk.log.info("delivery.delivered", letter_id=letter_id, target=delivery.target.key)

    async def word(self, caller: Caller, letter_id: LetterId, word: Word, detail: str) -> None:
        """Note what the caller says of a letter that it does not acknowledge; the letter stays where it is.

        Raises: Rejected (UNKNOWN_LETTER).
        """
        mail = await self._store.mail(letter_id, caller.agencies)
        if not mail:
            raise Rejected(find(catalogue.UNKNOWN_LETTER, letter_id=letter_id))
        for delivery in mail:
            agency = delivery.target.agency
            assert agency is not None, "mail() gives deliveries to agencies"
            await self._store.note_word(letter_id, agency, word, detail, self._desk.clock.now())
            self._desk.log.info(
                "delivery.word", letter_id=letter_id, target=delivery.target.key, word=word.value
            )

    def open_letter(self, letter: StoredLetter, agency: AgencyCode) -> OpenLetter:
        """The letter as its sender wrote it, to the last byte; notices as their agency wants them."""
        opened = OpenLetter(
            letter, agency, letter.routing.original_size, self._chunks(letter), self._part(letter)
        )
        return as_agreed(self._desk, opened)

    def _part(self, letter: StoredLetter) -> Callable[[str], Iterator[bytes]]:
        """Raises, when called: Unavailable (BLOB_DAMAGED) for a part that the letter does not have."""

        def part(name: str) -> Iterator[bytes]:
            stored = letter.part(name)
            if stored is None:
                raise Unavailable(find(catalogue.BLOB_DAMAGED, detail=name))
            return self._store.blobs.read(stored)

        return part

    def _chunks(self, letter: StoredLetter) -> Callable[[], Iterator[bytes]]:
        blobs = self._store.blobs

        def chunks() -> Iterator[bytes]:
            named = {part.name: part for part in letter.parts}
            specs = read_parts_json(b"".join(blobs.read(named["parts.json"])))
            envelope = b"".join(blobs.read(named["envelope.xml"]))
            return join(envelope, specs, lambda index: blobs.read(named[specs[index].member_name]))

        return chunks


def _agency(work: Work) -> AgencyCode:
    agency = work.delivery.target.agency
    assert agency is not None, "claim_due without a target gives deliveries to agencies"
    return agency
