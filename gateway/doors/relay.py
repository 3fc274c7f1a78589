"""
Relay: store → network.          door 3 of 4

Reads   deliveries that are due (Store.claim_due), control messages that wait
Writes  one attempt per try; SENT after the broker confirmed every frame
Calls   Broker.publish
Never   parses XML, touches keys, talks HTTP
Crash   a claim ends with its instance; the neighbour drops the repeat by letter_id
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.broker.control import Hello, read_message
from gateway.broker.frames import PROTOCOLS, ControlFrame, LetterFrame, Manifest, encode
from gateway.broker.packing import batch, offer, pack
from gateway.broker.ranges import read_held
from gateway.broker.window import WINDOW_SIZE, Window
from gateway.core import catalogue
from gateway.core.delivery import (
    Claimed,
    Confirmed,
    Delivery,
    Event,
    Expired,
    Failed,
    Overdue,
    State,
    Target,
)
from gateway.core.errors import TrucError, Unavailable, find
from gateway.core.model import Lane, NodeId, Part
from gateway.crash import no_crash
from gateway.doors.desk import Desk
from gateway.doors.recording import fault_of_ours, record_move
from gateway.ports import LINKS, Broker, Mode, StoredLetter, Work

# How long a door sleeps when nobody rings: only a safety net against a ring that was lost.
IDLE_SECONDS = 5.0
SWEEP_SECONDS = 1.0
# A node that is stopped has 30 s in all.
DRAIN_SECONDS = 15.0
SWEEP_ROWS = 500
# Below this many bytes a thread costs more than the work it takes off the event loop.
WORTH_A_THREAD = 64 * 1024
CONTROL_MESSAGES = 500
# What one letter may have on its way, so that small ones always pass beside a big one.
HALF_WINDOW = WINDOW_SIZE // 2
# An offer that stays unanswered is made again after twice as long, up to this: a dead neighbour costs little.
LONGEST_OFFER = timedelta(minutes=30)


@dataclass(slots=True)
class Place:
    """One lane of one link as this instance works it."""

    neighbour: NodeId
    lane: Lane
    sending: set[asyncio.Task[None]] = field(default_factory=set)
    is_full: bool = False
    biggest: int | None = None  #: what is larger waits until the neighbour makes room: it rings then

    @property
    def topic(self) -> str:
        return f"link:{self.neighbour}"


class Relay:
    """The way out to the neighbours."""

    def __init__(self, desk: Desk, broker: Broker, offer_again_after: timedelta) -> None:
        self._desk, self._store = desk, desk.store
        self._broker, self._offer_again_after = broker, offer_again_after
        self._places: dict[tuple[NodeId, Lane], Place] = {}
        self._up: dict[NodeId, bool] = {}  # as last seen; at first no link counts as up

    # --- letters ---------------------------------------------------------------------------------

    async def run(self, neighbour: NodeId, lane: Lane) -> None:
        """
        Send what is due on one lane of one link, inside its window, until cancelled.

        When this loop fails, what it began goes on: the claim of a try that ended unrecorded would last as
        long as this process, and its letter would lie.
        """
        place = self._places.setdefault((neighbour, lane), Place(neighbour, lane))
        try:
            while True:
                if not await self.step(place):
                    await self._desk.bell.wait(f"{place.topic}:{lane.value}", await self._patience(place))
        except asyncio.CancelledError:
            if place.sending:  # what is on the wire may still be confirmed: give it the time
                await asyncio.wait(place.sending, timeout=DRAIN_SECONDS)
            for task in place.sending:
                task.cancel()
            await asyncio.gather(*place.sending, return_exceptions=True)
            raise

    async def step(self, place: Place) -> bool:
        """Claim what the window has room for and start sending it; whether more may be waiting for the same.

        What did not fit into the bytes of the window is rung for when the neighbour makes room.
        """
        window, big_outside = Window(), False
        for delivery in await self._store.outstanding(place.neighbour, place.lane):
            held = held_bytes(delivery)
            window.add(delivery.letter_id, delivery.size - held, held=held)
            big_outside |= window.big(delivery.size)
        letters, size = window.room()
        place.is_full, place.biggest = not letters, HALF_WINDOW if big_outside else None
        if place.is_full:
            return False
        works = await self._store.claim_due(
            Target(neighbour=place.neighbour),
            place.lane,
            self._desk.clock.now(),
            letters=letters,
            size=size,
            biggest=place.biggest,
        )
        for work in works:
            task = asyncio.create_task(self._send(place, work))
            place.sending.add(task)
            task.add_done_callback(place.sending.discard)
        return len(works) == letters

    async def _patience(self, place: Place) -> float:
        """How long to wait for a ring: a full window is opened by the neighbour's word, not by time."""
        if place.is_full:
            return IDLE_SECONDS
        target = Target(neighbour=place.neighbour)
        due = await self._store.next_due(target, place.lane, biggest=place.biggest)
        if due is None:
            return IDLE_SECONDS
        return min(max((due - self._desk.clock.now()).total_seconds(), 0.05), IDLE_SECONDS)

    async def _send(self, place: Place, work: Work) -> None:
        """One try of one delivery; whatever happens is recorded."""
        delivery = work.delivery
        try:
            self._desk.point("C9")
            await self._publish(place, work)
            self._desk.point("C11")
        except TrucError as failed:
            await self._record(delivery, Failed(failed.code))
            self._desk.log.warning(
                "delivery.failed", letter_id=delivery.letter_id, target=delivery.target.key, code=failed.code
            )
            self._desk.metrics.failed(place.neighbour, place.lane, failed.code)
            return
        except Exception as fault:
            self._desk.log.exception(
                "internal.error", letter_id=delivery.letter_id, error=type(fault).__name__
            )
            self._desk.metrics.fault("relay")
            await self._record(delivery, fault_of_ours(delivery))
            return
        wait = min(self._offer_again_after * int(2 ** min(delivery.attempts, 12)) / 2, LONGEST_OFFER)
        await self._record(delivery, Confirmed(self._desk.clock.now() + wait))
        self._desk.point("C12")
        self._desk.log.info(
            "delivery.sent",
            letter_id=delivery.letter_id,
            target=delivery.target.key,
            lane=place.lane.value,
            attempts=delivery.attempts,
        )
        self._desk.metrics.sent(place.neighbour, place.lane, delivery.size)

    async def _publish(self, place: Place, work: Work) -> None:
        """Publish every frame that the neighbour lacks, and return when the broker has confirmed them all."""
        manifest, hops = manifest_of(work.letter), work.letter.hops + 1
        if work.delivery.confirmed:
            frame = encode(offer(manifest, hops))
            await self._broker.publish(place.neighbour, place.lane, frame)
            return
        frames = pack(manifest, hops, read_held(work.delivery.held), self._reader(work.letter))
        if not Window().big(work.delivery.size):
            data = (
                [encode(f) for f in frames]
                if work.delivery.size < WORTH_A_THREAD
                else (await asyncio.to_thread(lambda: [encode(frame) for frame in frames]))
            )
            sending = [self._broker.publish(place.neighbour, place.lane, frame) for frame in data]
            await asyncio.gather(*sending, self._on_the_wire())
            return
        await self._publish_big(place, work.delivery, frames)

    async def _on_the_wire(self) -> None:
        """Crash point C10: the frames are in the socket, their confirms not seen."""
        if self._desk.point is not no_crash:
            await asyncio.sleep(0.001)  # enough for the socket, less than the broker's fsync takes
            self._desk.point("C10")

    async def _publish_big(self, place: Place, delivery: Delivery, frames: Iterator[LetterFrame]) -> None:
        """Piece by piece: never more than half a window that the neighbour does not hold yet."""
        sent = held = held_bytes(delivery)
        while (frame := await asyncio.to_thread(next, frames, None)) is not None:
            size = sum(len(chunk.data) for chunk in frame.chunks)
            while sent + size - held > HALF_WINDOW:
                held = await self._held(place, delivery, held)
            await self._broker.publish(place.neighbour, place.lane, await asyncio.to_thread(encode, frame))
            sent += size

    async def _held(self, place: Place, delivery: Delivery, before: int) -> int:
        """Wait until the neighbour holds more than `before` bytes. Raises: Unavailable if it is silent."""
        silence = self._desk.clock.now() + self._offer_again_after
        while True:
            for outside in await self._store.outstanding(place.neighbour, place.lane):
                if outside.letter_id == delivery.letter_id:
                    held = held_bytes(outside)
                    if held > before:
                        return held
                    break
            else:
                return delivery.size  # taken or refused meanwhile: nothing more to wait for
            if self._desk.clock.now() > silence:
                detail = "no word of what it holds"
                raise Unavailable(find(catalogue.LINK_DOWN, neighbour=place.neighbour, detail=detail))
            topic = f"{place.topic}:{place.lane.value}:big"
            await self._desk.bell.wait(topic, IDLE_SECONDS, by=asyncio.current_task())

    def _reader(self, letter: StoredLetter) -> _Reader:
        return _Reader(self._desk, letter)

    async def _record(self, delivery: Delivery, event: Event) -> None:
        await record_move(self._desk, "relay", delivery, event)

    # --- time ------------------------------------------------------------------------------------

    async def keep_time(self) -> None:
        """Expire, warn and offer again what time says, until cancelled."""
        while True:
            await self.sweep()
            await self._desk.clock.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """One look at the deliveries to neighbours that time concerns."""
        now, offers = self._desk.clock.now(), []
        held = await self._held_links(now)
        for delivery in await self._store.overdue(now, SWEEP_ROWS):
            neighbour = delivery.target.neighbour
            if neighbour is None:
                continue
            if delivery.state is State.QUEUED and delivery.confirmed:  # the neighbour may hold it
                await self._record(delivery, Overdue(next_due_at=delivery.due_at))
            elif delivery.state is State.QUEUED:
                await self._record(delivery, Expired())
                self._desk.log.warning(
                    "delivery.returned",
                    letter_id=delivery.letter_id,
                    target=delivery.target.key,
                    code=catalogue.EXPIRED.code,
                )
            elif delivery.state is State.SENT:
                if now > delivery.expires_at and not delivery.warned:
                    await self._record(delivery, Overdue(next_due_at=delivery.due_at))
                if neighbour not in held:
                    offers.append(self._offer_again(neighbour, delivery))
        await asyncio.gather(*offers)  # side by side: a link that is slow to answer holds up no other

    async def _held_links(self, now: datetime) -> frozenset[NodeId]:
        """The links that an operator holds; one that was drained is held once nothing is on its way."""
        told = await self._store.maintenance()
        draining = [neighbour for neighbour, each in told.items() if each.mode is Mode.DRAINING]
        if draining:
            await self._store.end_draining(draining, now)
        return frozenset(told.keys() - set(draining))

    async def watch_links(self) -> None:
        """Look at the links whenever one of them comes up or goes down, until cancelled."""
        while True:
            await self.look_at_links()
            await self._desk.bell.wait(LINKS, SWEEP_SECONDS)

    async def look_at_links(self) -> None:
        """
        Let go at once what a dead link held up, when it works again.

        Else letters would lie for up to half an hour beside a link that is up, each until its own next try.
        """
        for neighbour, is_up in self._broker.neighbours_up().items():
            hastened = 0 if not is_up or self._up.get(neighbour, False) else SWEEP_ROWS
            while hastened == SWEEP_ROWS:
                hastened = await self._store.hasten(neighbour, self._desk.clock.now(), SWEEP_ROWS)
            self._up[neighbour] = is_up  # noted last: a store that is busy now is asked again

    async def _offer_again(self, neighbour: NodeId, delivery: Delivery) -> None:
        letter = await self._store.letter(delivery.letter_id)  # first: nothing may fail behind the claim
        if letter is None:
            return
        claimed = await self._store.record(
            delivery.letter_id, delivery.target, Claimed(), self._desk.clock.now()
        )
        if claimed is not None:
            await self._send(Place(neighbour, delivery.lane), Work(claimed, letter))

    # --- control messages ------------------------------------------------------------------------

    async def run_control(self, neighbour: NodeId) -> None:
        """Send the control messages of one link until cancelled; the first says which wire we speak."""
        is_greeted = False
        while True:
            try:
                if not is_greeted:
                    await self._greet(neighbour)
                    is_greeted = True
                sent = await self.step_control(neighbour)
            except TrucError as failed:
                self._desk.log.warning("loop.failed", loop=f"control:{neighbour}", code=failed.code)
                await self._desk.clock.sleep(1.0)
                continue
            if sent < CONTROL_MESSAGES:
                await self._desk.bell.wait(f"control:{neighbour}", IDLE_SECONDS)

    async def _greet(self, neighbour: NodeId) -> None:
        hello = ControlFrame((Hello(self._desk.node, PROTOCOLS, self._desk.release),))
        await self._broker.publish(neighbour, Lane.CONTROL, encode(hello))

    async def step_control(self, neighbour: NodeId) -> int:
        """Send what waits for one link; how many messages went."""
        waiting = await self._store.control_waiting(neighbour, CONTROL_MESSAGES)
        if not waiting:
            return 0
        messages = [read_message(out.body) for out in waiting]
        for frame in batch(messages):
            await self._broker.publish(neighbour, Lane.CONTROL, encode(frame))
        await self._store.control_sent([out.number for out in waiting])
        return len(waiting)


class _Reader:
    """Gives `pack` the bytes of a letter's parts."""

    def __init__(self, desk: Desk, letter: StoredLetter) -> None:
        self._blobs, self._parts = desk.store.blobs, letter.parts

    def __call__(self, part: int, offset: int, size: int) -> bytes:
        return b"".join(self._blobs.read(self._parts[part], offset, size))


def held_bytes(delivery: Delivery) -> int:
    """How much of the letter the neighbour said it holds."""
    return sum(ranges.total for ranges in read_held(delivery.held).values())


def manifest_of(letter: StoredLetter) -> Manifest:
    """The manifest under which a letter travels: the same at every node, whatever its hops."""
    routing = letter.routing
    return Manifest(
        letter_id=routing.letter_id,
        origin=routing.origin,
        lane=routing.lane,
        rank=routing.rank,
        expires_at=routing.expires_at,
        parts=tuple(Part(p.name, p.size, p.sha256) for p in letter.parts),
    )
