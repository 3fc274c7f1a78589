"""
A whole axis in one process: every node of a directory, each with its own store, on the memory broker.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TextIO

from gateway.bell import Doorbell
from gateway.broker.memory import MemoryPost
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.core.directory import Agency, Directory
from gateway.core.model import AgencyCode, NodeId
from gateway.keys import NewSystem, issue_key, issue_system
from gateway.node import Equipment, Node, running_node
from gateway.observe import Metrics, logger
from gateway.ports import Broker, Clock, Store, Vault
from gateway.sandbox.consoles import NOBODY, Visitors
from gateway.sandbox.pki import make_pki
from gateway.seals import NodeSealer, SealCheck, seal_of
from gateway.store.migrate import upgrade
from gateway.store.sql import SqlStore
from gateway.vault import FileVault

# In the sandbox a person is watching: what takes minutes on the axis takes seconds here.
VXP_ABOVE = 100  # the port of a node's VXP door lies so far above that of its /v1
CONSOLE_ABOVE = 200  # and that of its console so far
HASTE = {"retry_first": "1s", "retry_longest": "10s", "offer_again_after": "5s"}


@dataclass(frozen=True, slots=True)
class AgencyDesk:
    """Where one agency of the sandbox reaches its node."""

    agency: AgencyCode
    node: NodeId
    url: str
    key: str
    vxp_url: str
    system_id: str
    secret: str


class Post(Protocol):
    """What carries the links between nodes."""

    def broker(self, node: NodeId) -> Broker:
        """The broker of a node that starts (again)."""


class Axis(Protocol):
    """A running axis, whatever it runs on."""

    directory: Directory
    desks: Mapping[AgencyCode, AgencyDesk]
    consoles: Mapping[NodeId, str]  #: where the console of a node is reached, if it has one

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
    consoles: Mapping[NodeId, str]

    async def cut(self, node: NodeId) -> None:
        """Cut every link of a node."""
        self.post.cut_node(node)

    async def heal(self, node: NodeId) -> None:
        """Mend what `cut` cut."""
        self.post.heal_node(node)


@asynccontextmanager
async def memory_axis(
    directory: Directory,
    *,
    folder: Path | None = None,
    log_to: TextIO,
    visitors: Visitors = NOBODY,
) -> AsyncIterator[MemoryAxis]:
    """
    Bring up every node of `directory`; on leaving, stop them all.

    Nodes keep their data below `folder` (a temporary one unless given).
    """
    async with AsyncExitStack() as stack:
        root = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="truc-")))
        clock = SystemClock()
        post = MemoryPost(clock=clock, rng=random.Random(0))  # noqa: S311 - chooses faults, not secrets
        seals = make_pki(root / "pki", directory, clock.now())
        nodes: dict[NodeId, Node] = {}
        consoles: dict[NodeId, str] = {}
        desks: dict[AgencyCode, AgencyDesk] = {}
        for number, name in enumerate(directory.nodes):
            config = Config.model_validate(
                {
                    "node": {"id": name, "data_dir": str(root / name)},
                    # no rate limit: robots and benches ask more often than any office
                    "http": {"port": visitors.port(0, number), "requests_per_minute": 0},
                    "vxp": {"enabled": True, "port": visitors.port(VXP_ABOVE, number)},
                    "console": {
                        "enabled": visitors.accounts is not None,
                        "port": visitors.port(CONSOLE_ABOVE, number),
                    },
                    # whoever tries webhooks here listens on this very machine
                    "webhook": {"allow_loopback": True},
                    "delivery": HASTE,
                    "seal": seals[name],
                }
            )
            node = await stack.enter_async_context(node_in_process(config, directory, post, clock, log_to))
            nodes[name] = node
            addresses, vault = node.addresses, FileVault(config.secrets_key)
            served, now = directory.served_by(name), clock.now()
            desks.update(
                await desks_of(node.desk.store, vault, served, addresses["v1"], addresses["vxp"], now)
            )
            if visitors.accounts is not None:
                await visitors.accounts.open(node.desk.store, served, now)
                consoles[name] = addresses["console"]
        yield MemoryAxis(directory, desks, nodes, post, consoles)


@asynccontextmanager
async def node_in_process(
    config: Config,
    directory: Directory | None,
    post: Post,
    clock: Clock,
    log_to: TextIO,
    *,
    bell: Doorbell | None = None,
    open_store: Callable[..., SqlStore] = SqlStore,
) -> AsyncIterator[Node]:
    """
    One node on the links of `post`. Without a `directory` the one in its store stays: a node that comes back.

    `bell` and `open_store` are for who watches the node from within.
    """
    name, bell = NodeId(config.node.id), bell or Doorbell()
    config.node.data_dir.mkdir(parents=True, exist_ok=True)
    url = config.store_url({})
    upgrade(url)
    store = open_store(
        url,
        config.node.data_dir / "blobs",
        node=name,
        instance=name,
        on_change=bell.ring,
        retry=config.delivery.retry,
    )
    try:
        if directory is not None:
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


async def desks_of(
    store: Store, vault: Vault, agencies: Iterable[Agency], url: str, vxp_url: str, now: datetime
) -> dict[AgencyCode, AgencyDesk]:
    """A key, and a system id with its secret, for each of these agencies of one node."""
    desks = {}
    for agency in agencies:
        key = await issue_key(store, agency.name, {agency.code}, now)
        wanted = NewSystem(
            system_id=f"vxp.{agency.code}", label=agency.name, agencies=frozenset({agency.code})
        )
        system, secret = await issue_system(store, vault, wanted, now)
        desks[agency.code] = AgencyDesk(agency.code, agency.node, url, key, vxp_url, system.system_id, secret)
    return desks
