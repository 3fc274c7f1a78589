"""
A letter on its way out of /v1 as its sender gave it: declared and written in one way, whoever hands it over.
"""

from __future__ import annotations

from aiohttp import web

from gateway.ports import OpenLetter
from gateway.v1.operations import ETAG, Answer
from gateway.v1.ranges import DISPOSITION, attachment_called
from gateway.v1.transfer import write_all

EDXML = "application/xml"

MESSAGE = Answer(
    200,
    "Gói tin edXML; ETag là SHA-256 của nội dung",
    "The edXML message; its ETag is the SHA-256 of these bytes",
    media_type=EDXML,
    headers=(ETAG, DISPOSITION),
)


def message(letter: OpenLetter) -> web.StreamResponse:
    """The answer that an edXML message of this letter goes into, named after it."""
    name = f"{letter.letter.routing.letter_id}.edxml"
    headers = {"Content-Type": EDXML, "Content-Disposition": attachment_called(name)}
    return web.StreamResponse(headers=headers)


async def write_as_sent(request: web.Request, letter: OpenLetter) -> web.StreamResponse:
    """Send the letter, byte for byte as its sender gave it. Raises: as `write_all`."""
    response = message(letter)
    response.headers["ETag"] = f'"{letter.letter.routing.original_sha256}"'
    response.content_length = letter.size
    await write_all(request, response, letter.chunks)
    return response
