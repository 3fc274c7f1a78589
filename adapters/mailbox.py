"""
Mailbox: letters lie at the door until the agency's system fetches them over /v1.

Nothing is pushed. A fetch changes nothing for good: only the acknowledgement ends our duty, so a system that
crashes between the two finds its letter again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from gateway.core.model import Kind
from gateway.ports import Deliverer, Office, OpenLetter
from gateway.v1 import request as asked
from gateway.v1.shapes import MailboxPage
from gateway.v1.transfer import write_all

EDXML = "application/xml"


class AtTheDoor:
    """Hand-over by waiting: the letter is there, the agency comes for it."""

    async def deliver(self, letter: OpenLetter) -> bool:
        """False: it lies at the agency's door."""
        return False


class MailboxAdapter:
    """The mailbox of every agency whose directory row says `mailbox`."""

    name = "mailbox"

    def __init__(self, office: Office) -> None:
        self._office = office

    def deliverer(self) -> Deliverer:
        return AtTheDoor()

    def pollers(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """None: agencies come by themselves."""
        return ()

    def routes(self) -> Sequence[web.RouteDef]:
        """HEAD is not offered on a letter: a head is no fetch, and an acknowledgement needs one."""
        return (
            web.get("/v1/mailbox", self.list, allow_head=False),
            web.get("/v1/mailbox/{letter_id}", self.fetch, allow_head=False),
            web.post("/v1/mailbox/{letter_id}/ack", self.ack),
        )

    async def list(self, request: web.Request) -> web.Response:
        """What waits for the caller's agencies, oldest first. Query: `kind`, `after` (cursor), `limit`."""
        asked.only(request, "kind", "after", "limit")
        limit = asked.whole_number(request, "limit", 100, 1, 1000)
        items = await self._office.list(
            asked.caller_of(request),
            kind=asked.word(request, "kind", Kind),
            after=asked.whole_number(request, "after", 0, 0, 2**63 - 1),
            limit=limit,
        )
        page = MailboxPage.of(items, limit)
        return web.Response(body=page.as_json(), content_type="application/json")

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """The letter, byte for byte as its sender gave it. ETag: the SHA-256 of these bytes."""
        asked.only(request)
        letter = await self._office.open(asked.caller_of(request), asked.letter_id_of(request))
        routing = letter.letter.routing
        response = web.StreamResponse(
            headers={
                "Content-Type": EDXML,
                "ETag": f'"{routing.original_sha256}"',
                "Content-Disposition": f'attachment; filename="{routing.letter_id}.edxml"',
            }
        )
        response.content_length = letter.size
        await write_all(request, response, letter.chunks)
        return response

    async def ack(self, request: web.Request) -> web.Response:
        """The caller's system has stored the letter. Twice is harmless. 204."""
        asked.only(request)
        await self._office.ack(asked.caller_of(request), asked.letter_id_of(request))
        return web.Response(status=204)
