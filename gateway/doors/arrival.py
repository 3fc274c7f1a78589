"""
Arrival: network → store.          door 2 of 4

Reads   frames of one neighbour and lane, in batches
Writes  partial files and ranges; a whole letter with inbox row, deliveries and receipt in one transaction
Calls   Inbox.get, Inbox.ack
Never   hands anything to an agency, publishes a frame
Crash   what was not acknowledged comes again; written twice is the same by (letter_id, part, offset)
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.broker.control import Message, MissingRanges, Progress, Receipt, Refusal
from gateway.broker.frames import Chunk, ControlFrame, LetterFrame, Manifest, decode
from gateway.broker.packing import unpack
from gateway.broker.ranges import Ranges, write_held
from gateway.broker.window import PROGRESS_SIZE
from gateway.core import catalogue
from gateway.core.dispatch import dispatch
from gateway.core.edxml import read
from gateway.core.errors import Fault, Finding, Rejected, Unavailable, find
from gateway.core.facts import facts_of
from gateway.core.model import Lane, LetterFacts, LetterId, NodeId, Routing
from gateway.core.routing import HOP_LIMIT, lies_behind, read_routing
from gateway.core.split import read_parts_json
from gateway.doors.control import Control
from gateway.doors.desk import Desk
from gateway.doors.take_back import letters_to_stop
from gateway.ports import (
    Arriving,
    Broker,
    Examiner,
    Inbox,
    Incoming,
    LetterKey,
    NewLetter,
    StoredLetter,
    StoredPart,
    Taking,
)
from schemas.safe_xml import Limits

# One batch shares one commit and one sync per file. 64 as in the writer of the store; the bytes because a
# neighbour that waits for room in its window must hear of what is held that often, and it hears once a batch.
BATCH_FRAMES = 64
BATCH_BYTES = PROGRESS_SIZE
# What fails this often (a part against its digest, a frame against our code) is looked at by a person.
TRIES = 5
WORTH_A_THREAD = 32 * 1024  # bytes; a letter of fewer lies in its rows, and costs less than a thread
PAUSE_WHEN_BUSY = 1.0  # seconds; the store said «later», and at once would be the same answer


@dataclass(slots=True)
class _Batch:
    """What one batch brought of one letter."""

    frames: list[LetterFrame] = field(default_factory=list)
    incoming: list[Incoming] = field(default_factory=list)

    @property
    def chunks(self) -> list[Chunk]:
        return [chunk for frame in self.frames for chunk in frame.chunks]

    @property
    def hops(self) -> int:
        """Links crossed, this one included."""
        return max(frame.hops for frame in self.frames)

    @property
    def manifest(self) -> Manifest | None:
        return next((f.manifest for f in self.frames if f.manifest is not None), None)


class Arrival:
    """The way in from the neighbours."""

    def __init__(
        self, desk: Desk, broker: Broker, control: Control, limits: Limits, examiner: Examiner
    ) -> None:
        self._desk, self._store, self._examiner = desk, desk.store, examiner
        self._broker, self._control, self._limits = broker, control, limits

    async def run(self, neighbour: NodeId, lane: Lane) -> None:
        """Receive on one lane of one link until cancelled."""
        inbox = self._broker.inbox(neighbour, lane)
        while True:
            await self.receive(inbox, await inbox.get(BATCH_FRAMES, BATCH_BYTES))

    async def receive(self, inbox: Inbox, frames: Sequence[Incoming]) -> None:
        """Make a batch durable, then acknowledge it; what can't be made durable now is put back."""
        self._desk.point("C4")
        for neighbour in {incoming.neighbour for incoming in frames}:
            self._desk.heard.note(neighbour, self._desk.clock.now())
        letters: dict[LetterKey, _Batch] = defaultdict(_Batch)
        work: list[Awaitable[list[Incoming]]] = []
        for incoming in frames:
            try:
                frame = decode(incoming.data)
            except Rejected as damaged:
                work.append(self._damaged(incoming, damaged.code))
                continue
            if isinstance(frame, ControlFrame):
                work.append(self._told(incoming, frame.messages))
            else:
                batch = letters[LetterKey(frame.origin, frame.letter_id)]
                batch.frames.append(frame)
                batch.incoming.append(incoming)
        work += [self._letter(key, batch) for key, batch in letters.items()]
        done = [f for settled in await asyncio.gather(*map(self._now_or_later, work)) for f in settled]
        self._desk.point("C7")
        with suppress(Unavailable):  # the connection they came over is gone: they come again and are known
            await inbox.ack(done)
        self._desk.point("C8")
        again = [f for f in frames if f not in done]
        if again:
            await inbox.nack(again)
            await self._desk.clock.sleep(PAUSE_WHEN_BUSY)

    async def _now_or_later(self, work: Awaitable[list[Incoming]]) -> list[Incoming]:
        """The frames that are settled now; none if the store says «later»: then they come again."""
        try:
            return await work
        except Unavailable as busy:
            self._desk.log.warning("loop.failed", loop="arrival", code=busy.code)
            return []

    # --- one letter ------------------------------------------------------------------------------

    async def _letter(self, key: LetterKey, batch: _Batch) -> list[Incoming]:
        """The frames of one letter that are settled; the others come again. Raises: Unavailable."""
        first = batch.incoming[0]
        try:
            await self._receive_letter(key, first.neighbour, first.lane, batch)
        except Unavailable:
            raise
        except Rejected as refused:
            await self._refuse(key, first.neighbour, refused.code)
        except Exception as fault:
            if not await self._is_poison(fault, key, "letter"):
                return []
            for incoming in batch.incoming:
                await self._quarantine(incoming, catalogue.UNREADABLE.code, key)
            await self._refuse(key, first.neighbour, catalogue.UNREADABLE.code)
        return batch.incoming

    async def _is_poison(self, fault: Exception, key: LetterKey, frame: str) -> bool:
        """Note a fault of ours; whether a frame has met so many that a person should look at it."""
        self._desk.log.exception("internal.error", letter_id=key.letter_id, error=type(fault).__name__)
        self._desk.metrics.fault("arrival")
        return await self._store.count_poison(key, frame, self._desk.clock.now()) >= TRIES

    async def _receive_letter(self, key: LetterKey, neighbour: NodeId, lane: Lane, batch: _Batch) -> None:
        known = await self._store.arriving(key)
        if known.state == "taken":
            await self._say(neighbour, self._receipt(key, known.manifest_sha256))
            return
        if known.state == "refused":
            await self._say(neighbour, self._refusal(key, known.code))
            return
        manifest = self._manifest(key, known, batch)
        if manifest is None or any(f.manifest_sha256 != manifest.sha256 for f in batch.frames):
            if manifest is not None:
                raise Rejected(find(catalogue.MANIFEST_MISMATCH, letter_id=key.letter_id))
            # the frame with the manifest has not come yet: keep the bytes, sizes are judged when it does
            await self._hold(key, neighbour, None, known, batch)
            return
        if manifest.lane is not lane:
            raise Rejected(find(catalogue.FRAME_DAMAGED, detail=f"lane {manifest.lane} on lane {lane}"))
        whole = None if known.ranges else unpack(manifest, batch.chunks)
        if whole is not None:
            parts = await self._put(key, neighbour, manifest, whole)
        else:
            parts = await self._hold(key, neighbour, manifest, known, batch)
        if parts is not None:
            await self._take(key, neighbour, batch.hops, manifest, parts)
            if whole is None or any(frame.redelivered for frame in batch.incoming):  # files may be left of it
                await asyncio.to_thread(self._store.blobs.drop_partials, key)

    def _manifest(self, key: LetterKey, known: Arriving, batch: _Batch) -> Manifest | None:
        manifest = Manifest.of_bytes(known.manifest) if known.manifest else batch.manifest
        if manifest is None:
            return None
        if (manifest.origin, manifest.letter_id) != (key.origin, key.letter_id):
            raise Rejected(find(catalogue.MANIFEST_MISMATCH, letter_id=key.letter_id))
        if manifest.size > self._limits.document_bytes:
            raise Rejected(find(catalogue.DOCUMENT_TOO_LARGE, limit=self._limits.document_bytes))
        return manifest

    async def _put(
        self, key: LetterKey, neighbour: NodeId, manifest: Manifest, whole: Mapping[int, bytes]
    ) -> tuple[StoredPart, ...] | None:
        """Keep a letter that came in one batch, without partial files."""
        for index, part in enumerate(manifest.parts):
            if hashlib.sha256(whole[index]).hexdigest() != part.sha256:
                await self._bad_part(key, neighbour, part.name, "")
                return None

        def put() -> tuple[StoredPart, ...]:
            return tuple(
                self._store.blobs.put(part.name, whole[index]) for index, part in enumerate(manifest.parts)
            )

        return put() if manifest.size < WORTH_A_THREAD else await asyncio.to_thread(put)

    async def _hold(
        self,
        key: LetterKey,
        neighbour: NodeId,
        manifest: Manifest | None,
        known: Arriving,
        batch: _Batch,
    ) -> tuple[StoredPart, ...] | None:
        """Write chunks to their partial files; all parts when nothing is missing any more."""
        held = {index: Ranges.of_text(text) for index, text in known.ranges.items()}
        fresh: dict[int, list[Chunk]] = defaultdict(list)
        for chunk in batch.chunks:
            if manifest is not None:
                self._fits(manifest, chunk)
            fresh[chunk.part].append(chunk)
        await asyncio.to_thread(self._write, key, fresh)
        for index, chunks in fresh.items():
            ranges = held.get(index, Ranges())
            for chunk in chunks:
                ranges = ranges.add(chunk.offset, chunk.stop)
            held[index] = ranges
        now = self._desk.clock.now()
        texts = {index: ranges.text for index, ranges in held.items()}
        await self._store.hold_ranges(key, neighbour, manifest.encoded if manifest else None, texts, now)
        if manifest is None:
            return None
        if all(held.get(i, Ranges()).total >= part.size for i, part in enumerate(manifest.parts)):
            return await self._finish(key, neighbour, manifest, held)
        answer = Progress if batch.chunks else MissingRanges
        await self._say(neighbour, answer(key.letter_id, key.origin, write_held(held)))
        return None

    @staticmethod
    def _fits(manifest: Manifest, chunk: Chunk) -> None:
        if chunk.part >= len(manifest.parts):
            raise Rejected(find(catalogue.FRAME_DAMAGED, detail=f"no part {chunk.part}"))
        if chunk.stop > manifest.parts[chunk.part].size:
            raise Rejected(find(catalogue.FRAME_DAMAGED, detail=f"bytes beyond the end of part {chunk.part}"))

    def _write(self, key: LetterKey, fresh: Mapping[int, Sequence[Chunk]]) -> None:
        for index, chunks in fresh.items():
            partial = self._store.blobs.partial(key, index)
            for chunk in chunks:
                partial.write_at(chunk.offset, chunk.data)
            partial.sync()

    async def _finish(
        self, key: LetterKey, neighbour: NodeId, manifest: Manifest, held: dict[int, Ranges]
    ) -> tuple[StoredPart, ...] | None:
        """Every byte is here: check every part against its digest."""

        def keep() -> tuple[list[StoredPart], int | None]:
            kept: list[StoredPart] = []
            for index, part in enumerate(manifest.parts):
                stored = self._store.blobs.partial(key, index).keep(part)
                if stored is None:
                    return kept, index
                kept.append(stored)
            return kept, None

        kept, bad = await asyncio.to_thread(keep)
        if bad is None:
            return tuple(kept)
        del held[bad]
        texts = {index: ranges.text for index, ranges in held.items()}
        await self._store.hold_ranges(key, neighbour, manifest.encoded, texts, self._desk.clock.now())
        await self._bad_part(key, neighbour, manifest.parts[bad].name, write_held(held))
        return None

    async def _bad_part(self, key: LetterKey, neighbour: NodeId, part: str, held: str) -> None:
        """Ask for the part again, a few times; then refuse the letter and keep the record of it."""
        self._complain(neighbour, catalogue.PART_DIGEST, key)
        tries = await self._store.count_poison(key, part, self._desk.clock.now())
        if tries < TRIES:
            return await self._say(neighbour, MissingRanges(key.letter_id, key.origin, held))
        await self._store.quarantine(
            b"",
            neighbour=neighbour,
            lane=Lane.NORMAL,
            code=catalogue.PART_DIGEST.code,
            letter_id=key.letter_id,
            now=self._desk.clock.now(),
        )
        raise Rejected(find(catalogue.PART_DIGEST, part=part))

    # --- taking it -------------------------------------------------------------------------------

    async def _take(
        self, key: LetterKey, neighbour: NodeId, hops: int, manifest: Manifest, parts: tuple[StoredPart, ...]
    ) -> None:
        now, directory = self._desk.clock.now(), self._desk.directory()
        routing = self._routing(key, manifest, parts)
        if objection := self._objection(routing, neighbour, hops):
            raise Rejected(objection)
        size = sum(part.size for part in parts)
        owed = dispatch(routing, size, directory, here=self._desk.node, came_from=neighbour, now=now)
        local = any(d.target.agency for d in owed.deliveries)
        facts = self._facts(parts) if local else LetterFacts()
        letter = StoredLetter(routing, facts, parts, came_from=neighbour, hops=hops, received_at=now)
        receipt = self._receipt(key, manifest.sha256)
        taking = await self._store.add_letter(
            NewLetter(
                letter,
                owed.deliveries,
                unreachable=owed.unreachable,
                astray=owed.astray,
                control=((neighbour, receipt.to_wire()),),
                manifest_sha256=manifest.sha256,
                stops=await letters_to_stop(self._desk, self._examiner, letter),
            ),
            now,
        )
        if taking is Taking.KNOWN:
            return
        self._desk.log.info(
            "letter.taken",
            letter_id=key.letter_id,
            origin=key.origin,
            neighbour=neighbour,
            hops=hops,
            size=size,
            deliveries=len(owed.deliveries),
        )
        self._desk.metrics.taken(neighbour, manifest.lane, size)

    def _routing(self, key: LetterKey, manifest: Manifest, parts: Sequence[StoredPart]) -> Routing:
        part = next((p for p in parts if p.name == "routing.json"), None)
        if part is None:
            raise Rejected(find(catalogue.FRAME_DAMAGED, detail="routing.json is missing"))
        routing = read_routing(b"".join(self._store.blobs.read(part)))
        told = (routing.letter_id, routing.origin, routing.lane, routing.rank, routing.expires_at)
        if told != (key.letter_id, key.origin, manifest.lane, manifest.rank, manifest.expires_at):
            raise Rejected(find(catalogue.MANIFEST_MISMATCH, letter_id=key.letter_id))
        return routing

    def _objection(self, routing: Routing, neighbour: NodeId, hops: int) -> Finding | None:
        """Why this letter may not be ours, if so. Its time is judged here, by our clock, on arrival."""
        directory = self._desk.directory()
        if not lies_behind(directory, routing.origin, self._desk.node, neighbour):
            return find(catalogue.WRONG_LINK, origin=routing.origin, neighbour=neighbour)
        if hops > HOP_LIMIT:
            return find(catalogue.HOP_LIMIT, hops=hops)
        if self._desk.clock.now() > routing.expires_at:
            return find(catalogue.EXPIRED, expires_at=routing.expires_at.isoformat())
        return None

    def _facts(self, parts: Sequence[StoredPart]) -> LetterFacts:
        """What a mailbox shows of the letter; a letter is handed over even if this node can't read it."""
        named = {part.name: part for part in parts}
        try:
            specs = read_parts_json(b"".join(self._store.blobs.read(named["parts.json"])))
            envelope = b"".join(self._store.blobs.read(named["envelope.xml"]))
            return facts_of(read(envelope, specs, self._limits).envelope)
        except (Rejected, KeyError):
            return LetterFacts()

    # --- answers ---------------------------------------------------------------------------------

    async def _told(self, incoming: Incoming, messages: Sequence[Message]) -> list[Incoming]:
        try:
            await self._control.hear(incoming.neighbour, messages)
        except Unavailable:
            raise
        except Exception as fault:
            key = LetterKey(incoming.neighbour, LetterId(""))  # it may speak of many letters
            if not await self._is_poison(fault, key, hashlib.sha256(incoming.data).hexdigest()):
                return []
            await self._quarantine(incoming, catalogue.UNREADABLE.code)
        return [incoming]

    async def _damaged(self, incoming: Incoming, code: str) -> list[Incoming]:
        await self._quarantine(incoming, code)
        return [incoming]

    async def _refuse(self, key: LetterKey, neighbour: NodeId, code: str) -> None:
        await self._store.refuse_arrival(key, neighbour, code, self._desk.clock.now())
        await asyncio.to_thread(self._store.blobs.drop_partials, key)
        await self._say(neighbour, self._refusal(key, code))
        self._desk.log.warning("letter.refused", letter_id=key.letter_id, neighbour=neighbour, code=code)
        self._desk.metrics.frame_fault(code)

    async def _quarantine(self, incoming: Incoming, code: str, key: LetterKey | None = None) -> None:
        await self._store.quarantine(
            incoming.data,
            neighbour=incoming.neighbour,
            lane=incoming.lane,
            code=code,
            letter_id=key.letter_id if key else "",
            now=self._desk.clock.now(),
        )
        self._desk.log.warning(
            "frame.damaged", neighbour=incoming.neighbour, lane=incoming.lane.value, code=code
        )
        self._desk.metrics.frame_fault(code)

    def _complain(self, neighbour: NodeId, fault: Fault, key: LetterKey) -> None:
        self._desk.log.warning("frame.damaged", neighbour=neighbour, letter_id=key.letter_id, code=fault.code)
        self._desk.metrics.frame_fault(fault.code)

    def _receipt(self, key: LetterKey, manifest_sha256: str) -> Receipt:
        now = self._desk.clock.now()
        return Receipt(key.letter_id, key.origin, manifest_sha256, self._desk.node, now)

    def _refusal(self, key: LetterKey, code: str) -> Refusal:
        return Refusal(key.letter_id, key.origin, code, self._desk.node, self._desk.clock.now())

    async def _say(self, neighbour: NodeId, message: Message) -> None:
        await self._store.send_control([(neighbour, message.to_wire())], self._desk.clock.now())
