"""
One node of the axis, wired: read from top to bottom.

Everything a node needs is made here and handed in; nothing is looked up behind its back. So one process can
hold many nodes, each with its own store, clock, ledgers and broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

from gateway import __version__
from gateway.bell import Doorbell
from gateway.clerk import Clerk
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.core import catalogue
from gateway.core.calendar import Calendar, today
from gateway.core.directory import Directory
from gateway.core.errors import Misconfigured, TrucError, Unavailable, find
from gateway.core.model import AgencyCode, Lane, NodeId
from gateway.crash import Point, no_crash
from gateway.doors.arrival import Arrival
from gateway.doors.control import Control
from gateway.doors.desk import Desk
from gateway.doors.draft import Rules
from gateway.doors.editions import Editions
from gateway.doors.handover import Handover
from gateway.doors.intake import Intake
from gateway.doors.parking import Parking
from gateway.doors.relay import Relay
from gateway.doors.upkeep import Upkeep
from gateway.http.app import build_app
from gateway.http.console.app import build_console, refuse_as_text
from gateway.http.console.around import Around, Remembered
from gateway.http.listener import listening, refuse_as_problem
from gateway.http.surroundings import Health, Surroundings
from gateway.http.tls import ServerTls, server_tls
from gateway.http.upload_files import UploadFolder
from gateway.ids import LetterIds
from gateway.key_log import KeyLog
from gateway.keyring import StoreKeyring
from gateway.keys import KeyDesk
from gateway.notices import Board
from gateway.observe import Log, Metrics
from gateway.office import PostOffice
from gateway.ports import (
    OFFICE,
    AdapterFactory,
    AgencyAdapter,
    Broker,
    Clock,
    Counter,
    Deliverer,
    Examiner,
    Sealer,
    Store,
    Terms,
    Workplace,
)
from gateway.reports.room import Tools, counting_room
from gateway.seen_seals import SeenSeals
from gateway.v1.origin import PROXIES
from gateway.v1.transfer import Limits as HttpLimits
from gateway.vault import FileVault
from gateway.watchmen import watch_loops

BEAT_SECONDS = 10.0  # six beats before a claim counts as orphaned (60 s)
DIRECTORY_SECONDS = 2.0
LOOP_PAUSE = 1.0  # a loop that failed starts again after this, so that a fault can't spin


@dataclass(slots=True)
class Node:
    """A running node."""

    desk: Desk
    office: PostOffice
    broker: Broker
    addresses: Mapping[str, str]  #: of its listeners: `v1`, and those of adapters
    adapters: Mapping[str, AgencyAdapter]
    ways: Callable[[str], Mapping[AgencyCode, Mapping[str, Any]]]  #: what is set for agencies, by adapter

    @property
    def name(self) -> NodeId:
        return self.desk.node

    @property
    def address(self) -> str:
        """Where /v1 is reached."""
        return self.addresses["v1"]


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a node is given to work with."""

    store: Store
    broker: Broker
    bell: Doorbell
    sealer: Sealer
    examiner: Examiner
    log: Log
    metrics: Metrics
    clock: Clock = field(default_factory=SystemClock)
    point: Point = no_crash
    environ: Mapping[str, str] = field(default_factory=dict)  # where secrets lie that settings name as env:…


