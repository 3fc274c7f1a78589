"""
/v1/letters/{letter_id}: a letter looked into by its sender or receiver, without reading edXML.

Looking is no fetch: it neither takes a letter out of the mailbox nor allows an acknowledgement.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from aiohttp import web

from gateway.core.catalogue import BLOB_DAMAGED, RANGE, UNKNOWN_ATTACHMENT, UNKNOWN_LETTER
from gateway.core.errors import Rejected, find
from gateway.http.problem import problem
from gateway.http.surroundings import Surroundings
from gateway.inside import FileInside, Inside
from gateway.ports import OpenLetter
from gateway.v1 import request as asked
from gateway.v1.contents import EnvelopeShape, FileShape, LetterContents
from gateway.v1.findings import FindingShape
from gateway.v1.messages import MESSAGE, write_as_sent
from gateway.v1.operations import (
    ETAG,
    IF_NONE_MATCH,
    LETTER_ID,
    LETTERS,
    Answer,
    Operation,
    PathParameter,
    json_answer,
)
from gateway.v1.query import shown
from gateway.v1.ranges import (
    CONTENT_RANGE,
    DISPOSITION,
    IF_RANGE,
    RANGE_HEADER,
    attachment_called,
    span_of,
)
from gateway.v1.transfer import write_all

INDEX = PathParameter(
    "index",
    "Số thứ tự của tệp trong văn bản, từ 0",
    "Number of the file in the letter, from 0",
    "(?:0|[1-9][0-9]{0,5})",
    "0",
)
ANY = "*/*"  # by the name of the file: a PDF comes as application/pdf

_INDEX = re.compile(INDEX.pattern)


class Looking:
    """What is in the letters of a node's callers."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._office = surroundings.office

    def operations(self) -> Sequence[Operation]:
        """The letter as it was sent, what it says, and each of its files."""
        return (
            Operation(
                method="GET",
                path="/v1/letters/{letter_id}.edxml",
                name="getLetter",
                tag=LETTERS,
                vi="Văn bản, đúng từng byte như bên gửi đã gửi; không phải là lấy về",
                en="The letter, byte for byte as its sender gave it; this is no fetch",
                handler=self.letter,
                parameters=(LETTER_ID,),
                answers=(MESSAGE,),
                faults=(UNKNOWN_LETTER, BLOB_DAMAGED),
            ),
            Operation(
                method="GET",
                path="/v1/letters/{letter_id}/metadata",
                name="getContents",
                tag=LETTERS,
                vi="Văn bản nói gì và có những tệp nào, dạng JSON",
                en="What the letter says and which files it has, as JSON",
                handler=self.contents,
                parameters=(LETTER_ID,),
                answers=(Answer(200, "Nội dung văn bản", "What it says", LetterContents),),
                faults=(UNKNOWN_LETTER, BLOB_DAMAGED),
                is_tagged=True,
            ),
            self._attachment(),
        )

    def _attachment(self) -> Operation:
        headers = (ETAG, DISPOSITION)
        return Operation(
            method="GET",
            path="/v1/letters/{letter_id}/attachments/{index}",
            name="getAttachment",
            tag=LETTERS,
            vi="Một tệp của văn bản, đã bỏ base64 và lớp nén của SDK",
            en="One file of the letter, without base64 and without the ZIP of an SDK",
            more_vi="Đứt giữa chừng thì tải tiếp bằng Range và If-Range.",
            more_en="A download that broke off goes on with Range and If-Range.",
            handler=self.attachment,
            parameters=(LETTER_ID, INDEX),
            headers=(RANGE_HEADER, IF_RANGE, IF_NONE_MATCH),
            answers=(
                Answer(200, "Cả tệp; ETag là SHA-256 của tệp", "All of it", media_type=ANY, headers=headers),
                Answer(
                    206,
                    "Đoạn được hỏi",
                    "The part that was asked for",
                    media_type=ANY,
                    headers=(*headers, CONTENT_RANGE),
                ),
                Answer(304, "Không có gì mới", "Nothing has changed", headers=(ETAG,)),
            ),
            faults=(UNKNOWN_LETTER, UNKNOWN_ATTACHMENT, BLOB_DAMAGED, RANGE),
        )

    async def letter(self, request: web.Request) -> web.StreamResponse:
        """The letter, byte for byte as its sender gave it."""
        return await write_as_sent(request, await self._read(request))

    async def contents(self, request: web.Request) -> web.Response:
        """What the letter says, and which files it has."""
        letter = await self._read(request)
        return json_answer(await asyncio.to_thread(_contents, letter))

    async def attachment(self, request: web.Request) -> web.StreamResponse:
        """One file of the letter, or a part of it."""
        inside, index = Inside(await self._read(request)), _index(request)
        file = await asyncio.to_thread(inside.attachment, index)
        headers = {
            "Content-Type": file.content_type,
            "ETag": f'"{file.sha256}"',
            "Accept-Ranges": "bytes",
            "Content-Disposition": attachment_called(file.name),
        }
        if any(mark.value in (file.sha256, "*") for mark in request.if_none_match or ()):
            return web.Response(status=304, headers={"ETag": headers["ETag"]})
        span = span_of(request, file.size, file.sha256)
        if span is None:
            return _no_such_range(request, file)
        if not span.is_all:
            headers["Content-Range"] = span.content_range
        response = web.StreamResponse(status=200 if span.is_all else 206, headers=headers)
        response.content_length = span.end - span.start
        await write_all(request, response, lambda: inside.chunks(index, span.start, span.end))
        return response

    async def _read(self, request: web.Request) -> OpenLetter:
        return await self._office.read(asked.caller_of(request), asked.letter_id_of(request))


def _contents(letter: OpenLetter) -> LetterContents:
    inside, routing = Inside(letter), letter.letter.routing
    return LetterContents(
        letter_id=routing.letter_id,
        size=routing.original_size,
        sha256=routing.original_sha256,
        envelope=EnvelopeShape.of(inside.envelope),
        attachments=tuple(map(FileShape.model_validate, inside.attachments())),
        findings=tuple(map(FindingShape.of, inside.reading.findings)),
    )


def _index(request: web.Request) -> int:
    """The file named in the path. Raises: Rejected (UNKNOWN_ATTACHMENT) for what can't be a number."""
    text = request.match_info["index"]
    if not _INDEX.fullmatch(text):
        letter_id = request.match_info["letter_id"].lower()
        raise Rejected(find(UNKNOWN_ATTACHMENT, letter_id=letter_id, index=shown(text)))
    return int(text)


def _no_such_range(request: web.Request, file: FileInside) -> web.Response:
    finding = find(RANGE, element="Range", size=file.size)
    answer = problem(request, (finding,), first=finding, status=RANGE.http)
    answer.headers["Content-Range"] = f"bytes */{file.size}"
    return answer
