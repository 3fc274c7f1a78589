"""
The signed messages of others, in the same run: as4 and pyas2lib, each in an environment of its own.

What one core builds and takes apart again, without HTTP, store and forwarding: more than such a gateway does.
The environments lie in ~/.cache/truc-bench from run to run, since installing takes longer than measuring.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.measured import Measured, NotHere
from tests.bench.paper import size_name

SCRIPT = Path(__file__).with_name("foreign_cost.py")
CACHE = Path.home() / ".cache" / "truc-bench"
INSTALL_SECONDS = 180.0
# Starting up, and the last letter that began in time: one of 100 MB takes 8 s alone, 30 s beside others.
PATIENCE_SECONDS = 120.0


PER_CORE = "per second of CPU of one core: no HTTP, no store, no forwarding"


@dataclass(frozen=True, slots=True)
class Library:
    """What is measured of others, and what must be said about it."""

    name: str
    pinned: str
    notes: tuple[str, ...]


AS4 = Library(
    "as4",
    "as4==0.2.0",
    (
        PER_CORE,
        "RSA-2048; gzip and AES-128-GCM, as its Peppol profile always does; without the signed receipt",
    ),
)
PYAS2LIB = Library(
    "pyas2lib",
    "pyas2lib==1.4.4",
    (PER_CORE, "RSA-2048; neither compressed nor encrypted; oscrypto was helped to know this OpenSSL"),
)


async def run(sizes: Sequence[int], seconds: float, workdir: Path) -> list[Measured]:
    """Rows peer.as4 and peer.pyas2lib, each size about `seconds` long. Raises: NotHere if one cannot run."""
    return [*await as4(sizes, seconds, workdir), *await pyas2lib(sizes, seconds, workdir)]


async def as4(sizes: Sequence[int], seconds: float, workdir: Path) -> list[Measured]:
    """Row peer.as4. Raises: NotHere."""
    return await _measured(AS4, sizes, seconds, workdir)


async def pyas2lib(sizes: Sequence[int], seconds: float, workdir: Path) -> list[Measured]:
    """Row peer.pyas2lib. Raises: NotHere."""
    return await _measured(PYAS2LIB, sizes, seconds, workdir)


async def _measured(library: Library, sizes: Sequence[int], seconds: float, workdir: Path) -> list[Measured]:
    python = await _python(library, workdir)
    limit = len(sizes) * (seconds + PATIENCE_SECONDS)
    words = [library.name, str(seconds), *map(str, sizes)]
    said = await _said([str(python), str(SCRIPT), *words], limit, f"{library.pinned} does not run")
    return [_row(library, json.loads(line)) for line in said.splitlines()]


def _row(library: Library, told: Mapping[str, Any]) -> Measured:
    return Measured(
        row=f"peer.{library.name}",
        case=size_name(told["size"]),
        letters=told["letters"],
        seconds=told["seconds"],
        per_second=told["letters"] / told["cpu"],
        latencies=tuple(told["latencies"]),
        cpu_seconds={library.name: told["cpu"]},
        peak_rss={library.name: told["peak"]},
        notes=library.notes,
    )


async def _python(library: Library, workdir: Path) -> Path:
    """The interpreter of an environment with this very version of the library, made if it is not there."""
    home = (CACHE if _writable(CACHE) else workdir) / library.pinned
    python, whole = home / "bin" / "python", home / "whole.stamp"
    if not whole.exists():
        await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)  # what a cut left
        why = f"{library.pinned} cannot be installed"
        await _said([sys.executable, "-m", "venv", str(home)], INSTALL_SECONDS, why)
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        await _said([*pip, library.pinned], INSTALL_SECONDS, why)
        whole.touch()
    return python


async def _said(command: Sequence[str], limit: float, why: str) -> str:
    """What a program writes; it is gone when this returns. Raises: NotHere (`why`, its last words)."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
    except OSError as error:
        raise NotHere(f"{why}: {error}") from error
    try:
        out, err = await asyncio.wait_for(process.communicate(), limit)
    except TimeoutError as slow:
        raise NotHere(f"{why}: nothing after {limit:.0f} s") from slow
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        words = err.decode(errors="replace").strip().splitlines()
        raise NotHere(f"{why}: {words[-1] if words else process.returncode}")
    return out.decode()


def _writable(folder: Path) -> bool:
    """Whether environments can be kept in `folder` from run to run."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