@asynccontextmanager
async def running_node(config: Config, given: Equipment) -> AsyncIterator[Node]:
    """
    A node at work: its doors open, its API listening; on leaving, what is begun is finished or put back.

    Raises: Misconfigured if the directory does not know this node.
    """
    store, broker, log = given.store, given.broker, given.log
    directory = await store.directory()
    name = NodeId(config.node.id)
    if directory.node(name) is None:
        detail = f"nút {name} không có trong danh mục · the directory has no node {name}"
        raise Misconfigured(find(catalogue.DIRECTORY_BROKEN, detail=detail))
    book = _Book(directory, await store.ways())
    desk = Desk(
        name,
        store,
        book.current,
        given.clock,
        given.bell,
        log,
        given.metrics,
        terms=book.terms,
        adopt=book.replace,
        take_back=config.delivery.take_back,
        release=__version__,
        point=given.point,
    )
    limits = config.limits.xml()
    calendar = Calendar(config.calendar.extra_holidays, config.calendar.make_up_days, config.calendar.hours())

    # the four doors
    delivery = config.delivery
    rules = Rules(limits, config.limits.archives(), calendar, delivery.ttl_working_days, delivery.successor)
    intake = Intake(desk, rules, LetterIds(), given.sealer, given.examiner)
    editions = Editions(desk, broker, given.examiner)
    arrival = Arrival(desk, broker, Control(desk, editions), limits, given.examiner)
    relay = Relay(desk, broker, delivery.offer_again_after)
    clerk = Clerk(desk, intake, limits)
    deliverers: dict[str, Deliverer] = {}
    handover = Handover(
        desk,
        calendar,
        deliverers,
        SeenSeals(given.examiner, store, given.clock),
        pick_up_days=delivery.pick_up_working_days,
        ttl_days=delivery.ttl_working_days,
        one_by_one=clerk.one_by_one,
    )
    office = PostOffice(desk, intake, handover, given.examiner, calendar)
    vault = FileVault(config.secrets_key)
    key_log = KeyLog()
    keyring = StoreKeyring(store, vault, desk.clock, key_log)
    notices = Board(store, desk.clock, desk.bell, vault, config.webhook.reach(), listed=handover.listed)

    def workplace(adapter: str) -> Workplace:
        return Workplace(
            node=name,
            office=office,
            notices=notices,
            keyring=keyring,
            vault=vault,
            clock=desk.clock,
            bell=desk.bell,
            log=log,
            settings=config.section(adapter),
            ways=lambda: book.ways(adapter),
            data_dir=config.node.data_dir,
            environ=given.environ,
            url=config.node.url,
        )

    adapters = find_adapters(workplace)
    deliverers.update({name: adapter.deliverer() for name, adapter in adapters.items()})

    # the loops
    loops: dict[str, Callable[[], Awaitable[None]]] = {
        "handover": handover.run,
        "handover.time": handover.keep_time,
        "relay.time": relay.keep_time,
        "relay.links": relay.watch_links,
        "parking": Parking(desk, broker).run,
        "upkeep": Upkeep(desk).run,
        "clerk": clerk.run,
        "beat": lambda: _beat(desk, broker),
        "heard": lambda: desk.heard.keep(store.note_heard, desk.clock),
        "keys": lambda: key_log.keep(store.note_key_uses, desk.clock),
        "directory": lambda: _keep_current(book, desk),
        "editions": editions.run,
    }
    for neighbour in directory.neighbours(name):
        loops[f"control:{neighbour}"] = _bound(relay.run_control, neighbour)
        for lane in Lane:
            loops[f"relay:{neighbour}:{lane.value}"] = _bound(relay.run, neighbour, lane)
            loops[f"arrival:{neighbour}:{lane.value}"] = _bound(arrival.run, neighbour, lane)
    loops |= watch_loops(config, desk, broker, given.environ)
    for adapter in adapters.values():
        for number, poller in enumerate(adapter.pollers()):
            loops[f"{adapter.name}:{number}"] = poller

    # who counts, and reports
    tools = Tools(store, book.current, calendar, desk.clock, given.environ, log, given.metrics)
    counting = counting_room(config, tools)
    loops |= counting.loops

    # the counter towards the agencies' programs
    draining = asyncio.Event()
    around = Surroundings(
        node=name,
        office=office,
        notices=notices,
        uploads=UploadFolder(config.node.data_dir / "uploads", desk.clock),
        keys=KeyDesk(name, store, vault, desk.clock),
        credential=store.credential,
        health=lambda: _health(store, broker, draining),
        clock=desk.clock,
        log=log,
        metrics=given.metrics,
        limits=HttpLimits(
            document_bytes=limits.document_bytes, requests_per_minute=config.http.requests_per_minute
        ),
        reports=counting.desk,
        used=key_log,
    )
    app = build_app(around, [o for adapter in adapters.values() for o in adapter.operations()])
    counters = [Counter(name="v1", app=app, section=config.http, refuse=refuse_as_problem)]
    counters += [counter for adapter in adapters.values() for counter in adapter.counters()]
    if config.console.enabled:
        console = Around(
            node=name,
            settings=config.console,
            oidc=config.oidc,
            store=store,
            office=office,
            vault=vault,
            health=around.health,
            clock=desk.clock,
            log=log,
            metrics=given.metrics,
            remembered=Remembered(desk.clock),
            reports=counting.desk,
            filing=counting.filing,
            mailing=counting.mailing,
            uploads=around.uploads,
            calendar=calendar,
            document_bytes=around.limits.document_bytes,
            probe_link=broker.probe,
            adapters=adapters,
            alerts=config.alerts,
            environ=given.environ,
        )
        loops["console"] = console.sweep
        loops["console.links"] = console.watch_links
        counters.append(
            Counter(name="console", app=build_console(console), section=config.console, refuse=refuse_as_text)
        )
    certificates = [server_tls(counter.section, given.environ, log) for counter in counters]
    for number, tls in enumerate(certificates):
        if tls is not None:
            loops[f"tls:{number}"] = _bound(tls.keep_current, desk.clock)
    async with (
        _working(desk, loops),
        _open(counters, certificates, log) as addresses,
    ):
        told = ", ".join(f"{at} {address}" for at, address in addresses.items())
        log.info("node.started", version=__version__, address=told, directory_version=directory.version)
        yield Node(desk, office, broker, addresses, adapters, book.ways)
        draining.set()
        log.info("node.stopping")
    log.info("node.stopped")


