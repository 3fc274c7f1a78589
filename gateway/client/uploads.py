"""
A large document over a line that breaks: handed over in pieces, each on the node's disk before the next.

After a break the node is asked how far it got, and the rest follows; so it goes on after a new start of the
program too, if that kept the id of the upload.

Spec: TUS
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol

from gateway.client.exchange import Exchange
from gateway.client.source import CHUNK, Outgoing, Progress
from gateway.core.catalogue import UNKNOWN_UPLOAD
from gateway.core.errors import Rejected
from gateway.v1.uploads import OFFSET_STREAM, VERSION, UploadShape

PIECE = 8 * 1024 * 1024  # bytes per request: what is lost at most where a proxy holds whole requests back
TUS = {"Tus-Resumable": VERSION}


class OutgoingPiece(Outgoing):
    """A part of a file, from `start` on. `progress` is told of the whole file."""

    content_type = OFFSET_STREAM

    def __init__(self, path: Path, start: int, size: int, progress: Progress | None) -> None:
        super().__init__(path)
        self._path, self._start, self._size = path, start, size
        self._told = progress

    def size(self) -> int | None:
        """Bytes of this part."""
        return self._size

    async def _pieces(self) -> AsyncIterator[bytes]:
        whole, done = Outgoing(self._path).size(), self._start
        pieces = _cut_out(self._path, self._start, self._size)
        while chunk := await asyncio.to_thread(next, pieces, b""):
            yield chunk
            done += len(chunk)
            if self._told is not None:
                self._told(done, whole)


def _cut_out(path: Path, start: int, size: int) -> Iterator[bytes]:
    """A part of a file; the file is closed too where nobody reads on, as when the line breaks."""
    with path.open("rb") as file:
        file.seek(start)
        while size and (chunk := file.read(min(CHUNK, size))):
            yield chunk
            size -= len(chunk)


class UploadNote(Protocol):
    """Where the id of an upload is kept, so that a later call goes on where an earlier one broke off."""

    def upload_id(self) -> str | None:
        """The id that was kept, None if there is none."""

    def keep(self, upload_id: str) -> None:
        """Keep this id: an upload was begun, or goes on."""


async def upload(
    exchange: Exchange,
    path: Path,
    *,
    note: UploadNote | None = None,
    progress: Progress | None = None,
) -> str:
    """
    Hand a file over in pieces; gives the id of the complete upload.

    An upload that `note` knows was begun earlier with this very file; one that has expired is begun anew.

    Raises: OSError of the file.
    """
    upload_id = None if note is None else note.upload_id()
    at = await _standing(exchange, upload_id) if upload_id is not None else None
    length = Outgoing(path).size() or 0
    if at is None or at.length != length:
        headers = {**TUS, "Upload-Length": str(length)}
        at = await exchange.ask(UploadShape, "POST", "/v1/uploads", headers=headers)
    if note is not None:
        note.keep(at.id)
    done = at.offset
    while done < length:
        done = await _Step(exchange, at.id, path, progress).take(done)
    return at.id


class _Step:
    """One piece: tried again from wherever the node really is."""

    def __init__(self, exchange: Exchange, upload_id: str, path: Path, progress: Progress | None) -> None:
        self._exchange, self._path, self._progress = exchange, path, progress
        self._place = f"/v1/uploads/{upload_id}"
        self._known: int | None = None

    async def take(self, offset: int) -> int:
        """The new offset."""
        self._known = offset
        return await self._exchange.persist(self._once)

    async def _once(self) -> int:
        offset, self._known = self._known, None
        if offset is None:
            offset = (await self._exchange.ask(UploadShape, "GET", self._place)).offset
        left = (Outgoing(self._path).size() or 0) - offset
        if not left:
            return offset  # the answer got lost, not the bytes
        piece = OutgoingPiece(self._path, offset, min(PIECE, left), self._progress)
        headers = {**TUS, "Upload-Offset": str(offset)}
        async with self._exchange.call("PATCH", self._place, headers=headers, letter=piece) as response:
            return int(response.headers["Upload-Offset"])


async def end_upload(exchange: Exchange, upload_id: str) -> None:
    """Let the node forget an upload; one that it has forgotten already is no trouble."""
    try:
        await exchange.tell("DELETE", f"/v1/uploads/{upload_id}", headers=TUS)
    except Rejected as refused:
        if refused.first.fault is not UNKNOWN_UPLOAD:
            raise


async def _standing(exchange: Exchange, upload_id: str) -> UploadShape | None:
    try:
        return await exchange.ask(UploadShape, "GET", f"/v1/uploads/{upload_id}")
    except Rejected:
        return None
