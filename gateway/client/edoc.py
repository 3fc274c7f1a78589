"""
The body of sendEdoc: the file, the CRLF that the SDK writes after it, and the digest that goes ahead of both.

Spec: VXP
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.client.source import Outgoing, Progress
from gateway.vxp.functions import AFTER_FILE, FILE_TYPE


@dataclass(frozen=True, slots=True)
class Announced:
    """A letter whose size and digest are known before it is read; `open` reads it from its beginning."""

    open: Callable[[], AsyncIterable[bytes]]
    size: int
    sha256: bytes


EdocSource = bytes | Path | Announced
"""What is sent over VXP. The digest stands in the headers, so a bare stream cannot be sent."""


class EdocBody(Outgoing):
    """One letter as the body of sendEdoc."""

    content_type = FILE_TYPE
    # The SDK sends this body without asking, so a server of VXP need not know how to be asked.
    is_invited = False

    def __init__(self, source: EdocSource, progress: Progress | None = None) -> None:
        super().__init__(b"" if isinstance(source, Announced) else source, progress)
        self._announced = source if isinstance(source, Announced) else None
        self.may_repeat = True

    def size(self) -> int | None:
        """Bytes of the body, with the CRLF. Raises: OSError if the file is not there."""
        size = self._announced.size if self._announced is not None else super().size()
        return None if size is None else size + len(AFTER_FILE)

    async def digest(self) -> bytes:
        """SHA-256 of the letter; a file is read once for it. Raises: OSError of the file."""
        if self._announced is not None:
            return self._announced.sha256
        digest = hashlib.sha256()
        async for piece in super()._pieces():
            digest.update(piece)
        return digest.digest()

    async def _pieces(self) -> AsyncIterator[bytes]:
        pieces = self._announced.open() if self._announced is not None else super()._pieces()
        async for piece in pieces:
            yield piece
        yield AFTER_FILE
