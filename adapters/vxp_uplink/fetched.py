"""
A message on its way down: fetched into a temporary file, so that it is whole before anybody is told of it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import IO

from gateway.client import VxpClient
from gateway.core.edxml import read
from gateway.core.lifecycle import status_recipient
from gateway.core.model import Envelope, Kind
from gateway.core.split import Splitter
from gateway.v1.transfer import in_threads
from schemas.safe_xml import Limits

IN_MEMORY = 1024 * 1024
PIECE = 256 * 1024


class FetchedLetter:
    """One message. `sha256` (hex) is that of its bytes."""

    def __init__(self, file: IO[bytes], sha256: str) -> None:
        self._file, self.sha256 = file, sha256

    def stream(self) -> AsyncIterator[bytes]:
        """Its bytes from the beginning; one reader at a time."""
        return in_threads(self._pieces)

    def envelope(self) -> Envelope:
        """What it says, without its attachments. Blocks. Raises: Rejected for what is no edXML."""
        splitter = Splitter(Limits(), lambda _index: _Nowhere())
        for piece in self._pieces():
            splitter.feed(piece)
        split = splitter.close()
        return read(split.envelope, split.parts).envelope

    def _pieces(self) -> Iterator[bytes]:
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            yield piece


@asynccontextmanager
async def fetched(client: VxpClient, doc_id: str) -> AsyncIterator[FetchedLetter]:
    """A message of the axis, whole; gone when the block ends. Raises: Rejected, Unavailable"""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        digest = hashlib.sha256()
        async for chunk in client.stream(doc_id):
            await asyncio.to_thread(file.write, chunk)
            digest.update(chunk)
        yield FetchedLetter(file, digest.hexdigest())


def recipients_named(envelope: Envelope) -> tuple[str, ...]:
    """Whom a message itself names."""
    if envelope.kind is Kind.STATUS:
        return tuple(filter(None, [status_recipient(envelope)]))
    return tuple(organ.code for organ in envelope.recipients)


class _Nowhere:
    """A place for attachments that nobody looks at."""

    def write(self, data: bytes) -> None:
        """Thrown away."""

    def rewrite(self, transform: Callable[[Iterator[bytes]], Iterator[bytes]]) -> None:
        """Nothing was kept."""

    def close(self) -> None:
        """Nothing was kept."""
