"""
Blobs: the bytes of parts, as files named by their digest.

    <root>/ab/cdef…             a part that is kept; the name is its SHA-256
    <root>/tmp/<instance>/n     a part that is still coming in; swept when the instance starts again
    <root>/partial/<letter>/n   a part that comes over a link in pieces; survives a restart

A part is synced and renamed before the row that names it commits, so there is no row without its bytes; bytes
without a row are harmless. Parts up to INLINE_BYTES live in the row and cost no file and no extra fsync.
"""

from __future__ import annotations

import errno
import hashlib
import io
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from gateway.core.catalogue import BLOB_DAMAGED, DISK_FULL, STORE_BUSY
from gateway.core.errors import Unavailable, find
from gateway.core.model import Part
from gateway.durable import sync_folder
from gateway.ports import LetterKey, StoredPart

INLINE_BYTES = 32 * 1024
PIECE = 1024 * 1024
IDLE_SECONDS = 24 * 3600
"""When files that nobody knows may go: another instance takes no day between two steps."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def _wall() -> Iterator[None]:
    """What the file system refuses, as what the caller can do about it."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable(find(DISK_FULL)) from error
        raise Unavailable(find(STORE_BUSY, detail=error.strerror or str(error))) from error


def _damaged(detail: str) -> Unavailable:
    return Unavailable(find(BLOB_DAMAGED, detail=detail))


def _make_directory(path: Path) -> None:
    """Make a directory (and the ones above it) that is still there after a power cut."""
    if not path.is_dir():
        _make_directory(path.parent)
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def _sweep(place: Path, known: Set[Path]) -> None:
    """Remove folders that nobody knows and nobody wrote to since yesterday."""
    oldest = time.time() - IDLE_SECONDS
    for folder in place.iterdir():
        with suppress(OSError):  # another instance may be sweeping too
            if folder not in known and max(p.stat().st_mtime for p in (folder, *folder.iterdir())) < oldest:
                shutil.rmtree(folder)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class FileBlobs:
    """The blobs of one node under one folder; several instances may share it."""

    def __init__(self, root: Path, instance: str) -> None:
        self._root, self._tmp = root, root / "tmp" / f"i-{quote(instance, safe='')}"
        self._partials = root / "partial"
        self._names = itertools.count()
        with _wall():
            shutil.rmtree(self._tmp, ignore_errors=True)
            _make_directory(self._tmp)
            _make_directory(self._partials)
        _sweep(root / "tmp", {self._tmp})

    # --- writing ---------------------------------------------------------------------------------

    def new(self) -> FileSink:
        """Start a part of unknown size."""
        return FileSink(self, self._tmp / str(next(self._names)))

    def put(self, name: str, data: bytes) -> StoredPart:
        """Keep a part that is already in memory."""
        if len(data) <= INLINE_BYTES:
            return StoredPart(name, len(data), hashlib.sha256(data).hexdigest(), bytes(data))
        sink = self.new()
        try:
            sink.write(data)
            kept = sink.keep()
        finally:
            sink.discard()
        return StoredPart(name, kept.size, kept.sha256)

    def partial(self, letter: LetterKey, index: int) -> PartialFile:
        """The file of part `index` of a letter that comes in pieces."""
        return PartialFile(self, self._partial_folder(letter) / str(index))

    def drop_partials(self, letter: LetterKey) -> None:
        """Remove what is left of a letter that is complete or refused."""
        shutil.rmtree(self._partial_folder(letter), ignore_errors=True)

    def sweep_partials(self, receiving: Iterable[LetterKey]) -> None:
        """Remove the partial files of letters that are not on their way in, unless somebody wrote today."""
        _sweep(self._partials, {self._partial_folder(letter) for letter in receiving})

    def move_in(self, path: Path, sha256: str) -> None:
        """
        Give a finished, synced file its name. What stood there has the same bytes, or was damaged.

        A reader that has the former file open keeps it.
        """
        target = self._path(sha256)
        _make_directory(target.parent)
        path.replace(target)
        sync_folder(target.parent)

    def has(self, part: Part) -> bool:
        """Whether the blob of this part is kept and whole."""
        path = self._path(part.sha256)
        try:
            return path.stat().st_size == part.size and _file_digest(path) == part.sha256
        except FileNotFoundError:
            return False

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256[2:]

    def _partial_folder(self, letter: LetterKey) -> Path:
        # ids come from other nodes: a digest of them can't climb out of the folder
        name = hashlib.sha256(f"{letter.origin}\n{letter.letter_id}".encode()).hexdigest()
        return self._partials / name

    # --- reading ---------------------------------------------------------------------------------

    def read(self, part: StoredPart, offset: int = 0, size: int | None = None) -> Iterator[bytes]:
        """
        The bytes of a part in pieces of at most 1 MiB.

        Raises: Unavailable (BLOB_DAMAGED) at once if the file is missing or has another size.
        """
        end = part.size if size is None else min(offset + size, part.size)
        if part.inline is not None:
            if len(part.inline) != part.size:
                raise _damaged(f"{part.name}: {len(part.inline)} of {part.size} bytes")
            return iter((part.inline[offset:end],) if offset < end else ())
        path = self._path(part.sha256)
        try:
            found = path.stat().st_size
        except OSError as error:
            raise _damaged(f"{part.name} ({part.sha256}): {error.strerror}") from error
        if found != part.size:
            raise _damaged(f"{part.name} ({part.sha256}): {found} of {part.size} bytes")
        return self._read_file(path, part, offset, end)

    @staticmethod
    def _read_file(path: Path, part: StoredPart, offset: int, end: int) -> Iterator[bytes]:
        try:
            with path.open("rb", buffering=0) as file:
                file.seek(offset)
                while offset < end:
                    piece = file.read(min(PIECE, end - offset))
                    if not piece:
                        raise _damaged(f"{part.name} ({part.sha256}): ends at {offset}")
                    offset += len(piece)
                    yield piece
        except OSError as error:
            raise _damaged(f"{part.name} ({part.sha256}): {error.strerror}") from error


