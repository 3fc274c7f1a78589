"""
A listening VXP door over an office, systems with their secrets, and a client that signs as the SDK does.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from adapters.vxp.adapter import VxpAdapter
from adapters.vxp.app import VXP_LIMITS, refuse
from gateway.bell import Doorbell
from gateway.config import VxpSection
from gateway.core.model import AgencyCode, NodeId
from gateway.http.listener import listening
from gateway.observe import logger
from gateway.ports import Credential, Office, SystemKey, Workplace
from gateway.v1.transfer import Limits
from gateway.vault import FileVault
from gateway.vxp.functions import (
    AFTER_FILE,
    CONTENT_TYPE,
    EDOC_SERVICE,
    FILE_TYPE,
    FROM,
    FUNCTIONS,
    HASH_FILE,
    JSON_TYPE,
    MESSAGE_TYPE,
    SERVICE_TYPE,
    SYSTEM_ID,
    TIMESTAMP,
)
from gateway.vxp.hashes import unpadded
from gateway.vxp.signature import sign
from tests.kit.clock import ManualClock
from tests.kit.office import COMMUNE, DISTRICT, NODE, NOW, PROVINCE, SmallOffice

PREFIX = "/XrdAdapter/RestService/forward/mobilelgsp"
"""What stands before the functions in the capture; any other would do."""


@dataclass
class SmallKeyring:
    """ports.Keyring in memory."""

    systems: dict[str, list[SystemKey]] = field(default_factory=dict)
    uses: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, system_id: str, secret: str, *agencies: str, **more: Any) -> SystemKey:
        """A further secret of a system, the newest."""
        number = len(self.systems.setdefault(system_id, [])) + 1
        credential = Credential(
            f"{system_id}#{number}",
            system_id,
            frozenset(map(AgencyCode, agencies)),
            system_id=system_id,
            **more,
        )
        key = SystemKey(credential, secret)
        self.systems[system_id].insert(0, key)
        return key

    def lock(self, system_id: str) -> None:
        """Lock all that it has."""
        self.systems[system_id] = [
            replace(key, credential=replace(key.credential, locked=True)) for key in self.systems[system_id]
        ]

    async def system(self, system_id: str) -> list[SystemKey]:
        return self.systems.get(system_id, [])

    def used(self, credential: Credential, address: str, software: str) -> None:
        self.uses.append((credential.key_id, address, software))


@dataclass(frozen=True)
class Heard:
    """An answer: every one of this door is an object of ASCII without nulls, or it is no answer."""

    status: int
    told: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """`ErrorCode`, after a look at `status`."""
        code: str = self.told["ErrorCode"]
        assert (self.told["status"] == "OK") == (code == "0")
        return code


async def heard(response: aiohttp.ClientResponse) -> Heard:
    """Read an answer, and see that a client of any kind can."""
    body = await response.read()
    assert response.content_type == JSON_TYPE
    assert body.isascii()
    told = json.loads(body)
    assert isinstance(told, dict)
    assert "null" not in _kinds(told)
    assert "Traceback" not in body.decode()
    return Heard(response.status, told, response.headers)


def _kinds(value: Any) -> set[str]:
    if value is None:
        return {"null"}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {kind for part in inner for kind in _kinds(part)}


@dataclass
class Door:
    """The door as a system outside sees it, and what a test wants to know of its inside."""

    url: str
    office: Office
    keyring: SmallKeyring
    clock: ManualClock
    stream: io.StringIO
    ways: dict[AgencyCode, Mapping[str, Any]]
    http: aiohttp.ClientSession

    def signed(
        self, system: str, parameters: Mapping[str, str], content_type: str = JSON_TYPE
    ) -> dict[str, str]:
        """The headers of a call of this system."""
        own = {
            **parameters,
            SYSTEM_ID: system,
            TIMESTAMP: "23112026T080000+0213",
            CONTENT_TYPE: content_type,
        }
        return sign(own, self.keyring.systems[system][0].secret)

    async def call(
        self, function: str, system: str, body: bytes | AsyncIterator[bytes] = b"{}", **parameters: str
    ) -> Heard:
        """Call a function as the SDK does; names of parameters with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in parameters.items()}
        headers = self.signed(system, named)
        method = FUNCTIONS[function].verb
        async with self.http.request(
            method, f"{PREFIX}/{function}", headers=headers, data=None if method == "GET" else body
        ) as response:
            return await heard(response)

    async def send(
        self,
        system: str,
        file: bytes,
        *,
        sender: str = "",
        ending: bytes = AFTER_FILE,
        kind: str = "edoc",
        **parameters: str,
    ) -> Heard:
        """Send a file as the SDK does: the digest unpadded, CRLF after it."""
        own = {SERVICE_TYPE: EDOC_SERVICE, MESSAGE_TYPE: kind, FROM: sender}
        own[HASH_FILE] = unpadded(hashlib.sha256(file).digest())
        own.update({name.replace("_", "-"): value for name, value in parameters.items()})
        headers = self.signed(system, {n: v for n, v in own.items() if v}, FILE_TYPE)
        async with self.http.post(f"{PREFIX}/sendEdoc", headers=headers, data=file + ending) as response:
            return await heard(response)

    async def listed(self, system: str, kind: str = "edoc", **parameters: str) -> list[dict[str, Any]]:
        """The lines of getReceivedEdocList."""
        found = await self.call("getReceivedEdocList", system, b"", messagetype=kind, **parameters)
        assert found.code == "0"
        lines: list[dict[str, Any]] = found.told["data"]
        return lines

    @asynccontextmanager
    async def line(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection for raw bytes."""
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=8 * 1024 * 1024)
        try:
            yield reader, writer
        finally:
            writer.close()

    def log(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one event."""
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]


