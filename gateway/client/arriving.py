"""
What a client gets: a letter while it comes in, and once it lies on the disk.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.client.source import Progress


@dataclass(frozen=True, slots=True)
class Fetched:
    """A letter that was fetched and is durable at `path`."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Arriving:
    """A letter while it is fetched. Its last chunk is given only if the digest of all of them agrees."""

    size: int | None
    sha256: str
    chunks: AsyncIterator[bytes]


@asynccontextmanager
async def whole_file(to: Path) -> AsyncIterator[Path]:
    """A path beside `to` to write into; it takes the place of `to` if all goes well, and is gone if not."""
    partial = to.with_name(f".{to.name}.part")
    try:
        yield partial
        await asyncio.to_thread(os.replace, partial, to)
    finally:
        partial.unlink(missing_ok=True)


async def save(letter: Arriving, path: Path, progress: Progress | None) -> int:
    """Write all chunks to a file and return when they are durable: an acknowledgement may follow."""
    done = 0
    with await asyncio.to_thread(path.open, "wb") as file:
        async for chunk in letter.chunks:
            await asyncio.to_thread(file.write, chunk)
            done += len(chunk)
            if progress is not None:
                progress(done, letter.size)
        await asyncio.to_thread(file.flush)
        await asyncio.to_thread(os.fsync, file.fileno())
    return done
