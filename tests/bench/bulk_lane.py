"""
Whether the parts of large letters should go past the quorum queue: the bare pipe over each kind of queue.

    python -m tests.bench.bulk_lane [--seconds 10] [--kib 1024 10240]

Bytes stay with their sender until the receiver holds them, so a queue for bulk need not survive what a quorum
queue survives. Printed for each kind: letters and bytes a second, the broker's CPU and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.bench.bare_pipe import queues
from tests.bench.measure import BROKER, MIB, print_table
from tests.bench.measured import Measured, NotHere
from tests.bench.paper import KIB

SIZES = (MIB, 10 * MIB)


def cells(one: Measured, size: int) -> Sequence[str]:
    """A line of the table."""
    cpu = one.cpu_seconds[BROKER] / one.letters
    return (
        *(one.row, one.case, f"{one.per_second:.1f}", f"{one.per_second * size / MIB:.0f}"),
        *(f"{cpu * 1000:.1f}", f"{one.peak_rss[BROKER] / 1e6:.0f}"),
    )


def show(found: Iterable[tuple[Measured, int]]) -> None:
    """The table, and what must be known about it."""
    kept = list(found)
    columns = ("row", "size", "per s", "MiB/s", "broker CPU, ms", "broker memory, MB")
    print_table("bulk over each kind of queue", columns, (cells(one, size) for one, size in kept))
    for note in dict.fromkeys(note for one, _ in kept for note in one.notes):
        print(f"- {note}")


def main() -> int:
    """Measure and print; 1 if RabbitMQ is not installed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bulk_lane")
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="of load for each size, all kinds together"
    )
    parser.add_argument("--kib", type=int, nargs="+", default=[size // KIB for size in SIZES], help="sizes")
    options = parser.parse_args()
    sizes = [size * KIB for size in options.kib]
    with tempfile.TemporaryDirectory(prefix="truc-bench-") as folder:
        Path(folder).chmod(0o755)  # RabbitMQ runs as nobody
        try:
            found = asyncio.run(queues(sizes, options.seconds, Path(folder)))
        except NotHere as reason:
            print(reason)
            return 1
    # one row after the other, its sizes in the order that was asked for
    show(zip(found, sizes * (len(found) // len(sizes)), strict=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
