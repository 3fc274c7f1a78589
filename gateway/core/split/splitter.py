"""
The way in: an edXML is taken apart while it arrives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Protocol

from gateway.core.errors import Rejected
from gateway.core.split.base64_text import Base64Reader, Layout, OtherForm, TolerantReader, encode
from gateway.core.split.parts import PartSpec, Split
from gateway.core.split.refusal import refusal, remark
from schemas.safe_xml import Kind, Limits, Piece, Scanner, UnsafeXml


class PartSink(Protocol):
    """Where the blob of one part goes. Digest and size are the Splitter's business."""

    def write(self, data: bytes) -> None:
        """Append `data`."""

    def rewrite(self, transform: Callable[[Iterator[bytes]], Iterator[bytes]]) -> None:
        """Replace everything written so far by what `transform` makes of it, as a stream."""

    def close(self) -> None:
        """Nothing more will come."""


class Splitter:
    """Takes one edXML, gives its envelope and puts every attachment into a sink of its own.

    `open_part(index)` is called when an attachment begins. No clock, no files, no network; memory stays flat
    however large the attachments are. When it raises, what the sinks hold is the caller's to throw away.

    Spec: QCVN102/Attachment
    """

    def __init__(self, limits: Limits, open_part: Callable[[int], PartSink]) -> None:
        self._scanner = Scanner(limits)
        self._open_part = open_part
        self._digest = hashlib.sha256()
        self._size = 0
        self._envelope = bytearray()
        self._line = 1  # of the envelope
        self._parts: list[PartSpec] = []
        self._part: _OpenPart | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk, of any size.

        Raises: Rejected as soon as the input cannot be accepted any more
        """
        self._digest.update(chunk)
        self._size += len(chunk)
        try:
            pieces = self._scanner.feed(chunk)
        except UnsafeXml as error:
            raise Rejected(refusal(error)) from error
        for piece in pieces:
            self._take(piece)

    def close(self) -> Split:
        """The input is complete; every sink is closed.

        Raises: Rejected
        """
        try:
            pieces = self._scanner.close()
        except UnsafeXml as error:
            raise Rejected(refusal(error)) from error
        for piece in pieces:
            self._take(piece)
        return Split(
            envelope=bytes(self._envelope),
            parts=tuple(self._parts),
            original_sha256=self._digest.hexdigest(),
            original_size=self._size,
            findings=tuple(remark(tolerated) for tolerated in self._scanner.remarks),
        )

    def _take(self, piece: Piece) -> None:
        if piece.kind is Kind.MARKUP:
            self._envelope += piece.data
            self._line += piece.data.count(b"\n")
        elif piece.kind is Kind.BEGIN:
            self._part = _OpenPart(self._open_part(len(self._parts)))
        else:
            assert self._part is not None, "content comes between a beginning and an end"
            if piece.kind is Kind.CONTENT:
                self._part.feed(piece.data)
            else:
                self._parts.append(self._part.close(len(self._parts), len(self._envelope), self._line))
                self._part = None


class _OpenPart:
    """One attachment on its way into its sink: decoded while its layout is regular, else as raw text."""

    def __init__(self, sink: PartSink) -> None:
        self._sink = sink
        self._reader = Base64Reader()
        self._raw: _RawText | None = None
        self._digest = hashlib.sha256()
        self._size = 0
        self._lines = 0

    def feed(self, text: bytes) -> None:
        self._lines += text.count(b"\n")
        if self._raw is not None:
            self._store(self._raw.seen(text))
            return
        try:
            self._store(self._reader.feed(text))
        except OtherForm:
            self._turn_raw()

    def close(self, index: int, offset: int, line: int) -> PartSpec:
        layout: Layout | None = None
        if self._raw is None:
            try:
                rest, layout = self._reader.close()
                self._store(rest)
            except OtherForm:
                self._turn_raw()
        if self._raw is not None:
            self._raw.close()
        self._sink.close()
        sha256 = self._digest.hexdigest()
        decodable = self._raw is None or self._raw.decodable
        inner = self._raw if self._raw is not None and decodable else None
        return PartSpec(
            index=index,
            offset=offset,
            line=line,
            lines=self._lines,
            layout=layout,
            sha256=sha256,
            size=self._size,
            content_sha256=inner.digest.hexdigest() if inner else sha256,
            content_size=inner.size if inner else self._size,
            decodable=decodable,
        )

    def _turn_raw(self) -> None:
        """The text cannot be given back from its bytes: keep the text itself, from its first letter on."""
        raw = self._raw = _RawText()
        written = self._reader.given
        self._digest, self._size = hashlib.sha256(), 0
        if written is not None:

            def as_text(chunks: Iterator[bytes]) -> Iterator[bytes]:
                for text in encode(written, chunks, unfinished=True):
                    self._count(raw.seen(text))
                    yield text

            self._sink.rewrite(as_text)
        self._store(raw.seen(self._reader.pending))

    def _store(self, data: bytes) -> None:
        if data:
            self._count(data)
            self._sink.write(data)

    def _count(self, data: bytes) -> None:
        self._digest.update(data)
        self._size += len(data)


class _RawText:
    """Watches raw text go by and finds out what bytes it stands for, if any."""

    def __init__(self) -> None:
        self.decodable = True
        self.digest = hashlib.sha256()
        self.size = 0
        self._reader = TolerantReader()

    def seen(self, text: bytes) -> bytes:
        """`text`, which has been looked at."""
        if self.decodable:
            self._look(lambda: self._reader.feed(text))
        return text

    def close(self) -> None:
        if self.decodable:
            self._look(self._reader.close)

    def _look(self, read: Callable[[], bytes]) -> None:
        try:
            data = read()
        except ValueError:
            self.decodable = False
            return
        self.digest.update(data)
        self.size += len(data)
