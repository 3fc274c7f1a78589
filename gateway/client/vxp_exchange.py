"""
The line to a VXP axis: whatever comes back, in the house's own families.

An axis answers in many ways that are no answer: a proxy's page with status 200, nothing, `null`, a refusal
without the keys that belong into it. What is none of VXP is Unavailable, for it says nothing of the letter.

Spec: VXP
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NoReturn

import aiohttp

from gateway.client.exchange import LATER, WORTH_RETRYING, Exchange, Trouble, asked_wait
from gateway.client.source import CHUNK
from gateway.core.catalogue import VXP_REFUSED, VXP_UNREACHABLE
from gateway.core.errors import Rejected, find
from gateway.vxp.plain import plain
from gateway.vxp.replies import Reply, read_reply

MOST_TEXT = 64 * 1024 * 1024  # bytes of an answer that is kept whole; the list of all agencies has a few MB
NO_CODE = "—"


class VxpExchange(Exchange):
    """The calls of one system to one axis. Raises (any of them): Rejected, Unavailable."""

    def trouble(
        self, detail: str, *, is_passing: bool = True, was_refused: bool = False, code: str = NO_CODE
    ) -> Trouble:
        """The axis gives no answer that can be used."""
        finding = find(VXP_UNREACHABLE, url=self.base, code=code, detail=detail)
        return Trouble(finding, is_passing=is_passing, was_refused=was_refused)

    def judged(self, reply: Reply | None) -> Reply:
        """The answer, if it is one and says OK."""
        if reply is None:
            raise self.trouble("JSON")
        if reply.is_ok:
            return reply
        detail = plain(reply.text)
        if reply.is_passing:
            raise self.trouble(detail, was_refused=True, code=reply.code)
        raise Rejected(find(VXP_REFUSED, url=self.base, code=plain(reply.code, 20) or NO_CODE, detail=detail))

    async def refuse(self, response: aiohttp.ClientResponse) -> NoReturn:
        """Raise what an answer with an error status says."""
        status = response.status
        reply = read_reply(await self.text(response))
        if reply is not None and not reply.is_ok and status < 500 and status not in LATER:
            self.judged(reply)
        if status in (401, 403):
            raise Rejected(
                find(VXP_REFUSED, url=self.base, code=f"HTTP {status}", detail=response.reason or "")
            )
        finding = find(
            VXP_UNREACHABLE,
            url=self.base,
            code=f"HTTP {status}",
            detail=plain(reply.text) if reply is not None else response.reason or "",
        )
        raise Trouble(
            finding,
            is_passing=status in WORTH_RETRYING,
            # A 503 may be that of a proxy which has handed the letter on before.
            was_refused=status == 429,
            asked=asked_wait(response),
        )

    async def chunks(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        """The body piece by piece."""
        while True:
            with self.line():
                chunk = await response.content.read(CHUNK)
            if not chunk:
                return
            yield chunk

    async def text(self, response: aiohttp.ClientResponse) -> bytes:
        """The body whole."""
        text = bytearray()
        async for chunk in self.chunks(response):
            text += chunk
            if len(text) > MOST_TEXT:
                raise self.trouble(f"> {MOST_TEXT} byte", is_passing=False)
        return bytes(text)
