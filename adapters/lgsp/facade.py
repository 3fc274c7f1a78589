"""
The facade of a provincial axis, as its clients know it: log in, send a form, list by days, get, report.

Paths end in /v1/…, below any prefix. A request that bears the headers of VXP is none of it.
"""

from __future__ import annotations

import asyncio
import base64
import codecs
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from adapters.lgsp.form import file_within
from adapters.lgsp.tokens import issue
from adapters.lgsp.visitor import admitted, key_with, keys_of, visitor
from adapters.lgsp.words import listed, refused, said, text
from adapters.vxp.app import ROUTE, VOICE, Voice
from adapters.vxp.gate import small_body
from adapters.vxp.mail import KINDS, first_of, letter_id_of, waiting, written_for_agency
from adapters.vxp.receiving import LISTED_AT_MOST, WORDS
from gateway.core.catalogue import BAD_REQUEST, NO_SUCH_METHOD, NOT_FETCHED, UNAUTHENTICATED
from gateway.core.errors import Rejected, find
from gateway.core.lifecycle import STATUSES, TAKE_BACK, normal_code
from gateway.core.model import LetterId
from gateway.inside import Inside
from gateway.ports import Caller, OpenLetter, Workplace
from gateway.v1.transfer import body, in_threads, write_stream
from gateway.vxp.functions import JSON_TYPE, PREFIX, SYSTEM_ID, Ack
from gateway.vxp.parameters import ack, message_type, read_time
from gateway.vxp.replies import json_object

FILE = "edocFile"
_PATH = re.compile(r"/v1/(auth/login|sendEdoc|syncReceivedEdocList|getEdoc|updateStatus)/?\Z")
VOICE_OF_FACADE = Voice(refused)
_BLOCK = 48 * 1024  # bytes of a file that become base64 at once: a multiple of three


@dataclass(frozen=True, slots=True)
class _Function:
    verb: str
    serve: Callable[[web.Request], Awaitable[web.StreamResponse]]


