"""The machine that the figures belong to: without it they mean nothing."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from gateway.sandbox.rabbit import INSTALLED

SYNCS = 200
BLOCK = b"\0" * 4096


def description(folder: Path) -> Mapping[str, str]:
    """What a reader must know to compare; `folder` lies on the disk that was measured."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "CPU": f"{_first('/proc/cpuinfo', 'model name')}, {len(os.sched_getaffinity(0))} cores",
        "memory": f"{int(_first('/proc/meminfo', 'MemTotal').split()[0]) / 1024**2:.1f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "RabbitMQ": _rabbitmq(),
        "file system": _file_system(folder),
        "write of 4 KiB and fdatasync, median": f"{_fdatasync(folder) * 1000:.2f} ms",
    }


def _first(path: str, key: str) -> str:
    """The first value of a key in a file of /proc."""
    found = re.search(rf"^{re.escape(key)}\s*:\s*(.*)$", Path(path).read_text("utf-8"), re.MULTILINE)
    return found.group(1) if found else "unknown"


def _rabbitmq() -> str:
    found = sorted(path.name.rpartition("-")[2] for path in INSTALLED.glob("rabbitmq_server-*"))
    return found[-1] if found else "not installed"


def _file_system(folder: Path) -> str:
    """The type of the file system that a folder lies on."""
    mounts = [line.split()[:3] for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    place = folder.resolve()
    holding = [(point, kind) for _, point, kind in mounts if place.is_relative_to(point)]
    return max(holding, key=lambda mount: len(mount[0]))[1] if holding else "unknown"


def _fdatasync(folder: Path) -> float:
    """Seconds until a small write is durable."""
    path, spent = folder / "fdatasync", []
    with path.open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(BLOCK)
            os.fdatasync(file.fileno())
            spent.append(time.perf_counter() - began)
    path.unlink()
    return median(spent)
