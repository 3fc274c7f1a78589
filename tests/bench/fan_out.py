"""One letter to 10, 100, 1000, 10,000 recipients in a tree: commune → central → two provinces, half of them
in each.

Two figures: how long until the last recipient could fetch it, for each recipient; and the bytes that each
link carried. One copy per link: whatever the number of recipients, each link bears the letter once (with
their names, which grow).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count as count_from

from gateway.clock import SystemClock
from gateway.core.directory import Directory
from gateway.core.model import AgencyCode, NodeId
from gateway.keys import issue_key
from gateway.sandbox.axis import MemoryAxis
from gateway.sandbox.processes import ProcessAxis
from gateway.store.sql import SqlStore
from tests.bench.http_line import HttpLine
from tests.bench.measured import Measured
from tests.bench.paper import FIRST_NUMBER, MIB, blank
from tests.bench.plan import Plan
from tests.bench.stage import Stage, stage
from tests.faults.lines import BadLines
from tests.kit.correspondence import agency, tree
from tests.kit.faultproxy import Way

CENTRAL, COMMUNE, PROVINCES = NodeId("A00"), NodeId("H91"), (NodeId("H14"), NodeId("H27"))
WRITER = AgencyCode("000.00.00.H91")
RECIPIENTS = (10, 100, 1_000, 10_000)
SIZE = MIB
TIMES, MANY = 3, 1_000  # once to so many: it takes long enough
ONE_COPY = 1.5  # of the message: routing.json names every recipient once more, acknowledgements go along
AS_ONE = "no link carried more than one copy"
LOOK_SECONDS = 0.1
LOOKED_AT = 2_000  # mailboxes for each second between looks: to look through thousands takes the node's time
SETTLED_SECONDS = 0.5  # the last acknowledgements of frames
PATIENCE_SECONDS = 300.0
LINES = ((COMMUNE, CENTRAL), *((province, CENTRAL) for province in PROVINCES))


def recipients(count: int) -> list[AgencyCode]:
    """So many agencies, in both provinces by turns."""
    return [AgencyCode(f"{n // 2 % 1000:03}.{n // 2000:02}.00.{PROVINCES[n % 2]}") for n in range(count)]


def directory(codes: Sequence[AgencyCode], version: int = 1) -> Directory:
    """The tree with these recipients."""
    rows = [agency(code, code.rpartition(".")[2], sends_arrived=True) for code in codes]
    nodes: dict[str, str] = {CENTRAL: "", COMMUNE: CENTRAL, **dict.fromkeys(PROVINCES, CENTRAL)}
    return replace(tree(nodes, [agency(WRITER, COMMUNE, sends_arrived=True), *rows]), version=version)


async def run(plan: Plan) -> None:
    """Each number of recipients a few times; the median counts."""
    most = plan.scaled(RECIPIENTS[-1], least=RECIPIENTS[0]) if plan.ground.is_real else RECIPIENTS[0]
    counts = [count for count in RECIPIENTS if count <= most]
    async with (
        BadLines(*LINES) as lines,
        stage(directory(recipients(RECIPIENTS[0])), plan.ground, through=lines.lay) as here,
    ):
        keys = await settle_in(here, recipients(counts[-1]))
        async with AsyncExitStack() as stack:
            doors = [await stack.enter_async_context(HttpLine(url, key)) for url, key in keys]
            boxes = [Boxes(door) for door in doors]
            numbers = count_from(FIRST_NUMBER)
            for count in counts:
                times = 1 if count >= MANY else TIMES
                rounds = [await once(here, lines, boxes, count, next(numbers)) for _ in range(times)]
                rounds.sort(key=lambda one: one.seconds)
                plan.tell(rounds[times // 2])


async def settle_in(here: Stage, codes: Sequence[AgencyCode]) -> list[tuple[str, str]]:
    """All recipients move in; for each province its address and a key for all its agencies.

    They come after the start, since the sandbox would make two keys for each of them.
    """
    keys, now, axis = [], SystemClock().now(), here.axis
    if isinstance(axis, ProcessAxis):
        await asyncio.gather(*(node.stop() for node in axis.nodes.values()))
    for name in axis.nodes:
        own = [code for code in codes if code.endswith(f".{name}")]
        if isinstance(axis, MemoryAxis):
            store, url = axis.nodes[name].desk.store, axis.nodes[name].addresses["v1"]
            keys.append((url, await issue_key(store, "all", own, now) if own else ""))
            continue
        node = axis.nodes[name]
        data = here.folder / name
        behind = SqlStore(f"sqlite:///{data / 'truc.db'}", data / "blobs", node=name, instance="bench")
        try:
            await behind.set_directory(directory(codes, version=2), now)
            keys.append((node.url, await issue_key(behind, "all", own, now) if own else ""))
        finally:
            await behind.close()
        await node.start()
    if isinstance(axis, ProcessAxis):
        await asyncio.gather(*(node.ready() for node in axis.nodes.values()))
    return [pair for pair in keys if pair[1]]


@dataclass(slots=True)
class Boxes:
    """The mailboxes of one province, seen together."""

    line: HttpLine
    after: int = 0

    async def filled(self, letters: int) -> float:
        """When the last of so many letters lay in its box."""
        last, pause = 0.0, max(LOOK_SECONDS, letters / LOOKED_AT)
        while letters > 0:
            page = json.loads(await self.line.get(f"/v1/mailbox?kind=document&after={self.after}&limit=1000"))
            for item in page["items"]:
                self.after = item["number"]
                last = max(last, datetime.fromisoformat(item["waiting_since"]).timestamp())
            letters -= len(page["items"])
            if not page["items"]:
                await asyncio.sleep(pause)
        return last


async def once(here: Stage, lines: BadLines, boxes: Sequence[Boxes], count: int, number: int) -> Measured:
    """One letter to so many recipients."""
    pieces = blank(WRITER, recipients(count), SIZE).numbered(number)
    desk, before = here.desks[WRITER], passed(lines)
    async with asyncio.timeout(PATIENCE_SECONDS), HttpLine(desk.url, desk.key) as line:
        with here.counted() as usage:
            began = time.time()
            await line.post("/v1/letters", pieces)
            accepted = time.time() - began
            ready = max(await asyncio.gather(*(box.filled(count // len(boxes)) for box in boxes)))
    await asyncio.sleep(SETTLED_SECONDS)
    carried = {name: size - before[name] for name, size in passed(lines).items()}
    message = sum(map(len, pieces))
    is_one = bool(carried) and max(carried.values()) <= message * ONE_COPY
    over = "; ".join(f"{name} {size / MIB:.2f} MiB" for name, size in carried.items())
    return Measured(
        row="fan_out",
        case=f"{count} recipients",
        letters=count,
        seconds=ready - began,
        per_second=count / (ready - began),
        cpu_seconds=usage.cpu_seconds,
        peak_rss=usage.peak_rss,
        notes=(
            f"{(ready - began) / count * 1000:.3g} ms for each recipient; accepted after {accepted:.2f} s",
            f"a message of {message / MIB:.2f} MiB; over the links: {over or 'not counted'}",
            *([AS_ONE] if is_one else []),
        ),
    )


def passed(lines: BadLines) -> dict[str, int]:
    """Bytes that each line has carried in the letter's direction."""
    return {
        f"{node} {'→' if way is Way.UP else '←'} {neighbour}": lines[node, neighbour].passed[way]
        for node, neighbour in lines.all()
        for way in [Way.UP if node == COMMUNE else Way.DOWN]
    }
