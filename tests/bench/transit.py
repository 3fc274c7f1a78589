"""Transit alone: what one node in the middle passes on, with nothing beside it but RabbitMQ.

Letters were accepted and sealed before, on an axis in this process, and the frames in which they left their
origin were kept. The neighbours of the node that is measured are stand-ins which only speak the wire: one
publishes those frames, inside the usual window of 64 letters, the other notes what arrives and answers with
receipts.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.broker.control import Receipt
from gateway.broker.frames import ControlFrame, LetterFrame, decode, encode
from gateway.broker.memory_queue import Way
from gateway.broker.packing import batch
from gateway.broker.rabbitmq import Address, RabbitBroker
from gateway.broker.topology import Link
from gateway.clock import SystemClock
from gateway.config.reading import load
from gateway.core.model import AgencyCode, Lane, LetterId, NodeId
from gateway.observe import logger
from gateway.sandbox.processes import ProcessAxis
from tests.bench.measured import Measured, NotHere
from tests.bench.paper import FIRST_NUMBER, KIB, MIB, blank, size_name
from tests.bench.plan import Plan
from tests.bench.stage import Stage, stage
from tests.kit.correspondence import agency, tree
from tests.kit.nodes import open_axis

MIDDLE, BEFORE, BEHIND = NodeId("H91"), NodeId("H91.10"), NodeId("H91.20")
WRITER, READER = AgencyCode("000.00.10.H91"), AgencyCode("000.00.20.H91")
AXIS = tree(
    {MIDDLE: "", BEFORE: MIDDLE, BEHIND: MIDDLE},
    [agency(WRITER, BEFORE, sends_arrived=True), agency(READER, BEHIND, sends_arrived=True)],
)
LETTERS = {6 * KIB: 400, MIB: 60}  # of a whole run; to prepare one takes longer than to carry it
WINDOW = 64  # letters that the neighbour does not hold yet, as in gateway.broker.window
WARM_UP = 20
BATCH = 64, 2 * MIB
PATIENCE_SECONDS = 120.0
UP_SECONDS = 30.0
LOOK_SECONDS = 0.1

Frames = dict[LetterId, list[bytes]]
"""The frames of each letter, as its origin published them."""


async def run(plan: Plan) -> None:
    """Small letters and larger ones through one node."""
    if not plan.ground.is_real:
        raise NotHere("the node must be a process of its own")
    frames = dict[int, Frames]()
    for size, letters in LETTERS.items():
        count = plan.scaled(letters, least=40)
        # a loop of its own: the small axis takes threads away from the loop in which it lives
        frames[size] = await asyncio.to_thread(asyncio.run, prepared(count + WARM_UP, size))
    async with stage(AXIS, plan.ground) as here:
        for size, kept in frames.items():
            plan.tell(await through(here, size, kept))


async def prepared(count: int, size: int) -> Frames:
    """The frames of so many letters, sealed by their origin."""
    paper, kept = blank(WRITER, [READER], size), defaultdict[LetterId, list[bytes]](list)
    with TemporaryDirectory(prefix="truc-bench-") as folder:
        async with open_axis(AXIS, Path(folder)) as axis:
            axis.clock.advance(SystemClock().now() - axis.clock.now())  # else they had expired long ago
            for number in range(FIRST_NUMBER, FIRST_NUMBER + count):
                await axis.send(b"".join(paper.numbered(number)), WRITER)
            await axis.settle()
            for way, data in axis.post.carried:
                frame = decode(data) if way == Way(BEFORE, MIDDLE, Lane.NORMAL) else None
                if isinstance(frame, LetterFrame):
                    kept[frame.letter_id].append(data)
    return kept


async def through(here: Stage, size: int, frames: Frames) -> Measured:
    """Play the frames to the node in the middle; when the last letter has left it."""
    axis = here.axis
    assert isinstance(axis, ProcessAxis)
    for name in (BEFORE, BEHIND):
        await axis.nodes[name].stop()
    letters = list(frames.values())
    async with (
        stand_in(here, BEFORE) as before,
        stand_in(here, BEHIND) as behind,
        asyncio.timeout(PATIENCE_SECONDS),
    ):
        await play(before, behind, letters[:WARM_UP])
        with here.counted() as usage:
            began = time.time()
            await play(before, behind, letters[WARM_UP:])
            seconds = time.time() - began
    count = len(letters) - WARM_UP
    return Measured(
        row="transit",
        case=size_name(size),
        letters=count,
        seconds=seconds,
        per_second=count / seconds,
        cpu_seconds=usage.cpu_seconds,
        peak_rss=usage.peak_rss,
        notes=("one node, taking and passing on; its neighbours only speak the wire",),
    )


async def play(before: StandIn, behind: StandIn, letters: Sequence[list[bytes]]) -> None:
    """Publish these letters; return when all have arrived behind."""
    behind.expected = len(behind.whole) + len(letters)
    behind.is_done.clear()

    async def send(frames: list[bytes]) -> None:
        async with before.window:
            first = decode(frames[0])
            assert isinstance(first, LetterFrame)
            taken = before.awaited(first.letter_id)
            await asyncio.gather(*(before.broker.publish(MIDDLE, Lane.NORMAL, data) for data in frames))
            await taken.wait()

    await asyncio.gather(*map(send, letters))
    await behind.is_done.wait()


@dataclass(slots=True)
class StandIn:
    """A neighbour that has no store: it knows what it was sent, and says so."""

    node: NodeId
    broker: RabbitBroker
    window: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(WINDOW))
    whole: set[LetterId] = field(default_factory=set)
    expected: int = 0
    is_done: asyncio.Event = field(default_factory=asyncio.Event)
    _taken: dict[LetterId, asyncio.Event] = field(default_factory=dict)
    _missing: dict[LetterId, int] = field(default_factory=dict)

    def awaited(self, letter_id: LetterId) -> asyncio.Event:
        """What is set when the receipt for a letter has come."""
        return self._taken.setdefault(letter_id, asyncio.Event())

    async def hear(self) -> None:
        """Take control messages; receipts are noted."""
        inbox = self.broker.inbox(MIDDLE, Lane.CONTROL)
        while True:
            incoming = await inbox.get(*BATCH)
            for frame in (decode(each.data) for each in incoming):
                for message in frame.messages if isinstance(frame, ControlFrame) else ():
                    if isinstance(message, Receipt):
                        self.awaited(message.letter_id).set()
            await inbox.ack(incoming)

    async def take(self) -> None:
        """Take letters, and give a receipt for each that is whole."""
        inbox, clock = self.broker.inbox(MIDDLE, Lane.NORMAL), SystemClock()
        while True:
            incoming = await inbox.get(*BATCH)
            frames = [frame for each in incoming if isinstance(frame := decode(each.data), LetterFrame)]
            complete = [frame for frame in frames if self._completes(frame)]
            receipts = [
                Receipt(frame.letter_id, frame.origin, frame.manifest_sha256, self.node, clock.now())
                for frame in complete
            ]
            for control in batch(receipts):
                await self.broker.publish(MIDDLE, Lane.CONTROL, encode(control))
            await inbox.ack(incoming)
            self.whole.update(frame.letter_id for frame in complete)
            if len(self.whole) >= self.expected:
                self.is_done.set()

    def _completes(self, frame: LetterFrame) -> bool:
        """Whether a letter is whole with this frame. Frames may come in any order."""
        size = frame.manifest.size if frame.manifest is not None else 0
        left = self._missing.get(frame.letter_id, 0) + size - frame.payload_size
        self._missing[frame.letter_id] = left
        return left == 0 and frame.letter_id not in self.whole


@asynccontextmanager
async def stand_in(here: Stage, name: NodeId) -> AsyncIterator[StandIn]:
    """A neighbour of the node in the middle, with the credentials of the node that it stands for."""
    axis, clock = here.axis, SystemClock()
    assert isinstance(axis, ProcessAxis)
    config = load(axis.nodes[name].config, {})
    address = Address(Link(MIDDLE, name), config.link_url(MIDDLE, {}))
    log = logger(name, io.StringIO(), now=clock.now)
    broker = RabbitBroker(name, [address], clock=clock, log=log)
    broker.start()
    one = StandIn(name, broker)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(broker.close)
        async with asyncio.timeout(UP_SECONDS):
            while not all(broker.neighbours_up().values()):
                await asyncio.sleep(LOOK_SECONDS)
        for work in (asyncio.create_task(one.hear()), asyncio.create_task(one.take())):
            stack.callback(work.cancel)
        yield one
