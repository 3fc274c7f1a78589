"""
A letter with its evidence as one standard file: ASiC-E with XAdES, written.

Deterministic: the same letter gives the same bytes everywhere, so a file can be compared with the
one that is rebuilt from its content. Members in this order, all stored, one fixed time, no extras:

    mimetype · META-INF/manifest.xml · META-INF/signatures001.xml (the node's) ·
    META-INF/signatures002.xml (the agency's own) · the parts in manifest order

At most one of the two signatures may be absent. Memory stays flat: a part is read in blocks, twice,
because a zip wants the checksum before the bytes and many readers refuse it after them.

Spec: EN319162-1
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from xml.sax.saxutils import quoteattr

from signing.parts import MIMETYPE_MEMBER, SealedPart, check_parts
from signing.verdict import Objection, Reason

MIMETYPE = b"application/vnd.etsi.asic-e+zip"
MANIFEST_MEMBER = "META-INF/manifest.xml"
NODE_SIGNATURE = "META-INF/signatures001.xml"
AGENCY_SIGNATURE = "META-INF/signatures002.xml"
SIGNATURE_MEMBERS = (NODE_SIGNATURE, AGENCY_SIGNATURE)
MANIFEST_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"

MAX_CONTAINER = (1 << 32) - 1
"""Sizes and offsets of a plain zip have 32 bits; beyond them other tools disagree on how to read it."""

LOCAL_HEADER = struct.Struct("<4s5H3I2H")
CENTRAL_RECORD = struct.Struct("<4s6H3I5H2I")
END_RECORD = struct.Struct("<4s4H2IH")
LOCAL_SIGN, CENTRAL_SIGN, END_SIGN = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"

VERSION = 20  # folders in names need 2.0; stored members need no more
STORED = 0
DOS_TIME, DOS_DATE = 0, (1 << 5) | 1  # 1980-01-01 00:00, the first moment a zip can tell


class ContainerRefused(Exception):
    """A container cannot be written or read; `objection` names reason and member."""

    def __init__(self, reason: Reason, member: str = "", detail: str = "") -> None:
        self.objection = Objection(reason, member, detail)
        super().__init__(f"{reason}: {member} {detail}".rstrip())


class Writable(Protocol):
    """Where a container goes: a file, a socket, a comparison."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Content:
    """A part with a way to its bytes; `read` gives them from the start each time it is called."""

    part: SealedPart
    read: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class _Entry:
    name: bytes
    size: int
    crc: int
    offset: int

    @property
    def length(self) -> int:
        """How many bytes of the file it takes, header included."""
        return LOCAL_HEADER.size + len(self.name) + self.size


def container_size(parts: Sequence[SealedPart], signatures: Mapping[str, bytes]) -> int:
    """The size in bytes that `write_container` will write, known before a byte is read.

    Raises: ContainerRefused when it would not fit into a zip, UnfitPart.
    """
    members = [
        *((name, len(data)) for name, data in _front(parts, signatures)),
        *((part.name, part.size) for part in parts),
    ]
    headers = len(members) * (LOCAL_HEADER.size + CENTRAL_RECORD.size)
    size = sum(2 * len(name) + length for name, length in members) + headers + END_RECORD.size
    if size > MAX_CONTAINER:
        raise ContainerRefused(Reason.CONTAINER_TOO_LARGE, detail=f"{size} bytes")
    return size


def write_container(out: Writable, contents: Sequence[Content], signatures: Mapping[str, bytes]) -> int:
    """
    Write an .asice and return its size: `container_chunks` for those who have a file.

    Raises: ContainerRefused, UnfitPart.
    """
    size = 0
    for chunk in container_chunks(contents, signatures):
        out.write(chunk)
        size += len(chunk)
    return size


def container_chunks(contents: Sequence[Content], signatures: Mapping[str, bytes]) -> Iterator[bytes]:
    """
    The bytes of an .asice, one after the other, for those who ask for the next when they want it.

    `signatures` maps NODE_SIGNATURE and AGENCY_SIGNATURE, or one of them, to the bytes of the seal.
    A part whose bytes do not give its digest stops the writing before that member begins, so a
    broken file can be short but never wrong.

    Raises: ContainerRefused, UnfitPart.
    """
    parts = [content.part for content in contents]
    container_size(parts, signatures)
    entries: list[_Entry] = []
    offset = 0
    for name, data in _front(parts, signatures):
        entries.append(_Entry(name.encode(), len(data), zlib.crc32(data), offset))
        yield from _member(entries[-1], [data])
        offset += entries[-1].length
    for content in contents:
        part = content.part
        entries.append(_Entry(part.name.encode(), part.size, _measure(content), offset))
        yield from _member(entries[-1], content.read())
        offset += entries[-1].length
    directory = b"".join(_central_record(entry) for entry in entries)
    yield directory + END_RECORD.pack(END_SIGN, 0, 0, len(entries), len(entries), len(directory), offset, 0)


def manifest(parts: Sequence[SealedPart]) -> bytes:
    """META-INF/manifest.xml: every part with its media type (OpenDocument manifest, as ASiC wants it)."""
    entries = [("/", MIMETYPE.decode()), *((part.name, part.mime) for part in parts)]
    lines = [
        f"  <manifest:file-entry manifest:full-path={quoteattr(name)} manifest:media-type={quoteattr(mime)}/>"
        for name, mime in entries
    ]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<manifest:manifest xmlns:manifest="{MANIFEST_NAMESPACE}" manifest:version="1.2">',
            *lines,
            "</manifest:manifest>",
            "",
        ]
    ).encode()


def _front(parts: Sequence[SealedPart], signatures: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The members before the parts, in order."""
    check_parts(parts)
    if not signatures or set(signatures) - set(SIGNATURE_MEMBERS):
        raise ContainerRefused(Reason.CONTAINER_WRONG_ORDER, detail="one or both of the two signatures")
    yield MIMETYPE_MEMBER, MIMETYPE
    yield MANIFEST_MEMBER, manifest(parts)
    for name in SIGNATURE_MEMBERS:
        if name in signatures:
            yield name, signatures[name]


def _measure(content: Content) -> int:
    """The CRC-32 of a part, after checking that its bytes are the sealed ones."""
    crc, size, digest = 0, 0, hashlib.sha256()
    for block in content.read():
        crc = zlib.crc32(block, crc)
        digest.update(block)
        size += len(block)
    if size != content.part.size or digest.hexdigest() != content.part.sha256:
        raise ContainerRefused(Reason.PART_CHANGED, content.part.name, "its bytes are not the sealed ones")
    return crc


def _member(entry: _Entry, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """One member: its header, then its bytes."""
    size = entry.size
    header = LOCAL_HEADER.pack(
        LOCAL_SIGN, VERSION, 0, STORED, DOS_TIME, DOS_DATE, entry.crc, size, size, len(entry.name), 0
    )
    yield header + entry.name
    given = 0
    for block in blocks:
        given += len(block)
        yield block
    if given != size:
        name = entry.name.decode()
        raise ContainerRefused(Reason.PART_CHANGED, name, "its size changed while it was read")


def _central_record(entry: _Entry) -> bytes:
    size = entry.size
    what = (CENTRAL_SIGN, VERSION, VERSION, 0, STORED, DOS_TIME, DOS_DATE, entry.crc, size, size)
    no_extras = (0, 0, 0, 0, 0)
    return CENTRAL_RECORD.pack(*what, len(entry.name), *no_extras, entry.offset) + entry.name
