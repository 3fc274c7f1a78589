"""
Inside a letter: what it says and the files in it, for whoever does not read edXML.

Everything here reads blobs and is to be called from a thread. Memory stays flat whatever the size of an
attachment: what must be looked into as a whole (a ZIP, which may be an SDK's wrapping) lies in a temporary
file.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import IO

from gateway.core import catalogue
from gateway.core.archives import PEEK, FileKind, kind_of
from gateway.core.attachments import look, unwrapped
from gateway.core.edxml import Reading, read
from gateway.core.errors import Rejected, find
from gateway.core.file_names import distinct, safe_name, split_name
from gateway.core.model import Attachment, Dialect, Envelope
from gateway.core.renderings import RenderingLimits, render
from gateway.core.split import PartSpec, content, read_parts_json
from gateway.ports import OpenLetter

ENVELOPE, MANIFEST = "envelope.xml", "parts.json"
IN_MEMORY = 1024 * 1024
"""Bytes of an attachment that has to be unwrapped, before it goes to disk."""

BYTES = "application/octet-stream"
CONTENT_TYPES = {
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".rtf": "application/rtf",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".xml": "application/xml",
    ".zip": "application/zip",
    ".rar": "application/vnd.rar",
    ".7z": "application/x-7z-compressed",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".bmp": "image/bmp",
}
"""By ending, since what senders write is often wrong. What a browser would run (HTML, SVG) is not here."""

DEFAULT_LIMITS = RenderingLimits()


def content_type_of(name: str) -> str:
    """The content type of a file by its name; that of any bytes if nothing better is known."""
    return CONTENT_TYPES.get(split_name(name)[1].lower(), BYTES)


@dataclass(frozen=True, slots=True)
class FileInside:
    """
    An attachment as a person means it: without base64, and without the ZIP that a sender's SDK put around it.

    `index` counts from 0 in document order. `name` is safe as a file name, and no other attachment of the
    letter has it. `size` (bytes) and `sha256` (hex) are those of the file that `Inside.chunks` gives.
    """

    index: int
    name: str
    size: int
    sha256: str
    content_type: str
    description: str = ""
    is_wrapped: bool = False


class Inside:
    """
    One letter, opened to be looked into. `limits` are those with which letters are accepted here.

    Raises: Rejected if envelope or manifest cannot be read, Unavailable (BLOB_DAMAGED) if bytes are missing.
    """

    def __init__(self, letter: OpenLetter, limits: RenderingLimits = DEFAULT_LIMITS) -> None:
        self._letter, self._limits = letter, limits
        self._looked: dict[int, FileInside] = {}

    @cached_property
    def envelope_xml(self) -> bytes:
        """The message without the content of its attachments, as it was sent."""
        return b"".join(self._letter.part(ENVELOPE))

    @cached_property
    def parts(self) -> tuple[PartSpec, ...]:
        """The manifest of what was cut out of the message."""
        return read_parts_json(b"".join(self._letter.part(MANIFEST)))

    @cached_property
    def reading(self) -> Reading:
        """What the message says, with all that was tolerated in reading it."""
        return read(self.envelope_xml, self.parts, self._limits.xml)

    @property
    def envelope(self) -> Envelope:
        """What the message says. Its attachments are as sent; `attachments` has those that people mean."""
        return self.reading.envelope

    def attachments(self) -> tuple[FileInside, ...]:
        """All files of the letter; () for a status."""
        return tuple(self.attachment(index) for index in range(len(self._sent)))

    def attachment(self, index: int) -> FileInside:
        """One file of the letter; only that one is looked into.

        Raises: Rejected (UNKNOWN_ATTACHMENT)
        """
        if index not in self._looked:
            self._looked[index] = self._look_at(index, self._sent_at(index))
        return self._looked[index]

    def chunks(self, index: int, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """
        The bytes of one file in pieces, from `start` to before `end` (default: all of it).

        Raises: Rejected (UNKNOWN_ATTACHMENT), at once
        """
        file = self.attachment(index)
        stop = file.size if end is None else min(end, file.size)
        return _cut_out(self._file(index, is_wrapped=file.is_wrapped), max(start, 0), stop)

    def rendered(self, dialect: Dialect, at: datetime, organ: str) -> Iterator[bytes]:
        """
        The letter as a partner's system wants it written; `as-sent` is the very bytes of its sender.

        `at` (aware) and `organ` are what the trace says that the rewriting of the national axis adds.

        Spec: QCVN102/edXML, QCVN102/Attachment
        Raises: Rejected, before the first piece, for a letter that cannot be written anew
        """
        if dialect is Dialect.AS_SENT:
            return self._letter.chunks()
        return render(
            dialect,
            self.envelope_xml,
            self.parts,
            lambda index: self._letter.part(self.parts[index].member_name),
            at=at,
            node_organ=organ,
            limits=self._limits,
            scratch=_scratch,
        )

    # --- one attachment --------------------------------------------------------------------------

    @cached_property
    def _sent(self) -> tuple[Attachment, ...]:
        return tuple(a for a in self.envelope.attachments if a.part < len(self.parts))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return distinct(safe_name(a.name, f"tep-{n}") for n, a in enumerate(self._sent, start=1))

    def _sent_at(self, index: int) -> Attachment:
        if not 0 <= index < len(self._sent):
            letter_id = self._letter.letter.routing.letter_id
            raise Rejected(find(catalogue.UNKNOWN_ATTACHMENT, letter_id=letter_id, index=index))
        return self._sent[index]

    def _look_at(self, index: int, sent: Attachment) -> FileInside:
        part, name = self.parts[sent.part], self._names[index]
        size, sha256 = part.content_size, part.content_sha256
        is_wrapped = self._is_wrapped(sent)
        if is_wrapped:
            size, sha256 = _measured(self._file(index, is_wrapped=True))
        return FileInside(index, name, size, sha256, content_type_of(name), sent.description, is_wrapped)

    def _is_wrapped(self, sent: Attachment) -> bool:
        head = b""
        for piece in self._decoded(sent):
            head += piece
            if len(head) >= PEEK:
                break
        if kind_of(head[:PEEK]) not in (FileKind.ZIP, FileKind.OFFICE):
            return False
        with _scratch(self._decoded(sent)) as file:
            return look(file, sent.name, self._limits.archives, _scratch).wrapped

    def _file(self, index: int, *, is_wrapped: bool) -> Iterator[bytes]:
        decoded = self._decoded(self._sent[index])
        if not is_wrapped:
            yield from decoded
            return
        with _scratch(decoded) as file:
            yield from unwrapped(file, self._limits.archives)

    def _decoded(self, sent: Attachment) -> Iterator[bytes]:
        part = self.parts[sent.part]
        blob = self._letter.part(part.member_name)
        return content(part, blob) if part.decodable else blob


def _scratch(content: Iterable[bytes] = ()) -> IO[bytes]:
    """A temporary file with this content, in memory while it is small."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever asked closes it
    file.writelines(content)
    return file


def _measured(pieces: Iterable[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for piece in pieces:
        size += len(piece)
        digest.update(piece)
    return size, digest.hexdigest()


def _cut_out(pieces: Iterable[bytes], start: int, end: int) -> Iterator[bytes]:
    """The bytes from `start` to before `end` of what `pieces` give."""
    at = 0
    for piece in pieces:
        if at >= end:
            return
        if wanted := piece[max(start - at, 0) : end - at]:
            yield wanted
        at += len(piece)
