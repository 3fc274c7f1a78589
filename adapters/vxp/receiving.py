"""
What waits for an agency over VXP: listed, counted, fetched, and acknowledged.

A list shows everything that is not acknowledged yet. What looks like a filter in it is mostly left over from
another call of the same SDK object, so filters count only where that is agreed (`trusts_filters`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiohttp import web

from adapters.vxp.gate import Call
from adapters.vxp.mail import (
    INITIAL,
    KINDS,
    TYPES,
    first_of,
    letter_id_of,
    waiting,
    written_for_agency,
)
from gateway.core.catalogue import BAD_REQUEST
from gateway.core.errors import Rejected, find
from gateway.core.model import Kind
from gateway.ports import Caller, MailItem, Word, Workplace
from gateway.v1.transfer import write_stream
from gateway.vxp.answers import done, edoc, edoc_size
from gateway.vxp.functions import (
    COUNT_STATUSES,
    DESCRIPTION,
    DOC_ID,
    DOC_ID_OF_ACK,
    EDOC_SERVICE,
    FILE_TYPE,
    FROM_DATE,
    JSON_TYPE,
    MESSAGE_TYPE,
    PAGE_INDEX,
    PAGE_SIZE,
    STATUS,
    TO_DATE,
    Ack,
)
from gateway.vxp.parameters import Parameters, ack, message_type, write_time
from gateway.vxp.replies import json_object
from gateway.vxp.shapes import ReceivedLine

LISTED_AT_MOST = 1000
"""Lines of one list; the next ones show as soon as these are acknowledged."""
COUNTED_AT_MOST = 10_000
"""A count goes no further: it is asked for often, and more tells nobody anything."""

WORDS = {Ack.FAIL: Word.FAILED, Ack.PROCESSING: Word.PROCESSING}


class Receiving:
    """The way out."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace, self._office = workplace, workplace.office

    # --- lists -----------------------------------------------------------------------------------

    async def list(self, call: Call) -> bytes:
        """What waits for the caller's agencies, oldest first; without a message type, of both kinds.

        Pages count from 1; 0 is the first one too, since nobody knows from where clients count.
        """
        word = message_type(call.parameters.text(MESSAGE_TYPE))
        filters = self._filters(call)
        size = min(filters.number(PAGE_SIZE, 0) or LISTED_AT_MOST, LISTED_AT_MOST)
        skipped = (max(filters.number(PAGE_INDEX, 1), 1) - 1) * size
        items = self._fitting(call.caller, None if word is None else KINDS[word], filters)
        found = await first_of(items, skipped + size)
        return done(call.function, [_line(item) for item in found[skipped:]])

    async def count(self, call: Call) -> bytes:
        """How many would be listed on all pages together."""
        kind = Kind.STATUS if call.function is COUNT_STATUSES else Kind.DOCUMENT
        items = self._fitting(call.caller, kind, self._filters(call))
        return done(call.function, len(await first_of(items, COUNTED_AT_MOST)))

    def _filters(self, call: Call) -> Parameters:
        """The filters of a call if every agency of the caller means them; else none."""
        ways = self._workplace.ways()
        agreed = all(trusts_filters(ways.get(agency, {})) for agency in call.caller.agencies)
        return call.parameters if agreed else Parameters()

    async def _fitting(
        self, caller: Caller, kind: Kind | None, filters: Parameters
    ) -> AsyncIterator[MailItem]:
        since, until = filters.time(FROM_DATE), filters.time(TO_DATE)
        async for item in waiting(self._office, caller, kind):
            is_early = since is not None and item.waiting_since < since
            is_late = until is not None and item.waiting_since > until
            if not (is_early or is_late):
                yield item

    # --- one message -----------------------------------------------------------------------------

    async def get(self, call: Call) -> web.StreamResponse:
        """A message as base64 within JSON, streamed; `docId` of the body counts where no header names one."""
        named = call.parameters.text(DOC_ID) or (json_object(call.body) or {}).get(DOC_ID, "")
        letter = await self._office.open(call.caller, letter_id_of(str(named)))
        chunks, size = await written_for_agency(self._workplace, letter)
        response = web.StreamResponse(headers={"Content-Type": JSON_TYPE})
        if size is not None:
            response.content_length = edoc_size(size)
        await write_stream(call.request, response, edoc(chunks))
        return response

    async def download(self, call: Call) -> web.StreamResponse:
        """The bytes of a message."""
        letter = await self._office.open(call.caller, letter_id_of(call.parameters.text(DOC_ID)))
        chunks, size = await written_for_agency(self._workplace, letter)
        response = web.StreamResponse(headers={"Content-Type": FILE_TYPE})
        if size is not None:
            response.content_length = size
        await write_stream(call.request, response, chunks)
        return response

    async def update(self, call: Call) -> bytes:
        """Acknowledge (`done`, any number of times), or note what the caller says of a message.

        Raises: Rejected (BAD_REQUEST, UNKNOWN_LETTER; NOT_FETCHED for `done` of what was never fetched)
        """
        letter_id = letter_id_of(call.parameters.text(DOC_ID_OF_ACK))
        said = ack(call.parameters.text(STATUS))
        if said is None:
            raise Rejected(find(BAD_REQUEST, element=STATUS, detail="status: done | fail | processing"))
        if said is Ack.DONE:
            await self._office.ack(call.caller, letter_id)
        else:
            detail = call.parameters.text(DESCRIPTION)
            await self._office.word(call.caller, letter_id, WORDS[said], detail)
        return done(call.function)


def trusts_filters(way: Mapping[str, Any]) -> bool:
    """Whether an agency's system is known to mean the filters of its list calls."""
    return way.get("trusts_filters") is True


def _line(item: MailItem) -> ReceivedLine:
    at = write_time(item.waiting_since)
    return ReceivedLine(
        doc_id=item.letter_id,
        service_type=EDOC_SERVICE,
        message_type=TYPES[item.kind],
        created_time=at,
        updated_time=at,
        sender=item.sender,
        recipient=item.agency,
        status=INITIAL,
        status_desc="",
    )
