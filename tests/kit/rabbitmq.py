"""
The RabbitMQ of a test run: one private node, started when a test first asks for it and ended with the run.

Tests do not see each other: each gets a Site, a virtual host of its own with everything that a plan names.
The wire does not mind how a virtual host is called, since an address names it.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from gateway.broker.provision import definitions, new_password
from gateway.broker.rabbitmq import Address, RabbitBroker
from gateway.broker.topology import Link, Plan, plan, user
from gateway.clock import SystemClock
from gateway.core.errors import Misconfigured, Unavailable
from gateway.core.model import Lane, NodeId
from gateway.observe import logger
from gateway.ports import Inbox, Incoming
from gateway.sandbox.rabbit import PrivateRabbit, new_folder

PARENT, CHILD, SIBLING = NodeId("H14"), NodeId("H14.31"), NodeId("H14.32")
LINK = Link(PARENT, CHILD)

# rabbitmqctl costs a second or two however much it is told, so sites are made in advance.
SITES_AT_ONCE = 8
UNTIL_SECONDS = 60.0


@dataclass(frozen=True)
class Site:
    """One virtual host. All its users have the same password."""

    rabbit: PrivateRabbit
    plan: Plan
    password: str

    def url(self, node: NodeId, port: int | None = None) -> str:
        """How a node reaches it; `port` is that of a proxy in between."""
        return self.rabbit.address(self.plan.vhost, user(node), self.password, port)


@dataclass
class RabbitNode:
    """The node of this run, and the sites that wait for a test."""

    rabbit: PrivateRabbit
    password: str = field(default_factory=new_password)
    waiting: dict[str, list[Site]] = field(default_factory=lambda: defaultdict(list))
    made: int = 0

    def site(self, plan: Plan) -> Site:
        """A virtual host that nobody has used, with everything of `plan` in it."""
        waiting = self.waiting[repr(plan)]
        if not waiting:
            waiting += self.sites([plan] * SITES_AT_ONCE)
        return waiting.pop()

    def sites(self, plans: Sequence[Plan]) -> list[Site]:
        """The same for each of these plans, all made at once."""
        fresh = [replace(plan, vhost=f"{plan.vhost}.{self.made + n}") for n, plan in enumerate(plans)]
        self.made += len(fresh)
        passwords = {user: self.password for plan in fresh for user in plan.permissions}
        self.rabbit.import_definitions(definitions(fresh, passwords))
        return [Site(self.rabbit, plan, self.password) for plan in fresh]


_NODE = pytest.StashKey[RabbitNode]()


def rabbit_node(config: pytest.Config) -> RabbitNode:
    """The node of this run; skips the running test if RabbitMQ is not installed."""
    if _NODE not in config.stash:
        try:
            rabbit = PrivateRabbit(new_folder())
        except Misconfigured as missing:
            pytest.skip(f"{missing.first.en}; make test installs it")
        config.add_cleanup(rabbit.end)
        rabbit.start()
        config.stash[_NODE] = RabbitNode(rabbit)
    return config.stash[_NODE]


def fresh_site(config: pytest.Config) -> Site:
    """A site of PARENT with CHILD and SIBLING."""
    return rabbit_node(config).site(plan(PARENT, [CHILD, SIBLING]))


# --- brokers of nodes ----------------------------------------------------------------------------


@dataclass
class Opened:
    """A RabbitBroker with its log."""

    broker: RabbitBroker
    written: io.StringIO

    def log(self, event: str) -> list[dict[str, Any]]:
        """The lines of this event so far."""
        lines = [json.loads(line) for line in self.written.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]

    async def until_up(self) -> None:
        """Return when every lane to every neighbour is open."""
        await until(lambda: all(self.broker.neighbours_up().values()))

    async def until_logged(self, event: str, count: int = 1) -> None:
        """Return when there are `count` lines of this event."""
        await until(lambda: len(self.log(event)) >= count)


async def until(is_so: Callable[[], bool]) -> None:
    """Return when `is_so`: what another process does can only be looked at again and again."""
    async with asyncio.timeout(UNTIL_SECONDS):
        while not is_so():
            await asyncio.sleep(0.01)


def start(site: Site, node: NodeId, *, link: Link = LINK, port: int | None = None, **options: Any) -> Opened:
    """A broker of `node` that has begun to open its end of `link`; `port` is that of a proxy in between."""
    written = io.StringIO()
    log = logger(node, written, strict=True)
    hasty = {"heartbeat": timedelta(seconds=30), "confirm_timeout": timedelta(seconds=20), **options}
    broker = RabbitBroker(node, [Address(link, site.url(node, port))], clock=SystemClock(), log=log, **hasty)
    broker.start()
    return Opened(broker, written)


@asynccontextmanager
async def running(site: Site, node: NodeId, **options: Any) -> AsyncIterator[Opened]:
    """A broker with all its lanes open; closed at the end of the block. Options are those of `start`."""
    opened = start(site, node, **options)
    try:
        await opened.until_up()
        yield opened
    finally:
        await opened.broker.close()


# --- what tests do with them ---------------------------------------------------------------------


async def receive(inbox: Inbox, number: int) -> list[Incoming]:
    """`number` frames, however many come at once; acknowledged."""
    got: list[Incoming] = []
    while len(got) < number:
        got += await inbox.get(number - len(got), 64 * 1024 * 1024)
    await inbox.ack(got)
    return got


async def persist(broker: RabbitBroker, neighbour: NodeId, lane: Lane, *frames: bytes) -> None:
    """Publish each frame again and again until it is confirmed, as the relay does."""
    for frame in frames:
        async with asyncio.timeout(UNTIL_SECONDS):
            while True:
                try:
                    await broker.publish(neighbour, lane, frame)
                    break
                except Unavailable:
                    await asyncio.sleep(0.05)


@asynccontextmanager
async def raw(url: str) -> AsyncIterator[AbstractChannel]:
    """A channel for what our own code never does."""
    connection = await aio_pika.connect(url)
    async with connection:
        yield await connection.channel(on_return_raises=True)


async def take(channel: AbstractChannel, queue: str) -> AbstractIncomingMessage:
    """The first message of a queue, not acknowledged. (A single active consumer excludes `get`.)"""
    came: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    consumed = await channel.get_queue(queue, ensure=False)
    tag = await consumed.consume(came.put)
    async with asyncio.timeout(UNTIL_SECONDS):
        message = await came.get()
    await consumed.cancel(tag)
    return message
