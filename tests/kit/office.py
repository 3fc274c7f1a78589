"""
A post office in one room: the Office port, honestly kept, with everything in memory and one node.

It reads only the codes of a message and hands over what was given to it, byte for byte. What doors, stores
and links do is not its business; whoever talks to an office (HTTP, adapters, the client) is tested on it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from gateway.core import catalogue
from gateway.core.delivery import Delivery, State, Target
from gateway.core.directory import Directory, Resolved, from_rows
from gateway.core.errors import Rejected, find
from gateway.core.model import Addressee, AgencyCode, Kind, Lane, LetterFacts, LetterId, NodeId, Routing
from gateway.ports import (
    Accepted,
    Caller,
    Clock,
    MailItem,
    OpenEvidence,
    OpenLetter,
    RecipientAnswer,
    StatusEvent,
    StoredLetter,
    TrackRecord,
)
from signing.asice import NODE_SIGNATURE, Content, container_chunks, container_size
from signing.parts import SealedPart
from signing.seal import seal
from signing.verdict import Facts, Objection, Reason, Verdict, conclude
from tests.kit.clock import ManualClock
from tests.kit.seals import key_of

NODE = NodeId("H14")
PROVINCE, DISTRICT, COMMUNE = (AgencyCode(f"{n}.H14") for n in ("00.00", "00.31", "05.31"))
CLOSED = AgencyCode("09.31.H14")
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

_ORGAN = re.compile(rb"<(From|To|ResponseFor)>\s*<OrganId>([^<]+)</OrganId>")
_FIELD = re.compile(rb"<(DocumentId|StatusCode|Subject)>([^<]*)<")


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


@dataclass(slots=True)
class Kept:
    """A letter of this office and what has happened to it."""

    letter: StoredLetter
    data: bytes
    numbers: dict[AgencyCode, int]
    fetched: set[AgencyCode] = field(default_factory=set)
    delivered: set[AgencyCode] = field(default_factory=set)
    statuses: list[StatusEvent] = field(default_factory=list)


class SmallOffice:
    """ports.Office."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or ManualClock(NOW)
        self.kept: dict[LetterId, Kept] = {}
        self._directory = small_directory()
        self._answers: dict[tuple[str, str], tuple[str, Accepted]] = {}
        self._same: dict[tuple[str, tuple[str, ...]], Accepted] = {}
        self._number = 0

    async def accept(
        self,
        source: AsyncIterator[bytes],
        caller: Caller,
        *,
        to: Sequence[str] = (),
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Accepted:
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
            expires_at=self.clock.now() + timedelta(days=7),
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
            state=State.WAITING,
        )

    async def open(self, caller: Caller, letter_id: LetterId) -> OpenLetter:
        kept, agency = self._mine(caller, letter_id)
        kept.fetched.add(agency)

        def chunks() -> Iterator[bytes]:
            for start in range(0, len(kept.data), 1 << 20):
                yield kept.data[start : start + (1 << 20)]

        return OpenLetter(kept.letter, agency, len(kept.data), chunks)

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
        return TrackRecord(kept.letter, deliveries, (), tuple(kept.statuses))

    async def find(self, caller: Caller, text: str) -> Sequence[LetterId]:
        return [
            letter_id
            for letter_id, kept in self.kept.items()
            if caller.agencies & {kept.letter.routing.sender, *kept.numbers}
            and text in (letter_id, kept.letter.facts.document_id)
        ]

    def directory(self) -> Directory:
        return self._directory


def _fields(data: bytes) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in _FIELD.findall(data)}


async def one_chunk(data: bytes) -> AsyncIterator[bytes]:
    """Bytes as a stream."""
    yield data
