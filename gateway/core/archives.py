"""
ZIP archives read without trust: what is in them, and what really comes out.

Python's `zipfile` reads the table of contents; the entries are inflated here, since `zipfile` stops at the
size that the table promises and a bomb is made for the unpacker that does not.
"""

from __future__ import annotations

import errno
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import IO

KIB = 1024
MIB = 1024 * KIB
CHUNK = 256 * KIB
PEEK = 4 * KIB
"""Enough of a file to see what it is: the first local header of a ZIP, the `ustar` at byte 257 of a TAR."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an attached archive may ask of those who open it.

    `ratio` is the expanded size of all entries over the size of the archive; below `small` bytes expanded no
    ratio is harmful. `entries` and `directory_bytes` bound the memory its table of contents takes.
    `inflate_bytes` is how much is expanded for real (about 1 s); beyond it the table of contents is believed.
    `scratch_bytes` is the most that a document inside the SDK's wrapping may take while it is looked into.
    `depth` is the number of archive levels allowed; only the first is ever opened.
    """

    ratio: int = 100
    small: int = 64 * KIB
    entries: int = 10_000
    directory_bytes: int = 2 * MIB
    inflate_bytes: int = 256 * MIB
    scratch_bytes: int = 512 * MIB
    depth: int = 1


DEFAULT_LIMITS = ArchiveLimits()


class FileKind(StrEnum):
    """What the first bytes of a file show."""

    UNKNOWN = "unknown"
    PDF = "pdf"
    OFFICE = "office"  # a document that is a ZIP inside: docx, xlsx, odt, epub, jar …
    OLE = "ole"  # doc, xls, ppt before 2007
    RTF = "rtf"
    XML = "xml"
    IMAGE = "image"
    ZIP = "zip"
    RAR = "rar"
    SEVEN_ZIP = "7z"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    TAR = "tar"
    CAB = "cab"


ARCHIVES = frozenset(
    {
        FileKind.ZIP,
        FileKind.RAR,
        FileKind.SEVEN_ZIP,
        FileKind.GZIP,
        FileKind.BZIP2,
        FileKind.XZ,
        FileKind.TAR,
        FileKind.CAB,
    }
)

_MAGIC: tuple[tuple[bytes, FileKind], ...] = (
    (b"%PDF-", FileKind.PDF),
    (b"PK\x03\x04", FileKind.ZIP),
    (b"PK\x05\x06", FileKind.ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind.OLE),
    (b"{\\rtf", FileKind.RTF),
    (b"<?xml", FileKind.XML),
    (b"\xef\xbb\xbf<?xml", FileKind.XML),
    (b"\x89PNG\r\n\x1a\n", FileKind.IMAGE),
    (b"\xff\xd8\xff", FileKind.IMAGE),
    (b"GIF8", FileKind.IMAGE),
    (b"II*\x00", FileKind.IMAGE),
    (b"MM\x00*", FileKind.IMAGE),
    (b"BM", FileKind.IMAGE),
    (b"Rar!\x1a\x07", FileKind.RAR),
    (b"7z\xbc\xaf\x27\x1c", FileKind.SEVEN_ZIP),
    (b"\x1f\x8b\x08", FileKind.GZIP),
    (b"BZh", FileKind.BZIP2),
    (b"\xfd7zXZ\x00", FileKind.XZ),
    (b"MSCF", FileKind.CAB),
)
_OFFICE_ENTRIES = ("[Content_Types].xml", "mimetype")
_OFFICE_FOLDERS = ("_rels/", "docProps/", "word/", "xl/", "ppt/", "customXml/", "META-INF/")
_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
_STORED, _DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


class Damaged(Exception):
    """The archive cannot be read as its own table of contents says."""


class TooManyEntries(Exception):
    """Its table of contents is larger than the limits allow."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A ZIP whose table of contents was read; `file` stays the caller's. `size` in bytes."""

    file: IO[bytes]
    size: int
    entries: tuple[zipfile.ZipInfo, ...]
    kind: FileKind


