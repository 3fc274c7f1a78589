"""
A listening /v1 over the small office, with keys for everybody, and its log in hand.
"""

from __future__ import annotations

import asyncio
import io
import json
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import web

from adapters.mailbox import MailboxAdapter
from gateway.config import ReportsSection
from gateway.core.calendar import Calendar
from gateway.core.directory import Directory
from gateway.core.model import AgencyCode
from gateway.http.api import operations_of
from gateway.http.app import build_app
from gateway.http.listener import listening
from gateway.http.surroundings import Health, Surroundings
from gateway.http.upload_files import UploadFolder
from gateway.key_log import KeyLog
from gateway.keys import KeyDesk, key_hash, new_key
from gateway.observe import Metrics, logger
from gateway.ports import Credential, Office
from gateway.reports.desk import ReportDesk
from gateway.v1.operations import Operation
from gateway.v1.origin import PROXIES, Networks
from gateway.v1.transfer import Limits
from tests.kit.board import SmallBoard, small_board
from tests.kit.clock import ManualClock
from tests.kit.office import COMMUNE, DISTRICT, NODE, NOW, PROVINCE, SmallOffice, small_directory


@dataclass
class Keys:
    """Access keys by the name of their holder, the look-up that a store offers, and ports.KeyBook."""

    by_name: dict[str, str] = field(default_factory=dict)
    by_hash: dict[str, Credential] = field(default_factory=dict)
    agreed: dict[str, dict[AgencyCode, Mapping[str, Any]]] = field(default_factory=dict)

    def add(self, name: str, *agencies: str, locked: bool = False, is_operator: bool = False) -> str:
        key = self.by_name[name] = new_key()
        self.by_hash[key_hash(key)] = Credential(
            f"key-of-{name}", name, frozenset(map(AgencyCode, agencies)), locked, is_operator
        )
        return key

    def lock(self, name: str) -> None:
        digest = key_hash(self.by_name[name])
        self.by_hash[digest] = replace(self.by_hash[digest], locked=True)

    def bind(self, name: str, certificate: str) -> None:
        """From now on the key works only with this client certificate."""
        digest = key_hash(self.by_name[name])
        self.by_hash[digest] = replace(self.by_hash[digest], certificate=certificate)

    async def credential(self, digest: str) -> Credential | None:
        return self.by_hash.get(digest)

    async def directory(self) -> Directory:
        return small_directory()

    async def add_credential(self, credential: Credential, key_hash: str, now: datetime) -> None:
        self.by_hash[key_hash] = credential

    async def change_credential(self, credential: Credential, now: datetime) -> None:
        for digest, known in self.by_hash.items():
            if known.key_id == credential.key_id:
                self.by_hash[digest] = credential

    async def credentials(self) -> list[Credential]:
        return sorted(self.by_hash.values(), key=lambda credential: credential.label)

    async def ways(self) -> dict[str, dict[AgencyCode, Mapping[str, Any]]]:
        return self.agreed

    async def set_way(
        self, agency: AgencyCode, way: str, settings: Mapping[str, Any] | None, now: datetime
    ) -> None:
        self.agreed.setdefault(way, {}).pop(agency, None)
        if settings is not None:
            self.agreed[way][agency] = settings


@dataclass
class Api:
    """A node's API as a test sees it."""

    url: str
    office: SmallOffice
    keys: Keys
    metrics: Metrics
    stream: io.StringIO
    health: Health
    app: web.Application
    operations: Sequence[Operation]
    board: SmallBoard
    clock: ManualClock
    uploads: Path
    used: KeyLog

    def routes(self) -> set[tuple[str, str]]:
        """Every (method, pattern) that the application serves."""
        return {
            (r.method, r.resource.canonical)
            for r in self.app.router.routes()
            if r.resource and r.method != "HEAD"
        }

    def key(self, name: str) -> str:
        return self.keys.by_name[name]

    def bearer(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key(name)}"}

    @asynccontextmanager
    async def line(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection for raw bytes."""
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            yield reader, writer
        finally:
            writer.close()

    def log(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]


@asynccontextmanager
async def listening_api(
    limits: Limits | None = None,
    *,
    more: Iterable[Operation] = (),
    office: Office | None = None,
    tls: ssl.SSLContext | None = None,
    proxies: Networks = (),
    reporting: ReportsSection | None = None,
) -> AsyncIterator[Api]:
    """province, district and commune have a key each, `both` is one key for two, `locked` is locked."""
    keys = Keys()
    keys.add("province", PROVINCE)
    keys.add("district", DISTRICT)
    keys.add("commune", COMMUNE)
    keys.add("both", PROVINCE, DISTRICT)
    keys.add("locked", PROVINCE, DISTRICT, locked=True)
    keys.add("operator", is_operator=True)
    clock = ManualClock(NOW)
    small, heard, metrics = SmallOffice(clock), io.StringIO(), Metrics()
    log = logger(NODE, heard, level="debug", strict=True)

    async def health() -> Health:
        return api.health

    async with AsyncExitStack() as stack:
        board = await stack.enter_async_context(small_board(clock=clock))
        uploads = Path(stack.enter_context(TemporaryDirectory()))
        surroundings = Surroundings(
            node=NODE,
            office=office or small,
            notices=board.board,
            uploads=UploadFolder(uploads, clock),
            keys=KeyDesk(NODE, keys, board.vault, clock),
            credential=keys.credential,
            health=health,
            clock=clock,
            log=log,
            metrics=metrics,
            limits=limits or Limits(),
            reports=ReportDesk(
                NODE, board.store, small_directory, clock, Calendar(), reporting or ReportsSection()
            ),
        )
        mailbox = MailboxAdapter(replace(board.workplace(None), office=office or small))
        of_adapters = [*mailbox.operations(), *more]
        app = build_app(surroundings, of_adapters)
        app[PROXIES] = proxies
        operations = operations_of(surroundings, of_adapters)
        url = await stack.enter_async_context(listening(app, "127.0.0.1", 0, log, tls))
        api = Api(
            *(url, small, keys, metrics, heard, Health(store=True), app, operations, board, clock, uploads),
            surroundings.used,
        )
        yield api
