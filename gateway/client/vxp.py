"""
A system at a VXP axis: the national one, a province's, or Trục's own door for SDKs.

    async with VxpClient("http://127.0.0.1:8280", "vxp.test.01", secret) as axis:
        doc_id = await axis.send(Path("cong-van.edxml"), sender="000.00.00.H14")
        for line in await axis.received(MessageType.EDOC):
            await axis.fetch(line.doc_id, Path("in") / f"{line.doc_id}.edxml")
            await axis.update_status(line.doc_id, Ack.DONE)

Spec: VXP
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp

from gateway import __version__
from gateway.client.arriving import Arriving, Fetched, save, whole_file
from gateway.client.edoc import EdocBody, EdocSource
from gateway.client.exchange import Retries
from gateway.client.source import Progress
from gateway.client.vxp_exchange import VxpExchange
from gateway.core.catalogue import BAD_REQUEST, CONFIG_BAD_VALUE
from gateway.core.errors import Misconfigured, Rejected, find
from gateway.vxp import functions as vxp
from gateway.vxp.functions import Ack, Body, Function, MessageType
from gateway.vxp.hashes import unpadded
from gateway.vxp.parameters import write_codes, write_time
from gateway.vxp.plain import plain
from gateway.vxp.replies import LetterScanner, Reply, read_reply
from gateway.vxp.shapes import (
    AgencyForm,
    AgencyLine,
    AgencyLineQD20,
    ReceivedLine,
    SentLine,
    Shape,
    UnitLine,
    read_lines,
)
from gateway.vxp.signature import sign, write_timestamp

_AGENT = f"Truc/{__version__} XRoad/VPCP"
_STORE = "store"  # the folder that the SDK names in getEdoc; a server has no use for it
_PAGES = (b"<!doctype html", b"<html")

Line = TypeVar("Line", bound=Shape)


class VxpClient:
    """
    One system at one axis; use it as an async context manager.

    `endpoint` is the address before the names of the functions. `leftovers` makes it behave like an object of
    the Java SDK: one header map and one timestamp for its whole life. `now` gives aware UTC, `sleep` waits
    between tries.

    Raises (any call): Rejected (VXP_REFUSED) with the axis' own `code` and `detail` as params; Unavailable
    once the tries are used up: no answer, none of VXP, or a fault of the axis (VXP_UNREACHABLE).
    Misconfigured at once for an address, system id or secret that cannot be one.
    """

    def __init__(
        self,
        endpoint: str,
        system_id: str,
        secret: str,
        *,
        leftovers: bool = False,
        retries: Retries | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if not (system_id.strip() and system_id.isascii() and system_id.isprintable()):
            raise Misconfigured(find(CONFIG_BAD_VALUE, key="system_id", detail="ASCII"))
        if not secret:
            raise Misconfigured(find(CONFIG_BAD_VALUE, key="secret", detail="—"))
        self._wire = VxpExchange(endpoint, "", "vi", retries or Retries(), sleep)
        self._system_id, self._secret, self._now = system_id, secret, now
        self._kept: dict[str, str] | None = {vxp.TIMESTAMP: write_timestamp(now())} if leftovers else None

    async def __aenter__(self) -> Self:
        self._wire.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.end()

    # --- sending -----------------------------------------------------------------------------------

    async def send(
        self,
        source: EdocSource,
        *,
        sender: str,
        to: Sequence[str] = (),
        kind: MessageType = MessageType.EDOC,
        may_repeat: bool = False,
        progress: Progress | None = None,
    ) -> str:
        """
        Send a message, raw edXML; the axis' DocId, "" if it names none.

        `to` names the recipients that shall get it (default: all that the message names). VXP knows no key
        against sending twice, so after a lost answer it is sent again only if it `may_repeat`.

        Raises: OSError of the file.
        """
        body = EdocBody(source, progress)
        given = {
            vxp.SERVICE_TYPE: vxp.EDOC_SERVICE,
            vxp.MESSAGE_TYPE: kind.value,
            vxp.HASH_FILE: unpadded(await body.digest()),
            vxp.FROM: sender,
            **({vxp.TO: write_codes(to)} if to else {}),
        }
        reply = await self._ask(vxp.SEND_EDOC, given, may_repeat=may_repeat, letter=body)
        return reply.word("DocId")

    async def update_status(self, doc_id: str, ack: Ack, *, description: str = "") -> None:
        """Say what became of a message that was fetched. `description` goes out without marks."""
        given = {vxp.DOC_ID: doc_id, vxp.STATUS: ack.value}
        given |= {vxp.DESCRIPTION: plain(description)} if description else {}
        await self._ask(vxp.UPDATE_STATUS, given)

    # --- what is there -----------------------------------------------------------------------------

    async def received(
        self,
        kind: MessageType,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int | None = None,
        page_index: int | None = None,
    ) -> tuple[ReceivedLine, ...]:
        """What waits for the system's agencies. Not every axis knows pages."""
        given = {**_kind(kind), **_range(since, until)}
        given |= {vxp.PAGE_SIZE: str(page_size)} if page_size is not None else {}
        given |= {vxp.PAGE_INDEX: str(page_index)} if page_index is not None else {}
        return await self._lines(ReceivedLine, vxp.GET_RECEIVED, given)

    async def sent(
        self,
        kind: MessageType,
        doc_id: str = "",
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[SentLine, ...]:
        """What the system has sent, a line for each receiver; one message, or those of a time."""
        given = {**_kind(kind), **({vxp.DOC_ID: doc_id} if doc_id else {}), **_range(since, until)}
        return await self._lines(SentLine, vxp.GET_SENT, given)

    async def count_edocs(self) -> int:
        """How many documents wait."""
        return await self._count(vxp.COUNT_EDOCS)

    async def count_statuses(self) -> int:
        """How many statuses wait."""
        return await self._count(vxp.COUNT_STATUSES)

    # --- fetching ----------------------------------------------------------------------------------

    def open(self, doc_id: str, *, raw: bool = False) -> AbstractAsyncContextManager[Arriving]:
        """
        A message as it comes in, tried once; its size is not known. `raw` asks downloadEdoc, not getEdoc.

        Raises: Rejected and Unavailable also while its chunks are read, and always before the last of them.
        """
        return self._opened(doc_id, raw)

    async def stream(self, doc_id: str, *, raw: bool = False) -> AsyncIterator[bytes]:
        """The chunks of a message, tried once; see `open`."""
        async with self.open(doc_id, raw=raw) as letter:
            async for chunk in letter.chunks:
                yield chunk

    async def fetch(
        self, doc_id: str, to: Path, *, raw: bool = False, progress: Progress | None = None
    ) -> Fetched:
        """
        Fetch a message into the file `to`: complete and on disk, or not there at all.

        Raises: OSError of the file.
        """

        async def once() -> Fetched:
            digest = hashlib.sha256()
            async with whole_file(to) as partial, self.open(doc_id, raw=raw) as letter:
                size = await save(
                    Arriving(None, "", _digested(letter.chunks, digest.update)), partial, progress
                )
            return Fetched(to, size, digest.hexdigest())

        return await self._wire.persist(once)

    async def read(self, doc_id: str, *, raw: bool = False) -> bytes:
        """A message in memory; for small ones."""

        async def once() -> bytes:
            async with self.open(doc_id, raw=raw) as letter:
                return b"".join([chunk async for chunk in letter.chunks])

        return await self._wire.persist(once)

    # --- agencies ----------------------------------------------------------------------------------

    async def agencies(self) -> tuple[AgencyLine, ...]:
        """All agencies of the axis."""
        return await self._lines(AgencyLine, vxp.GET_AGENCIES)

    async def agencies_qd20(self) -> tuple[AgencyLineQD20, ...]:
        """All agencies with their codes by QĐ 20/2020."""
        return await self._lines(AgencyLineQD20, vxp.GET_AGENCIES_QD20)

    async def units(self) -> tuple[UnitLine, ...]:
        """All units, also those that are no longer there."""
        return await self._lines(UnitLine, vxp.GET_UNITS)

    async def register_agency(self, form: AgencyForm) -> None:
        """Register an agency under this system. Not tried again when the answer got lost."""
        await self._ask(vxp.REGISTER_AGENCY, may_repeat=False, json=form.wire())

    async def delete_agency(self, code: str) -> None:
        """Take an agency off the axis. Not tried again when the answer got lost."""
        await self._ask(vxp.DELETE_AGENCY, {vxp.AGENCY_CODE: code}, may_repeat=False)

    # --- one call ----------------------------------------------------------------------------------

    async def _lines(
        self, shape: type[Line], function: Function, given: Mapping[str, str] | None = None
    ) -> tuple[Line, ...]:
        return read_lines(shape, (await self._ask(function, given)).values.get(function.key))

    async def _count(self, function: Function) -> int:
        count = (await self._ask(function)).number(function.key)
        if count is None:
            raise self._wire.trouble("count", is_passing=False)
        return count

    async def _ask(
        self,
        function: Function,
        given: Mapping[str, str] | None = None,
        *,
        may_repeat: bool = True,
        json: Mapping[str, Any] | None = None,
        letter: EdocBody | None = None,
    ) -> Reply:
        async def once() -> Reply:
            async with self._call(function, given or {}, json=json, letter=letter) as response:
                return self._wire.judged(read_reply(await self._wire.text(response)))

        return await self._wire.persist(once, may_repeat=may_repeat)

    def _call(
        self,
        function: Function,
        given: Mapping[str, str],
        *,
        json: Mapping[str, Any] | None = None,
        letter: EdocBody | None = None,
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        content = vxp.FILE_TYPE if function.body is Body.FILE else vxp.JSON_TYPE
        said = {vxp.TIMESTAMP: write_timestamp(self._now())} if self._kept is None else self._kept
        said |= {vxp.SYSTEM_ID: self._system_id, **given, vxp.CONTENT_TYPE: content}
        try:
            headers = sign(said, self._secret)
        except ValueError as error:
            raise Rejected(find(BAD_REQUEST, detail=plain(str(error)))) from error
        headers["User-Agent"] = _AGENT
        body = {} if function.body is Body.EMPTY_OBJECT else json
        return self._wire.call(function.verb, function.name, headers=headers, json=body, letter=letter)

    @asynccontextmanager
    async def _opened(self, doc_id: str, raw: bool) -> AsyncIterator[Arriving]:
        function = vxp.DOWNLOAD_EDOC if raw else vxp.GET_EDOC
        given = {vxp.DOC_ID: doc_id, **({vxp.FILE_PATH: _STORE} if self._kept is not None else {})}
        async with self._call(function, given) as response:
            chunks = self._downloaded(response) if raw else self._scanned(response)
            yield Arriving(None, "", chunks)

    async def _scanned(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        """The letter in the JSON of getEdoc, each piece one late, since a FAIL may stand behind it."""
        scanner, before = LetterScanner(), b""
        try:
            async for chunk in self._wire.chunks(response):
                piece = scanner.feed(chunk)
                if piece and before:
                    yield before
                before = piece or before
            reply = scanner.reply()
        except ValueError as error:
            raise self._wire.trouble(plain(str(error))) from error
        self._wire.judged(reply)
        if not before:
            raise self._wire.trouble("data")
        yield before

    async def _downloaded(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        """The letter as downloadEdoc gives it, or the refusal that came in its place."""
        pieces = self._wire.chunks(response)
        first = await anext(pieces, b"")
        start = first.lstrip(b"\xef\xbb\xbf \t\r\n")
        if not start.startswith(b"<") or start.lower().startswith(_PAGES):
            self._wire.judged(read_reply(first + await self._wire.text(response)))
            raise self._wire.trouble("edXML")
        yield first
        async for chunk in pieces:
            yield chunk


def _kind(kind: MessageType) -> dict[str, str]:
    return {vxp.SERVICE_TYPE: vxp.EDOC_SERVICE, vxp.MESSAGE_TYPE: kind.value}


def _range(since: datetime | None, until: datetime | None) -> dict[str, str]:
    named = {vxp.FROM_DATE: since, vxp.TO_DATE: until}
    return {name: write_time(at) for name, at in named.items() if at is not None}


async def _digested(chunks: AsyncIterator[bytes], update: Callable[[bytes], object]) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        update(chunk)
        yield chunk
