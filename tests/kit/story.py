"""
An axis on real RabbitMQ for a story: real nodes that run by themselves, and the journal of all in the end.

Every node is wired as `truc serve` wires it, in this process, each on the virtual hosts of its links, over a
line that can be cut. Time goes on as ours does, from a working morning on; a story that needs tomorrow moves
the clock. Nothing is waited for by a fixed time: `until` looks again whenever a node has committed something.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from gateway.bell import Doorbell
from gateway.broker.rabbitmq import Address, RabbitBroker
from gateway.broker.topology import Link, plan
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.core.directory import Directory
from gateway.core.model import Kind, LetterId, NodeId
from gateway.core.tracking import RecipientTrack, Stage, Tracking
from gateway.node import Node
from gateway.observe import logger
from gateway.ports import Store
from gateway.sandbox.axis import node_in_process
from gateway.sandbox.pki import make_pki
from tests.kit.agencies import AgencySide, Mail
from tests.kit.clock import START
from tests.kit.faultproxy import FaultProxy
from tests.kit.heard import HeardLog
from tests.kit.journals import PAGE, Journals, left_open, moving, read_journals
from tests.kit.nodes import lay_database
from tests.kit.rabbitmq import Site, rabbit_node

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
"""Of ours: far longer than anything takes; a story that waits so long has failed."""

LOOK_SECONDS = 0.1  # not everything that a story waits for rings a bell: an open connection, a clean queue


class StoryClock:
    """ports.Clock: goes as ours does, beginning at START, and can be moved ahead."""

    def __init__(self) -> None:
        self._ours = SystemClock()
        self._ahead = START - self._ours.now()
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        """The instant that it is in the story."""
        return self._ours.now() + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` of the story have passed, or were passed over."""
        until = self.now() + timedelta(seconds=seconds)
        while (left := (until - self.now()).total_seconds()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._moved.wait()

    def move(self, passed: timedelta) -> None:
        """Let time pass at once."""
        self._ahead += passed
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


class StoryBell(Doorbell):
    """A node's bell, which the story hears too."""

    def __init__(self, heard: Callable[[], None]) -> None:
        super().__init__()
        self._heard = heard

    def _ring(self, rung: tuple[str, ...]) -> None:
        super()._ring(rung)
        self._heard()

    def ring_all(self) -> None:
        """As much time has passed as makes every door look for itself."""
        self.ring(self._topics)


class Lines:
    """The links of an axis over RabbitMQ: the virtual host of each, and the line of the child to it."""

    def __init__(
        self,
        sites: Mapping[NodeId, Site],
        clock: StoryClock,
        log: HeardLog,
        bells: Mapping[NodeId, StoryBell],
    ) -> None:
        self._sites, self._clock, self._log, self._bells = sites, clock, log, bells
        self.proxies: dict[Link, FaultProxy] = {}

    def broker(self, node: NodeId) -> RabbitBroker:
        """The broker of a node that starts (again); its links open in the background."""
        addresses = [
            Address(link, self._sites[link.parent].url(node, proxy.port if node == link.child else None))
            for link, proxy in self.proxies.items()
            if node in (link.parent, link.child)
        ]
        log = logger(node, self._log, now=self._clock.now, strict=True)
        ring = self._bells[node].ring
        broker = RabbitBroker(node, addresses, clock=self._clock, log=log, on_change=ring)
        broker.start()
        return broker


class StoryAxis(AgencySide[Node]):
    """All nodes of a directory on real RabbitMQ, and the agencies' side of it."""

    def __init__(self, directory: Directory, folder: Path, sites: Mapping[NodeId, Site]) -> None:
        self.directory, self._folder = directory, folder
        self.clock, self.log = StoryClock(), HeardLog()
        self._bells: dict[NodeId, StoryBell] = {}
        self.lines = Lines(sites, self.clock, self.log, self._bells)
        self.nodes: dict[NodeId, Node] = {}
        self._seals = make_pki(folder / "pki", directory, self.clock.now())
        self._lives: dict[NodeId, AsyncExitStack] = {}
        self._happened = asyncio.Event()

    # --- life ------------------------------------------------------------------------------------

    async def start(self, name: str) -> None:
        """Start a node, for the first time or over what its former life has left."""
        node, life = NodeId(name), AsyncExitStack()
        data = self._folder / node
        is_new = not data.is_dir()
        if is_new:
            lay_database(data)
        config = Config.model_validate(
            {
                "node": {"id": node, "data_dir": str(data)},
                "http": {"port": 0},
                "seal": self._seals[node],
            }
        )
        self._bells[node] = StoryBell(self._happened.set)
        directory = self.directory if is_new else None
        given = (config, directory, self.lines, self.clock, self.log)
        self.nodes[node] = await life.enter_async_context(node_in_process(*given, bell=self._bells[node]))
        self._lives[node] = life

    async def stop(self, name: str) -> None:
        """Let a node finish what it has begun, and end it."""
        await self._lives.pop(NodeId(name)).aclose()

    async def close(self) -> None:
        """End all nodes."""
        for name in list(self._lives):
            await self.stop(name)

    async def links_up(self) -> None:
        """Return when all nodes that run reach their neighbours."""
        await self.until(self._are_up, "all links are up")

    async def _are_up(self) -> bool:
        return all(all(self.nodes[name].broker.neighbours_up().values()) for name in self._lives)

    async def cut(self, one: str, other: str) -> None:
        """Cut the line of the child to the broker of its parent; the child knows that when this returns."""
        wire = self.wire(one, other)
        wire.refuse()
        wire.reset()
        await self.until(lambda: self._is_up(one, other, up=False), f"{one} and {other} are cut off")

    async def heal(self, one: str, other: str) -> None:
        """Mend what `cut` cut, and let the child find its parent again."""
        self.wire(one, other).accept()
        self.skip(timedelta(seconds=20))  # longer than anybody waits before it dials again
        await self.until(lambda: self._is_up(one, other, up=True), f"{one} and {other} speak again")

    def wire(self, one: str, other: str) -> FaultProxy:
        """The line of the child of these two to the broker of its parent."""
        return self.lines.proxies[self._link(one, other)]

    def _link(self, one: str, other: str) -> Link:
        return next(link for link in self.lines.proxies if {link.parent, link.child} == {one, other})

    async def _is_up(self, one: str, other: str, *, up: bool) -> bool:
        link = self._link(one, other)
        return self.nodes[link.child].broker.neighbours_up()[link.parent] is up

    # --- time ------------------------------------------------------------------------------------

    def skip(self, passed: timedelta) -> None:
        """Let time pass at once; every door then looks for itself."""
        self.clock.move(passed)
        for bell in self._bells.values():
            bell.ring_all()

    async def until(self, ask: Callable[[], Awaitable[T | None]], what: str) -> T:
        """The answer of `ask` once it is true. Raises: AssertionError if it never is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    self._happened.clear()
                    if answer := await ask():
                        return answer
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await self._happened.wait()
        raise AssertionError(f"it never came about: {what}")

    # --- what stories wait for --------------------------------------------------------------------

    async def arrived(self, code: str, kind: Kind | None = None, count: int = 1) -> None:
        """Return when so many letters lie in an agency's mailbox."""

        async def lie_there() -> bool:
            return len(await self.waiting(code, kind)) >= count

        await self.until(lie_there, f"{count} lie in the mailbox of {code}")

    async def receive(self, code: str, kind: Kind | None = None, count: int = 1) -> list[Mail]:
        """Fetch and acknowledge what lies in an agency's mailbox, once there is so much."""
        await self.arrived(code, kind, count)
        return await self.collect(code, kind)

    async def stands(self, letter_id: LetterId, by: str, recipient: str, stage: Stage) -> RecipientTrack:
        """Where a letter is for one recipient, once `by` is told that it stands so."""

        async def stands_so() -> RecipientTrack | None:
            line = await self.line(letter_id, by, recipient)
            return line if line.stage is stage else None

        return await self.until(stands_so, f"{letter_id} is {stage} for {recipient}")

    async def told(self, letter_id: LetterId, by: str, recipient: str, *statuses: str) -> None:
        """Return when `by` is shown these statuses of a recipient, in the order in which they came."""

        async def is_told() -> bool:
            return [s.code for s in (await self.line(letter_id, by, recipient)).statuses] == [*statuses]

        await self.until(is_told, f"{by} knows of {', '.join(statuses)} from {recipient}")

    async def until_noted(self, letter_id: LetterId, event: str, *, at: str) -> None:
        """Return when the journal of a node says that this happened to a letter."""

        async def is_noted() -> bool:
            rows = await self.nodes[NodeId(at)].desk.store.journal(0, PAGE)
            return any((row.letter_id, row.event) == (letter_id, event) for row in rows)

        await self.until(is_noted, f"{at} notes {event} of {letter_id}")

    async def whereabouts(self, letter_id: LetterId, by: str) -> Tracking:
        """What an agency is told of its letter, and of what belongs to it."""
        return await self.node_of(by).office.whereabouts(self.caller(by), letter_id)

    async def journals(self) -> Journals:
        """What all nodes have written so far."""
        return await read_journals(self.stores)

    @property
    def stores(self) -> Mapping[NodeId, Store]:
        """The stores of the nodes that run."""
        return {name: self.nodes[name].desk.store for name in self._lives}

    async def nothing_moves(self) -> bool:
        """Whether all that is left is for agencies to do, as far as the stores of the nodes know."""
        return not await moving(self.directory, self.stores)

    async def at_rest(self) -> None:
        """Return when nothing is left to be done at any node. Raises: AssertionError with what is left."""
        left: list[str] = []

        async def is_done() -> bool:
            left[:] = await left_open(self.directory, self.stores)
            return not left

        try:
            await self.until(is_done, "everything comes to an end")
        except AssertionError as never:
            raise AssertionError(f"{never}: {'; '.join(left)}") from None


@asynccontextmanager
async def story(
    config: pytest.Config, folder: Path, directory: Directory, *asleep: str
) -> AsyncIterator[StoryAxis]:
    """
    Bring up every node of `directory` with all links open, but for those that are `asleep`.

    When the story ends well, everything in it must come to an end, and no node have met a fault of its own.
    However it ends, the journal of all nodes is printed.
    """
    parents = [node for node in directory.nodes if directory.children(node)]
    plans = [plan(parent, directory.children(parent)) for parent in parents]
    sites = await asyncio.to_thread(rabbit_node(config).sites, plans)
    axis = StoryAxis(directory, folder, dict(zip(parents, sites, strict=True)))
    async with AsyncExitStack() as stack:
        for parent in parents:
            for child in directory.children(parent):
                proxy = await stack.enter_async_context(FaultProxy(sites[0].rabbit.port))
                axis.lines.proxies[Link(parent, child)] = proxy
        stack.push_async_callback(axis.close)
        for name in directory.nodes:
            if name not in asleep:
                await axis.start(name)
        try:
            await axis.links_up()
            yield axis
            await axis.at_rest()
            assert faults(axis.log) == []
        finally:
            print(f"\n{(await axis.journals()).table()}")


def faults(log: HeardLog) -> list[str]:
    """What nodes logged as faults of their own code, an event that no log may bear among them."""
    return [json.dumps(line) for event in ("internal.error", "log.misused") for line in log.said(event)]
