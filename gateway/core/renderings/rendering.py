"""
One letter in one dialect, as a stream: which arrangement and which form of attachments a dialect asks for.

    as-sent         the very bytes that came in
    java-sdk        what SDK 2.x writes and expects to find
    national-axis   the same, as the axis passes it on after parsing it: with its own trace
    dotnet          the layout of the .NET SDK; attachments as they came
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO

from gateway.core import catalogue
from gateway.core.archives import DEFAULT_LIMITS as DEFAULT_ARCHIVE_LIMITS
from gateway.core.archives import ArchiveLimits
from gateway.core.calendar import VIETNAM
from gateway.core.edxml import read, write_tree
from gateway.core.errors import Rejected, find
from gateway.core.model import Dialect, Envelope, Trace
from gateway.core.renderings.dotnet import dotnet_tree
from gateway.core.renderings.java import axis_tree, java_tree
from gateway.core.renderings.left_over import left_over
from gateway.core.renderings.sdk_files import SdkFile, sdk_file
from gateway.core.split import PartSpec, content, in_blocks, join
from schemas.safe_xml import DEFAULT_LIMITS, Limits


@dataclass(frozen=True, slots=True)
class RenderingLimits:
    """What reading a letter again may cost: those it was accepted with, else it may be refused here."""

    xml: Limits = DEFAULT_LIMITS
    archives: ArchiveLimits = DEFAULT_ARCHIVE_LIMITS


def render(
    dialect: Dialect,
    envelope: bytes,
    parts: Sequence[PartSpec],
    open_blob: Callable[[int], Iterable[bytes]],
    *,
    at: datetime,
    node_organ: str,
    limits: RenderingLimits,
    scratch: Callable[[], IO[bytes]],
) -> Iterator[bytes]:
    """The letter's bytes in `dialect`, in pieces of 64 KiB and a little more.

    `open_blob(index)` gives the blob of a part in chunks of any size; it is asked up to three times per part.
    `at` (aware) and `node_organ` are what the trace of `national-axis` says. Memory stays flat if `scratch`
    makes its seekable files on a disk; they hold an attachment that begins like a ZIP, one at a time.

    What a rewriting loses stays in the letter as sent: elements that nobody knows; dates, times and numbers
    that cannot be read (those of another form are written in that of the standard); traces without a time;
    the validity of an XML signature over the message, which no rewriting leaves whole.

    Spec: QCVN102/edXML, QCVN102/Attachment
    Raises: Rejected, before the first piece, if the letter cannot be read or an attachment is not base64;
        later only for an attachment that turns out damaged far inside.
    """
    if dialect is Dialect.AS_SENT:
        return join(envelope, parts, open_blob)
    letter = _Letter(envelope, parts, open_blob, limits, scratch)
    if dialect is Dialect.DOTNET:
        return in_blocks(_dotnet(letter))
    trace = Trace(node_organ, f"{at.astimezone(VIETNAM):%Y/%m/%d %H:%M:%S}")
    return in_blocks(_java(letter, trace if dialect is Dialect.NATIONAL_AXIS else None))


@dataclass(frozen=True, slots=True)
class _Letter:
    xml: bytes
    parts: Sequence[PartSpec]
    open_blob: Callable[[int], Iterable[bytes]]
    limits: RenderingLimits
    scratch: Callable[[], IO[bytes]]

    def envelope(self) -> Envelope:
        """What the letter says, once it is certain that its attachments can be written again."""
        envelope = read(self.xml, self.parts, self.limits.xml).envelope
        if len(envelope.attachments) != len(
            self.parts
        ):  # two nodes apart, both halves of a letter may differ
            detail = f"parts.json: {len(self.parts)} != {len(envelope.attachments)}"
            raise Rejected(find(catalogue.FRAME_DAMAGED, detail=detail))
        for part in self.parts:
            if not part.decodable:
                raise Rejected(find(catalogue.NOT_BASE64, name=part.name))
        return envelope

    def content(self, part: int) -> Iterator[bytes]:
        """The decoded bytes of an attachment."""
        return content(self.parts[part], self.open_blob(part))


def _dotnet(letter: _Letter) -> Iterator[bytes]:
    envelope = letter.envelope()
    message_id = hashlib.sha256(letter.xml).hexdigest()[:8]
    contents = (letter.content(attachment.part) for attachment in envelope.attachments)
    yield from write_tree(dotnet_tree(envelope, message_id), contents, one_line=True)


def _java(letter: _Letter, trace: Trace | None) -> Iterator[bytes]:
    envelope = letter.envelope()
    files = [_sdk_file(letter, a.part, a.name) for a in envelope.attachments]
    pairs = zip(envelope.attachments, files, strict=True)
    envelope = replace(
        envelope, attachments=tuple(replace(a, content_type=file.content_type) for a, file in pairs)
    )
    rest = left_over(letter.xml, letter.limits.xml)
    tree = java_tree(envelope, rest) if trace is None else axis_tree(envelope, rest, trace)
    yield from write_tree(tree, (file.pieces() for file in files))


def _sdk_file(letter: _Letter, part: int, name: str) -> SdkFile:
    return sdk_file(
        name, letter.parts[part], lambda: letter.content(part), letter.limits.archives, letter.scratch
    )
