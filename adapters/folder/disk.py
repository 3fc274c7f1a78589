"""
Files on a share: written so that they are whole or not there, read without following anybody's links.

A folder may be a mount of SMB, NFS or SFTP that somebody else writes to with a clock of its own. Nothing here
waits or decides; OSError passes through and is translated in one place (lanes.py).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.durable import sync_folder

PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A plain file or a folder as a listing shows it; `size` in bytes, `mtime` by the share's own clock."""

    path: Path
    is_folder: bool
    size: int
    mtime: int

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def mark(self) -> tuple[str, int, int]:
        """What changes while somebody is still writing it."""
        return (self.name, self.size, self.mtime)


def listed(folder: Path) -> list[Entry]:
    """The plain files and folders in `folder` by name; links, sockets and what has just gone are left out."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                facts = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(facts.st_mode) or stat.S_ISREG(facts.st_mode):
                    is_folder = stat.S_ISDIR(facts.st_mode)
                    size = 0 if is_folder else facts.st_size
                    found.append(Entry(folder / entry.name, is_folder, size, facts.st_mtime_ns))
    return sorted(found, key=lambda entry: entry.name)


def folders_in(folder: Path) -> list[Path]:
    """The folders in `folder` that are not hidden, by name; cheaper than `listed`, which asks for sizes."""
    with os.scandir(folder) as entries:
        names = [e.name for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)]
    return [folder / name for name in sorted(names)]


def is_folder(path: Path) -> bool:
    """Whether this is a folder, and no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def is_there(path: Path) -> bool:
    """Whether anything has this name."""
    return os.path.lexists(path)


def make_folder(path: Path) -> None:
    """Make one folder that is still there after a power cut.

    Raises: OSError if something else has its name
    """
    if not is_folder(path):
        path.mkdir()
        sync_folder(path.parent)


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file for reading: a link might lead to what is not the agency's, a pipe never ends."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return os.fdopen(handle, "rb")


def pieces_of(path: Path) -> Iterator[bytes]:
    """The bytes of a plain file; it is opened when the first are asked for."""
    with open_plain(path) as file:
        while piece := file.read(PIECE):
            yield piece


def read_small(path: Path, most: int) -> bytes | None:
    """At most `most` bytes of a file; None if there is none."""
    try:
        with open_plain(path) as file:
            return file.read(most)
    except FileNotFoundError:
        return None


def write_new(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file inside a folder that nobody sees yet, and sync it."""
    with path.open("xb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write or replace a file in one step: a reader finds the former one or this one, never half of it."""
    draft = path.with_name(f".{path.name}.ghi")
    draft.unlink(missing_ok=True)
    write_new(draft, pieces)
    draft.replace(path)
    sync_folder(path.parent)


def move(source: Path, target: Path) -> None:
    """Give a file or folder another name, durably. Nothing is overwritten.

    Raises: FileExistsError
    """
    if is_there(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    source.rename(target)
    sync_folder(target.parent)
    if source.parent != target.parent:
        sync_folder(source.parent)
