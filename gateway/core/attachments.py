"""
What the bytes of an attachment really are, whatever its name and content type say.

The national SDK puts one file into a ZIP without saying so (DOMAIN calls it wrapped); archives may be bombs.
An archive is opened one level deep: the SDK's own wrapping does not count as a level, an archive inside
an attached archive is refused. Works on any seekable binary file; writes only to `scratch`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import IO

from gateway.core import catalogue
from gateway.core.archives import (
    ARCHIVES,
    CHUNK,
    DEFAULT_LIMITS,
    PEEK,
    Archive,
    ArchiveLimits,
    Damaged,
    FileKind,
    TooManyEntries,
    head_of,
    inflate,
    is_readable,
    kind_of,
    open_archive,
)
from gateway.core.errors import Finding, Rejected, find
from gateway.core.model import Attachment, Envelope
from gateway.core.split import PartSpec, content


@dataclass(frozen=True, slots=True)
class Look:
    """What looking at one attachment showed. `entry` is the name inside the SDK's wrapping, if any.

    `kind` is that of the bytes as sent, `content` that of the file the sender meant (inside the wrapping).
    Findings carry no line; `validate` adds it.
    """

    kind: FileKind
    content: FileKind
    wrapped: bool = False
    entry: str = ""
    findings: tuple[Finding, ...] = ()


PACKED_IN_OFFICE = frozenset({FileKind.GZIP})
"""Word keeps metafiles as .emz and .wmz, which are gzip: not archives that anyone attached."""
ARCHIVE_EXTENSIONS = frozenset({"zip", "rar", "7z", "gz", "tgz", "bz2", "xz", "tar", "cab"})
ZIP_FAMILY = frozenset(
    {
        *("zip", "docx", "xlsx", "pptx", "docm", "xlsm", "pptm", "dotx", "xltx", "ppsx"),
        *("odt", "ods", "odp", "odg", "jar", "epub", "asice", "asics"),
    }
)
"""File names whose bytes are a ZIP by right; for all others a ZIP is the SDK's wrapping."""


def extension(name: str) -> str:
    """The extension of a file name in lower case, without its dot."""
    return name.rpartition(".")[2].strip().lower() if "." in name else ""


def look_at(
    blob: IO[bytes],
    attachment: Attachment,
    part: PartSpec,
    limits: ArchiveLimits = DEFAULT_LIMITS,
    scratch: Callable[[], IO[bytes]] = BytesIO,
) -> Look:
    """
    What an attachment really is, and whether it is safe to hand to someone who will open it.

    `blob` is what the split stored for `part`, seekable, and stays open. `scratch` makes a seekable temporary
    file for what must be decoded or unwrapped before it can be looked into (`limits.scratch_bytes` at most).

    Spec: QCVN102/Attachment
    """
    name = attachment.name or f"#{part.index + 1}"
    if not part.decodable:
        return Look(FileKind.UNKNOWN, FileKind.UNKNOWN)
    if part.layout is not None:
        return look(blob, name, limits, scratch)
    with scratch() as decoded:
        for piece in content(part, iter(partial(blob.read, CHUNK), b"")):
            decoded.write(piece)
        return look(decoded, name, limits, scratch)


def look(
    file: IO[bytes], name: str, limits: ArchiveLimits, scratch: Callable[[], IO[bytes]] = BytesIO
) -> Look:
    """The same for the plain bytes of a file called `name`."""
    file.seek(0)
    kind = kind_of(file.read(PEEK))
    if kind not in (FileKind.ZIP, FileKind.OFFICE):
        return Look(kind, kind)
    opened = _opened(file, name, limits)
    if isinstance(opened, Finding):
        return Look(kind, kind, findings=(opened,))
    if _is_wrapping(opened, name):
        return _look_through(opened, name, limits, scratch)
    return Look(opened.kind, opened.kind, findings=_judge(opened, name, limits))


def unwrapped(file: IO[bytes], limits: ArchiveLimits = DEFAULT_LIMITS) -> Iterator[bytes]:
    """The one file inside the SDK's wrapping, in pieces, for an attachment that `look` found wrapped.

    Raises: Rejected if it is not what `look` saw: it expands too far, or its bytes are damaged.
    """
    try:
        archive = open_archive(file, limits)
        if len(archive.entries) != 1:
            raise Damaged
        left = max(limits.small, limits.ratio * archive.size)
        for piece in inflate(archive, archive.entries[0]):
            left -= len(piece)
            if left < 0:
                raise Rejected(find(catalogue.ARCHIVE_RATIO, limit=limits.ratio))
            yield piece
    except (Damaged, TooManyEntries):
        raise Rejected(find(catalogue.ARCHIVE_DAMAGED)) from None


