"""
One letter of 300 MiB over two hops: memory of each process, and what goes over the lines again after a cut.

    python -m tests.bench.big_over_rabbit [--size 300]

Three runs over one axis (commune, province, commune): undisturbed; the province killed when half of the
letter has left it; the broker killed when half of it has left the first commune. Goals: under 150 MB resident
in any node, and at most one window (8 MiB) sent again.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from random import Random

from gateway.broker.window import WINDOW_SIZE
from gateway.client import TrucClient
from gateway.core.errors import Misconfigured, TrucError
from gateway.core.model import AgencyCode, NodeId, Organ
from gateway.letters import Dialect, compose_pieces
from tests.bench.measure import BROKER, MIB, Ground, ground, print_table
from tests.faults.lines import BadLines
from tests.kit.correspondence import agency, tree
from tests.kit.faultproxy import Way

PROVINCE, FROM, TO = NodeId("H91"), NodeId("H91.10"), NodeId("H91.20")
WRITER, READER = AgencyCode("000.10.00.H91"), AgencyCode("000.20.00.H91")
GOAL_MEMORY = 150_000_000
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 600.0

# What each line carries of the letter: the node that speaks, its neighbour, and which way the bytes go.
LINES: Mapping[str, tuple[NodeId, NodeId, Way]] = {
    "hop 1, sent": (FROM, PROVINCE, Way.UP),
    "hop 1, received": (PROVINCE, FROM, Way.DOWN),
    "hop 2, sent": (PROVINCE, TO, Way.UP),
    "hop 2, received": (TO, PROVINCE, Way.DOWN),
}

Cut = Callable[[Ground], Awaitable[object]]


async def main(size: int) -> int:
    """All runs and their tables; 0 if the goals were met."""
    directory = tree(
        {PROVINCE: "", FROM: PROVINCE, TO: PROVINCE},
        [agency(WRITER, FROM, sends_arrived=True), agency(READER, TO, sends_arrived=True)],
    )
    async with ground(directory, *((node, neighbour) for node, neighbour, _ in LINES.values())) as place:
        place.memory.look()
        at_rest = dict(place.memory.peaks)
        plain, seconds = await crossing(place, 1, size, None, "")
        rows = [["undisturbed", f"{seconds:.0f}", *("—" for _ in LINES)]]
        worst = 0.0
        for number, title, cut, line in (
            (2, "province killed at half of hop 2", kill_province, "hop 2, sent"),
            (3, "broker killed at half of hop 1", kill_broker, "hop 1, sent"),
        ):
            passed, seconds = await crossing(place, number, size, cut, line)
            again = {name: passed[name] - plain[name] for name in LINES}
            worst = max(worst, *(again[name] for name in LINES if name.endswith("sent")))
            rows.append([title, f"{seconds:.0f}", *(f"{again[name] / MIB:.1f}" for name in LINES)])
        place.memory.look()
        peaks = place.memory.peaks
    columns = ("run", "seconds", *LINES)
    print_table(f"{size} MiB over two hops: MiB beyond the undisturbed run", columns, rows)
    memory = [(name, f"{at_rest[name] / 1e6:.0f}", f"{peak / 1e6:.0f}") for name, peak in peaks.items()]
    print_table("peak resident memory, MB", ("process", "before the first letter", "at most"), memory)
    is_lean = all(peak < GOAL_MEMORY for name, peak in peaks.items() if name != BROKER)
    is_frugal = worst <= WINDOW_SIZE
    print(f"every node under {GOAL_MEMORY / 1e6:.0f} MB: {is_lean}")
    print(f"at most one window ({WINDOW_SIZE / MIB:.0f} MiB) sent again: {is_frugal} ({worst / MIB:.1f} MiB)")
    return 0 if is_lean and is_frugal else 1


async def crossing(
    place: Ground, number: int, size: int, cut: Cut | None, line: str
) -> tuple[dict[str, int], float]:
    """Send one letter; cut when half of it has passed `line`. The bytes on each line, and the seconds."""
    source = place.folder / "sent.edxml"
    sha256 = await asyncio.to_thread(write, source, number, size)
    sender, reader = place.axis.desks[WRITER], place.axis.desks[READER]
    before, began = counts(place.lines), time.monotonic()
    async with TrucClient(sender.url, sender.key) as out, TrucClient(reader.url, reader.key) as back:
        answer = await out.send(source)
        print(f"{number}: accepted after {time.monotonic() - began:.0f} s", flush=True)
        if cut is not None:
            while counts(place.lines)[line] - before[line] < size * MIB / 2:
                await asyncio.sleep(LOOK_SECONDS)
            await cut(place)
            print(f"{number}: cut after {time.monotonic() - began:.0f} s", flush=True)
        await arrival(back, answer.letter_id)
        seconds = time.monotonic() - began
        await asyncio.sleep(1)  # the last confirms
        passed = {name: count - before[name] for name, count in counts(place.lines).items()}
        fetched = await back.fetch(answer.letter_id, place.folder / "received.edxml")
        await back.ack(answer.letter_id)
    if fetched.sha256 != sha256:
        raise AssertionError("other bytes arrived than were sent")
    print(f"{number}: arrived unchanged after {seconds:.0f} s", flush=True)
    return passed, seconds


async def arrival(client: TrucClient, letter_id: str) -> None:
    """Return when the letter lies in the mailbox. Raises: TimeoutError."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                if any(line.letter_id == letter_id for line in (await client.inbox()).items):
                    return
            except TrucError:
                pass
            await asyncio.sleep(LOOK_SECONDS)


def write(path: Path, number: int, size: int) -> str:
    """A letter with an attachment of `size` MiB, in a file; its SHA-256."""
    digest, rng = hashlib.sha256(), Random(number)
    writer, reader = Organ(WRITER, "Xã gửi"), Organ(READER, "Xã nhận")
    pieces = compose_pieces(Dialect.JAVA_SDK, writer, [reader], number, rng, size=size * MIB)
    with path.open("wb") as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def counts(lines: BadLines) -> dict[str, int]:
    """Bytes that have passed each line so far."""
    return {name: lines[node, neighbour].passed[way] for name, (node, neighbour, way) in LINES.items()}


async def kill_province(place: Ground) -> None:
    """Kill -9; its keeper starts it again."""
    await place.keepers[PROVINCE].kill()


async def kill_broker(place: Ground) -> None:
    """Kill -9, and start it again."""
    await asyncio.to_thread(place.axis.rabbit.kill)
    await asyncio.to_thread(place.axis.rabbit.start)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.big_over_rabbit")
    parser.add_argument("--size", type=int, default=300, metavar="MIB")
    try:
        sys.exit(asyncio.run(main(parser.parse_args().size)))
    except Misconfigured as failed:
        sys.exit(str(failed))
