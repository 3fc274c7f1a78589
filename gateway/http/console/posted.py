"""
A form with files, as a browser sends it: read while it arrives, memory flat whatever is in it.

Its fields come first, the token of the session among them; nothing of a file is kept before that was seen.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

from aiohttp import web

from gateway.core.catalogue import BAD_REQUEST, FORM_TOO_LARGE, TOO_MANY_ATTACHMENTS
from gateway.core.errors import Rejected, find
from gateway.http.composing import IN_MEMORY, MOST_FILES, ArrivedFile, write_down
from gateway.http.console.forms import Form
from gateway.http.console.guard import TOKEN_FIELD
from gateway.v1.multipart import Event, FormReader, PartBegins, PartEnds, boundary_of
from gateway.v1.transfer import body

MEDIA_TYPE = "multipart/form-data"
FIELD_BYTES = 1024 * 1024  # of all fields together: 10,000 recipients fit
MOST_FIELDS = 100  # the longest form of ours has some 20
FIELD_COST = 100  # bytes that a field takes in memory whatever is in it


class Posted(Form):
    """A form with files: `files` lie one behind the other in `content`."""

    def __init__(self, filled: Mapping[str, str], files: Sequence[ArrivedFile], content: IO[bytes]) -> None:
        super().__init__(filled)
        self.files, self.content = files, content


@asynccontextmanager
async def posted(
    request: web.Request, folder: Path, check_token: Callable[[str], None]
) -> AsyncIterator[Posted]:
    """
    A form that has come in completely. Its files lie in `folder`, without a name there, until the block ends.

    Raises: Rejected (BAD_REQUEST, TRUNCATED, BODY_TOO_LARGE, BODY_TOO_SLOW, FORM_TOO_LARGE,
        TOO_MANY_ATTACHMENTS), Unavailable (DISK_FULL), and what `check_token` raises.
    """
    if request.content_type != MEDIA_TYPE:
        raise Rejected(find(BAD_REQUEST, detail=f"Content-Type: {request.content_type[:100]}"))
    reader = FormReader(boundary_of(request.headers["Content-Type"]))
    arriving = _Arriving(check_token)
    with SpooledTemporaryFile(max_size=IN_MEMORY, mode="w+b", dir=str(folder)) as content:
        async for chunk in body(request):
            for event in reader.feed(chunk):
                arriving.take(event)
                if isinstance(event, bytes) and arriving.is_file:
                    await write_down(content, event)
        reader.close()
        arriving.check()
        yield Posted(arriving.filled, arriving.chosen, content)


class _Arriving:
    """What the parts of a form are, in their order: first fields, then files."""

    def __init__(self, check_token: Callable[[str], None]) -> None:
        self.filled: dict[str, str] = {}
        self.is_file = False
        self._check, self._checked = check_token, False
        self._files: list[ArrivedFile] = []
        self._name, self._text = "", bytearray()
        self._end = self._fields = self._number = 0

    @property
    def chosen(self) -> Sequence[ArrivedFile]:
        """The files; a browser sends one without a name where none was chosen."""
        return [file for file in self._files if file.name]

    def check(self) -> None:
        """The form is one of this session. Raises: what `check_token` raises."""
        if not self._checked:
            self._check(self.filled.get(TOKEN_FIELD, ""))
            self._checked = True

    def take(self, event: Event) -> None:
        """Go on by one event of the form."""
        if isinstance(event, PartBegins):
            self._begin(event)
        elif isinstance(event, PartEnds):
            if not self.is_file:
                self.filled[self._name] = self._text.decode("utf-8", "replace")
        elif self.is_file:
            self._files[-1].size += len(event)
            self._end += len(event)
        else:
            self._grow(len(event))
            self._text += event

    def _begin(self, part: PartBegins) -> None:
        self.is_file = part.filename is not None
        self._name, self._text = part.name, bytearray()
        if part.filename is None:
            self._number += 1
            if self._number > MOST_FIELDS:
                raise Rejected(find(BAD_REQUEST, detail=f"> {MOST_FIELDS} fields"))
            self._grow(FIELD_COST + len(part.name))
            return
        self.check()
        if len(self._files) >= MOST_FILES:
            raise Rejected(find(TOO_MANY_ATTACHMENTS, limit=MOST_FILES))
        self._files.append(ArrivedFile(part.filename, self._end))

    def _grow(self, size: int) -> None:
        self._fields += size
        if self._fields > FIELD_BYTES:
            raise Rejected(find(FORM_TOO_LARGE, limit=FIELD_BYTES // 1024))
