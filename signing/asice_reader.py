"""
Read an .asice strictly, and rebuild it to compare every byte.

Strict means: what `asice` writes and nothing else. Stored members without gaps, extras or comments,
sizes that are true, names that stay inside. So a file has one reading only, there is nothing to
inflate, and memory stays flat: parts are hashed where they lie.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from lxml import etree

from schemas import safe_xml
from signing.asice import (
    AGENCY_SIGNATURE,
    CENTRAL_RECORD,
    CENTRAL_SIGN,
    END_RECORD,
    END_SIGN,
    LOCAL_HEADER,
    LOCAL_SIGN,
    MANIFEST_MEMBER,
    MANIFEST_NAMESPACE,
    MAX_CONTAINER,
    MIMETYPE,
    NODE_SIGNATURE,
    SIGNATURE_MEMBERS,
    STORED,
    ContainerRefused,
    Content,
    write_container,
)
from signing.parts import MIMETYPE_MEMBER, SealedPart, UnfitPart, is_member_name
from signing.policy import POLICY
from signing.verdict import Objection, Reason

BLOCK = 1 << 18
DIRECTORY = "central-directory"
"""How the list at the end of the zip is called where a member is to be named."""

_FRONT = (MIMETYPE_MEMBER, MANIFEST_MEMBER, *SIGNATURE_MEMBERS)
_MAX_MEMBERS = POLICY.max_parts + len(_FRONT)
_ENCRYPTED = 0x0001


@dataclass(frozen=True, slots=True)
class Member:
    """Where a member lies: `start` of its header, `data` of its bytes, `size` of them."""

    name: str
    start: int
    data: int
    size: int
    crc: int


@dataclass(frozen=True, slots=True)
class Container:
    """What an .asice holds. Digests of the parts were taken while reading; no seal is checked yet."""

    parts: tuple[SealedPart, ...]
    signatures: Mapping[str, bytes]
    members: tuple[Member, ...]
    size: int

    def blocks(self, file: BinaryIO, name: str) -> Iterator[bytes]:
        """The bytes of one member, in blocks. Raises: KeyError for a name that is not in it."""
        member = next((m for m in self.members if m.name == name), None)
        if member is None:
            raise KeyError(name)
        yield from _blocks(file, member)


def read_container(file: BinaryIO, *, max_size: int = MAX_CONTAINER) -> Container:
    """
    Read an .asice from a seekable file.

    Raises: ContainerRefused with the reason and, wherever there is one, the member.
    """
    size = file.seek(0, 2)
    if size > min(max_size, MAX_CONTAINER):
        raise ContainerRefused(Reason.CONTAINER_TOO_LARGE, detail=f"{size} bytes")
    members = _read_directory(file, size)
    _check_names([member.name for member in members])
    held: dict[str, bytes] = {}
    measured: dict[str, str] = {}
    for member in members:
        _check_local(file, member)
        if member.name in _FRONT:
            held[member.name] = _held(file, member)
        else:
            measured[member.name] = _digest(file, member)
    if held[MIMETYPE_MEMBER] != MIMETYPE:
        raise ContainerRefused(Reason.CONTAINER_WRONG_TYPE, MIMETYPE_MEMBER)
    return Container(
        parts=_parts(members, measured, _media_types(held[MANIFEST_MEMBER])),
        signatures={name: held[name] for name in SIGNATURE_MEMBERS if name in held},
        members=members,
        size=size,
    )


def rebuild_and_compare(file: BinaryIO, container: Container) -> tuple[Objection, ...]:
    """
    Write the container anew from what was read and compare it with the file, byte by byte.

    Returns no objection, or one that names the first member that differs.
    """
    comparison = _Comparison(file)
    contents = [Content(part, partial(container.blocks, file, part.name)) for part in container.parts]
    try:
        write_container(comparison, contents, container.signatures)
    except _Differs as difference:
        member = _member_at(container, difference.offset)
        detail = f"byte {difference.offset} of the file"
        return (Objection(Reason.CONTAINER_NOT_REPRODUCED, member, detail),)
    except ContainerRefused as refusal:
        return (refusal.objection,)
    return ()


# --- the zip -----------------------------------------------------------------------------------


def _broken(member: str, detail: str) -> ContainerRefused:
    return ContainerRefused(Reason.CONTAINER_BROKEN, member, detail)


def _read_directory(file: BinaryIO, size: int) -> tuple[Member, ...]:
    """The members as the directory at the end of the file lists them."""
    end_at = size - END_RECORD.size
    if end_at < 0:
        raise _broken("", "too short for a zip")
    sign, disk, start_disk, here, total, length, start, comment = END_RECORD.unpack(
        _take(file, end_at, END_RECORD.size, DIRECTORY)
    )
    if sign != END_SIGN or disk or start_disk or here != total or comment or start + length != end_at:
        raise _broken(DIRECTORY, "the end of the file is not the end of such a zip")
    if total > _MAX_MEMBERS:
        raise ContainerRefused(Reason.CONTAINER_TOO_MANY_MEMBERS, detail=str(total))
    if length > total * (CENTRAL_RECORD.size + POLICY.max_member_name):
        raise _broken(DIRECTORY, "longer than its members can be")
    directory = _take(file, start, length, DIRECTORY)
    members = []
    position, expected = 0, 0
    for _ in range(total):
        if len(directory) < position + CENTRAL_RECORD.size:
            raise _broken(DIRECTORY, "ends too early")
        member, taken = _central_member(directory, position)
        if member.start != expected:
            raise _broken(member.name, "does not lie where the member before it ends")
        members.append(member)
        position += taken
        expected = member.data + member.size
    if position != length or expected != start:
        raise _broken(DIRECTORY, "bytes that belong to no member")
    return tuple(members)


def _central_member(directory: bytes, position: int) -> tuple[Member, int]:
    # Versions, times and attributes between these are compared when the container is rebuilt.
    fields = CENTRAL_RECORD.unpack_from(directory, position)
    sign, flags, method, start = fields[0], fields[3], fields[4], fields[16]
    crc, packed, size, names, extra, comment = fields[7:13]
    raw = directory[position + CENTRAL_RECORD.size :][:names]
    name = raw.decode("ascii", "replace")
    if sign != CENTRAL_SIGN or len(raw) != names:
        raise _broken(DIRECTORY, "not a record of a member")
    _check_packing(name, flags, method, packed, size)
    if extra or comment:
        raise _broken(name, "carries extra fields")
    data = start + LOCAL_HEADER.size + names
    return Member(name, start, data, size, crc), CENTRAL_RECORD.size + names


def _check_packing(name: str, flags: int, method: int, packed: int, size: int) -> None:
    if flags & _ENCRYPTED:
        raise ContainerRefused(Reason.CONTAINER_ENCRYPTED, name)
    if method != STORED:
        # Nothing is ever inflated here: a bomb is refused by its label.
        raise ContainerRefused(Reason.CONTAINER_COMPRESSED, name, f"method {method}")
    if flags:
        raise _broken(name, f"flags {flags:#06x}")
    if packed != size:
        raise _broken(name, "stored, but of two sizes")


def _check_local(file: BinaryIO, member: Member) -> None:
    """The header in front of a member says what the directory says."""
    header = _take(file, member.start, member.data - member.start, member.name)
    fields = LOCAL_HEADER.unpack_from(header)
    sign, flags, method = fields[0], fields[2], fields[3]
    crc, packed, size, names, extra = fields[6:]
    if sign != LOCAL_SIGN:
        raise _broken(member.name, "no member begins here")
    _check_packing(member.name, flags, method, packed, size)
    name = header[LOCAL_HEADER.size :].decode("ascii", "replace")
    if extra or (crc, size, names, name) != (member.crc, member.size, len(member.name), member.name):
        raise _broken(member.name, "its header and the directory disagree")


def _check_names(names: list[str]) -> None:
    """Front members first and in order, then parts with fit names, each once."""
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise ContainerRefused(Reason.CONTAINER_DOUBLE_MEMBER, name)
        seen.add(name.lower())
        if name not in _FRONT and not is_member_name(name):
            raise ContainerRefused(Reason.CONTAINER_NAME_REFUSED, name[:200])
    if names[:1] != [MIMETYPE_MEMBER]:
        raise ContainerRefused(Reason.CONTAINER_WRONG_ORDER, MIMETYPE_MEMBER, "is not the first member")
    front = [name for name in _FRONT if name in names]
    if MANIFEST_MEMBER not in names:
        raise ContainerRefused(Reason.CONTAINER_MANIFEST, MANIFEST_MEMBER, "is missing")
    if names[: len(front)] != front:
        raise ContainerRefused(Reason.CONTAINER_WRONG_ORDER, names[len(front) - 1])
    if not {NODE_SIGNATURE, AGENCY_SIGNATURE} & set(names):
        raise ContainerRefused(Reason.NO_SEAL, NODE_SIGNATURE)
    if len(front) == len(names):
        raise _broken("", "a container without parts")


def _take(file: BinaryIO, offset: int, length: int, member: str) -> bytes:
    file.seek(offset)
    data = file.read(length)
    if len(data) != length:
        raise _broken(member, "the file ends inside it")
    return data


def _blocks(file: BinaryIO, member: Member) -> Iterator[bytes]:
    position, end = member.data, member.data + member.size
    while position < end:
        # Sought each time: whoever takes the blocks may read elsewhere in the file in between.
        block = _take(file, position, min(BLOCK, end - position), member.name)
        position += len(block)
        yield block


def _held(file: BinaryIO, member: Member) -> bytes:
    """A front member whole; it is small or refused."""
    if member.size > POLICY.max_signature_bytes:
        raise ContainerRefused(Reason.SEAL_TOO_LARGE, member.name, f"{member.size} bytes")
    data = b"".join(_blocks(file, member))
    _check_crc(member, zlib.crc32(data))
    return data


def _digest(file: BinaryIO, member: Member) -> str:
    crc, digest = 0, hashlib.sha256()
    for block in _blocks(file, member):
        crc = zlib.crc32(block, crc)
        digest.update(block)
    _check_crc(member, crc)
    return digest.hexdigest()


def _check_crc(member: Member, crc: int) -> None:
    if crc != member.crc:
        raise ContainerRefused(Reason.CONTAINER_MEMBER_CHANGED, member.name, "its checksum differs")


# --- the manifest ------------------------------------------------------------------------------


def _media_types(data: bytes) -> dict[str, str]:
    limits = safe_xml.Limits(
        depth=4, elements=_MAX_MEMBERS + 2, attribute_bytes=1024, text_bytes=1024, envelope_bytes=len(data)
    )
    try:
        root = safe_xml.parse(data, limits).root
    except safe_xml.UnsafeXml as error:
        raise ContainerRefused(Reason.CONTAINER_MANIFEST, MANIFEST_MEMBER, error.reason) from error
    return dict(_media_type(element) for element in root)


def _media_type(element: etree._Element) -> tuple[str, str]:
    name, mime = (
        element.get(f"{{{MANIFEST_NAMESPACE}}}{key}") if isinstance(element.tag, str) else None
        for key in ("full-path", "media-type")
    )
    if name is None or mime is None:
        raise ContainerRefused(Reason.CONTAINER_MANIFEST, MANIFEST_MEMBER, "not a list of files")
    return name, mime


def _parts(
    members: tuple[Member, ...], digests: Mapping[str, str], types: Mapping[str, str]
) -> tuple[SealedPart, ...]:
    """The parts in the order they lie; what else the manifest says is compared when it is rebuilt."""
    found = []
    for member in members:
        if member.name in _FRONT:
            continue
        if member.name not in types:
            raise ContainerRefused(Reason.CONTAINER_MANIFEST, MANIFEST_MEMBER, f"lacks {member.name}")
        try:
            found.append(SealedPart(member.name, digests[member.name], member.size, types[member.name]))
        except UnfitPart as error:
            raise ContainerRefused(Reason.CONTAINER_MANIFEST, MANIFEST_MEMBER, str(error)) from error
    return tuple(found)


# --- comparing ---------------------------------------------------------------------------------


class _Differs(Exception):
    def __init__(self, offset: int) -> None:
        self.offset = offset
        super().__init__(f"byte {offset}")


class _Comparison:
    """Takes the rebuilt bytes and stops at the first that the file does not have."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._position = 0

    def write(self, data: bytes, /) -> None:
        self._file.seek(self._position)
        found = self._file.read(len(data))
        if found != data:
            same = next((i for i, (a, b) in enumerate(zip(found, data, strict=False)) if a != b), len(found))
            raise _Differs(self._position + same)
        self._position += len(data)


def _member_at(container: Container, offset: int) -> str:
    """The member a byte of the file belongs to: its header, its bytes, or its record in the directory."""
    for member in container.members:
        if member.start <= offset < member.data + member.size:
            return member.name
    position = container.members[-1].data + container.members[-1].size
    for member in container.members:
        position += CENTRAL_RECORD.size + len(member.name)
        if offset < position:
            return member.name
    return DIRECTORY
