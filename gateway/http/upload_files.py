"""
Uploads on the disk: documents that come in pieces over a line that breaks, until they are handed in.

    <id>.json   whose it is, how long it will be, until when it is kept; written once, replaced as a whole
    <id>.part   the bytes so far; its size is the offset

The bytes are durable before the offset is told, so what a client was told survives a crash of ours. One
folder belongs to one process: which upload is being written to is known in memory only.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from gateway.core.catalogue import (
    DISK_FULL,
    TOO_MANY_UPLOADS,
    UNKNOWN_UPLOAD,
    UPLOAD_BUSY,
    UPLOAD_CHECKSUM,
    UPLOAD_OFFSET,
    UPLOAD_UNFINISHED,
)
from gateway.core.errors import Rejected, Unavailable, find
from gateway.durable import sync_folder
from gateway.ports import Clock

KEPT = timedelta(hours=24)  # from its creation: a night without power, and the morning after
KEPT_WHEN_SENT = timedelta(hours=1)  # for a client that lost our answer and asks with the same upload again
MOST_OPEN = 20  # of one key: a clerk sends one at a time, a program a few
PIECE = 256 * 1024
ID = "upl_[0-9a-f]{32}"

_ID = re.compile(ID)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One upload as it stands. Sizes in bytes; `owner` is the id of the key that created it."""

    id: str
    owner: str
    length: int
    expires_at: datetime
    is_sent: bool = False
    offset: int = 0

    @property
    def is_complete(self) -> bool:
        return self.offset == self.length


