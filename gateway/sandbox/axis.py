"""
A whole axis in one process: every node of a directory, each with its own store, on the memory broker.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from gateway.bell import Doorbell
from gateway.broker.memory import MemoryPost
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.core.directory import Directory
from gateway.core.model import AgencyCode, NodeId
from gateway.http.auth import issue_key
from gateway.node import Equipment, Node, running_node
from gateway.observe import Metrics, logger
from gateway.sandbox.pki import make_pki
from gateway.seals import NodeSealer, SealCheck, seal_of
from gateway.store.migrate import upgrade
from gateway.store.sql import SqlStore

# In the sandbox a person is watching: what takes minutes on the axis takes seconds here.
HASTE = {"retry_first": "1s", "retry_longest": "10s", "offer_again_after": "5s"}


@dataclass(frozen=True, slots=True)
class AgencyDesk:
    """Where one agency of the sandbox reaches its node."""

    agency: AgencyCode
    node: NodeId
    url: str
    key: str


class Axis(Protocol):
    """A running axis, whatever it runs on."""

    directory: Directory
    desks: Mapping[AgencyCode, AgencyDesk]

    async def cut(self, node: NodeId) -> None:
        """Cut every link of a node."""

    async def heal(self, node: NodeId) -> None:
        """Mend what `cut` cut."""


@dataclass(slots=True)
class MemoryAxis:
    """All nodes in this process."""

    directory: Directory
    desks: Mapping[AgencyCode, AgencyDesk]
    nodes: Mapping[NodeId, Node]
    post: MemoryPost

    async def cut(self, node: NodeId) -> None:
        """Cut every link of a node."""
        self.post.cut_node(node)

    async def heal(self, node: NodeId) -> None:
        """Mend what `cut` cut."""
        self.post.heal_node(node)


@asynccontextmanager
async def memory_axis(
    directory: Directory, *, folder: Path | None = None, first_port: int = 0, log_to: TextIO
) -> AsyncIterator[MemoryAxis]:
    """
    Bring up every node of `directory`; on leaving, stop them all.

    Nodes keep their data below `folder` (a temporary one unless given). Their APIs listen on `first_port`
    and the ports after it, or on free ones.
    """
    async with AsyncExitStack() as stack:
        root = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="truc-")))
        clock = SystemClock()
        post = MemoryPost(clock=clock, rng=random.Random(0))  # noqa: S311 - chooses faults, not secrets
        seals = make_pki(root / "pki", directory, clock.now())
        nodes: dict[NodeId, Node] = {}
        desks: dict[AgencyCode, AgencyDesk] = {}
        for number, name in enumerate(directory.nodes):
            config = Config.model_validate(
                {
                    "node": {"id": name, "data_dir": str(root / name)},
                    "http": {"port": first_port + number if first_port else 0},
                    "delivery": HASTE,
                    "seal": seals[name],
                }
            )
            node = await stack.enter_async_context(_node(config, directory, post, clock, log_to))
            nodes[name] = node
            desks.update(await _desks(node, directory))
        yield MemoryAxis(directory, desks, nodes, post)


@asynccontextmanager
async def _node(
    config: Config, directory: Directory, post: MemoryPost, clock: SystemClock, log_to: TextIO
) -> AsyncIterator[Node]:
    name, bell = NodeId(config.node.id), Doorbell()
    config.node.data_dir.mkdir(parents=True, exist_ok=True)
    url = config.store_url({})
    upgrade(url)
    store = SqlStore(
        url,
        config.node.data_dir / "blobs",
        node=name,
        instance=name,
        on_change=bell.ring,
        retry=config.delivery.retry,
    )
    try:
        await store.set_directory(directory, clock.now())
        broker = post.broker(name)
        try:
            log = logger(name, log_to, now=clock.now)
            key, trust = seal_of(config, {})
            given = Equipment(
                store,
                broker,
                bell,
                NodeSealer(key),
                SealCheck(store.blobs, trust.current),
                log,
                Metrics(),
                clock,
            )
            async with running_node(config, given) as node:
                yield node
        finally:
            await broker.close()
    finally:
        await store.close()


async def _desks(node: Node, directory: Directory) -> dict[AgencyCode, AgencyDesk]:
    """A key for every agency of a node."""
    desks = {}
    for agency in directory.served_by(node.name):
        key = await issue_key(node.desk.store, agency.name, {agency.code}, node.desk.clock.now())
        desks[agency.code] = AgencyDesk(agency.code, node.name, node.address, key)
    return desks
