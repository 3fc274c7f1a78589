"""
A post office in one room: the Office port, honestly kept, with everything in memory and one node.

It reads only the codes of a message and hands over what was given to it, byte for byte. What doors, stores
and links do is not its business; whoever talks to an office (HTTP, adapters, the client) is tested on it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from gateway.core import catalogue
from gateway.core.delivery import Delivery, State, Target
from gateway.core.diary import DiaryLine, Direction
from gateway.core.directory import Agency, Directory, Resolved, from_rows
from gateway.core.edxml import write_document
from gateway.core.errors import Rejected, find
from gateway.core.model import (
    Addressee,
    AgencyCode,
    Attachment,
    Envelope,
    Kind,
    Lane,
    LetterFacts,
    LetterId,
    NodeId,
    Organ,
    Routing,
)
from gateway.core.split import parts_json
from gateway.core.tracking import Tracking, trace
from gateway.ports import (
    Accepted,
    Caller,
    Clock,
    DiaryPage,
    MailItem,
    OpenEvidence,
    OpenLetter,
    Quota,
    RecipientAnswer,
    Registration,
    StatusEvent,
    StoredLetter,
    Terms,
    TrackRecord,
    Traffic,
    Wanted,
    Word,
)
from signing.asice import NODE_SIGNATURE, Content, container_chunks, container_size
from signing.parts import SealedPart
from signing.seal import seal
from signing.verdict import Facts, Objection, Reason, Verdict, conclude
from tests.kit.clock import ManualClock
from tests.kit.seals import key_of
from tests.kit.sinks import take_apart

NODE = NodeId("H14")
PROVINCE, DISTRICT, COMMUNE = (AgencyCode(f"{n}.H14") for n in ("00.00", "00.31", "05.31"))
CLOSED = AgencyCode("09.31.H14")
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LONGEST_LIFE = timedelta(days=7)

_ORGAN = re.compile(rb"<(?:edXML:)?(From|To|ResponseFor)>\s*<(?:edXML:)?OrganId>([^<]+)<")
_FIELD = re.compile(rb"<(?:edXML:)?(DocumentId|StatusCode|Subject)>([^<]*)<")


def small_directory() -> Directory:
    """One node with a province, a district, a commune, and a commune that was merged into another."""
    return from_rows(
        7,
        [{"id": NODE, "name": "Nút Cao Bằng", "organ_code": PROVINCE}],
        [
            {"code": PROVINCE, "name": "UBND tỉnh Cao Bằng", "node": NODE},
            {"code": DISTRICT, "name": "UBND huyện Hà Quảng", "node": NODE, "aliases": ["H14.31"]},
            {"code": COMMUNE, "name": "UBND xã Trường Hà", "node": NODE},
            {
                "code": CLOSED,
                "name": "UBND xã Nà Sác",
                "node": NODE,
                "successor": COMMUNE,
                "valid_to": "2025-06-30",
            },
        ],
    )


def document(
    sender: str, *recipients: str, document_id: str = "000.00.00.H14-2026/11/22-1", body: str = "Nội dung"
) -> bytes:
    """A message with just the codes that this office reads."""
    to = "".join(f"<To><OrganId>{code}</OrganId></To>" for code in recipients)
    return (
        f"<edXML><From><OrganId>{sender}</OrganId></From>{to}<DocumentId>{document_id}</DocumentId>"
        f"<Subject>Trích yếu</Subject><Body>{body}</Body></edXML>\n"
    ).encode()


def with_files(sender: str, recipient: str, files: Mapping[str, bytes]) -> bytes:
    """A real document with these files, in their order."""
    envelope = Envelope(
        kind=Kind.DOCUMENT,
        sender=Organ(sender),
        recipients=(Organ(recipient),),
        document_id="000.00.00.H14,2026/11/22,12/UBND-VX",
        code_number="12",
        code_notation="UBND-VX",
        issue_date="2026/11/22",
        subject="Trích yếu",
        attachments=tuple(Attachment(part, "", name) for part, name in enumerate(files)),
    )
    return b"".join(write_document(envelope, [[data] for data in files.values()]))


@dataclass(slots=True)
class Kept:
    """A letter of this office and what has happened to it."""

    letter: StoredLetter
    data: bytes
    numbers: dict[AgencyCode, int]
    fetched: set[AgencyCode] = field(default_factory=set)
    delivered: set[AgencyCode] = field(default_factory=set)
    statuses: list[StatusEvent] = field(default_factory=list)
    words: list[tuple[AgencyCode, Word, str]] = field(default_factory=list)

    def parts(self) -> dict[str, list[bytes]]:
        """The parts by their names, taken apart as intake would."""
        apart = take_apart(self.data)
        named = zip(apart.split.parts, apart.sinks, strict=True)
        blobs = {spec.member_name: [sink.blob] for spec, sink in named}
        return {"envelope.xml": [apart.split.envelope], "parts.json": [parts_json(apart.split)], **blobs}


class SmallOffice:
    """ports.Office."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or ManualClock(NOW)
        self.kept: dict[LetterId, Kept] = {}
        self.agreed: dict[AgencyCode, Terms] = {}
        self._directory = small_directory()
        self._answers: dict[tuple[str, str], tuple[str, Accepted]] = {}
        self._same: dict[tuple[str, tuple[str, ...]], Accepted] = {}
        self.hours: list[datetime | None] = []  #: by which letters were to be delivered, as they came
        self._number = 0

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
        self.hours.append(deliver_by)
        data = b"".join([chunk async for chunk in source])
        digest = hashlib.sha256(data).hexdigest()
        if idempotency_key is not None and (first := self._answers.get((caller.name, idempotency_key))):
            if first[0] != digest:
                raise Rejected(find(catalogue.KEY_REUSED))
            return replace(first[1], repeated=True)
        organs = _ORGAN.findall(data)
        sender = next((code.decode() for kind, code in organs if kind == b"From"), "")
        self._check(data, sender, caller)
        named = tuple(to) or tuple(code.decode() for kind, code in organs if kind != b"From")
        answers, addressees = self._resolve(named)
        if (first_answer := self._same.get((digest, named))) and not dry_run:
            return replace(first_answer, repeated=True)
        accepted = Accepted(
            letter_id=LetterId("") if dry_run else self._next_id(),
            kind=Kind.STATUS if b"<StatusCode>" in data else Kind.DOCUMENT,
            document_id=_fields(data).get("DocumentId", ""),
            accepted_at=self.clock.now(),
            expires_at=self.clock.now() + min(ttl or LONGEST_LIFE, LONGEST_LIFE),
            recipients=answers,
            findings=(find(catalogue.BOM),) if data.startswith(b"\xef\xbb\xbf") else (),
        )
        if not dry_run:
            self._keep(accepted, AgencyCode(sender), addressees, data, digest)
            self._same[digest, named] = accepted
            if idempotency_key is not None:
                self._answers[caller.name, idempotency_key] = (digest, accepted)
        return accepted

    def _check(self, data: bytes, sender: str, caller: Caller) -> None:
        if not data:
            raise Rejected(find(catalogue.EMPTY))
        if not data.removeprefix(b"\xef\xbb\xbf").startswith(b"<"):
            raise Rejected(find(catalogue.NOT_XML, line=1, detail="syntax error"))
        if sender not in caller.agencies:
            raise Rejected(find(catalogue.SENDER_NOT_CALLER, element="From/OrganId", organ=sender))

    def _resolve(self, named: Sequence[str]) -> tuple[tuple[RecipientAnswer, ...], tuple[Addressee, ...]]:
        answers, addressees, faults = [], [], []
        for code in named:
            found = self._directory.resolve(code, self.clock.now().date())
            if isinstance(found, Resolved):
                answers.append(RecipientAnswer(code, found.agency.code))
                addressees.append(Addressee(code, found.agency.code, found.agency.node))
            else:
                answers.append(RecipientAnswer(code, "", found.code))
                faults.append(found)
        if not addressees:
            raise Rejected(find(catalogue.NO_KNOWN_RECIPIENT), *faults)
        return tuple(answers), tuple(addressees)

    def _next_id(self) -> LetterId:
        self._number += 1
        return LetterId(f"019ab000-0000-7000-8000-{self._number:012x}")

    def _keep(
        self,
        accepted: Accepted,
        sender: AgencyCode,
        addressees: tuple[Addressee, ...],
        data: bytes,
        digest: str,
    ) -> None:
        fields = _fields(data)
        routing = Routing(
            *(1, accepted.letter_id, accepted.kind, NODE, sender, addressees, self._directory.version),
            *(Lane.NORMAL, 0, accepted.accepted_at, accepted.expires_at, digest, len(data)),
        )
        facts = LetterFacts(
            document_id=accepted.document_id,
            subject=fields.get("Subject", ""),
            status_code=fields.get("StatusCode", ""),
        )
        letter = StoredLetter(routing, facts, (), None, 0, accepted.accepted_at)
        numbers = {a.code: self._number * 10 + place for place, a in enumerate(addressees)}
        self.kept[accepted.letter_id] = Kept(letter, data, numbers)

    async def list(
        self, caller: Caller, *, kind: Kind | None = None, after: int = 0, limit: int = 100
    ) -> Sequence[MailItem]:
        items = [
            self._item(kept, agency, number)
            for kept in self.kept.values()
            for agency, number in kept.numbers.items()
            if agency in caller.agencies - kept.delivered and number > after
        ]
        return [i for i in sorted(items, key=lambda i: i.number) if kind in (None, i.kind)][:limit]

    def _item(self, kept: Kept, agency: AgencyCode, number: int) -> MailItem:
        routing, facts = kept.letter.routing, kept.letter.facts
        sender = self._directory.find(routing.sender)
        return MailItem(
            number=number,
            letter_id=routing.letter_id,
            agency=agency,
            kind=routing.kind,
            sender=routing.sender,
            sender_name=sender.name if sender else "",
            document_id=facts.document_id,
            code=facts.code,
            issue_date=facts.issue_date,
            subject=facts.subject,
            priority=facts.priority,
            status_code=facts.status_code,
            size=routing.original_size,
            waiting_since=routing.accepted_at,
            state=State.DELIVERED if agency in kept.delivered else State.WAITING,
        )

    async def open(self, caller: Caller, letter_id: LetterId) -> OpenLetter:
        kept, agency = self._mine(caller, letter_id)
        kept.fetched.add(agency)
        return self._open(kept, agency)

    @staticmethod
    def _open(kept: Kept, agency: AgencyCode) -> OpenLetter:
        def chunks() -> Iterator[bytes]:
            for start in range(0, len(kept.data), 1 << 20):
                yield kept.data[start : start + (1 << 20)]

        return OpenLetter(kept.letter, agency, len(kept.data), chunks, lambda name: iter(kept.parts()[name]))

    async def ack(self, caller: Caller, letter_id: LetterId) -> None:
        kept, agency = self._mine(caller, letter_id)
        if agency not in kept.fetched:
            raise Rejected(find(catalogue.NOT_FETCHED, letter_id=letter_id))
        kept.delivered.add(agency)

    def _mine(self, caller: Caller, letter_id: LetterId) -> tuple[Kept, AgencyCode]:
        kept = self.kept.get(letter_id)
        agency = next((a for a in (kept.numbers if kept else ()) if a in caller.agencies), None)
        if kept is None or agency is None:
            raise Rejected(find(catalogue.UNKNOWN_LETTER, letter_id=letter_id))
        return kept, agency

    async def status(
        self, caller: Caller, letter_id: LetterId, code: str, *, description: str = "", staff: str = ""
    ) -> Accepted:
        kept, agency = self._mine(caller, letter_id)
        kept.statuses.append(
            StatusEvent(agency, code, "2026/11/23 08:00:00", self.clock.now(), description, staff)
        )
        to = f"<ResponseFor><OrganId>{kept.letter.routing.sender}</OrganId></ResponseFor>"
        about = f"<StatusCode>{code}</StatusCode><Description>{description}</Description>"
        message = f"<edXML><From><OrganId>{agency}</OrganId></From>{to}{about}</edXML>"
        return await self.accept(one_chunk(message.encode()), caller)

    async def evidence(self, caller: Caller, letter_id: LetterId) -> OpenEvidence:
        letter = (await self.track(caller, letter_id)).letter
        data, at = self.kept[letter_id].data, letter.received_at
        parts = (SealedPart("envelope.xml", hashlib.sha256(data).hexdigest(), len(data)),)
        seals = {NODE_SIGNATURE: seal(parts, key_of(NODE, at), at)}

        def chunks() -> Iterator[bytes]:
            return container_chunks([Content(parts[0], lambda: [data])], seals)

        return OpenEvidence(letter, container_size(parts, seals), chunks)

    async def verification(self, caller: Caller, letter_id: LetterId) -> Verdict:
        """This office seals nothing before it is asked for the evidence."""
        await self.track(caller, letter_id)
        return conclude([Objection(Reason.NO_SEAL)], Facts())

    async def verifications(self, caller: Caller, letter_id: LetterId) -> Mapping[str, Verdict]:
        return {NODE_SIGNATURE: await self.verification(caller, letter_id)}

    async def track(self, caller: Caller, letter_id: LetterId) -> TrackRecord:
        kept = self.kept.get(letter_id)
        if kept is None or not caller.agencies & {kept.letter.routing.sender, *kept.numbers}:
            raise Rejected(find(catalogue.UNKNOWN_LETTER, letter_id=letter_id))
        at = kept.letter.received_at
        deliveries = tuple(
            Delivery(
                letter_id=letter_id,
                target=Target(agency=agency),
                state=State.DELIVERED if agency in kept.delivered else State.WAITING,
                lane=Lane.NORMAL,
                rank=0,
                size=len(kept.data),
                since=at,
                due_at=at,
                expires_at=kept.letter.routing.expires_at,
            )
            for agency in kept.numbers
        )
        opened = frozenset(kept.fetched | kept.delivered)
        return TrackRecord(kept.letter, deliveries, (), tuple(kept.statuses), opened=opened)

    async def whereabouts(self, caller: Caller, letter_id: LetterId) -> Tracking:
        """There are no links in one room, so nothing is to be estimated."""
        record = await self.track(caller, letter_id)
        tracking = trace(record, here=NODE, directory=self._directory)
        return tracking if record.is_open_to(caller.agencies) else replace(tracking, subject="")

    async def read(self, caller: Caller, letter_id: LetterId) -> OpenLetter:
        letter = (await self.track(caller, letter_id)).letter
        return self._open(self.kept[letter_id], letter.routing.sender)

    async def find(
        self, caller: Caller, wanted: Wanted, *, before: LetterId | None = None, limit: int = 50
    ) -> Sequence[LetterId]:
        found = [
            letter_id
            for letter_id, kept in sorted(self.kept.items(), reverse=True)
            if self._fits(kept, caller, wanted) and (before is None or letter_id < before)
        ]
        return found[:limit]

    @staticmethod
    def _fits(kept: Kept, caller: Caller, wanted: Wanted) -> bool:
        routing, facts = kept.letter.routing, kept.letter.facts
        has_sent, has_received = routing.sender in caller.agencies, bool(caller.agencies & set(kept.numbers))
        at = kept.letter.received_at
        return (
            {True: has_sent, False: has_received, None: has_sent or has_received}[wanted.sent]
            and wanted.kind in (None, routing.kind)
            and wanted.text in ("", routing.letter_id, facts.document_id, facts.code)
            and wanted.document_id in ("", facts.document_id)
            and wanted.code in ("", facts.code)
            and wanted.issue_date in ("", facts.issue_date)
            and wanted.sha256 in ("", routing.original_sha256)
            and (wanted.since is None or at >= wanted.since)
            and (wanted.until is None or at < wanted.until)
        )

    async def history(
        self,
        caller: Caller,
        *,
        kind: Kind | None = None,
        after: int = 0,
        since: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[MailItem]:
        items = [
            self._item(kept, agency, number)
            for kept in self.kept.values()
            for agency, number in kept.numbers.items()
            if agency in caller.agencies and number > after
        ]
        items = [i for i in items if kind in (None, i.kind) and (since is None or i.waiting_since >= since)]
        return sorted(items, key=lambda item: item.number)[:limit]

    async def offer_again(self, caller: Caller, since: datetime, *, letter_id: LetterId | None = None) -> int:
        again = 0
        for kept in self.kept.values():
            is_meant = letter_id in (None, kept.letter.routing.letter_id)
            is_late = kept.letter.received_at >= since
            lost = kept.delivered & caller.agencies if is_meant and is_late else set()
            kept.delivered -= lost
            again += len(lost)
        return again

    async def wait(self, caller: Caller, seconds: float) -> None:
        await self.clock.sleep(seconds)

    async def word(self, caller: Caller, letter_id: LetterId, word: Word, detail: str = "") -> None:
        kept, agency = self._mine(caller, letter_id)
        kept.words.append((agency, word, detail))

    async def traffic(self, caller: Caller, since: datetime, until: datetime) -> Traffic:
        span = Wanted(since=since, until=until)
        fit = [kept for kept in self.kept.values() if self._fits(kept, caller, span)]
        sent = [k for k in fit if k.letter.routing.sender in caller.agencies]
        received = [(k, a) for k in fit for a in k.numbers if a in caller.agencies]

        def are(kind: Kind, kept: Sequence[Kept]) -> int:
            return sum(each.letter.routing.kind is kind for each in kept)

        got = [kept for kept, _ in received]
        return Traffic(
            documents_sent=are(Kind.DOCUMENT, sent),
            statuses_sent=are(Kind.STATUS, sent),
            bytes_sent=sum(len(kept.data) for kept in sent),
            documents_received=are(Kind.DOCUMENT, got),
            statuses_received=are(Kind.STATUS, got),
            bytes_received=sum(len(kept.data) for kept in got),
            acknowledged=sum(agency in kept.delivered for kept, agency in received),
            waiting=len(await self.list(caller, limit=10**6)),
        )

    async def diary(self, caller: Caller, page: DiaryPage) -> Sequence[DiaryLine]:
        span = Wanted(since=page.since, until=page.until, kind=Kind.DOCUMENT)
        lines = [
            self._diary_line(kept, agency)
            for kept in self.kept.values()
            if self._fits(kept, caller, span)
            for agency in self._of_the_caller(kept, caller, page.direction)
        ]
        return [line for line in lines if line.cursor > page.after][: page.limit]

    @staticmethod
    def _of_the_caller(kept: Kept, caller: Caller, direction: Direction) -> Sequence[AgencyCode]:
        sender = kept.letter.routing.sender
        codes = [sender] if direction is Direction.OUT else list(kept.numbers)
        return [code for code in codes if code in caller.agencies]

    @staticmethod
    def _diary_line(kept: Kept, agency: AgencyCode) -> DiaryLine:
        routing, facts = kept.letter.routing, kept.letter.facts
        return DiaryLine(
            cursor=f"{kept.numbers.get(agency, 0):016d}.{routing.letter_id}",
            letter_id=routing.letter_id,
            agency=agency,
            at=kept.letter.received_at,
            sender=routing.sender,
            sender_name=facts.sender_name,
            recipients=tuple(addressee.named for addressee in routing.recipients),
            code=facts.code,
            issue_date=facts.issue_date,
            type_name="",
            subject=facts.subject,
            signer="",
            copies="",
            status="",
        )

    async def quota(self, caller: Caller) -> Sequence[Quota]:
        traffic = await self.traffic(caller, self.clock.now() - timedelta(days=1), self.clock.now())
        return [
            Quota(
                code,
                traffic.documents_sent,
                self.terms(code).letters_per_day,
                traffic.bytes_sent,
                self.terms(code).bytes_per_day,
            )
            for code in sorted(caller.agencies)
        ]

    def terms(self, agency: AgencyCode) -> Terms:
        return self.agreed.get(agency, Terms())

    async def register(self, caller: Caller, registration: Registration) -> Agency:
        if not caller.may_register or AgencyCode(registration.parent) not in caller.agencies:
            raise Rejected(find(catalogue.NOT_ALLOWED))
        known = self._directory.find(registration.code)
        if known is not None and known.parent != registration.parent:
            raise Rejected(find(catalogue.CODE_TAKEN, organ=registration.code, name=known.name))
        made = Agency(
            code=AgencyCode(registration.code),
            name=registration.name,
            node=NODE,
            parent=registration.parent,
            mail=registration.mail,
            telephone=registration.telephone,
            fax=registration.fax,
        )
        self._replace(made)
        return made

    async def deregister(self, caller: Caller, code: str) -> None:
        known = self._directory.find(code)
        if not caller.may_register:
            raise Rejected(find(catalogue.NOT_ALLOWED))
        if known is None or AgencyCode(known.parent) not in caller.agencies:
            raise Rejected(find(catalogue.AGENCY_UNKNOWN, organ=code))
        self._replace(replace(known, locked=True))

    async def enrol(self, newcomers: Sequence[Agency]) -> int:
        strangers = [agency for agency in newcomers if self._directory.find(agency.code) is None]
        for agency in strangers:
            self._replace(agency)
        return len(strangers)

    def _replace(self, agency: Agency) -> None:
        others = [row for row in self._directory.agency_rows if row.code != agency.code]
        version = self._directory.version + 1
        self._directory = replace(self._directory, version=version, agency_rows=(*others, agency))

    def directory(self) -> Directory:
        return self._directory


def _fields(data: bytes) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in _FIELD.findall(data)}


async def one_chunk(data: bytes) -> AsyncIterator[bytes]:
    """Bytes as a stream."""
    yield data