class Facade:
    """Everything that the facade can do."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace, self._office = workplace, workplace.office
        self._functions = {
            "auth/login": _Function("POST", self.login),
            "sendEdoc": _Function("POST", self.send),
            "syncReceivedEdocList": _Function("GET", self.list),
            "getEdoc": _Function("GET", self.get),
            "updateStatus": _Function("POST", self.update),
        }

    def __call__(self, request: web.Request) -> Awaitable[web.StreamResponse] | None:
        """The answer to a request of the facade; None for any other."""
        found = _PATH.search(request.path)
        if found is None or PREFIX + SYSTEM_ID in request.headers:
            return None
        request[ROUTE], request[VOICE] = f"lgsp/{found[1]}", VOICE_OF_FACADE
        return self._serve(request, self._functions[found[1]])

    async def _serve(self, request: web.Request, function: _Function) -> web.StreamResponse:
        if request.method != function.verb:
            raise Rejected(find(NO_SUCH_METHOD, method=request.method[:20]))
        return await function.serve(request)

    async def _caller(self, request: web.Request) -> Caller:
        return await visitor(request, self._workplace.keyring, self._workplace.clock.now())

    async def login(self, request: web.Request) -> web.Response:
        """A token for the system id and secret that come as `username` and `password`."""
        given = _object(await small_body(request))
        keys = await keys_of(_word(given, "username"), self._workplace.keyring)
        key = key_with(_word(given, "password"), keys)
        if key is None:
            raise Rejected(find(UNAUTHENTICATED))
        admitted(request, key, self._workplace.keyring)
        return said(data={"token": issue(key, self._workplace.clock.now()), "tokenType": "Bearer"})

    async def send(self, request: web.Request) -> web.Response:
        """Take the message in the field `edocFile`, streamed; the same content gets the first docId again."""
        caller = await self._caller(request)
        file = file_within(body(request), request.headers.get("Content-Type", ""), FILE)
        accepted = await self._office.accept(file, caller)
        return said(docId=accepted.letter_id)

    async def list(self, request: web.Request) -> web.Response:
        """What waits for the caller's agencies and came from day `fromDate` to the end of day `toDate`."""
        caller = await self._caller(request)
        await small_body(request)
        word = message_type(request.query.get("messageType", ""))
        since, until = (read_time(request.query.get(name, "")) for name in ("fromDate", "toDate"))
        if until is not None and ":" not in request.query["toDate"]:
            until += timedelta(days=1)
        items = (
            item
            async for item in waiting(self._office, caller, None if word is None else KINDS[word])
            if (since is None or since <= item.waiting_since)
            and (until is None or item.waiting_since < until)
        )
        return listed(await first_of(items, LISTED_AT_MOST))

    async def get(self, request: web.Request) -> web.StreamResponse:
        """A message with its files, streamed; the edXML in the dialect that was agreed with its agency."""
        caller = await self._caller(request)
        await small_body(request)
        letter = await self._office.open(caller, letter_id_of(request.query.get("docId", "")))
        edxml, _ = await written_for_agency(self._workplace, letter)
        files = await self._files_in(letter)
        response = web.StreamResponse(headers={"Content-Type": JSON_TYPE})
        await write_stream(request, response, _message(letter, edxml, files))
        return response

    async def _files_in(self, letter: OpenLetter) -> Callable[[], Iterator[bytes]]:
        """The files of a letter as the answer has them; none, if the letter cannot be looked into.

        They are in its edXML as well: a letter must never be held back by what only makes it easier to read.
        """
        inside = Inside(letter)
        try:
            await asyncio.to_thread(inside.attachments)
        except Rejected as refused:
            letter_id = letter.letter.routing.letter_id
            self._workplace.log.warning(
                "rendering.failed", letter_id=letter_id, dialect="lgsp", code=refused.code
            )
            return lambda: iter(())
        return lambda: _files(inside)

    async def update(self, request: web.Request) -> web.Response:
        """
        `done`, `fail` or `processing` as in VXP; or a status code, which becomes a status message.

        Systems that send codes send no `done`: whoever reports how far its clerk is has the message.

        Raises: Rejected (BAD_REQUEST, UNKNOWN_LETTER; NOT_FETCHED for `done` of what was never fetched)
        """
        caller = await self._caller(request)
        given = _object(await small_body(request))
        letter_id, word = letter_id_of(_word(given, "docId")), _word(given, "status")
        said_word, code = ack(word), normal_code(word)
        if said_word is Ack.DONE:
            await self._office.ack(caller, letter_id)
        elif said_word is not None:
            await self._office.word(caller, letter_id, WORDS[said_word], _word(given, "description"))
        elif code in STATUSES:
            await self._report(caller, letter_id, code, _word(given, "description"))
        else:
            detail = f"status: done | fail | processing | {' | '.join(STATUSES)}"
            raise Rejected(find(BAD_REQUEST, element="status", detail=detail))
        return said()

    async def _report(self, caller: Caller, letter_id: LetterId, code: str, description: str) -> None:
        await self._office.status(caller, letter_id, code, description=description)
        if code == TAKE_BACK:
            return  # the one status of a sender
        try:
            await self._office.ack(caller, letter_id)
        except Rejected as refused:
            if refused.code != NOT_FETCHED.code:
                raise


async def _message(
    letter: OpenLetter, edxml: AsyncIterator[bytes], files: Callable[[], Iterator[bytes]]
) -> AsyncIterator[bytes]:
    """The answer of getEdoc in pieces: neither the message nor a file of it is ever whole in memory."""
    stored = letter.letter
    head = {
        "docId": stored.routing.letter_id,
        "from": stored.routing.sender,
        "fromName": stored.facts.sender_name,
        "edocCode": stored.facts.code,
        "edocAbstract": stored.facts.subject,
    }
    yield f'{{"success":true,"message":"OK","data":{text(head)[:-1]},"edxml":"'.encode()
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    async for chunk in edxml:
        yield _quoted(decoder.decode(chunk))
    yield _quoted(decoder.decode(b"", final=True)) + b'","attachments":['
    async for piece in in_threads(files):
        yield piece
    yield b"]}}"


def _quoted(piece: str) -> bytes:
    """A piece of text as it stands within a JSON string."""
    return text(piece)[1:-1].encode("ascii")


def _files(inside: Inside) -> Iterator[bytes]:
    for place, file in enumerate(inside.attachments()):
        yield f'{"," if place else ""}{{"fileName":{text(file.name)},"fileContent":"'.encode()
        held = b""
        for chunk in inside.chunks(file.index):
            whole = held + chunk
            cut = len(whole) - len(whole) % 3
            held = whole[cut:]
            for start in range(0, cut, _BLOCK):
                yield base64.b64encode(whole[start : min(start + _BLOCK, cut)])
        yield base64.b64encode(held) + b'"}'


def _object(data: bytes) -> dict[str, object]:
    given = json_object(data)
    if given is None:
        raise Rejected(find(BAD_REQUEST, detail="JSON"))
    return dict(given)


def _word(given: dict[str, object], name: str) -> str:
    """A text of a JSON object, "" if there is none of this name."""
    value = given.get(name, "")
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