def small_keyring() -> SmallKeyring:
    """A system for each agency of the small office, one for two, a locked one, one that may register."""
    keyring = SmallKeyring()
    keyring.add("sys.province", "c2VjcmV0IHByb3ZpbmNl", PROVINCE)
    keyring.add("sys.district", "c2VjcmV0IGRpc3RyaWN0", DISTRICT)
    keyring.add("sys.commune", "c2VjcmV0IGNvbW11bmU=", COMMUNE)
    keyring.add("sys.both", "c2VjcmV0IGJvdGg=", DISTRICT, COMMUNE)
    keyring.add("sys.locked", "c2VjcmV0IGxvY2tlZA==", DISTRICT)
    keyring.add("sys.registrar", "c2VjcmV0IHJlZ2lzdHJhcg==", PROVINCE, may_register=True)
    keyring.lock("sys.locked")
    return keyring


def workplace(
    office: Office,
    keyring: SmallKeyring,
    ways: Mapping[AgencyCode, Mapping[str, Any]],
    *,
    node: NodeId = NODE,
    clock: ManualClock | None = None,
    stream: io.StringIO | None = None,
) -> Workplace:
    """What the adapters are given: nothing that they do not use is there."""
    clock = clock or ManualClock(NOW)
    return Workplace(
        node=node,
        office=office,
        notices=None,  # type: ignore[arg-type]  # these doors have nothing to do with notices
        keyring=keyring,
        vault=FileVault(Path("nowhere")),
        clock=clock,
        bell=Doorbell(),
        log=logger(node, stream or io.StringIO(), level="debug", now=clock.now, strict=True),
        settings=VxpSection(enabled=True),
        ways=lambda: ways,
        data_dir=Path("nowhere"),
        environ={},
    )


@asynccontextmanager
async def vxp_door(
    office: Office | None = None,
    *,
    keyring: SmallKeyring | None = None,
    node: NodeId = NODE,
    clock: ManualClock | None = None,
    limits: Limits = VXP_LIMITS,
) -> AsyncIterator[Door]:
    """A door over an office (default: the small one), listening."""
    stream, ways = io.StringIO(), dict[AgencyCode, Mapping[str, Any]]()
    keyring, clock = keyring or small_keyring(), clock or ManualClock(NOW)
    office = office or SmallOffice(clock)
    place = workplace(office, keyring, ways, node=node, clock=clock, stream=stream)
    app: web.Application = VxpAdapter(place).roof().app(limits)
    async with (
        listening(app, "127.0.0.1", 0, place.log, refuse=refuse) as url,
        aiohttp.ClientSession(url, max_line_size=1 << 20) as http,
    ):
        yield Door(url, office, keyring, clock, stream, ways, http)
