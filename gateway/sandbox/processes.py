"""
The same axis as in one process, on a private RabbitMQ with every node its own `truc serve` process.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from gateway.broker.provision import definitions, new_password
from gateway.broker.topology import plan, user, vhost
from gateway.client import TrucClient
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.core.catalogue import PROGRAM_FAILED
from gateway.core.directory import Directory
from gateway.core.errors import Misconfigured, TrucError, find
from gateway.core.model import AgencyCode, NodeId
from gateway.sandbox.axis import CONSOLE_ABOVE, HASTE, VXP_ABOVE, AgencyDesk, desks_of
from gateway.sandbox.consoles import NOBODY, DemoAccounts, Visitors
from gateway.sandbox.pki import make_pki
from gateway.sandbox.rabbit import PrivateRabbit, free_ports, private_rabbit
from gateway.store.migrate import upgrade
from gateway.store.sql import SqlStore
from gateway.vault import FileVault
from signing.devpki import KeyKind

START_SECONDS = 60.0  # nine interpreters on two cores start in about twenty
STOP_SECONDS = 30.0
LOOK_SECONDS = 0.2
SERVE = (sys.executable, "-m", "gateway.cli", "serve", "-c")

Line = Callable[[NodeId, NodeId, int], Awaitable[int]]
"""The port at which a node reaches the broker (that has the port named last) of its link to a neighbour."""


@dataclass(slots=True)
class NodeProcess:
    """One node: its settings, and its process while it runs."""

    name: NodeId
    config: Path
    url: str
    log_to: TextIO
    program: Sequence[str] = SERVE
    process: asyncio.subprocess.Process | None = None

    async def start(self, extra: Mapping[str, str] | None = None) -> None:
        """Start the process; `extra` is added to its environment (crash points)."""
        self.process = await asyncio.create_subprocess_exec(
            *self.program,
            str(self.config),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self.log_to,
            stderr=self.log_to,
            env={**os.environ, **(extra or {})},
        )

    def kill(self) -> None:
        """End it at once, with SIGKILL."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to stop and wait; kill it if it does not."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    async def ready(self) -> None:
        """Return when its API answers. Raises: Misconfigured if it ends or stays silent."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + START_SECONDS
        async with TrucClient(self.url) as client:
            while loop.time() < give_up:
                if self.process is None or self.process.returncode is not None:
                    break
                try:
                    await client.health()
                except TrucError:
                    await asyncio.sleep(LOOK_SECONDS)
                else:
                    return
        detail = "không trả lời · it does not answer"
        raise Misconfigured(find(PROGRAM_FAILED, program=f"truc serve ({self.name})", detail=detail))


@dataclass(slots=True)
class ProcessAxis:
    """Every node a process of its own, on one private RabbitMQ with one virtual host per parent."""

    directory: Directory
    desks: Mapping[AgencyCode, AgencyDesk]
    nodes: Mapping[NodeId, NodeProcess]
    rabbit: PrivateRabbit
    consoles: Mapping[NodeId, str]

    async def cut(self, node: NodeId) -> None:
        """Cut every link of a node: the broker closes its connections and lets it do nothing."""
        await asyncio.to_thread(self._permit, node, are_cut=True)

    async def heal(self, node: NodeId) -> None:
        """Mend what `cut` cut."""
        await asyncio.to_thread(self._permit, node, are_cut=False)

    def _permit(self, node: NodeId, *, are_cut: bool) -> None:
        """The link to the parent is the node's own user, those to children the users of its virtual host."""
        for owner in filter(None, (self.directory.nodes[node].parent, node)):
            wanted = plan(NodeId(owner), self.directory.children(NodeId(owner)))
            for name, allowed in wanted.permissions.items():
                if owner != node and name != user(node):
                    continue
                rules = ("^$",) * 3 if are_cut else (allowed.configure, allowed.write, allowed.read)
                self.rabbit.control("set_permissions", "-p", wanted.vhost, name, *rules)
        if are_cut:
            self.rabbit.control("close_all_user_connections", user(node), "cut")
            if self.directory.children(node):
                self.rabbit.control("close_all_connections", "-p", vhost(node), "cut")


