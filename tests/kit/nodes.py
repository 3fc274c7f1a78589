"""
A small axis for tests: real doors over real stores and the memory broker, driven step by step.

Nothing runs by itself. `settle` does the work that was rung for, as the loops of a node would, until there is
none left; `wait` lets time pass and settles. Threads run inline and the clock moves only by what was done, so
a run is the same every time. A node can die at any crash point and be started again over the same store.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from gateway.broker.memory import MemoryPost
from gateway.broker.memory_queue import Way
from gateway.clerk import Clerk
from gateway.core.archives import ArchiveLimits
from gateway.core.calendar import Calendar, today
from gateway.core.delivery import Delivery, retry_after
from gateway.core.directory import Directory, SuccessorPolicy
from gateway.core.model import AgencyCode, Lane, LetterId, NodeId
from gateway.core.take_back import TakeBackPolicy
from gateway.crash import Point
from gateway.doors.arrival import Arrival
from gateway.doors.control import Control
from gateway.doors.desk import Desk
from gateway.doors.draft import Rules
from gateway.doors.editions import Editions
from gateway.doors.handover import Handover
from gateway.doors.intake import Intake
from gateway.doors.relay import Place, Relay
from gateway.ids import LetterIds
from gateway.observe import Metrics, logger
from gateway.office import PostOffice
from gateway.ports import AtTheDoor, Deliverer, Sealer, Terms
from gateway.store.migrate import upgrade
from gateway.store.sql import SqlStore
from schemas.safe_xml import Limits
from tests.kit.agencies import AgencySide
from tests.kit.clock import ManualClock
from tests.kit.seals import SteppedCheck, sealer
from tests.kit.steps import Died, InlineExecutor, Loop, StepBell

BATCH = 64, 2 * 1024 * 1024
"""Frames and bytes that arrival takes at once, as in a node."""

COMMITTED = "committed"
"""A crash point of the kit: after a commit that others should hear of, before they and the caller do."""

ROUND = timedelta(milliseconds=1)
"""What one round takes by the clock, unless a test wishes otherwise: what happens later has a later time."""

MANY_ROUNDS = 20_000
"""No story needs so many; a loop that never has enough would run for ever."""


@dataclass(frozen=True)
class Manner:
    """How the nodes of an axis are set up; a test names what it is about."""

    on_disk: bool = False  #: stores in files, so that a node can be started again
    limits: Limits = field(default_factory=Limits)
    ttl_working_days: int = 5
    pick_up_days: int = 1
    successor_policy: SuccessorPolicy = "follow"
    offer_again_after: timedelta = timedelta(seconds=60)
    retry: Callable[[Delivery], timedelta] = retry_after
    deliverers: Mapping[str, Deliverer] = field(default_factory=lambda: {"mailbox": AtTheDoor()})
    sealer: Sealer | None = None
    take_back: TakeBackPolicy = "stop"
    terms: Mapping[AgencyCode, Terms] = field(default_factory=dict)
    seed: int = 0
    round_takes: timedelta = ROUND
    shares_directory: bool = False  #: each node goes by the directory of its own store, and editions travel


class WatchedPost(MemoryPost):
    """The memory broker, and everything it was given to carry."""

    def __init__(self, clock: ManualClock, rng: Random) -> None:
        super().__init__(clock=clock, rng=rng)
        self.carried: list[tuple[Way, bytes]] = []
        self.deepest: dict[Way, int] = {}  #: the most bytes that ever lay in a queue
        self.man_in_the_middle: Callable[[Way, bytes], bytes] = lambda _way, data: data

    def accept(self, way: Way, data: bytes) -> None:
        data = self.man_in_the_middle(way, data)
        super().accept(way, data)
        self.carried.append((way, data))
        self.deepest[way] = max(self.deepest.get(way, 0), self.queue(way).size)

    def bytes_over(self, one: NodeId, other: NodeId, lane: Lane) -> int:
        """What went from `one` to `other` on a lane."""
        return sum(len(data) for way, data in self.carried if way == Way(one, other, lane))


class SmallNode:
    """One life of one node."""

    def __init__(self, axis: SmallAxis, name: NodeId, point: Point) -> None:
        manner, self.name, self.is_alive = axis.manner, name, True
        self.bell, self.stream, self.metrics = StepBell(), io.StringIO(), Metrics()
        folder = axis.folder / name
        url = f"sqlite:///{folder / 'truc.db'}" if manner.on_disk else "sqlite://"
        if manner.on_disk and not folder.is_dir():
            lay_database(folder)
        self._point = point
        self.store = SqlStore(
            url,
            folder / "blobs",
            node=name,
            instance=name,
            on_change=self._committed,
            inline=True,
            point=point,
            retry=manner.retry,
        )
        log = logger(name, self.stream, now=axis.clock.now, strict=True)
        self.desk = Desk(
            name,
            self.store,
            lambda: axis.own.get(name, axis.directory),
            axis.clock,
            self.bell,
            log,
            self.metrics,
            terms=lambda agency: manner.terms.get(agency, Terms()),
            adopt=axis.adopt,
            take_back=manner.take_back,
            point=point,
        )
        calendar = _calendar()
        rules = Rules(
            manner.limits, ArchiveLimits(), calendar, manner.ttl_working_days, manner.successor_policy
        )
        self.broker = axis.post.broker(name)
        self.examiner = examiner = SteppedCheck(self.store.blobs, axis.began)
        hand = manner.sealer or sealer(name, axis.began)
        self.intake = Intake(self.desk, rules, LetterIds(axis.rng.getrandbits), hand, examiner)
        self.editions = Editions(self.desk, self.broker, examiner)
        self.control = Control(self.desk, self.editions)
        self.arrival = Arrival(self.desk, self.broker, self.control, manner.limits, examiner)
        self.relay = Relay(self.desk, self.broker, manner.offer_again_after)
        self.clerk = Clerk(self.desk, self.intake, manner.limits)
        self.handover = Handover(
            self.desk,
            calendar,
            manner.deliverers,
            examiner,
            pick_up_days=manner.pick_up_days,
            ttl_days=manner.ttl_working_days,
            one_by_one=self.clerk.one_by_one,
        )
        self.office = PostOffice(self.desk, self.intake, self.handover, examiner, calendar)
        self.places = {(n, lane): Place(n, lane) for n in axis.directory.neighbours(name) for lane in Lane}
        self.loops = [*self._doors(axis)]
        for loop in self.loops:
            if loop.topic:
                self.bell.listen(loop.topic)

    def _committed(self, topics: Iterable[str]) -> None:
        self._point(COMMITTED)
        self.bell.ring(topics)

    def _doors(self, axis: SmallAxis) -> list[Loop]:
        loops = [
            Loop("handover", self.handover.step, self.bell, "local"),
            Loop("handover.time", self.handover.sweep, self.bell, "time:handover"),
            Loop("relay.time", self.relay.sweep, self.bell, "time:relay"),
            Loop("relay.links", self.relay.look_at_links, self.bell, "time:links"),
            Loop("clerk", self.clerk.step, self.bell, "duties"),
        ]
        loops += [
            Loop(f"control:{n}", partial(self.relay.step_control, n), self.bell, f"control:{n}")
            for n in axis.directory.neighbours(self.name)
        ]
        if axis.manner.shares_directory:
            loops.append(Loop("editions", self.editions.sweep, self.bell, "time:editions"))
            loops.append(Loop("directory", partial(self._look_up, axis), self.bell, "time:directory"))
        for (neighbour, lane), place in self.places.items():
            topic = f"link:{neighbour}:{lane.value}"
            loops.append(Loop(f"relay:{topic}", partial(self.relay.step, place), self.bell, topic))
            way = Way(neighbour, self.name, lane)
            loops.append(
                Loop(
                    f"arrival:{topic}",
                    self._receiving(way),
                    self.bell,
                    has_work=partial(axis.has_frames, way),
                )
            )
        return loops

    async def _look_up(self, axis: SmallAxis) -> None:
        """Put in force what is due, and go by what the store then has."""
        now = axis.clock.now()
        await self.store.begin_day(today(now), now)
        axis.own[self.name] = await self.store.directory()

    def _receiving(self, way: Way) -> Callable[[], Any]:
        inbox = self.broker.inbox(way.sender, way.lane)

        async def receive() -> None:
            await self.arrival.receive(inbox, await inbox.get(*BATCH))

        return receive

    @property
    def running(self) -> list[asyncio.Task[None]]:
        """What was begun and has not ended."""
        tasks = [loop.task for loop in self.loops if loop.task is not None]
        tasks += [task for place in self.places.values() for task in place.sending]
        return [task for task in tasks if not task.done()]

    def said(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one event."""
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]

    def die(self) -> None:
        """As after kill -9: nothing of this process goes on; what it committed is there."""
        if self.is_alive:
            self.is_alive = False
            self.broker.stop()
            for task in self.running:
                task.cancel()


