"""
A commune that is away for the length of 5,000 letters: what its parent keeps, and who notices.

    python -m tests.bench.offline_commune [--letters 5000]

Two runs of the same load: in one a commune is off line while its letters are accepted, and comes back at the
end; in the other it is there all the time. Printed: what lay in its queues before it came back, in which
order its letters came then, and the latency of letters between the others. Goals: queues stay within the
window (8 MiB a lane), urgent letters come first, and the others' 95th percentile is at most 1.2 times what it
is when nobody is away.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from gateway.broker.topology import Direction, Link, vhost
from gateway.broker.window import WINDOW_SIZE
from gateway.client import TrucClient
from gateway.core.errors import Misconfigured
from gateway.core.model import AgencyCode, Kind, Lane, NodeId
from gateway.v1.shapes import MailLine
from tests.bench.measure import MIB, Ground, ground, percentile, print_table
from tests.faults.load import ended
from tests.kit.correspondence import agency, letter, tree
from tests.kit.faultproxy import Way

PROVINCE, AWAY = NodeId("H91"), NodeId("H91.10")
OTHERS = (NodeId("H91.20"), NodeId("H91.30"))
OFFICE, ABSENT = AgencyCode("000.00.01.H91"), AgencyCode("000.10.00.H91")
NEIGHBOURS = (AgencyCode("000.20.00.H91"), AgencyCode("000.30.00.H91"))

LETTER_BYTES = 9_000  # attached: some 13.4 KB with the rest, 5,000 of them make 64 MiB
URGENT_EVERY = 50
AT_ONCE = 6
OTHERS_EVERY = 0.25  # seconds between two letters among the others
GOAL_LATENCY = 1.2
PATIENCE_SECONDS = 900.0


@dataclass(slots=True)
class Run:
    """What one run showed."""

    queue_bytes: int = 0
    queue_frames: int = 0
    sent_seconds: float = 0.0
    drained_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    arrivals: list[MailLine] = field(default_factory=list)

    @property
    def last_urgent(self) -> int:
        """How many ordinary letters came before the last urgent one."""
        urgent = [place for place, line in enumerate(self.arrivals) if line.priority]
        return urgent[-1] + 1 - len(urgent) if urgent else 0


MEASURED: Mapping[str, Callable[[Run], str]] = {
    "seconds until all were accepted": lambda run: f"{run.sent_seconds:.0f}",
    "seconds until all had arrived then": lambda run: f"{run.drained_seconds:.0f}",
    "MiB in the commune's queues before": lambda run: f"{run.queue_bytes / MIB:.2f}",
    "frames in them": lambda run: f"{run.queue_frames}",
    "ordinary letters before the last urgent": lambda run: f"{run.last_urgent}",
    "letters among the others": lambda run: f"{len(run.latencies)}",
    "their latency, median in ms": lambda run: f"{percentile(run.latencies, 0.5) * 1000:.0f}",
    "95th percentile in ms": lambda run: f"{percentile(run.latencies, 0.95) * 1000:.0f}",
    "99th percentile in ms": lambda run: f"{percentile(run.latencies, 0.99) * 1000:.0f}",
}


async def main(count: int) -> int:
    """Both runs and their table; 0 if the goals were met."""
    with_it, without = await run(count, is_away=False), await run(count, is_away=True)
    rows = [(name, value(with_it), value(without)) for name, value in MEASURED.items()]
    print_table(f"{count} letters for one commune", ("", "always there", "away"), rows)
    ratio = percentile(without.latencies, 0.95) / percentile(with_it.latencies, 0.95)
    is_bounded = without.queue_bytes <= 2 * WINDOW_SIZE  # two lanes
    window = 64 * 2  # what was given to the broker, or claimed, before the urgent ones could overtake
    is_first = without.last_urgent <= window
    print(f"queues within the window of each lane: {is_bounded} ({without.queue_bytes / MIB:.2f} MiB)")
    print(f"urgent first, but for a window of ordinary ones: {is_first} ({without.last_urgent})")
    print(f"p95 of others at most {GOAL_LATENCY} times: {ratio <= GOAL_LATENCY} ({ratio:.2f})")
    return 0 if is_bounded and is_first and ratio <= GOAL_LATENCY else 1


async def run(count: int, *, is_away: bool) -> Run:
    """One run on an axis of its own."""
    desks = [agency(OFFICE, PROVINCE, sends_arrived=True), agency(ABSENT, AWAY, sends_arrived=True)]
    desks += [agency(c, n, sends_arrived=True) for c, n in zip(NEIGHBOURS, OTHERS, strict=True)]
    directory = tree({PROVINCE: "", AWAY: PROVINCE, **dict.fromkeys(OTHERS, PROVINCE)}, desks)
    told = Run()
    async with ground(directory, (PROVINCE, AWAY)) as place, AsyncExitStack() as stack:
        clients = {
            code: await stack.enter_async_context(TrucClient(desk.url, desk.key))
            for code, desk in place.axis.desks.items()
        }
        if is_away:
            await place.keepers[AWAY].rest()
        before = given(place)
        accepted: dict[str, datetime] = {}
        others = asyncio.create_task(keep_writing(clients, accepted))
        began = time.monotonic()
        await send_all(clients[OFFICE], count)
        told.sent_seconds = time.monotonic() - began
        print(f"{count} letters accepted in {told.sent_seconds:.0f} s", flush=True)
        if is_away:
            told.queue_bytes = given(place) - before  # it has taken nothing of it
            told.queue_frames = await queued(place)
            await place.keepers[AWAY].wake()
        began = time.monotonic()
        told.arrivals = await arrivals(clients[ABSENT], count)
        told.drained_seconds = time.monotonic() - began
        print(f"all of them arrived {told.drained_seconds:.0f} s later", flush=True)
        await ended(others)
        for code in NEIGHBOURS:
            lines = [line for line in await mailbox(clients[code]) if line.letter_id in accepted]
            told.latencies += [(ln.waiting_since - accepted[ln.letter_id]).total_seconds() for ln in lines]
    return told


async def send_all(client: TrucClient, count: int) -> None:
    """The letters for the commune, some of them urgent, all through their length."""
    numbers = iter(range(1, count + 1))

    async def send() -> None:
        for number in numbers:
            priority = 1 + number // URGENT_EVERY % 4 if number % URGENT_EVERY == 0 else 0
            await client.send(letter(OFFICE, ABSENT, number=number, priority=priority, size=LETTER_BYTES))

    await asyncio.gather(*(send() for _ in range(AT_ONCE)))


async def keep_writing(clients: dict[AgencyCode, TrucClient], accepted: dict[str, datetime]) -> None:
    """Letters between the other communes, until cancelled; when each was accepted."""
    rng, number = Random(1), 0
    while True:
        number += 1
        sender, recipient = rng.sample(NEIGHBOURS, 2)
        answer = await clients[sender].send(letter(sender, recipient, number=number, size=LETTER_BYTES))
        accepted[answer.letter_id] = answer.accepted_at
        await asyncio.sleep(OTHERS_EVERY)


async def arrivals(client: TrucClient, count: int) -> list[MailLine]:
    """What comes into the mailbox, in that order, until all are there. Raises: TimeoutError."""
    found: list[MailLine] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found) < count:
            found += await mailbox(client, beyond=found[-1].number if found else 0)
            await asyncio.sleep(1)
    return found


async def mailbox(client: TrucClient, beyond: int = 0) -> list[MailLine]:
    """What lies in a mailbox beyond a cursor, in the order in which it came."""
    found: list[MailLine] = []
    after: int | None = beyond
    while after is not None:
        page = await client.inbox(kind=Kind.DOCUMENT, after=after, limit=1000)
        found += page.items
        after = page.next
    return found


def given(place: Ground) -> int:
    """Bytes that the province gave to the broker for the commune so far, AMQP's own included."""
    return place.lines[PROVINCE, AWAY].passed[Way.UP]


async def queued(place: Ground) -> int:
    """Frames that lie in the commune's queues. Of quorum queues RabbitMQ tells no bytes."""
    link = Link(PROVINCE, AWAY)
    queues = {link.queue(Direction.DOWN, lane) for lane in Lane}
    words = ("list_queues", "-p", vhost(PROVINCE), "--no-table-headers", "name", "messages")
    listed = await asyncio.to_thread(place.axis.rabbit.control, *words)
    rows = [line.split() for line in listed.splitlines()]
    return sum(int(messages) for name, messages in rows if name in queues)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.offline_commune")
    parser.add_argument("--letters", type=int, default=5_000)
    try:
        sys.exit(asyncio.run(main(parser.parse_args().letters)))
    except Misconfigured as failed:
        sys.exit(str(failed))