@asynccontextmanager
async def process_axis(
    directory: Directory,
    *,
    folder: Path | None = None,
    log_to: TextIO,
    program: Sequence[str] = SERVE,
    through: Line | None = None,
    seal_kind: KeyKind = KeyKind.RSA_2048,
    delivery: Mapping[str, str] = HASTE,
    visitors: Visitors = NOBODY,
) -> AsyncIterator[ProcessAxis]:
    """
    Start a private RabbitMQ and every node of `directory`; on leaving, stop and remove all of it.

    `program` is what runs a node, given its settings file. `through` says where its links enter the network,
    if a bad line is to be laid between. `delivery` is that section of every node's settings.

    Raises: Misconfigured if RabbitMQ is not installed or a node does not come up.
    """
    async with AsyncExitStack() as stack:
        rabbit = await stack.enter_async_context(private_rabbit())
        root = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="truc-")))
        passwords = {user(name): new_password() for name in directory.nodes}
        plans = [plan(n, directory.children(n)) for n in directory.nodes if directory.children(n)]
        await asyncio.to_thread(rabbit.import_definitions, definitions(plans, passwords))
        count = len(directory.nodes)
        ports = free_ports(3 * count)
        if visitors.first_port:
            above = (0, VXP_ABOVE, CONSOLE_ABOVE)
            ports = [visitors.port(more, number) for more in above for number in range(count)]
        seals = make_pki(root / "pki", directory, SystemClock().now(), seal_kind)
        nodes: dict[NodeId, NodeProcess] = {}
        desks: dict[AgencyCode, AgencyDesk] = {}
        consoles: dict[NodeId, str] = {}
        places = zip(directory.nodes, ports[:count], ports[count:-count], ports[-count:], strict=True)
        for name, port, vxp_port, console_port in places:
            links = {
                neighbour: await through(name, neighbour, rabbit.port) if through else rabbit.port
                for neighbour in directory.neighbours(name)
            }
            secret = _kept(passwords[user(name)], root / name)
            settings = {
                "node": {"id": name, "data_dir": str(root / name)},
                "http": {"port": port, "requests_per_minute": 0},  # robots and benches ask often
                "vxp": {"enabled": True, "port": vxp_port},
                "console": {"enabled": visitors.accounts is not None, "port": console_port},
                "webhook": {"allow_loopback": True},
                "delivery": delivery,
                "seal": seals[name],
                "broker": {"links": _links(directory, name, rabbit, secret, links)},
            }
            written, url = _written(settings, root / name), f"http://127.0.0.1:{port}"
            node = NodeProcess(name, written, url, log_to, program)
            desks.update(await _prepared(node, settings, directory, visitors.accounts))
            if visitors.accounts is not None:
                consoles[name] = f"http://127.0.0.1:{console_port}"
            await node.start()
            stack.push_async_callback(node.stop)
            nodes[name] = node
        await asyncio.gather(*(node.ready() for node in nodes.values()))
        yield ProcessAxis(directory, desks, nodes, rabbit, consoles)


def _kept(password: str, folder: Path) -> Path:
    """The file that holds a node's password for the broker."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "broker.password"
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="ascii")
    return secret


def _links(
    directory: Directory, name: NodeId, rabbit: PrivateRabbit, secret: Path, ports: Mapping[NodeId, int]
) -> dict[str, Any]:
    """The links of a node as its settings name them, each with the port at which it is reached."""
    links: dict[str, Any] = {}
    for neighbour, port in ports.items():
        owner = neighbour if directory.nodes[name].parent == neighbour else name
        url = rabbit.address(vhost(owner), user(name), port=port)
        links[neighbour] = {"url": url, "password": f"file:{secret}"}
    return links


def _written(settings: Mapping[str, Any], folder: Path) -> Path:
    """The settings as the TOML file of a node."""
    path = folder / "node.toml"
    lines: list[str] = []
    for section in ("node", "http", "vxp", "console", "webhook", "delivery", "seal"):
        lines += [f"[{section}]", *(f"{k} = {json.dumps(v)}" for k, v in settings[section].items()), ""]
    for neighbour, link in settings["broker"]["links"].items():
        lines += [f'[broker.links."{neighbour}"]', *(f"{k} = {json.dumps(v)}" for k, v in link.items()), ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


async def _prepared(
    node: NodeProcess, settings: Mapping[str, Any], directory: Directory, accounts: DemoAccounts | None
) -> dict[AgencyCode, AgencyDesk]:
    """The node's database with its directory, a key for each of its agencies, and its accounts."""
    config, clock = Config.model_validate(settings), SystemClock()
    url = config.store_url({})
    await asyncio.to_thread(upgrade, url)
    store = SqlStore(url, config.node.data_dir / "blobs", node=node.name, instance="preparation")
    try:
        await store.set_directory(directory, clock.now())
        vault, vxp_url = FileVault(config.secrets_key), f"http://127.0.0.1:{config.vxp.port}"
        served = directory.served_by(node.name)
        if accounts is not None:
            await accounts.open(store, served, clock.now())
        return await desks_of(store, vault, served, node.url, vxp_url, clock.now())
    finally:
        await store.close()