class FileSink:
    """A part while it arrives: in memory as long as it is small, then in a file under `tmp`."""

    def __init__(self, blobs: FileBlobs, path: Path) -> None:
        self._blobs, self._path = blobs, path
        self._small = io.BytesIO()
        self._file: BinaryIO | None = None
        self._is_over = False
        self._size, self._digest = 0, hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Append `data`."""
        self._digest.update(data)
        self._size += len(data)
        with _wall():
            if self._file is None and self._size > INLINE_BYTES:
                self._file = self._path.open("w+b")
                self._file.write(self._small.getvalue())
                self._small = io.BytesIO()
            (self._file or self._small).write(data)

    def rewrite(self, transform: Callable[[Iterator[bytes]], Iterator[bytes]]) -> None:
        """Replace everything written so far by what `transform` makes of it, as a stream."""
        fresh = self._blobs.new()
        try:
            with self.peek() as file:
                for piece in transform(_pieces(file)):
                    fresh.write(piece)
        except BaseException:
            fresh.discard()
            raise
        self.discard()
        self._path, self._small, self._file = fresh._path, fresh._small, fresh._file
        self._size, self._digest = fresh._size, fresh._digest
        self._is_over = False

    def close(self) -> None:
        """Nothing more will come."""
        with _wall():
            if self._file is not None:
                self._file.flush()

    @contextmanager
    def peek(self) -> Iterator[BinaryIO]:
        """A seekable file of what was written, for looking into archives before the letter is ours."""
        self.close()
        if self._file is None:
            yield io.BytesIO(self._small.getvalue())
        else:
            with _wall():
                file = self._path.open("rb")
            with file:
                yield file

    def keep(self) -> StoredPart:
        """Make it durable and say what it is; the result has no name yet."""
        sha256 = self._digest.hexdigest()
        if self._file is None:
            return StoredPart("", self._size, sha256, self._small.getvalue())
        with _wall():
            if not self._is_over:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                self._blobs.move_in(self._path, sha256)
                self._is_over = True
        return StoredPart("", self._size, sha256)

    def discard(self) -> None:
        """Forget it. Harmless after `keep`."""
        if self._file is None or self._is_over:
            return
        self._is_over = True
        with suppress(OSError):  # a full disk refuses the last flush of what nobody wants any more
            self._file.close()
        self._path.unlink(missing_ok=True)


class PartialFile:
    """The file of one part that comes in pieces, in any order."""

    def __init__(self, blobs: FileBlobs, path: Path) -> None:
        self._blobs, self._path = blobs, path
        self._handle: int | None = None
        self._is_new = False

    def write_at(self, offset: int, data: bytes) -> None:
        """Put `data` at `offset`."""
        with _wall():
            handle = self._open()
            view = memoryview(data)
            while view:
                written = os.pwrite(handle, view, offset)
                view, offset = view[written:], offset + written

    def sync(self) -> None:
        """Return when everything written is durable, the file's name included."""
        if self._handle is None:
            return
        with _wall():
            try:
                os.fdatasync(self._handle)
                if self._is_new:
                    sync_folder(self._path.parent)
                    self._is_new = False
            finally:
                self._close()

    def keep(self, part: Part) -> StoredPart | None:
        """
        The finished part made durable, or None (and nothing left of it) if size or digest disagree.

        Safe to run again after a crash in the middle: a blob that was already moved in is found there, and a
        small part's file goes only with `drop_partials`.
        """
        with _wall():
            self._close()
            if part.size <= INLINE_BYTES:
                return self._keep_small(part)
            if not self._path.exists():
                return StoredPart(part.name, part.size, part.sha256) if self._blobs.has(part) else None
            if self._path.stat().st_size != part.size or _file_digest(self._path) != part.sha256:
                self._path.unlink()
                return None
            handle = self._open()
            os.fsync(handle)
            self._close()
            self._blobs.move_in(self._path, part.sha256)
            return StoredPart(part.name, part.size, part.sha256)

    def _keep_small(self, part: Part) -> StoredPart | None:
        # read no more than could be right: the file's length is a neighbour's word
        data = b""
        if self._path.exists():
            with self._path.open("rb") as file:
                data = file.read(INLINE_BYTES + 1)
        if len(data) != part.size or hashlib.sha256(data).hexdigest() != part.sha256:
            self._path.unlink(missing_ok=True)
            return None
        return StoredPart(part.name, part.size, part.sha256, data)

    def _open(self) -> int:
        if self._handle is None:
            if not self._path.exists():
                _make_directory(self._path.parent)
                self._is_new = True
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._handle

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __del__(self) -> None:
        self._close()  # whoever wrote may have failed before `sync`
