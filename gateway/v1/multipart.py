"""
multipart/form-data as it arrives: fields and files, cut at their boundary while the bytes come in.

Nothing is read or written here; whoever feeds it gets events back. Written strictly: what several programs
would read in several ways is refused, since the one who checks and the one who reads must see the same.

Spec: RFC7578
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from urllib.parse import unquote_to_bytes

from gateway.core.catalogue import BAD_REQUEST, TRUNCATED
from gateway.core.errors import Rejected, find

HEADER_BYTES = 8190  # of the headers of one part, as of a request line

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_PARAMETER = re.compile(r';\s*([\w!#$&+.^`|~-]+\*?)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"\s]*)\s*')
_PLAIN_ENCODINGS = (b"binary", b"8bit", b"7bit")
_EXTENDED = re.compile(r"utf-8'[^']*'(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PartBegins:
    """A part begins. `filename` is as the sender wrote it, None for a plain field: never use it as a path."""

    name: str
    filename: str | None


@dataclass(frozen=True, slots=True)
class PartEnds:
    """The part that was begun is complete."""


Event = PartBegins | PartEnds | bytes
"""Bytes are those of the part that was begun."""


def boundary_of(content_type: str) -> str:
    """The boundary that a Content-Type names. Raises: Rejected (BAD_REQUEST) if it names none that may be."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary("")
    if not _BOUNDARY.fullmatch(boundary):
        raise _bad("Content-Type: multipart/form-data; boundary=…")
    return boundary


class FormReader:
    """
    Reads one form. Memory: one piece as it is fed, and at most the headers of one part.

    Raises (`feed` and `close`): Rejected (BAD_REQUEST, TRUNCATED).
    """

    def __init__(self, boundary: str) -> None:
        self._delimiter = b"\r\n--" + boundary.encode()
        # The first delimiter stands at the very beginning, where no line break comes before it.
        self._rest = b"\r\n"
        self._state = self._before
        self._is_over = False

    def feed(self, data: bytes) -> Iterator[Event]:
        """What these bytes bring; to be asked for to its end before more is fed."""
        self._rest += data
        while not self._is_over:
            found = False
            for event in self._state():
                found = True
                if event != b"":
                    yield event
            if not found:
                return
        self._rest = b""  # an epilogue says nothing

    def close(self) -> None:
        """The form must be complete now."""
        if not self._is_over:
            raise Rejected(find(TRUNCATED, element="multipart", detail="multipart/form-data"))

    # Each state takes what it can from `_rest` and yields its events; b"" stands for «go on», and a state
    # that needs more bytes yields nothing.

    def _before(self) -> Iterator[Event]:
        at = self._rest.find(self._delimiter)
        if at > 0 or (at < 0 and not self._delimiter.startswith(self._rest[: len(self._delimiter)])):
            raise _bad("multipart/form-data: --boundary")
        if at == 0:
            self._rest = self._rest[len(self._delimiter) :]
            self._state = self._after
            yield b""

    def _after(self) -> Iterator[Event]:
        """Behind a delimiter: the end, or the headers of the next part."""
        if len(self._rest) < 2:
            return
        if self._rest.startswith(b"--"):
            self._is_over = True
        elif self._rest.startswith(b"\r\n"):
            self._state = self._headers
        else:
            raise _bad("multipart/form-data: --boundary")
        yield b""

    def _headers(self) -> Iterator[Event]:
        """`_rest` begins with the line break behind the delimiter."""
        end = self._rest.find(b"\r\n\r\n")
        if end > HEADER_BYTES or (end < 0 and len(self._rest) > HEADER_BYTES):
            raise _bad(f"multipart headers: ≤ {HEADER_BYTES}")
        if end < 0:
            return
        block, self._rest = self._rest[2 : end + 2], self._rest[end + 4 :]
        self._state = self._body
        yield _begins(block)

    def _body(self) -> Iterator[Event]:
        at = self._rest.find(self._delimiter)
        if at >= 0:
            content, self._rest = self._rest[:at], self._rest[at + len(self._delimiter) :]
            self._state = self._after
            yield content
            yield PartEnds()
            return
        safe = len(self._rest) - len(self._delimiter) + 1  # a delimiter may have begun behind that
        if safe > 0:
            content, self._rest = self._rest[:safe], self._rest[safe:]
            yield content


def _begins(block: bytes) -> PartBegins:
    headers = {
        name.strip().lower(): value for name, _, value in (h.partition(b":") for h in block.split(b"\r\n"))
    }
    if headers.get(b"content-transfer-encoding", b"binary").strip().lower() not in _PLAIN_ENCODINGS:
        raise _bad("Content-Transfer-Encoding: binary")
    return _disposition(_text(headers.get(b"content-disposition", b"")))


def _disposition(text: str) -> PartBegins:
    kind, _, _ = text.partition(";")
    parameters = {m[1].lower(): m[2] for m in _PARAMETER.finditer(text)}
    if kind.strip().lower() != "form-data" or "name" not in parameters:
        raise _bad("Content-Disposition: form-data; name=…")
    extended = _EXTENDED.fullmatch(parameters.get("filename*", "").strip('"'))
    filename = _plain(parameters["filename"]) if "filename" in parameters else None
    if extended is not None:
        filename = _text(unquote_to_bytes(extended[1]))
    return PartBegins(_plain(parameters["name"]), filename)


def _plain(value: str) -> str:
    """A value without its quotes. A backslash stays, as in paths of Windows, unless it protects a quote."""
    if value.startswith('"'):
        value = value[1:-1].replace('\\"', '"')
    return value.replace("%22", '"')  # as browsers write a quote


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")  # every byte means something: a name is shown oddly, not refused


def _bad(detail: str) -> Rejected:
    return Rejected(find(BAD_REQUEST, element="multipart", detail=detail))
