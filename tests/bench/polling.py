"""
A thousand systems that poll over VXP, as they do all day: what that costs a node.

    python -m tests.bench.polling [--systems 1000] [--every 10] [--seconds 60]

Each system has an agency and a connection of its own and asks for documents, then for statuses, in every
round; one in ten finds a letter, fetches and acknowledges it. The node runs in a process of its own, with its
store on disk. Printed: the node's CPU time as a share of one core, its memory, and how long the answers took.
Goal: at most a quarter of a core.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import aiohttp
import uvloop

from gateway.core.directory import Directory
from gateway.core.model import AgencyCode
from gateway.sandbox.axis import AgencyDesk, memory_axis
from gateway.vxp.functions import CONTENT_TYPE, JSON_TYPE, MESSAGE_TYPE, SYSTEM_ID, TIMESTAMP
from gateway.vxp.signature import sign
from tests.bench.measure import MIB, cpu_seconds, peak_memory, percentile, print_table
from tests.kit.correspondence import agency, letter, tree

NODE = "H14"
WRITER = AgencyCode("000.00.00.H14")
ONE_IN = 10  # systems that find a letter in the time of the run
GOAL = 0.25  # of one core: the smallest server of a province has two, and letters need the rest
TIMESTAMP_OF_ALL = "23112026T080000+0213"


@dataclass(slots=True)
class Seen:
    """What the systems saw."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    fetched: int = 0


def directory(systems: int) -> Directory:
    """One node with so many agencies, and one that writes to them."""
    codes = [f"{n:03}.{n // 1000:02}.01.H14" for n in range(systems)]
    return tree({NODE: ""}, [agency(WRITER, NODE), *(agency(code, NODE, delivery="vxp") for code in codes)])


def serve(systems: int, folder: str, line: Connection) -> None:
    """The process of the node: says where it listens, then works until it is told to end."""

    async def work() -> None:
        log_to = (Path(folder) / "node.log").open("w", encoding="utf-8")
        with log_to:
            async with memory_axis(directory(systems), folder=Path(folder), log_to=log_to) as axis:
                line.send(list(axis.desks.values()))
                await asyncio.to_thread(line.recv)

    uvloop.run(work())  # as `truc serve` does


class System:
    """One DMS with its SDK."""

    def __init__(self, desk: AgencyDesk, http: aiohttp.ClientSession, seen: Seen) -> None:
        self._desk, self._http, self._seen = desk, http, seen

    async def poll(self, every: float, offset: float, until: float) -> None:
        """Ask round after round until it is time to stop."""
        await asyncio.sleep(offset)
        while time.monotonic() < until:
            began = time.monotonic()
            for kind in ("edoc", "status"):
                for line in await self._call("getReceivedEdocList", **{MESSAGE_TYPE: kind}) or ():
                    await self._call("getEdoc", docId=line["docId"])
                    await self._call("updateStatus", docId=line["docId"], status="done")
                    self._seen.fetched += 1
            await asyncio.sleep(max(0.0, every - (time.monotonic() - began)))

    async def _call(self, function: str, **parameters: str) -> list[dict[str, str]]:
        own = {SYSTEM_ID: self._desk.system_id, TIMESTAMP: TIMESTAMP_OF_ALL, CONTENT_TYPE: JSON_TYPE}
        headers = sign({**parameters, **own}, self._desk.secret)
        began = time.monotonic()
        async with self._http.post(
            f"{self._desk.vxp_url}/x/{function}", headers=headers, data=b""
        ) as response:
            told = await response.json()
        self._seen.seconds.append(time.monotonic() - began)
        self._seen.failed += told["status"] != "OK"
        data = told.get("data")
        return data if isinstance(data, list) else []


async def measure(desks: list[AgencyDesk], pid: int, every: float, seconds: float) -> int:
    """Poll, and say what it cost; 0 if the goal was met."""
    seen, chance = Seen(), Random(1)
    writer = next(desk for desk in desks if desk.agency == WRITER)
    readers = [desk for desk in desks if desk.agency != WRITER and not desk.agency.startswith("AX.")]
    # several addresses of this machine, since a node lets one address have only so many connections
    connectors = [aiohttp.TCPConnector(limit=0, local_addr=(f"127.0.0.{n + 2}", 0)) for n in range(4)]
    sessions = [aiohttp.ClientSession(connector=connector) for connector in connectors]
    try:
        for number, desk in enumerate(readers[::ONE_IN]):
            data = letter(WRITER, desk.agency, number=number)
            key = {"Authorization": f"Bearer {writer.key}", "Content-Type": "application/xml"}
            async with sessions[0].post(f"{writer.url}/v1/letters", data=data, headers=key) as response:
                response.raise_for_status()
        systems = [System(desk, sessions[n % len(sessions)], seen) for n, desk in enumerate(readers)]
        before, began = cpu_seconds(pid), time.monotonic()
        until = began + seconds
        await asyncio.gather(*(s.poll(every, chance.uniform(0, every), until) for s in systems))
        share = (cpu_seconds(pid) - before) / (time.monotonic() - began)
    finally:
        await asyncio.gather(*(session.close() for session in sessions))
    rows = [
        ("calls", len(seen.seconds)),
        ("calls a second", f"{len(seen.seconds) / seconds:.0f}"),
        ("failed", seen.failed),
        ("letters fetched and acknowledged", seen.fetched),
        ("answer, median in ms", f"{percentile(seen.seconds, 0.5) * 1000:.1f}"),
        ("answer, 99th percentile in ms", f"{percentile(seen.seconds, 0.99) * 1000:.1f}"),
        ("CPU of the node, share of one core", f"{share:.1%}"),
        ("CPU per call in ms", f"{share * seconds / max(len(seen.seconds), 1) * 1000:.2f}"),
        ("peak memory in MiB", f"{peak_memory(pid) / MIB:.0f}"),
    ]
    print_table(f"{len(readers)} systems, every {every:g} s", ("", ""), rows)
    is_met = share <= GOAL and not seen.failed
    print(f"at most {GOAL:.0%} of a core, none failed: {is_met}")
    return 0 if is_met else 1


def main(systems: int, every: float, seconds: float) -> int:
    """Start the node, poll it, end it."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    with tempfile.TemporaryDirectory(prefix="truc-bench-") as folder:
        node = spawn.Process(target=serve, args=(systems, folder, theirs))
        node.start()
        assert node.pid is not None
        try:
            return asyncio.run(measure(ours.recv(), node.pid, every, seconds))
        finally:
            ours.send("end")
            node.join()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.polling")
    parser.add_argument("--systems", type=int, default=1000)
    parser.add_argument("--every", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    sys.exit(main(given.systems, given.every, given.seconds))