def marked(envelope: Envelope, looks: Iterable[Look]) -> Envelope:
    """`envelope` with every attachment marked that its look (in the same order) found wrapped."""
    pairs = zip(envelope.attachments, looks, strict=True)
    return replace(
        envelope, attachments=tuple(replace(attachment, wrapped=look.wrapped) for attachment, look in pairs)
    )


# --- archives ------------------------------------------------------------------------------------


def _opened(file: IO[bytes], name: str, limits: ArchiveLimits) -> Archive | Finding:
    """The archive, or what kept it from being opened."""
    try:
        return open_archive(file, limits)
    except TooManyEntries:
        return find(catalogue.ARCHIVE_ENTRIES, name=name, limit=limits.entries)
    except Damaged:
        return find(catalogue.ARCHIVE_DAMAGED, name=name)


def _is_wrapping(archive: Archive, name: str) -> bool:
    """Whether this ZIP is the one that the SDK puts around a file called `name`."""
    if len(archive.entries) != 1 or archive.entries[0].is_dir() or not is_readable(archive.entries[0]):
        return False
    of_name, of_entry = extension(name), extension(archive.entries[0].filename)
    if of_name not in ZIP_FAMILY:
        return True
    return of_name != "zip" and of_name == of_entry


def _look_through(
    archive: Archive, name: str, limits: ArchiveLimits, scratch: Callable[[], IO[bytes]]
) -> Look:
    """Judge the file inside the SDK's wrapping; if it is a ZIP itself, that one is the first level."""
    entry = archive.entries[0]
    if findings := _judge(archive, name, limits, is_level=False):
        return Look(FileKind.ZIP, FileKind.ZIP, findings=findings)
    inside = kind_of(head_of(archive, entry))
    if inside in (FileKind.ZIP, FileKind.OFFICE):
        with scratch() as inner:
            written = 0
            for piece in inflate(archive, entry):
                written += inner.write(piece)
                if written > limits.scratch_bytes:  # ZIPs hardly shrink when packed again: this is a bomb
                    too_much = find(catalogue.ARCHIVE_RATIO, name=name, limit=limits.ratio)
                    return Look(FileKind.ZIP, inside, findings=(too_much,))
            opened = _opened(inner, name, limits)
            if isinstance(opened, Finding):
                findings = (opened,)
            else:
                inside, findings = opened.kind, _judge(opened, name, limits, sent=archive.size)
    return Look(FileKind.ZIP, inside, True, entry.filename, findings)


def _judge(
    archive: Archive, name: str, limits: ArchiveLimits, *, sent: int | None = None, is_level: bool = True
) -> tuple[Finding, ...]:
    """What is wrong with the archive: too much inside, or another archive, or damage. Errors come first.

    `sent` is the size of the attachment if the archive is only the inside of one: two bombs of 100:1 inside
    each other are one of 10,000:1.
    """
    allowed = max(limits.small, limits.ratio * (archive.size if sent is None else sent))
    too_much = find(catalogue.ARCHIVE_RATIO, name=name, limit=limits.ratio)
    if sum(entry.file_size for entry in archive.entries) > allowed:
        return (too_much,)
    expanded, damaged = 0, False
    for entry in archive.entries:
        try:
            head = head_of(archive, entry)
            if is_level and limits.depth <= 1 and _is_nested(archive, entry, head):
                return (find(catalogue.ARCHIVE_NESTED, name=name, inner=entry.filename[:80]),)
            if expanded < limits.inflate_bytes:
                for piece in inflate(archive, entry):
                    expanded += len(piece)
                    if expanded > allowed:  # its table of contents lied
                        return (too_much,)
        except Damaged:
            damaged = True
    return (find(catalogue.ARCHIVE_DAMAGED, name=name),) if damaged else ()


def _is_nested(archive: Archive, entry: zipfile.ZipInfo, head: bytes) -> bool:
    if not head:  # encrypted, or packed in a way that cannot be opened here: only the name is left
        return not entry.is_dir() and extension(entry.filename) in ARCHIVE_EXTENSIONS
    return kind_of(head) in (ARCHIVES - PACKED_IN_OFFICE if archive.kind is FileKind.OFFICE else ARCHIVES)