@dataclass
class Fuse:
    """Lets a process die at a crash point. A dead one comes to no further point, so it commits nothing."""

    die: Callable[[], None]
    at: str = ""
    left: int = 1
    is_blown: bool = False

    def __call__(self, point: str) -> None:
        if point == self.at:
            self.left -= 1
            self.is_blown = self.is_blown or self.left == 0
        if self.is_blown:
            self.die()
            raise Died(self.at)


class SmallAxis(AgencySide[SmallNode]):
    """All nodes of a directory, and the agencies' side of it."""

    nodes: dict[NodeId, SmallNode]

    def __init__(self, directory: Directory, folder: Path, manner: Manner) -> None:
        self.directory, self.folder, self.manner = directory, folder, manner
        self.own: dict[NodeId, Directory] = {}  #: of nodes that have another version than the rest
        self.clock, self.rng = ManualClock(), Random(manner.seed)
        self.began = self.clock.now()
        self.post = WatchedPost(self.clock, Random(manner.seed))
        self.lives: list[SmallNode] = []
        self.unexpected: list[BaseException] = []
        self.may_fail_itself = False  #: a test that makes our own code fail says so
        self.nodes = {}
        self._fuses: dict[NodeId, Fuse] = {}
        self._ways_with_frames: set[Way] = set()
        for name in directory.nodes:
            self.start(name)

    # --- life ------------------------------------------------------------------------------------

    def start(self, name: str, *, point: Point | None = None) -> SmallNode:
        """Start a node (again, over the same store); `point` is called at its crash points."""
        node_id = NodeId(name)
        if node_id in self.nodes:
            assert self.manner.on_disk, "what lies in memory ends with its process"
            self.nodes[node_id].die()
        self._fuses[node_id] = Fuse(lambda: self.nodes[node_id].die())
        node = SmallNode(self, node_id, point or self._fuses[node_id])
        self.nodes[node_id] = node
        self.lives.append(node)
        return node

    def let_die(self, name: str, at: str, count: int = 1) -> None:
        """From now on the node dies the `count`-th time it comes to this crash point."""
        fuse = self._fuses[NodeId(name)]
        fuse.at, fuse.left = at, count

    def adopt(self, directory: Directory) -> None:
        """Put in force what a node itself has written into its directory."""
        self.directory = directory

    async def use(self, directory: Directory, *late: str) -> None:
        """Give every node this directory, except those that are `late`: they keep what they have."""
        self.own = {NodeId(name): self.own.get(NodeId(name), self.directory) for name in late}
        self.directory = directory
        for node in self.nodes.values():
            if node.name not in self.own:
                await node.store.set_directory(directory, self.clock.now())

    async def close(self) -> None:
        """End all lives, those too that ended by themselves."""
        for node in self.lives:
            node.die()
            await asyncio.gather(*node.running, return_exceptions=True)
        for node in self.lives:
            if isinstance(node.desk.point, Fuse):
                node.desk.point.at, node.desk.point.is_blown = "", False  # stores are tidied up after all
            await node.store.close()

    async def delivery(self, node: str, letter_id: LetterId, target: str) -> Delivery:
        """How a delivery (`link:G22`, `agency:…`) of a letter stands at a node."""
        record = await self.nodes[NodeId(node)].store.track(letter_id)
        assert record is not None, f"{node} does not hold {letter_id}"
        return next(d for d in record.deliveries if d.target.key == target)

    # --- time ------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Do all work that was rung for, on every node that lives, until there is none."""
        for _ in range(MANY_ROUNDS):
            if not await self.round():
                return
        raise AssertionError("the axis never comes to rest")

    async def settle_until(self, there: Callable[[], Awaitable[bool]]) -> None:
        """Work only until something is so; what else was rung for waits."""
        while not await there():
            assert await self.round(), "the axis came to rest before"

    async def round(self) -> bool:
        """Let every loop that was rung for do one round; whether there was one."""
        self.clock.advance(self.manner.round_takes)
        alive = [node for node in self.nodes.values() if node.is_alive]
        self._ways_with_frames = {
            way
            for way, depth in self.post.depths().items()
            if depth.frames > depth.unacked and self.post.is_up(way.sender, way.receiver)
        }
        begun = [loop for node in alive for loop in node.loops if loop.begin_if_ready()]
        await self._let_go_on()
        for node in alive:
            for loop in node.loops:
                _look_at(loop)
        return bool(begun)

    async def _let_go_on(self) -> None:
        """Let what was begun go on until it ends, or waits for a ring or for time to pass."""
        while True:
            alive = [node for node in self.nodes.values() if node.is_alive]
            waiting = sum(node.bell.parked for node in alive) + self.clock.sleepers
            if sum(len(node.running) for node in alive) <= waiting:
                return
            await asyncio.sleep(0)

    async def wait(self, passed: timedelta) -> None:
        """Let time pass, at once; every door then looks for itself, those that watch the time once more."""
        self.clock.advance(passed)
        for node in self.nodes.values():
            node.bell.ring_all()
        await self.settle()
        for node in self.nodes.values():
            node.bell.ring(["time"])
        await self.settle()

    def has_frames(self, way: Way) -> bool:
        """Whether the receiver of a way could take a frame in this round."""
        return way in self._ways_with_frames


