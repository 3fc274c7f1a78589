"""
A file within a multipart form, cut out while it arrives.

aiohttp's own reader waits for its client without a limit; this one is fed by `body` of gateway.v1.transfer,
which has all of them.

Spec: RFC7578
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from email.message import Message
from email.parser import BytesHeaderParser

from gateway.core.catalogue import BAD_REQUEST
from gateway.core.errors import Rejected, find

HEAD_AT_MOST = 8 * 1024  # bytes of the headers of one part
PARTS_AT_MOST = 20  # two are usual
LONGEST_BOUNDARY = 70  # RFC 2046


async def file_within(chunks: AsyncIterator[bytes], content_type: str, name: str) -> AsyncIterator[bytes]:
    """
    The bytes of the one file called `name` (or, without that name, of the only part with a file name).

    The form is read to its end, so that whoever reads this to its end knows that nothing was cut off.

    Raises: Rejected (BAD_REQUEST) where it is no such form, at the place where that shows
    """
    form = Form(boundary_of(content_type), name)
    async for chunk in chunks:
        for piece in form.feed(chunk):
            yield piece
    form.close()


def boundary_of(content_type: str) -> bytes:
    """What stands between the parts. Raises: Rejected (BAD_REQUEST) where no multipart form is announced."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary("")
    is_form = message.get_content_type() == "multipart/form-data"
    if not is_form or not boundary.isascii() or not 0 < len(boundary) <= LONGEST_BOUNDARY:
        raise _bad("Content-Type: multipart/form-data; boundary=…")
    return boundary.encode()


class Form:
    """The reading of one form: fed with bytes, gives those of the file."""

    def __init__(self, boundary: bytes, name: str) -> None:
        self._delimiter, self._name = b"\r\n--" + boundary, name.lower()
        self._waiting = b"\r\n"  # the first delimiter may stand at the very beginning
        self._read = self._content
        self._is_wanted, self._found, self._parts, self._is_over = False, False, 0, False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next bytes of the form, and give what they hold of the file."""
        self._waiting += data
        while not self._is_over:
            before = (len(self._waiting), self._read)
            piece = self._read()
            if piece and self._is_wanted:
                yield piece
            if before == (len(self._waiting), self._read):
                return
        self._waiting = b""  # an epilogue says nothing

    def close(self) -> None:
        """The form ends here. Raises: Rejected (BAD_REQUEST) if it has no end, or had no file."""
        if not self._is_over:
            raise _bad("multipart: cut off")
        if not self._found:
            raise _bad(f"multipart: no {self._name}")

    def _content(self) -> bytes:
        """Content up to the next delimiter (before the first one: a preamble)."""
        place = self._waiting.find(self._delimiter)
        if place < 0:
            cut = max(len(self._waiting) - len(self._delimiter) + 1, 0)  # the rest may be half a delimiter
            piece, self._waiting = self._waiting[:cut], self._waiting[cut:]
            return piece
        piece, self._waiting = self._waiting[:place], self._waiting[place + len(self._delimiter) :]
        self._read = self._after_delimiter
        return piece

    def _after_delimiter(self) -> bytes:
        """The end of the form, or the end of the line."""
        if self._waiting.startswith(b"--"):
            self._is_over = True
        elif (place := self._waiting.find(b"\r\n")) >= 0:
            if self._waiting[:place].strip(b" \t"):
                raise _bad("multipart: boundary")
            self._waiting = self._waiting[place:]
            self._read = self._head
        elif len(self._waiting) > HEAD_AT_MOST:
            raise _bad("multipart: boundary")
        return b""

    def _head(self) -> bytes:
        """The headers of a part."""
        place = self._waiting.find(b"\r\n\r\n")
        if place < 0:
            if len(self._waiting) > HEAD_AT_MOST:
                raise _bad(f"multipart: headers > {HEAD_AT_MOST} byte")
            return b""
        head, self._waiting = self._waiting[2 : place + 2], self._waiting[place + 4 :]
        self._parts += 1
        if self._parts > PARTS_AT_MOST:
            raise _bad(f"multipart: > {PARTS_AT_MOST} parts")
        self._is_wanted = self._is_file(head)
        if self._is_wanted and self._found:
            raise _bad("multipart: two files")
        self._found = self._found or self._is_wanted
        self._read = self._content
        return b""

    def _is_file(self, head: bytes) -> bool:
        message = BytesHeaderParser().parsebytes(head)
        named = str(message.get_param("name", "", "content-disposition")).lower()
        is_file = named == self._name or message.get_filename() is not None
        encoding = str(message.get("Content-Transfer-Encoding", "binary")).strip().lower()
        if is_file and encoding not in ("binary", "8bit", "7bit"):
            raise _bad(f"multipart: Content-Transfer-Encoding {encoding[:20]}")
        return is_file


def _bad(detail: str) -> Rejected:
    return Rejected(find(BAD_REQUEST, detail=detail))
