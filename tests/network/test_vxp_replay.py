"""
Every request that the real Java SDK was seen to make, byte for byte, against a running node.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.core.directory import load_toml
from gateway.core.model import AgencyCode
from gateway.keys import NewSystem, issue_system
from gateway.sandbox.axis import memory_axis
from gateway.vault import FileVault
from gateway.vxp.functions import FUNCTIONS
from tests.kit.capture import SECRET, SYSTEM_ID, Captured, captured

DIRECTORY = b"""
version = 1
[[nodes]]
id = "G22"
organ_code = "000.00.00.G22"
[[agencies]]
code = "000.00.00.G22"
name = "B\xe1\xbb\x99"
node = "G22"
[[agencies]]
code = "00.22.W00"
name = "H"
node = "G22"
[[agencies]]
code = "99.99.99.G21"
name = "X"
node = "G22"
parent = "000.00.00.G22"
[[agencies]]
code = "000.00.00.H41"
name = "Y"
node = "G22"
"""
OWN = frozenset(map(AgencyCode, ("000.00.00.G22", "00.22.W00")))

OK = ("OK", "0")
EXPECTED: dict[str, tuple[int, tuple[str, str]]] = {
    **dict.fromkeys(FUNCTIONS, (200, OK)),
    # the capture sends an edXML with nothing in it, and asks for letters that were never here
    "sendEdoc": (200, ("FAIL", "22")),
    "getEdoc": (200, ("FAIL", "10")),
    "updateStatus": (200, ("FAIL", "10")),
    "downloadEdoc": (404, ("FAIL", "10")),
}


@dataclass(frozen=True)
class Answer:
    """An answer as it came over the line."""

    status: int
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        told = json.loads(self.body)
        assert isinstance(told, dict)
        return told


class Sdk:
    """One connection that is kept, as the SDK keeps its."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, request: Captured) -> Answer:
        """Send a captured request: its body only once it was invited, where it waits for that."""
        lines = [
            f"{request.method} {request.path} HTTP/1.1",
            *(f"{n}: {v}" for n, v in request.headers),
            "",
            "",
        ]
        self._writer.write("\r\n".join(lines).encode())
        if request.header("Expect"):
            assert (await self._reader.readline()).startswith(b"HTTP/1.1 100")
            assert await self._reader.readline() == b"\r\n"
        self._writer.write(request.body)
        status = int((await self._reader.readline()).split()[1])
        fields = {}
        while line := (await self._reader.readline()).decode().strip():
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        assert fields["content-type"] == "application/json"
        return Answer(status, await self._reader.readexactly(int(fields["content-length"])))


@asynccontextmanager
async def sdk(folder: Path) -> AsyncIterator[Sdk]:
    """The SDK of the capture before a node that knows its system."""
    async with memory_axis(load_toml(DIRECTORY), folder=folder, log_to=io.StringIO()) as axis:
        (node,) = axis.nodes.values()
        store, clock = node.desk.store, node.desk.clock
        desk = axis.desks[AgencyCode("000.00.00.G22")]
        wanted = NewSystem(system_id=SYSTEM_ID, label="SDK", agencies=OWN, may_register=True, secret=SECRET)
        await issue_system(store, FileVault(folder / "G22" / "secrets.key"), wanted, clock.now())
        host, _, port = desk.vxp_url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            yield Sdk(reader, writer)
        finally:
            writer.close()


async def test_every_request_of_the_capture_is_accepted_and_answered(tmp_path: Path) -> None:
    requests = captured()
    async with sdk(tmp_path) as client:
        answers = [await client.ask(request) for request in requests]
    assert len(answers) == 14
    for request, answer in zip(requests, answers, strict=True):
        function, told = FUNCTIONS[request.function], answer.told
        assert answer.body.isascii()
        assert b"null" not in answer.body
        assert (answer.status, (told["status"], told["ErrorCode"])) == EXPECTED[request.function], told
        assert not function.key or function.key in told
    by_name = {request.function: answer.told for request, answer in zip(requests, answers, strict=True)}
    assert len(by_name["getAgenciesList"]["data"]) == 4
    assert by_name["sendEdoc"]["DocId"] == ""
    assert by_name["getEdoc"]["data"] == ""
    assert by_name["getReceivedEdocList"]["data"] == by_name["getSentEdocList"]["data"] == []
    assert by_name["countReceiveEdoc"]["count"] == by_name["countReceiveStatus"]["count"] == 0


async def test_no_request_of_the_capture_is_believed_when_a_digit_of_it_is_changed(tmp_path: Path) -> None:
    async with sdk(tmp_path) as client:
        for request in captured():
            headers = tuple((n, changed(v) if n == "XroadVnpt-timestamp" else v) for n, v in bare(request))
            answer = await client.ask(Captured(request.method, request.path, headers, b""))
            assert (answer.status, answer.told["ErrorCode"]) == (401, "15")


def bare(request: Captured) -> list[tuple[str, str]]:
    """Its headers without those that announce a body."""
    return [(name, value) for name, value in request.headers if name not in ("Expect", "Content-Length")]


def changed(timestamp: str) -> str:
    """Another timestamp."""
    return timestamp[:-1] + ("0" if timestamp[-1] != "0" else "1")
