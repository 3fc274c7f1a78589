"""
Intake: agency → store.          door 1 of 4

Reads   the sender's bytes, once, as a stream
Writes  blobs; then letter, parts, deliveries and journal in one transaction
Calls   Store.add_letter
Never   talks to the network, changes a byte of what the sender wrote
Crash   before the commit nothing is ours; after it, a repeat gets the same answer
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from gateway.answers import read_answer, recipients_told, write_answer
from gateway.core import catalogue
from gateway.core.calendar import today
from gateway.core.directory import Directory
from gateway.core.dispatch import dispatch
from gateway.core.errors import Finding, Rejected, find
from gateway.core.facts import facts_of
from gateway.core.groups import is_group
from gateway.core.model import (
    AgencyCode,
    Envelope,
    Kind,
    LetterFacts,
    LetterId,
    Part,
    Routing,
)
from gateway.core.routing import PROTOCOL, lane_of, rank_of, routing_json
from gateway.core.sameness import sameness
from gateway.core.seals import certificate_remark, seal_objection
from gateway.core.split import Split, Splitter, parts_json
from gateway.doors.desk import Desk
from gateway.doors.draft import Draft, DraftReader, Rules
from gateway.doors.handed_in import handed_in
from gateway.doors.take_back import taking_back
from gateway.doors.wishes import check_hour, local, signed_at, watches, with_wishes
from gateway.ports import (
    Accepted,
    BlobSink,
    Caller,
    Examiner,
    IdempotencyKey,
    NewLetter,
    Sealer,
    StoredLetter,
    StoredPart,
    Taking,
)
from gateway.sealed_file import SealedFile
from signing.asice import AGENCY_SIGNATURE, NODE_SIGNATURE

# Below this many bytes a thread costs more than the work it takes off the event loop.
WORTH_A_THREAD = 64 * 1024
MANY_RECIPIENTS = 500  # named beside the message; resolving them takes some ten milliseconds
REFUSED_HEAD = 64 * 1024


class Intake:
    """The way in for agencies, whichever adapter they use."""

    def __init__(
        self,
        desk: Desk,
        rules: Rules,
        new_id: Callable[[datetime], LetterId],
        sealer: Sealer,
        examiner: Examiner,
    ) -> None:
        self._desk, self._store, self._clock = desk, desk.store, desk.clock
        self._rules, self._new_id, self._sealer, self._examiner = rules, new_id, sealer, examiner
        self._reader = DraftReader(desk, rules)

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
        """
        Take a message from an agency and make it ours.

        When this returns, the message survives a crash: it is stored with one delivery per way out. Until
        then the agency still owns it and may send it again; the same content to the same recipient gets the
        same answer. With `dry_run` everything is checked and nothing kept. What has not reached its agency
        after `ttl` (at most as long as the axis lets letters live) goes back with a word to the sender. Of a
        document that is not at the door by `deliver_by` (aware; hỏa tốc hẹn giờ) its sender is told in time.

        Spec: QCVN102/MessageHeader, QD28/5.4 (who must return what), ND30/VI (duplicates)
        Raises: Rejected with every finding if the sender must change something; Unavailable if the same
            bytes may be sent again later.
        """
        head = bytearray()
        with ExitStack() as undo, ExitStack() as scratch:
            try:
                given = await handed_in(source, self._rules.limits, scratch)
                split, sinks = await self._split(given.chunks, head, undo)
                examine = partial(self._reader.examine, split, sinks, caller, to)
                is_many = len(to) > MANY_RECIPIENTS or any(map(is_group, to))
                is_large = split.original_size > WORTH_A_THREAD or is_many
                draft = await asyncio.to_thread(examine) if is_large else examine()
                if given.sealed is not None:
                    draft = await self._with_agency_seal(draft, given.sealed)
                draft = with_wishes(draft, ttl, deliver_by, self._rules, self._clock.now())
                if dry_run:
                    check_hour(draft, self._rules, self._clock.now())
                    return self._answer(draft, LetterId(""), self._clock.now(), repeated=False)
                return await self._make_ours(draft, caller, idempotency_key, undo)
            except Rejected as refused:
                await self._refuse(refused, caller, bytes(head), keep=not dry_run)
                raise

    # --- reading ---------------------------------------------------------------------------------

    async def _split(
        self, source: AsyncIterator[bytes], head: bytearray, undo: ExitStack
    ) -> tuple[Split, list[BlobSink]]:
        sinks: list[BlobSink] = []

        def open_part(_index: int) -> BlobSink:
            sink = self._store.blobs.new()
            undo.callback(sink.discard)
            sinks.append(sink)
            return sink

        splitter = Splitter(self._rules.limits, open_part)
        async for chunk in source:
            if len(head) < REFUSED_HEAD:
                head += chunk[: REFUSED_HEAD - len(head)]
            if len(chunk) < WORTH_A_THREAD:
                splitter.feed(chunk)
            else:
                await asyncio.to_thread(splitter.feed, chunk)
        return splitter.close(), sinks

    async def _with_agency_seal(self, draft: Draft, sealed: SealedFile) -> Draft:
        """The draft with the seal its agency made; one that can't be verified yet is told, not refused."""
        verdict = await self._examiner.agency_verdict(sealed.agency_seal, sealed.parts, self._clock.now())
        objection = seal_objection(verdict)
        if objection is not None and objection.fault is catalogue.SEAL_FAILED:
            raise Rejected(objection, *draft.findings)
        if objection is not None:
            detail = objection.params.get("detail", "")
            warning = find(catalogue.AGENCY_SEAL_UNDETERMINED, detail=detail)
            draft = replace(draft, findings=(*draft.findings, warning))
        sender = self._desk.directory().find(draft.envelope.sender.code)
        if remark := certificate_remark(sender, verdict):
            return replace(draft, sealed=sealed, findings=(*draft.findings, remark))
        return replace(draft, sealed=sealed, signed_at=signed_at(verdict, self._clock.now()))

    # --- making it ours --------------------------------------------------------------------------

    async def _make_ours(self, draft: Draft, caller: Caller, key: str | None, undo: ExitStack) -> Accepted:
        idempotency = self._idempotency(draft, caller, key)
        self._desk.point("C1")
        digest = sameness(draft.envelope, [p.content_sha256 for p in draft.split.parts])
        kept: tuple[StoredPart, ...] | None = None
        while (
            True
        ):  # again only if another request took the key or a recipient between our look and our commit
            if idempotency and (first := await self._store.answer_to(caller.name, idempotency.key)):
                return self._first_answer(idempotency, first)
            known = await self._store.same(digest, [a.code for a in draft.addressees])
            further = tuple(a for a in draft.addressees if a.code not in known)
            if not further:
                return await self._repeat(draft, next(iter(known.values())))
            check_hour(draft, self._rules, self._clock.now())
            await self._check_quota(draft)
            if kept is None:
                kept = await self._keep(draft)
                undo.pop_all()
                self._desk.point("C3")
            # gửi bổ sung: the others have this very letter already, so it goes only to those who have not
            draft.addressees = further
            accepted = await self._add(draft, kept, digest, idempotency)
            if accepted is not None:
                return accepted

    async def _check_quota(self, draft: Draft) -> None:
        """Raises: Rejected (QUOTA) for one document too many on this day. A status is never one too many."""
        sender = self._desk.directory().find(draft.envelope.sender.code)
        if sender is None or draft.envelope.kind is Kind.STATUS:
            return
        terms, size = self._desk.terms(sender.code), draft.split.original_size
        if not (terms.letters_per_day or terms.bytes_per_day):
            return
        letters, used = await self._store.used(sender.code, today(self._clock.now()))
        if 0 < terms.letters_per_day <= letters:
            raise Rejected(
                find(catalogue.QUOTA, limit=f"{terms.letters_per_day} văn bản/ngày (letters a day)")
            )
        if 0 < terms.bytes_per_day < used + size:
            raise Rejected(find(catalogue.QUOTA, limit=f"{terms.bytes_per_day} byte/ngày (bytes a day)"))

    async def _add(
        self, draft: Draft, kept: tuple[StoredPart, ...], digest: str, idempotency: IdempotencyKey | None
    ) -> Accepted | None:
        now, directory = self._clock.now(), self._desk.directory()
        facts = facts_of(draft.envelope)
        sender = directory.find(draft.envelope.sender.code)
        if sender is None:
            raise Rejected(find(catalogue.SENDER_UNKNOWN, organ=draft.envelope.sender.code))
        warning = await self._duplicate_warning(AgencyCode(sender.code), facts, draft.envelope)
        draft = replace(draft, findings=draft.findings + warning)
        routing = self._routing(draft, AgencyCode(sender.code), directory, now)
        routing = await taking_back(self._desk, routing, draft.envelope)
        parts = await self._manifest(draft, kept, routing)
        letter = StoredLetter(routing, facts, parts, came_from=None, hops=0, received_at=now)
        owed = dispatch(routing, letter.size, directory, here=self._desk.node, came_from=None, now=now)
        answer = self._answer(draft, routing.letter_id, now, repeated=False, expires_at=routing.expires_at)
        taking = await self._store.add_letter(
            NewLetter(
                letter,
                owed.deliveries,
                sameness=digest,
                idempotency=idempotency,
                unreachable=(*((r.named, r.code) for r in answer.recipients if r.code), *owed.unreachable),
                answer=write_answer(answer),
                stops=routing.takes_back if self._desk.take_back == "stop" else (),
                watches=watches(routing, facts, self._rules, directory),
            ),
            now,
        )
        if taking is Taking.CLASH:
            return None
        self._desk.point("C2")
        self._desk.log.info(
            "document.accepted",
            letter_id=routing.letter_id,
            kind=routing.kind.value,
            sender=routing.sender,
            recipients=len(routing.recipients),
            size=routing.original_size,
            lane=routing.lane.value,
        )
        self._desk.metrics.accepted(routing.kind, routing.original_size)
        return answer

    def _routing(self, draft: Draft, sender: AgencyCode, directory: Directory, now: datetime) -> Routing:
        envelope, calendar = draft.envelope, self._rules.calendar
        return Routing(
            protocol=PROTOCOL,
            letter_id=self._new_id(now),
            kind=envelope.kind,
            origin=self._desk.node,
            sender=sender,
            recipients=draft.addressees,
            directory_version=directory.version,
            lane=lane_of(envelope.kind, envelope.priority),
            rank=rank_of(envelope.priority),
            accepted_at=now,
            expires_at=calendar.life_ends(now, self._rules.ttl_working_days, draft.ttl),
            original_sha256=draft.split.original_sha256,
            original_size=draft.split.original_size,
            deliver_by=draft.deliver_by,
            signed_at=draft.signed_at,
        )

    async def _manifest(
        self, draft: Draft, kept: tuple[StoredPart, ...], routing: Routing
    ) -> tuple[StoredPart, ...]:
        """All parts in manifest order; last the seals, the node's over all parts and the agency's own."""
        put = self._store.blobs.put
        parts = (
            put("routing.json", routing_json(routing)),
            put("parts.json", parts_json(draft.split, draft.envelope)),
            put("envelope.xml", draft.split.envelope),
            *kept,
        )
        seal = await self._sealer.seal([Part(p.name, p.size, p.sha256) for p in parts], routing.accepted_at)
        seals = [put(NODE_SIGNATURE, seal)]
        if draft.sealed is not None:
            draft.sealed.require_same(parts)
            seals.append(put(AGENCY_SIGNATURE, draft.sealed.agency_seal))
        return (*parts, *seals)

    async def _keep(self, draft: Draft) -> tuple[StoredPart, ...]:
        """Make the attachments durable before the row that names them commits."""

        def keep() -> tuple[StoredPart, ...]:
            return tuple(
                replace(sink.keep(), name=spec.member_name)
                for sink, spec in zip(draft.sinks, draft.split.parts, strict=True)
            )

        if draft.split.original_size < WORTH_A_THREAD:
            return keep()
        return await asyncio.to_thread(keep)

    async def _duplicate_warning(
        self, sender: AgencyCode, facts: LetterFacts, envelope: Envelope
    ) -> tuple[Finding, ...]:
        """A duplicate by law is told, never refused. Spec: ND30/VI (same id; or number, notation, organ)"""
        if envelope.kind is Kind.STATUS or not (facts.document_id or facts.code):
            return ()
        earlier = await self._store.earlier(sender, facts)
        if earlier is None:
            return ()
        return (find(catalogue.DUPLICATE_DOCUMENT, clause="ND30/VI", at=local(earlier[1])),)

    # --- answers ---------------------------------------------------------------------------------

    def _idempotency(self, draft: Draft, caller: Caller, key: str | None) -> IdempotencyKey | None:
        if key is None:
            return None
        asked = draft.split.original_sha256 + "|" + ",".join(a.named for a in draft.addressees)
        return IdempotencyKey(caller.name, key, hashlib.sha256(asked.encode()).hexdigest())

    @staticmethod
    def _first_answer(key: IdempotencyKey, first: tuple[str, Any]) -> Accepted:
        sha256, answer = first
        if sha256 != key.sha256:
            raise Rejected(find(catalogue.KEY_REUSED))
        return replace(read_answer(answer), repeated=True)

    async def _repeat(self, draft: Draft, first: LetterId) -> Accepted:
        letter = await self._store.letter(first)
        at = letter.routing.accepted_at if letter else self._clock.now()
        expires_at = letter.routing.expires_at if letter else at
        return self._answer(draft, first, at, repeated=True, expires_at=expires_at)

    @staticmethod
    def _answer(
        draft: Draft,
        letter_id: LetterId,
        at: datetime,
        *,
        repeated: bool,
        expires_at: datetime | None = None,
    ) -> Accepted:
        return Accepted(
            letter_id,
            draft.envelope.kind,
            draft.envelope.document_id,
            at,
            expires_at or at,
            recipients_told(draft.addressees, draft.findings),
            draft.findings,
            repeated,
        )

    async def _refuse(self, refused: Rejected, caller: Caller, head: bytes, *, keep: bool) -> None:
        """Remember what was refused, except a state secret: of that nothing may stay here."""
        secret = any(f.fault is catalogue.STATE_SECRET for f in refused.findings)
        if keep and not secret:
            await self._store.keep_refused(caller.name, refused.code, head, self._clock.now())
        self._desk.log.info(
            "document.refused", code=refused.code, caller=caller.name, errors=len(refused.findings)
        )
        self._desk.metrics.refused(refused.code)
