"""
A listening /v1 over the small office, with keys for everybody, and its log in hand.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from adapters.mailbox import MailboxAdapter
from gateway.core.model import AgencyCode
from gateway.http.app import build_app
from gateway.http.auth import key_hash, new_key
from gateway.http.listener import listening
from gateway.http.surroundings import Health, Surroundings
from gateway.observe import Metrics, logger
from gateway.ports import Credential, Office
from gateway.v1.transfer import Limits
from tests.kit.clock import ManualClock
from tests.kit.office import COMMUNE, DISTRICT, NODE, NOW, PROVINCE, SmallOffice


@dataclass
class Keys:
    """Access keys by the name of their holder, and the look-up that a store offers."""

    by_name: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, Credential] = field(default_factory=dict)

    def add(self, name: str, *agencies: str, locked: bool = False, is_operator: bool = False) -> str:
        key = self.by_name[name] = new_key()
        self.credentials[key_hash(key)] = Credential(
            f"key-of-{name}", name, frozenset(map(AgencyCode, agencies)), locked, is_operator
        )
        return key

    def lock(self, name: str) -> None:
        digest = key_hash(self.by_name[name])
        was = self.credentials[digest]
        self.credentials[digest] = Credential(was.key_id, was.label, was.agencies, locked=True)

    async def credential(self, digest: str) -> Credential | None:
        return self.credentials.get(digest)


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
    more_routes: Iterable[web.RouteDef] = (),
    office: Office | None = None,
) -> AsyncIterator[Api]:
    """province, district and commune have a key each, `both` is one key for two, `locked` is locked."""
    keys = Keys()
    keys.add("province", PROVINCE)
    keys.add("district", DISTRICT)
    keys.add("commune", COMMUNE)
    keys.add("both", PROVINCE, DISTRICT)
    keys.add("locked", PROVINCE, DISTRICT, locked=True)
    keys.add("operator", is_operator=True)
    small, stream, metrics = SmallOffice(), io.StringIO(), Metrics()
    log = logger(NODE, stream, level="debug", strict=True)

    async def health() -> Health:
        return api.health

    surroundings = Surroundings(
        node=NODE,
        office=office or small,
        credential=keys.credential,
        health=health,
        clock=ManualClock(NOW),
        log=log,
        metrics=metrics,
        limits=limits or Limits(),
    )
    app = build_app(surroundings, [*MailboxAdapter(office or small).routes(), *more_routes])
    async with listening(app, "127.0.0.1", 0, log) as url:
        api = Api(url, small, keys, metrics, stream, Health(store=True), app)
        yield api
