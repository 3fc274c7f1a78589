"""
Large letters across two nodes of the sandbox: peak memory of the process, and the same bytes at the end.

    python -m tests.bench.big_letter [--sizes 10 100 300]

Each size has a fresh process with both nodes, both programs and the broker in it. Goals: SHA-256 in = out,
and the peak of the largest at most that of the smallest and 64 MiB.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from gateway.client import TrucClient
from gateway.core.model import AgencyCode, Organ
from gateway.letters import Dialect, compose_pieces
from gateway.sandbox.axis import memory_axis
from tests.kit.correspondence import agency, tree
from tests.kit.heard import HeardLog

MIB = 1024 * 1024
SIZES = (10, 100, 300)
ALLOWED_MIB = 64.0
PATIENCE_SECONDS = 600.0
WRITER, READER = AgencyCode("000.00.H14"), AgencyCode("000.00.G22")
AXIS = tree({"G22": "", "H14": "G22"}, [agency(WRITER, "H14"), agency(READER, "G22")])


@dataclass(frozen=True, slots=True)
class Measured:
    """One letter. Sizes in MiB: of its attachment, of the process before and at its peak."""

    size: int
    idle: float
    peak: float
    seconds: float
    sent: str
    received: str


def peak() -> float:
    """The most memory that was ever resident, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def measure(size: int) -> Measured:
    """Send one letter with an attachment of `size` MiB from one node to the other."""
    log, sent, received = HeardLog(), hashlib.sha256(), hashlib.sha256()

    async def content() -> AsyncIterator[bytes]:
        organs = Organ(WRITER, name="Bên gửi"), Organ(READER, name="Bên nhận")
        pieces = compose_pieces(Dialect.JAVA_SDK, organs[0], [organs[1]], 1, Random(1), size=size * MIB)
        for piece in pieces:
            sent.update(piece)
            yield piece

    with tempfile.TemporaryDirectory(prefix="truc-bench-") as folder:
        async with memory_axis(AXIS, folder=Path(folder), log_to=log) as axis:
            one, other = axis.desks[WRITER], axis.desks[READER]
            async with TrucClient(one.url, one.key) as writer, TrucClient(other.url, other.key) as reader:
                idle, began = peak(), time.monotonic()
                letter_id = (await writer.send(content())).letter_id
                door = f"agency:{READER}"
                await log.until(
                    "delivery.waiting", patience=PATIENCE_SECONDS, letter_id=letter_id, target=door
                )
                async for chunk in reader.stream(letter_id):
                    received.update(chunk)
                await reader.ack(letter_id)
                seconds = time.monotonic() - began
    return Measured(size, idle, peak(), seconds, sent.hexdigest(), received.hexdigest())


def main() -> int:
    """Measure every size in a process of its own. 0: the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="MiB of the attachment")
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone is not None:
        print(json.dumps(asdict(asyncio.run(measure(options.alone)))))
        return 0
    results = []
    print("  MiB   idle MiB   peak MiB   seconds   SHA-256 in = out")
    for size in sorted(options.sizes):
        child = [sys.executable, "-m", "tests.bench.big_letter", "--alone", str(size)]
        answer = subprocess.run(child, check=True, capture_output=True, text=True).stdout
        found = Measured(**json.loads(answer.splitlines()[-1]))
        results.append(found)
        same = "yes" if found.sent == found.received else "NO"
        print(
            f"{found.size:5d} {found.idle:10.1f} {found.peak:10.1f} {found.seconds:9.1f}   {same} "
            f"({found.received[:12]}…)"
        )
    grown = results[-1].peak - results[0].peak
    flat, whole = grown <= ALLOWED_MIB, all(r.sent == r.received for r in results)
    sizes = f"from {results[0].size} to {results[-1].size} MiB"
    print(f"peak grows by {grown:.1f} MiB {sizes} (goal: ≤ {ALLOWED_MIB:.0f})")
    return 0 if flat and whole else 1


if __name__ == "__main__":
    sys.exit(main())