class UploadFolder:
    """The uploads of one node. What another key created looks like what does not exist."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder, self._clock = folder, clock
        self._busy: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)

    async def create(self, owner: str, length: int) -> Upload:
        """
        A new, empty upload of `length` bytes. What has expired goes now, whoever it was from.

        Raises: Rejected (TOO_MANY_UPLOADS), Unavailable (DISK_FULL)
        """
        return await asyncio.to_thread(self._create, owner, length)

    async def find(self, owner: str, upload_id: str) -> Upload:
        """Raises: Rejected (UNKNOWN_UPLOAD)."""
        return await asyncio.to_thread(self._find, owner, upload_id)

    async def append(
        self, upload: Upload, offset: int, chunks: AsyncIterator[bytes], sha256: bytes | None = None
    ) -> Upload:
        """
        Add `chunks` at `offset`, and return when they are durable. What came before a line broke is kept.

        With `sha256` the chunks count together or not at all.

        Raises: Rejected (UPLOAD_OFFSET, UPLOAD_CHECKSUM), Unavailable (UPLOAD_BUSY, DISK_FULL), and what
            `chunks` raises.
        """
        with self._alone(upload.id):
            upload = await self.find(upload.owner, upload.id)
            if offset != upload.offset:
                raise Rejected(find(UPLOAD_OFFSET, found=offset, held=upload.offset))
            with disk_room(), self._part(upload.id).open("ab", buffering=0) as file:
                digest, is_good = hashlib.sha256(), sha256 is None
                try:
                    async for chunk in chunks:
                        await asyncio.to_thread(_write_all, file.fileno(), chunk)
                        digest.update(chunk)
                    is_good = sha256 in (None, digest.digest())
                finally:
                    if not is_good:
                        file.truncate(offset)
                    await asyncio.to_thread(os.fdatasync, file.fileno())
            if not is_good:
                raise Rejected(find(UPLOAD_CHECKSUM))
            return await self.find(upload.owner, upload.id)

    def pieces(self, upload: Upload) -> Iterator[bytes]:
        """The bytes of a complete upload. Raises: Rejected (UPLOAD_UNFINISHED), at once."""
        if not upload.is_complete:
            raise Rejected(find(UPLOAD_UNFINISHED, held=upload.offset, length=upload.length))
        return self._pieces(upload.id)

    def _pieces(self, upload_id: str) -> Iterator[bytes]:
        try:
            file = self._part(upload_id).open("rb")
        except FileNotFoundError:
            raise _unknown(upload_id) from None  # ended by its owner in this moment
        with file:
            while piece := file.read(PIECE):
                yield piece

    async def sent(self, upload: Upload) -> None:
        """It was handed in: it counts no longer, and stays a while for a repeat of the same request."""
        until = min(upload.expires_at, self._clock.now() + KEPT_WHEN_SENT)
        if not upload.is_sent:
            await asyncio.to_thread(self._note, replace(upload, is_sent=True, expires_at=until))

    async def make_room(self, owner: str, most: int) -> None:
        """End the oldest uploads of an owner that were not sent, until there are at most `most` of them."""
        await asyncio.to_thread(self._make_room, owner, most)

    async def remove(self, upload: Upload) -> None:
        """End an upload. Raises: Unavailable (UPLOAD_BUSY)."""
        with self._alone(upload.id):
            await asyncio.to_thread(self._remove, upload.id)

    # --- on the disk, in a thread --------------------------------------------------------------------

    def _create(self, owner: str, length: int) -> Upload:
        now = self._clock.now()
        mine = sum(u.owner == owner and not u.is_sent for u in self._sweep(now))
        if mine >= MOST_OPEN:
            raise Rejected(find(TOO_MANY_UPLOADS, limit=MOST_OPEN))
        upload_id = f"upl_{secrets.token_hex(16)}"
        upload = Upload(id=upload_id, owner=owner, length=length, expires_at=now + KEPT)
        with disk_room():
            self._part(upload_id).touch(mode=0o600)
        self._note(upload)
        return upload

    def _make_room(self, owner: str, most: int) -> None:
        mine = [u for u in self._sweep(self._clock.now()) if u.owner == owner and not u.is_sent]
        mine.sort(key=lambda upload: upload.expires_at)
        for upload in mine[: max(0, len(mine) - most)]:
            if upload.id not in self._busy:
                self._remove(upload.id)

    def _sweep(self, now: datetime) -> Iterator[Upload]:
        """What is kept still; all else goes, also what was half removed when a process died."""
        for path in list(self.folder.glob("upl_*.json")):
            upload = self._read(path)
            if upload is not None and upload.expires_at > now:
                yield upload
            elif path.stem not in self._busy:
                self._remove(path.stem)

    def _find(self, owner: str, upload_id: str) -> Upload:
        found = self._read(self._facts(upload_id)) if _ID.fullmatch(upload_id) else None
        if found is None or found.owner != owner or found.expires_at <= self._clock.now():
            raise _unknown(upload_id)
        return found

    def _read(self, path: Path) -> Upload | None:
        """An upload as it stands; None if it has just gone, or is not ours to read."""
        try:
            facts = json.loads(path.read_bytes())
            size = path.with_suffix(".part").stat().st_size
            expires_at = datetime.fromisoformat(facts.pop("expires_at"))
            return Upload(**facts, expires_at=expires_at, offset=size)
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    def _note(self, upload: Upload) -> None:
        facts = {**asdict(upload), "expires_at": upload.expires_at.isoformat()}
        del facts["offset"]  # the size of the file tells it, and cannot be wrong
        draft = self._facts(upload.id).with_suffix(".new")
        with disk_room():
            with draft.open("w") as file:
                json.dump(facts, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._facts(upload.id))
            sync_folder(self.folder)

    def _remove(self, upload_id: str) -> None:
        self._part(upload_id).unlink(missing_ok=True)
        self._facts(upload_id).unlink(missing_ok=True)

    def _facts(self, upload_id: str) -> Path:
        return self.folder / f"{upload_id}.json"

    def _part(self, upload_id: str) -> Path:
        return self.folder / f"{upload_id}.part"

    @contextmanager
    def _alone(self, upload_id: str) -> Iterator[None]:
        if upload_id in self._busy:
            raise Unavailable(find(UPLOAD_BUSY), retry_after=timedelta(seconds=5))
        self._busy.add(upload_id)
        try:
            yield
        finally:
            self._busy.discard(upload_id)


@contextmanager
def disk_room() -> Iterator[None]:
    """Around everything that writes to the disk: a full one becomes Unavailable (DISK_FULL)."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable(find(DISK_FULL)) from error
        raise


def _unknown(upload_id: str) -> Rejected:
    named = upload_id if _ID.fullmatch(upload_id) else "…"
    return Rejected(find(UNKNOWN_UPLOAD, upload_id=named))


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