def kind_of(head: bytes) -> FileKind:
    """What a file is by its first bytes (`PEEK` of them)."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return FileKind.OFFICE if kind is FileKind.ZIP and _starts_like_office(head) else kind
    return FileKind.TAR if head[257:262] == b"ustar" else FileKind.UNKNOWN


class _Guarded:
    """A file for `zipfile` that refuses the one read whose size an attacker chooses: the directory's."""

    def __init__(self, file: IO[bytes], limit: int) -> None:
        self._file, self._limit = file, limit
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if size > self._limit:
            raise TooManyEntries
        return self._file.read(size)

    def seekable(self) -> bool:
        return True


def open_archive(file: IO[bytes], limits: ArchiveLimits) -> Archive:
    """Read the table of contents of a ZIP; no entry is opened.

    Raises: Damaged, TooManyEntries.
    """
    size = file.seek(0, 2)
    try:
        with zipfile.ZipFile(_Guarded(file, limits.directory_bytes)) as archive:
            entries = tuple(archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error) as error:
        raise Damaged from error
    except OSError as error:
        if error.errno == errno.EINVAL:  # a seek to where no file has bytes
            raise Damaged from error
        raise
    if len(entries) > limits.entries:
        raise TooManyEntries
    is_office = any(_is_office_entry(entry.filename) for entry in entries)
    return Archive(file, size, entries, FileKind.OFFICE if is_office else FileKind.ZIP)


def is_readable(entry: zipfile.ZipInfo) -> bool:
    """Whether `inflate` can open the entry: it is not encrypted, and stored or deflated."""
    return not entry.flag_bits & 0x1 and entry.compress_type in (_STORED, _DEFLATED)


def head_of(archive: Archive, entry: zipfile.ZipInfo) -> bytes:
    """The first `PEEK` bytes of an entry, enough for `kind_of`; empty if it cannot be opened."""
    head = b""
    for piece in inflate(archive, entry, chunk=PEEK):
        head += piece
        if len(head) >= PEEK:
            break
    return head[:PEEK]


def inflate(archive: Archive, entry: zipfile.ZipInfo, chunk: int = CHUNK) -> Iterator[bytes]:
    """What really comes out of an entry, in pieces of at most `chunk`; nothing for one that is encrypted.

    `zipfile` stops at the size that the table of contents promises; an unpacker that does not is the one
    a bomb is made for, so the stream itself is read to its end.

    Raises: Damaged, perhaps after some pieces.
    """
    if not is_readable(entry):
        return
    position, left, crc = _data_start(archive.file, entry), entry.compress_size, 0
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if entry.compress_type == _DEFLATED else None
    try:
        while left > 0:
            archive.file.seek(position)
            packed = archive.file.read(min(chunk, left))
            if not packed:
                raise Damaged
            position, left = position + len(packed), left - len(packed)
            for piece in [packed] if unpacker is None else _pieces(unpacker, packed, chunk):
                crc = zlib.crc32(piece, crc)
                yield piece
    except zlib.error as error:
        raise Damaged from error
    if crc != entry.CRC or (unpacker is not None and not unpacker.eof):
        raise Damaged


def _pieces(unpacker: zlib._Decompress, packed: bytes, chunk: int) -> Iterator[bytes]:
    while not unpacker.eof:
        piece = unpacker.decompress(packed, chunk)
        packed = unpacker.unconsumed_tail
        if piece:
            yield piece
        if not packed and len(piece) < chunk:  # a full piece may have left some output inside
            return


def _data_start(file: IO[bytes], entry: zipfile.ZipInfo) -> int:
    if entry.header_offset < 0:
        raise Damaged
    file.seek(entry.header_offset)
    try:
        fields = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    except struct.error as error:
        raise Damaged from error
    if fields[0] != b"PK\x03\x04":
        raise Damaged
    return int(entry.header_offset + _LOCAL_HEADER.size + fields[9] + fields[10])


def _starts_like_office(head: bytes) -> bool:
    """Whether the first entry of a ZIP is one that docx, xlsx, odt, epub, jar or ASiC files begin with."""
    if len(head) < _LOCAL_HEADER.size:
        return False
    length = _LOCAL_HEADER.unpack_from(head)[9]
    name = head[_LOCAL_HEADER.size : _LOCAL_HEADER.size + length]
    return _is_office_entry(name.decode("ascii", "replace"))


def _is_office_entry(name: str) -> bool:
    return name in _OFFICE_ENTRIES or name.startswith(_OFFICE_FOLDERS)
