"""
What measurements share: an axis of processes to measure, memory as the kernel counts it, tables, percentiles.
"""

from __future__ import annotations

import asyncio
import math
import os
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gateway.core.directory import Directory
from gateway.core.model import NodeId
from gateway.sandbox.processes import ProcessAxis, process_axis
from tests.faults.kills import Keeper
from tests.faults.lines import BadLines
from tests.faults.load import ended

MIB = 1024 * 1024
BROKER = "RabbitMQ"
LOOK_SECONDS = 0.2


def peak_memory(pid: int) -> int:
    """The most memory that was ever resident for a process, in bytes; 0 if it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def forget_peak(pid: int) -> None:
    """Let `peak_memory` of a process that lives on begin anew from what it holds now."""
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and of those children that ended, in seconds; 0 if it is gone."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def family(pid: int) -> dict[int, str]:
    """The name of the program of a process and of every process below it, by its number."""
    found: dict[int, str] = {}
    with suppress(OSError):
        found[pid] = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            found |= family(int(child))
    return found


def percentile(values: Iterable[float], part: float) -> float:
    """The value that `part` (0 to 1) of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * part) - 1, 0)] if ordered else math.nan


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A small table on standard output."""
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*map(str, row))
    Console().print(table)


@dataclass(slots=True)
class Memory:
    """The peak of each process over a whole run, all its lives together."""

    axis: ProcessAxis
    peaks: dict[str, int] = field(default_factory=dict)

    async def watch(self) -> None:
        """Look again and again until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Note what the kernel says now."""
        for name, pid in self._pids().items():
            self.peaks[name] = max(self.peaks.get(name, 0), peak_memory(pid))

    def _pids(self) -> Mapping[str, int]:
        pids = {str(name): node.process.pid for name, node in self.axis.nodes.items() if node.process}
        with suppress(OSError, ValueError):
            pids[BROKER] = int((self.axis.rabbit.folder / "pid").read_text(encoding="ascii"))
        return pids


@dataclass(slots=True)
class Ground:
    """An axis to measure on."""

    axis: ProcessAxis
    lines: BadLines
    memory: Memory
    keepers: Mapping[NodeId, Keeper]
    folder: Path


@asynccontextmanager
async def ground(directory: Directory, *over: tuple[NodeId, NodeId]) -> AsyncIterator[Ground]:
    """
    Nodes and broker, up; whoever is killed is started again. Nothing is left of it at the end.

    The lines `over` (node, neighbour) go over a proxy, which counts.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="truc-bench-")))
        log_to = stack.enter_context((folder / "axis.log").open("w", encoding="utf-8"))
        lines = await stack.enter_async_context(BadLines(*over))
        through = lines.lay if over else None
        axis = await stack.enter_async_context(
            process_axis(directory, folder=folder, log_to=log_to, through=through)
        )
        keepers = {name: Keeper(node) for name, node in axis.nodes.items()}
        memory = Memory(axis)
        for watch in (memory.watch(), *(keeper.run() for keeper in keepers.values())):
            stack.push_async_callback(ended, asyncio.create_task(watch))
        yield Ground(axis, lines, memory, keepers, folder)
