"""
Composing: a form of JSON and files becomes the edXML that the office takes.

The files go to one temporary file while they arrive, since the message names them all before the content of
the first. Memory stays flat, and nothing of it is left behind, not even by a process that is killed.

Spec: QCVN102/edXML
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

from gateway.core.catalogue import BODY_TOO_LARGE, SENDER_UNKNOWN, TOO_MANY_ATTACHMENTS
from gateway.core.directory import Directory
from gateway.core.edxml import write_document
from gateway.core.errors import Rejected, find
from gateway.core.file_names import distinct, safe_name
from gateway.core.groups import expand
from gateway.core.model import Attachment, Envelope, Organ
from gateway.http.upload_files import disk_room
from gateway.inside import content_type_of
from gateway.ports import Caller
from gateway.v1.metadata import LetterMetadata
from gateway.v1.multipart import Event, FormReader, PartBegins, PartEnds
from gateway.v1.query import bad, shown
from gateway.v1.request import read_json
from gateway.v1.transfer import in_threads

METADATA = "metadata"
METADATA_BYTES = 1024 * 1024  # 10,000 recipients fit; reading more at once would keep other callers waiting
MOST_FILES = 1000  # as many attachments as a document may have
IN_MEMORY = 1024 * 1024  # bytes of all files together, before they go to disk
PIECE = 192 * 1024  # bytes; a multiple of three, so that base64 needs no rest


@dataclass(slots=True)
class ArrivedFile:
    """A file of a form, and where in the one temporary file it lies."""

    name: str
    start: int
    size: int = 0


@dataclass(frozen=True, slots=True)
class Form:
    """What a form brought: what the letter says, and its files one behind the other in `content`."""

    metadata: LetterMetadata
    files: Sequence[ArrivedFile]
    content: IO[bytes]

    def pieces(self, file: ArrivedFile) -> Iterator[bytes]:
        """The bytes of one file. Reads the one temporary file, so one after the other."""
        self.content.seek(file.start)
        left = file.size
        while left:
            piece = self.content.read(min(PIECE, left))
            left -= len(piece)
            yield piece


@asynccontextmanager
async def received(chunks: AsyncIterator[bytes], boundary: str, folder: Path) -> AsyncIterator[Form]:
    """
    A form that has come in completely. Its files lie in `folder`, without a name there, until the block ends.

    Raises: Rejected (BAD_REQUEST, TRUNCATED, BODY_TOO_LARGE, TOO_MANY_ATTACHMENTS), Unavailable (DISK_FULL),
        and what `chunks` raises.
    """
    with SpooledTemporaryFile(max_size=IN_MEMORY, mode="w+b", dir=str(folder)) as content:
        reader, arriving = FormReader(boundary), _Arriving()
        async for chunk in chunks:
            for event in reader.feed(chunk):
                if isinstance(event, bytes) and arriving.is_file:
                    await write_down(content, event)
                arriving.take(event)
        reader.close()
        if arriving.metadata is None:
            raise bad(f"multipart: {METADATA}", element=METADATA)
        yield Form(arriving.metadata, arriving.files, content)


async def write_down(content: IO[bytes], data: bytes) -> None:
    """Add to a temporary file; what no longer fits into memory goes to disk, in a thread.

    Raises: Unavailable (DISK_FULL).
    """
    with disk_room():
        if content.tell() + len(data) <= IN_MEMORY:
            content.write(data)
        else:
            await asyncio.to_thread(content.write, data)


class _Arriving:
    """What the parts of a form are, in their order: first the metadata, then files."""

    def __init__(self) -> None:
        self.metadata: LetterMetadata | None = None
        self.files: list[ArrivedFile] = []
        self.is_file = False
        self._text = bytearray()
        self._end = 0

    def take(self, event: Event) -> None:
        """Go on by one event of the form."""
        if isinstance(event, PartBegins):
            self._begin(event)
        elif isinstance(event, PartEnds):
            self._finish()
        elif self.is_file:
            self.files[-1].size += len(event)
            self._end += len(event)
        elif len(self._text) + len(event) > METADATA_BYTES:
            raise Rejected(find(BODY_TOO_LARGE, element=METADATA, limit=METADATA_BYTES))
        else:
            self._text += event

    def _begin(self, part: PartBegins) -> None:
        self.is_file = self.metadata is not None
        if self.is_file == (part.name == METADATA):
            raise bad(f"multipart: 1. {METADATA}, 2. filename=…", element=METADATA)
        if not self.is_file:
            return
        if not part.filename:
            raise bad(f"multipart: {shown(part.name)}: filename=…", element="files")
        if len(self.files) >= MOST_FILES:
            raise Rejected(find(TOO_MANY_ATTACHMENTS, limit=MOST_FILES))
        self.files.append(ArrivedFile(part.filename, self._end))

    def _finish(self) -> None:
        if not self.is_file:
            self.metadata = read_json(bytes(self._text), LetterMetadata)
            self._text.clear()


def composed(form: Form, caller: Caller, directory: Directory, on: date) -> AsyncIterator[bytes]:
    """
    The edXML of a form, in pieces; the same form gives the same bytes, while groups mean the same agencies.

    Raises: Rejected (SENDER_UNKNOWN, BAD_REQUEST) where it is not clear who sends, and for groups of
        recipients that cannot be used on that day.
    """
    said = form.metadata
    sender = _organ(_sender(said, caller), directory)
    named = expand(directory, said.recipients, on, but_not=(sender.code,))
    envelope = said.envelope(sender, (_organ(code, directory) for code in named))
    envelope = _with_files(envelope, [file.name for file in form.files])
    return in_threads(lambda: write_document(envelope, [form.pieces(file) for file in form.files]))


def _sender(metadata: LetterMetadata, caller: Caller) -> str:
    if metadata.sender:
        return metadata.sender
    if len(caller.agencies) == 1:
        return next(iter(caller.agencies))
    if not caller.agencies:
        raise Rejected(find(SENDER_UNKNOWN, element="sender", organ="—"))
    raise bad(f"sender: {', '.join(sorted(caller.agencies)[:10])}", element="sender")


def _organ(code: str, directory: Directory) -> Organ:
    """An agency by the code that was written, with the name that the directory has for it."""
    known = directory.find(code)
    return Organ(code, name=known.name if known else "")


def _with_files(envelope: Envelope, names: Iterable[str]) -> Envelope:
    """
    The files as attachments, in their order, with names that are safe wherever they are opened.

    What a program says of the type of a file is not taken: it differs from machine to machine.

    Spec: QCVN102/Attachment
    """
    safe = distinct(safe_name(name, f"tep-{n}") for n, name in enumerate(names, start=1))
    attachments = tuple(
        Attachment(part, "", name, content_type=content_type_of(name)) for part, name in enumerate(safe)
    )
    return replace(envelope, attachments=attachments)