@asynccontextmanager
async def _open(
    counters: Sequence[Counter], certificates: Sequence[ServerTls | None], log: Log
) -> AsyncIterator[dict[str, str]]:
    """Listen at every counter until the block ends; gives their addresses by name."""
    async with AsyncExitStack() as opened:
        addresses = {}
        for counter, tls in zip(counters, certificates, strict=True):
            at = counter.section
            counter.app[PROXIES] = at.trusted_proxies
            context = None if tls is None else tls.context
            socket = listening(counter.app, at.host, at.port, log, context, counter.refuse)
            addresses[counter.name] = await opened.enter_async_context(socket)
        yield addresses


def find_adapters(workplace: Callable[[str], Workplace]) -> dict[str, AgencyAdapter]:
    """Every installed way of reaching an agency, by the name of its entry point.

    Raises: Misconfigured for a package that cannot be loaded: a node must not quietly lose a way.
    """
    found: dict[str, AgencyAdapter] = {}
    for point in entry_points(group="truc.adapters"):
        try:
            factory: AdapterFactory = point.load()
        except (ImportError, AttributeError) as error:
            detail = f"truc.adapters {point.name} = {point.value}: {error}"
            raise Misconfigured(find(catalogue.PROGRAM_FAILED, program=point.name, detail=detail)) from error
        found[point.name] = factory(workplace(point.name))
    return found


Ways = Mapping[str, Mapping[AgencyCode, Mapping[str, Any]]]


class _Book:
    """What is in force: the directory, and what is set for agencies. Asked for each time it is needed, so
    that a new row counts without a restart."""

    def __init__(self, directory: Directory, ways: Ways) -> None:
        self._directory, self._ways = directory, ways
        self._terms: dict[AgencyCode, Terms] = {}

    def ways(self, adapter: str) -> Mapping[AgencyCode, Mapping[str, Any]]:
        """What an adapter shall know about agencies."""
        return self._ways.get(adapter, {})

    def set_ways(self, ways: Ways) -> None:
        """Put newer ones in force."""
        if ways != self._ways:
            self._ways, self._terms = ways, {}

    def terms(self, agency: AgencyCode) -> Terms:
        """What was agreed with an agency."""
        if agency not in self._terms:
            self._terms[agency] = Terms.of(self.ways(OFFICE).get(agency, {}))
        return self._terms[agency]

    def current(self) -> Directory:
        """The directory as of now."""
        return self._directory

    def replace(self, directory: Directory) -> bool:
        """Put a newer one in force; whether it is another."""
        is_other = directory is not self._directory
        self._directory = directory
        return is_other


async def _keep_current(book: _Book, desk: Desk) -> None:
    """Agencies are rows: what an operator adds or locks beside the running node counts within seconds."""
    while True:
        await desk.clock.sleep(DIRECTORY_SECONDS)
        book.set_ways(await desk.store.ways())
        now = desk.clock.now()
        for prepared in await desk.store.begin_day(today(now), now):
            if prepared.refused:
                desk.log.error("directory.refused", number=prepared.number, reason=prepared.refused)
            elif prepared.signer:
                desk.log.info("edition.applied", signer=prepared.signer, edition=prepared.edition)
        directory = await desk.store.directory()
        if book.replace(directory):
            desk.log.info("directory.changed", directory_version=directory.version)


async def _health(store: Store, broker: Broker, draining: asyncio.Event) -> Health:
    """What /v1/ready says."""
    try:
        await store.credential("")  # the cheapest question that the store must answer
    except Unavailable:
        return Health(store=False, links=broker.neighbours_up(), draining=draining.is_set())
    return Health(store=True, links=broker.neighbours_up(), draining=draining.is_set())


@asynccontextmanager
async def _working(desk: Desk, loops: Mapping[str, Callable[[], Awaitable[None]]]) -> AsyncIterator[None]:
    """Run every loop until the block ends; one that fails is started again and stops no other."""
    tasks = [asyncio.create_task(_forever(desk, name, loop), name=name) for name, loop in loops.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)


async def _forever(desk: Desk, name: str, loop: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await loop()
        except TrucError as failed:
            desk.log.warning("loop.failed", loop=name, code=failed.code)
        except Exception as fault:
            desk.log.exception("internal.error", loop=name, error=type(fault).__name__)
            desk.metrics.fault(name.partition(":")[0])
        await desk.clock.sleep(LOOP_PAUSE)


async def _beat(desk: Desk, broker: Broker) -> None:
    """Show that this instance lives, and bring the gauges up to date."""
    while True:
        await desk.store.beat(desk.clock.now())
        standing = await desk.store.standing()
        desk.metrics.standing({place: each.number for place, each in standing.items()})
        desk.metrics.links(broker.neighbours_up())
        await desk.clock.sleep(BEAT_SECONDS)


def _bound(loop: Callable[..., Awaitable[None]], *place: Any) -> Callable[[], Awaitable[None]]:
    return lambda: loop(*place)
