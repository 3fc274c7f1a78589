"""
One node as a process: `truc serve -c node.toml`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Mapping

from gateway.bell import Doorbell
from gateway.broker.rabbitmq import Address, RabbitBroker
from gateway.broker.topology import Link
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.core import catalogue
from gateway.core.directory import Directory, check, load_toml
from gateway.core.errors import Misconfigured, find
from gateway.core.model import NodeId
from gateway.crash import crash_points, no_crash
from gateway.node import Equipment, running_node
from gateway.observe import Metrics, logger
from gateway.ports import Clock, Store
from gateway.seals import NodeSealer, SealCheck, seal_of
from gateway.store.migrate import check as check_schema
from gateway.store.sql import SqlStore


async def serve(config: Config, environ: Mapping[str, str] = os.environ) -> None:
    """
    Run a node until SIGTERM or SIGINT; then finish what is begun (within 30 s) and leave.

    Raises: Misconfigured if something must be set right before the node can run.
    """
    clock, bell = SystemClock(), Doorbell()
    name = NodeId(config.node.id)
    log = logger(name, sys.stdout, level=config.log.level, form=config.log.format, now=clock.now)
    point = crash_points(environ["TRUC_CRASH"]) if environ.get("TRUC_CRASH") else no_crash
    key, trust = seal_of(config, environ)
    url = config.store_url(environ)
    check_schema(url)
    store = SqlStore(
        url,
        config.node.data_dir / "blobs",
        node=name,
        instance=name,
        on_change=bell.ring,
        point=point,
        retry=config.delivery.retry,
    )
    try:
        directory = await _directory(config, store, clock)
        broker = RabbitBroker(
            name,
            _addresses(config, directory, environ),
            clock=clock,
            log=log,
            heartbeat=config.broker.heartbeat,
            confirm_timeout=config.broker.confirm_timeout,
            on_change=bell.ring,
        )
        broker.start()
        try:
            given = Equipment(
                store,
                broker,
                bell,
                NodeSealer(key),
                SealCheck(store.blobs, trust.current),
                log,
                Metrics(),
                clock,
                point,
                environ,
            )
            async with running_node(config, given):
                _spare_the_collector()
                await _stopped()
        finally:
            await broker.close()
    finally:
        await store.close()


def _spare_the_collector() -> None:
    """
    Take what a node holds for life out of the sight of the garbage collector, and let it come less often.

    Modules, statements and the directory are half a million objects, which every full collection would walk
    through again: a tenth of all CPU under load.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def _stopped() -> None:
    """Return when the process is asked to stop."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()


async def _directory(config: Config, store: Store, clock: Clock) -> Directory:
    """The directory of the store; the one of the configuration file if the store has none yet."""
    directory = await store.directory()
    if not directory.nodes:
        directory = directory_file(config)
        await store.set_directory(directory, clock.now())
    return directory


def directory_file(config: Config) -> Directory:
    """The directory that the configuration names, checked. Raises: Misconfigured."""
    path = config.node.directory
    if path is None:
        detail = "chưa đặt tệp danh mục · no directory file is set"
        raise Misconfigured(find(catalogue.CONFIG_BAD_VALUE, key="node.directory", detail=detail))
    try:
        directory = load_toml(path.read_bytes())
    except OSError as unreadable:
        detail = unreadable.strerror or type(unreadable).__name__
        raise Misconfigured(find(catalogue.CONFIG_NO_FILE, path=path, detail=detail)) from unreadable
    if findings := check(directory):
        raise Misconfigured(*findings)
    return directory


def _addresses(config: Config, directory: Directory, environ: Mapping[str, str]) -> list[Address]:
    """Where each of this node's links lies. Raises: Misconfigured for a neighbour without one."""
    name = NodeId(config.node.id)
    row = directory.node(name)
    addresses = []
    for neighbour in directory.neighbours(name):
        is_parent = row is not None and row.parent == neighbour
        link = Link(neighbour, name) if is_parent else Link(name, neighbour)
        addresses.append(Address(link, config.link_url(neighbour, environ)))
    return addresses