@cache
def _calendar() -> Calendar:
    """Working days, each year of them computed once."""
    return Calendar()


def lay_database(folder: Path) -> None:
    """Make the folder of a new node, with its database: migrating each anew would take most of a test."""
    folder.mkdir()
    (folder / "truc.db").write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    """A database file with all tables and nothing in them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "truc.db"
        upgrade(f"sqlite:///{path}")
        return path.read_bytes()


@asynccontextmanager
async def open_axis(
    directory: Directory, folder: Path, manner: Manner | None = None
) -> AsyncIterator[SmallAxis]:
    """
    Bring up every node of `directory`, at rest.

    On leaving, an exception that nobody caught, or a fault that a node logged as its own, fails the test.
    """
    loop = asyncio.get_running_loop()
    loop.set_default_executor(InlineExecutor())
    axis = SmallAxis(directory, folder, manner or Manner())
    loop.set_exception_handler(lambda _loop, told: _note(axis, told.get("exception")))
    await axis.use(directory)
    await axis.settle()
    try:
        yield axis
        assert axis.unexpected == []
        faults = [line for node in axis.lives for line in node.said("internal.error")]
        assert axis.may_fail_itself or faults == []
    finally:
        await axis.close()
        # the loop may serve the tests behind this one as well: they get threads again
        loop.set_default_executor(ThreadPoolExecutor())
        loop.set_exception_handler(None)


def _note(axis: SmallAxis, error: BaseException | None) -> None:
    if error is not None and not isinstance(error, Died):
        axis.unexpected.append(error)


def _look_at(loop: Loop) -> None:
    """Raise what a round that ended did not expect."""
    if loop.task is None or not loop.task.done():
        return
    error = None if loop.task.cancelled() else loop.task.exception()
    loop.task = None
    if error is not None and not isinstance(error, Died):
        raise error
