"""
What a client sends: bytes, a file, or a stream, with or without a second chance.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable
from pathlib import Path

Progress = Callable[[int, int | None], None]
"""Told (bytes done, bytes in all or None) after every piece of a long transfer."""

Source = bytes | Path | AsyncIterable[bytes]
"""What is sent. An async iterable can be read only once, so such a letter is not sent a second time."""

CHUNK = 256 * 1024  # bytes per piece of a transfer: large enough to be fast, small enough to show progress


class Outgoing:
    """One body, for as many tries as its source allows."""

    content_type = "application/xml"
    is_invited = True
    """Whether a large body waits until the server has looked at the headers."""

    def __init__(self, source: Source, progress: Progress | None = None) -> None:
        self._source, self._progress = source, progress
        self.may_repeat = isinstance(source, bytes | Path)

    def size(self) -> int | None:
        """Bytes in all, or None for a stream. Raises: OSError if the file is not there."""
        if isinstance(self._source, bytes):
            return len(self._source)
        return self._source.stat().st_size if isinstance(self._source, Path) else None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body from its beginning. Raises: OSError of the file."""
        size, done = self.size(), 0
        async for chunk in self._pieces():
            yield chunk
            done += len(chunk)
            if self._progress is not None:
                self._progress(done, size)

    async def _pieces(self) -> AsyncIterator[bytes]:
        source = self._source
        if isinstance(source, bytes):
            for start in range(0, len(source), CHUNK):
                yield source[start : start + CHUNK]
        elif isinstance(source, Path):
            with await asyncio.to_thread(source.open, "rb") as file:
                while chunk := await asyncio.to_thread(file.read, CHUNK):
                    yield chunk
        else:
            async for chunk in source:
                yield chunk
