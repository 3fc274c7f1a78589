"""
The counter of the post office: what adapters may ask for, each wish passed to the door that grants it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from gateway.core import catalogue, lifecycle
from gateway.core.calendar import Calendar, today
from gateway.core.codes import normal
from gateway.core.deadlines import Reckoning
from gateway.core.diary import DiaryLine
from gateway.core.directory import Agency, Directory
from gateway.core.edxml import write_status
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode, Kind, LetterId, Organ, Staff
from gateway.core.seals import sealed_parts
from gateway.core.tracked_deadlines import with_deadlines
from gateway.core.tracked_links import with_links
from gateway.core.tracking import Tracking, trace
from gateway.core.whereabouts import LATEST, Link, estimated, links_ahead, with_pauses
from gateway.doors.desk import Desk
from gateway.doors.handover import Handover
from gateway.doors.intake import Intake
from gateway.enrolment import Enrolment
from gateway.evidence import evidence_chunks, evidence_size
from gateway.ports import (
    Accepted,
    Caller,
    DiaryPage,
    Examiner,
    MailItem,
    OpenEvidence,
    OpenLetter,
    Quota,
    Registration,
    StoredLetter,
    StoredPart,
    Terms,
    TrackRecord,
    Traffic,
    Wanted,
    Word,
)
from signing.asice import AGENCY_SIGNATURE, NODE_SIGNATURE
from signing.parts import UnfitPart
from signing.verdict import Facts, Objection, Reason, Verdict, conclude

TAKE_BACK = "13"  # the one status that a document's sender reports; all others are its receiver's
FEW = 50  # recipients that are traced sooner than a thread is found
T = TypeVar("T")


class PostOffice:
    """The Office port of one node."""

    def __init__(
        self, desk: Desk, intake: Intake, handover: Handover, examiner: Examiner, calendar: Calendar
    ) -> None:
        self._desk, self._intake, self._handover, self._examiner = desk, intake, handover, examiner
        self._calendar = calendar
        self._enrolment = Enrolment(desk)

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
        """Take a message from an agency and make it ours. See Intake.accept."""
        return await self._intake.accept(
            source,
            caller,
            to=to,
            idempotency_key=idempotency_key,
            dry_run=dry_run,
            ttl=ttl,
            deliver_by=deliver_by,
        )

    async def list(
        self, caller: Caller, *, kind: Kind | None = None, after: int = 0, limit: int = 100
    ) -> Sequence[MailItem]:
        """What waits for the caller's agencies."""
        return await self._handover.list(caller, kind=kind, after=after, limit=limit)

    async def open(self, caller: Caller, letter_id: LetterId) -> OpenLetter:
        """A letter from the caller's mailbox. Raises: Rejected (UNKNOWN_LETTER)."""
        return await self._handover.open(caller, letter_id)

    async def ack(self, caller: Caller, letter_id: LetterId) -> None:
        """The caller has the letter. Raises: Rejected (UNKNOWN_LETTER, NOT_FETCHED)."""
        await self._handover.ack(caller, letter_id)

    async def status(
        self, caller: Caller, letter_id: LetterId, code: str, *, description: str = "", staff: str = ""
    ) -> Accepted:
        """
        Send a status about a document that the caller received, or ask to have one back that it sent (13).

        A 13 goes to each recipient of the document; the answer then names them all.

        Spec: QCVN102/StatusCode
        Raises: Rejected (UNKNOWN_LETTER, BAD_REQUEST)
        """
        record = await self.track(caller, letter_id)
        letter, code = record.letter, lifecycle.normal_code(code)
        if letter.routing.kind is not Kind.DOCUMENT:
            raise Rejected(
                find(catalogue.BAD_REQUEST, detail="đó là một trạng thái · that letter is a status itself")
            )
        envelopes = [
            lifecycle.status(
                code,
                sender=self._organ(who),
                to=whom,
                facts=letter.facts,
                at=self._desk.clock.now(),
                description=description,
                staff=Staff(name=staff) if staff else None,
            )
            for who, whom in self._parties(letter, caller, code)
        ]
        if not envelopes:
            who_vi, who = ("bên gửi", "sender") if code == TAKE_BACK else ("bên nhận", "receiver")
            detail = f"{code}: chỉ {who_vi} văn bản · only the {who} of the document"
            raise Rejected(find(catalogue.BAD_REQUEST, element="code", detail=detail))
        answers = [
            await self._intake.accept(one_chunk(write_status(envelope)), caller) for envelope in envelopes
        ]
        return replace(answers[0], recipients=tuple(r for a in answers for r in a.recipients))

    def _parties(self, letter: StoredLetter, caller: Caller, code: str) -> Sequence[tuple[str, str]]:
        """(who reports, to whom) for each status that this wish means, in the codes that the letter uses."""
        routing, directory = letter.routing, self._desk.directory()
        sender = letter.facts.sender_code or routing.sender
        if code == TAKE_BACK:
            mine = routing.sender in caller.agencies
            return [(sender, addressee.named) for addressee in routing.recipients] if mine else []
        parties = []
        for addressee in routing.recipients:
            if addressee.code in caller.agencies:
                # its own codes as the sender wrote them; a closed one that it succeeded is not its own
                served = directory.find(addressee.code)
                is_own = served is None or normal(addressee.named) in served.codes
                parties.append((addressee.named if is_own else addressee.code, sender))
                continue
            successor = directory.successor_of(addressee.code)
            if successor is not None and successor.code in caller.agencies:
                parties.append((successor.code, sender))
        return parties

    def _organ(self, code: str) -> Organ:
        agency = self._desk.directory().find(code)
        if agency is None:
            return Organ(code)
        # a closed code named by the sender is served by its successor, who signs with its own
        return Organ(code if normal(code) in agency.codes else agency.code, name=agency.name)

    async def track(self, caller: Caller, letter_id: LetterId) -> TrackRecord:
        """Where a letter that the caller sent or receives is. Raises: Rejected (UNKNOWN_LETTER)."""
        record = await self._desk.store.track(letter_id)
        if record is None or not (caller.is_operator or self._concerns(record, caller)):
            raise Rejected(find(catalogue.UNKNOWN_LETTER, letter_id=letter_id))
        return record

    async def whereabouts(self, caller: Caller, letter_id: LetterId) -> Tracking:
        """
        The same in words for people, with when it should arrive, and what is due when by law.

        The subject is empty unless the caller sent the letter or has opened it: before that, and for an
        operator, tracking says where a letter is.

        Raises: Rejected (UNKNOWN_LETTER).
        """
        record, desk = await self.track(caller, letter_id), self._desk
        directory, now = desk.directory(), desk.clock.now()
        mine, number = caller.agencies, len(record.letter.routing.recipients)

        def known() -> tuple[Tracking, frozenset[Link]]:
            tracking = trace(record, here=desk.node, directory=directory)
            if not record.is_open_to(mine):
                tracking = replace(tracking, subject="")
            facts, sees_all = record.letter.facts, caller.is_operator
            tracking = with_links(tracking, facts, record.links, mine, sees_all=sees_all)
            due = with_deadlines(tracking, record, Reckoning(self._calendar, now), directory)
            return due, links_ahead(due)

        tracking, links = await _beside(known, number)
        times = await desk.store.crossings(links, LATEST)
        held = await desk.store.maintenance()
        return await _beside(
            lambda: with_pauses(estimated(tracking, times, now), desk.node, held.keys()), number
        )

    @staticmethod
    def _concerns(record: TrackRecord, caller: Caller) -> bool:
        at_our_door = {d.target.agency for d in record.deliveries if d.target.agency is not None}
        return record.letter.routing.sender in caller.agencies or bool(at_our_door & caller.agencies)

    async def evidence(self, caller: Caller, letter_id: LetterId) -> OpenEvidence:
        """A letter of the caller with its seals, as one ASiC-E file.

        Raises: Rejected (UNKNOWN_LETTER, NO_SEAL).
        """
        (letter, _), blobs = await self._visible(caller, letter_id), self._desk.store.blobs
        size = await asyncio.to_thread(evidence_size, letter, blobs)
        return OpenEvidence(letter, size, lambda: evidence_chunks(letter, blobs))

    async def verification(self, caller: Caller, letter_id: LetterId) -> Verdict:
        """What the seal of a letter of the caller is worth. Raises: Rejected (UNKNOWN_LETTER)."""
        return await self._examiner.verdict((await self.track(caller, letter_id)).letter)

    async def verifications(self, caller: Caller, letter_id: LetterId) -> Mapping[str, Verdict]:
        """What each of its seals is worth now, both judged at its acceptance.

        Raises: Rejected (UNKNOWN_LETTER).
        """
        letter = (await self.track(caller, letter_id)).letter
        found = {NODE_SIGNATURE: await self._examiner.verdict(letter)}
        own = letter.part(AGENCY_SIGNATURE)
        if own is not None:
            found[AGENCY_SIGNATURE] = await self._verdict_of_sender(letter, own)
        return found

    async def _verdict_of_sender(self, letter: StoredLetter, own: StoredPart) -> Verdict:
        try:
            covered = sealed_parts(letter.parts, with_routing=False)
        except UnfitPart as unfit:  # the node's seal says the same of it
            return conclude([Objection(Reason.SEAL_MALFORMED, detail=str(unfit))], Facts())
        seal = await asyncio.to_thread(lambda: b"".join(self._desk.store.blobs.read(own)))
        return await self._examiner.agency_verdict(seal, covered, letter.routing.accepted_at)

    async def read(self, caller: Caller, letter_id: LetterId) -> OpenLetter:
        """A letter that the caller sent or was handed, to look into; no fetch.

        Raises: Rejected (UNKNOWN_LETTER).
        """
        return self._handover.open_letter(*await self._visible(caller, letter_id))

    async def _visible(self, caller: Caller, letter_id: LetterId) -> tuple[StoredLetter, AgencyCode]:
        """
        A letter whose content the caller may see, and as whose: a receiver sees only what was handed over.
        An operator sees where letters are, never what is in them.

        Tracking tells more: what is held, or was given back because of its seal, has a delivery too.
        """
        letter = (await self.track(caller, letter_id)).letter
        agency = await self._handover.look(caller, letter_id)
        if agency is not None:
            return letter, agency
        if letter.routing.sender not in caller.agencies:
            raise Rejected(find(catalogue.UNKNOWN_LETTER, letter_id=letter_id))
        return letter, letter.routing.sender

    async def find(
        self, caller: Caller, wanted: Wanted, *, before: LetterId | None = None, limit: int = 50
    ) -> Sequence[LetterId]:
        """Letters of the caller that fit, newest first, older than the cursor `before`."""
        return await self._desk.store.find_letters(caller.agencies, wanted, before=before, limit=limit)

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
        return await self._handover.history(caller, kind=kind, after=after, since=since, limit=limit)

    async def offer_again(self, caller: Caller, since: datetime, *, letter_id: LetterId | None = None) -> int:
        """List again what came since then (or one letter of it) and was acknowledged. How many."""
        return await self._handover.offer_again(caller, since, letter_id=letter_id)

    async def wait(self, caller: Caller, seconds: float) -> None:
        """Return when something may have come for the caller, or after `seconds`."""
        await self._handover.wait(caller, seconds)

    async def word(self, caller: Caller, letter_id: LetterId, word: Word, detail: str = "") -> None:
        """Note what the caller says of a letter it has not acknowledged.

        Raises: Rejected (UNKNOWN_LETTER).
        """
        await self._handover.word(caller, letter_id, word, detail)

    async def traffic(self, caller: Caller, since: datetime, until: datetime) -> Traffic:
        """What the caller's agencies sent and received from `since` to before `until`."""
        return await self._desk.store.traffic(caller.agencies, since, until)

    async def diary(self, caller: Caller, page: DiaryPage) -> Sequence[DiaryLine]:
        """The documents that the caller's agencies sent, or received, in a span of time."""
        return await self._desk.store.diary(caller.agencies, page)

    async def quota(self, caller: Caller) -> Sequence[Quota]:
        """What each of the caller's agencies may send today, and has sent."""
        day = today(self._desk.clock.now())
        quotas = []
        for code in sorted(caller.agencies):
            letters, used = await self._desk.store.used(code, day)
            terms = self.terms(code)
            quotas.append(Quota(code, letters, terms.letters_per_day, used, terms.bytes_per_day))
        return quotas

    def terms(self, agency: AgencyCode) -> Terms:
        """What was agreed with an agency."""
        return self._desk.terms(agency)

    async def register(self, caller: Caller, registration: Registration) -> Agency:
        """Add an agency below one of the caller's own. See gateway/enrolment."""
        return await self._enrolment.register(caller, registration)

    async def deregister(self, caller: Caller, code: str) -> None:
        """Close an agency that the caller may register. See gateway/enrolment."""
        await self._enrolment.deregister(caller, code)

    async def enrol(self, newcomers: Sequence[Agency]) -> int:
        """Add agencies that an axis behind this node names. See gateway/enrolment."""
        return await self._enrolment.enrol(newcomers)

    def directory(self) -> Directory:
        """The directory as this node knows it."""
        return self._desk.directory()


async def _beside(work: Callable[[], T], recipients: int) -> T:
    """What is worked out for each recipient of a letter: in a thread where they are many.

    A circular to thousands takes a second, in which the node would do nothing else.
    """
    return work() if recipients <= FEW else await asyncio.to_thread(work)


async def one_chunk(data: bytes) -> AsyncIterator[bytes]:
    """Bytes in memory as the stream that intake reads."""
    yield data
