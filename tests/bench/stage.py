"""
Where a row is measured: an axis of real processes, the agencies that use it, and what each process takes.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from gateway.core.directory import Directory
from gateway.core.errors import Misconfigured
from gateway.core.model import AgencyCode
from gateway.sandbox.axis import AgencyDesk, MemoryAxis, memory_axis
from gateway.sandbox.processes import SERVE, Line, ProcessAxis, process_axis
from signing.devpki import KeyKind
from tests.bench.agencies import Agencies, agencies
from tests.bench.measure import BROKER, cpu_seconds, peak_memory

AGENCIES = "agencies (load)"
ALL_NODES = "all nodes"
LAST_WORDS = 600  # characters


@dataclass(slots=True)
class Usage:
    """What the processes of a stage took while something was counted, by name."""

    cpu_seconds: dict[str, float] = field(default_factory=dict)
    peak_rss: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Stage:
    """An axis that runs, and its agencies."""

    axis: ProcessAxis | MemoryAxis
    agencies: Agencies
    folder: Path
    pids: Callable[[], Mapping[str, int]]

    @property
    def desks(self) -> Mapping[AgencyCode, AgencyDesk]:
        """Where each agency reaches its node."""
        return self.axis.desks

    @contextmanager
    def counted(self) -> Iterator[Usage]:
        """Fill in what happens inside: CPU seconds, and the peaks, which begin anew."""
        usage, pids = Usage(), dict(self.pids())
        for pid in pids.values():
            with suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")  # forgets the peak so far
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        yield usage
        for name, pid in pids.items():
            usage.cpu_seconds[name] = cpu_seconds(pid) - before[name]
            usage.peak_rss[name] = peak_memory(pid)


@dataclass(frozen=True, slots=True)
class Ground:
    """On what a row runs: a folder, and whether the nodes are processes on RabbitMQ or all in this one."""

    folder: Path
    is_real: bool = True


@asynccontextmanager
async def stage(
    directory: Directory,
    ground: Ground,
    *,
    seal_kind: KeyKind = KeyKind.RSA_2048,
    through: Line | None = None,
    program: Sequence[str] = SERVE,
) -> AsyncIterator[Stage]:
    """An axis of `directory` with the delays of the product, and a process of agencies; gone on leaving."""
    async with AsyncExitStack() as stack:
        folder = ground.folder / f"axis-{len(list(ground.folder.iterdir()))}"
        folder.mkdir()
        log_to = stack.enter_context((folder / "axis.log").open("w", encoding="utf-8"))
        clients = await stack.enter_async_context(agencies())
        if not ground.is_real:
            axis = await stack.enter_async_context(memory_axis(directory, folder=folder, log_to=log_to))
            pids = {ALL_NODES: os.getpid(), AGENCIES: clients.pid}
            yield Stage(axis, clients, folder, lambda: pids)
            return
        try:
            real = await stack.enter_async_context(
                process_axis(
                    directory,
                    folder=folder,
                    log_to=log_to,
                    program=program,
                    through=through,
                    seal_kind=seal_kind,
                    delivery={},
                )
            )
        except Misconfigured as failed:
            failed.add_note(f"last in axis.log: {(folder / 'axis.log').read_text('utf-8')[-LAST_WORDS:]}")
            raise

        def running() -> Mapping[str, int]:
            nodes = {
                str(name): node.process.pid
                for name, node in real.nodes.items()
                if node.process and node.process.returncode is None
            }
            broker = int((real.rabbit.folder / "pid").read_text(encoding="ascii"))
            return {**nodes, BROKER: broker, AGENCIES: clients.pid}

        yield Stage(real, clients, folder, running)
