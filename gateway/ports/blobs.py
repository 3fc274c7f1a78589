"""
Blobs: the bytes of the parts of letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from gateway.core.model import Part
from gateway.core.split import PartSink

if TYPE_CHECKING:
    from gateway.ports.letters import LetterKey


class BlobSink(PartSink, Protocol):
    """A part while it arrives: nothing is visible under its digest before `keep`."""

    def peek(self) -> AbstractContextManager[BinaryIO]:
        """A seekable file of what was written, for looking into archives before the letter is ours."""

    def keep(self) -> StoredPart:
        """Make it durable (fsync, then rename) and say what it is; `name` of the result is empty."""

    def discard(self) -> None:
        """Forget it. Harmless after `keep`."""


class Partial(Protocol):
    """The file of one part that comes in pieces, in any order."""

    def write_at(self, offset: int, data: bytes) -> None:
        """Put `data` at `offset`."""

    def sync(self) -> None:
        """Return when everything written is durable (fdatasync)."""

    def keep(self, part: Part) -> StoredPart | None:
        """The finished part made durable, or None (and nothing left of it) if size or digest disagree."""


class Blobs(Protocol):
    """Content-addressed files; parts up to INLINE_BYTES live in the letter's row instead."""

    def new(self) -> BlobSink:
        """Start a part of unknown size."""

    def put(self, name: str, data: bytes) -> StoredPart:
        """Keep a part that is already in memory (inline when small)."""

    def partial(self, letter: LetterKey, index: int) -> Partial:
        """The file of part `index` of a letter that comes in pieces."""

    def drop_partials(self, letter: LetterKey) -> None:
        """Remove what is left of a letter that is complete or refused."""

    def read(self, part: StoredPart, offset: int = 0, size: int | None = None) -> Iterator[bytes]:
        """The bytes of a part in pieces of at most 1 MiB.

        Raises: Unavailable (BLOB_DAMAGED) if the file is missing or shorter than it should be.
        """


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part that this node holds: `inline` bytes when small, else the blob named by `sha256`."""

    name: str
    size: int
    sha256: str
    inline: bytes | None = None
