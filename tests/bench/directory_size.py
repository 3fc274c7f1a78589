"""
What a directory of the whole axis costs: 111,339 agencies, the number that one axis listed in October 2025.

    python -m tests.bench.directory_size

Time to read it from SQLite as a node does when it starts, memory, look-ups, a search, one agency added.
"""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gateway.core.directory import Agency, Directory, NodeRow, check
from gateway.core.directory_change import applied, difference
from gateway.core.model import AgencyCode, NodeId
from gateway.store import migrate
from gateway.store.sql import SqlStore
from tests.bench.measure import MIB, percentile, print_table
from tests.kit.clock import START

AGENCIES = 111_339
PROVINCES = 34
LOOKUPS = 100_000


def national(agencies: int = AGENCIES) -> Directory:
    """A directory of that size: central, provinces, and agencies below them with two codes each."""
    root = NodeId("G22")
    nodes = [NodeRow(id=root, name="Nút trung ương", level="trung ương", organ_code="000.00.00.G22")]
    rows = [Agency(code=AgencyCode("000.00.00.G22"), name="Văn phòng Chính phủ", node=root, aliases=("G22",))]
    for province in range(1, PROVINCES + 1):
        node, code = NodeId(f"H{province:02}"), f"000.00.00.H{province:02}"
        name = f"Ủy ban nhân dân tỉnh số {province}"
        nodes.append(NodeRow(id=node, parent=root, name=name, level="tỉnh", organ_code=code))
        rows.append(Agency(code=AgencyCode(code), name=name, node=node, aliases=(node,), tier="tỉnh"))
    for number in range(agencies - len(rows)):
        province, place = number % PROVINCES + 1, number // PROVINCES
        group = f"{place // 81 % 81 + 10}.{place % 81 + 10}"
        code = f"{place // 6561:03}.{group}.H{province:02}"
        alias = ".".join(reversed(code.split("."))) + ".X"
        rows.append(
            Agency(
                code=AgencyCode(code),
                name=f"Phòng Văn hóa và Thông tin xã số {place} tỉnh số {province}",
                node=NodeId(f"H{province:02}"),
                aliases=(alias,),
                parent=f"000.00.00.H{province:02}",
                tier="xã",
                mail=f"vanthu{number}@tinh{province}.gov.vn",
            )
        )
    return Directory(1, tuple(nodes), tuple(rows))


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def resident() -> float:
    """Bytes in memory now, of this process."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def written(url: str, folder: Path, tell: Callable[[str, float, str], None]) -> list[str]:
    """Make the database; a code of each agency."""
    whole = national()
    faults = check(whole)
    assert not faults, faults[:3]
    tell("check", seconds(lambda: check(whole)), "s")
    store = SqlStore(url, folder / "blobs", node=NodeId("G22"), instance="first")
    began = time.perf_counter()
    await store.set_directory(whole, START)
    tell("write all rows", time.perf_counter() - began, "s")
    await store.close()
    return [row.codes[-1] for row in whole.agency_rows]


async def measure(folder: Path) -> list[tuple[str, str]]:
    url = f"sqlite:///{folder / 'truc.db'}"
    migrate.upgrade(url)
    told: list[tuple[str, str]] = []

    def tell(what: str, value: float, unit: str) -> None:
        told.append((what, f"{value:,.2f} {unit}"))

    codes = await written(url, folder, tell)
    before = resident()
    began, cpu = time.perf_counter(), time.process_time()
    store = SqlStore(url, folder / "blobs", node=NodeId("G22"), instance="second")
    directory = await store.directory()
    tell("start: read from SQLite", time.perf_counter() - began, "s")
    tell("start: of that on the CPU", time.process_time() - cpu, "s")
    tell("memory of the directory", (resident() - before) / MIB, "MiB")

    asked = [codes[n * 7919 % len(codes)] for n in range(LOOKUPS)]
    tell("look-up by code (mean)", seconds(lambda: [directory.find(c) for c in asked]) / LOOKUPS * 1e6, "µs")
    single = [seconds(lambda code=code: directory.find(code)) * 1e6 for code in asked[:10_000]]  # type: ignore[misc]
    tell("look-up by code (99th percentile)", percentile(single, 0.99), "µs")
    tell("first search", seconds(lambda: directory.search("xa so 300 tinh so 14")), "s")
    tell("search", seconds(lambda: directory.search("xa so 301 tinh so 14")), "s")

    rows = directory.agency_rows
    added = replace(rows[-1], code=AgencyCode("999.99.99.H14"), aliases=())
    grown = replace(directory, version=2, agency_rows=(*rows, added))
    began = time.perf_counter()
    await store.set_directory(grown, START)
    tell("add one agency (written)", time.perf_counter() - began, "s")
    tell("difference of two directories", seconds(lambda: difference(directory, grown)), "s")
    change = difference(directory, grown)
    tell("apply a difference", seconds(lambda: applied(directory, change)), "s")
    await store.close()
    return told


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measure(Path(folder)))
    print_table(f"A directory of {AGENCIES:,} agencies", ("what", "cost"), rows)


if __name__ == "__main__":
    main()
