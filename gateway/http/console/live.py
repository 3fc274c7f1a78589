"""
What moves by itself: parts of a page that are sent again when they have changed, as server-sent events.

A browser names the parts that its page shows (`/console/events?live=a,b`); one that is about one thing bears
the name of that behind a colon (`letter.way:0199…`). Each is rendered on the server, so the script in the
browser only puts it in place; it needs to know nothing of what is in it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aiohttp import web

from gateway.core.catalogue import BAD_REQUEST, NO_SUCH_PAGE, RATE_LIMIT
from gateway.core.errors import Rejected, TrucError, find
from gateway.http.console.around import Around
from gateway.http.console.declared import Fragment, Page
from gateway.http.console.entrance import Entrance
from gateway.http.console.rendering import Painter
from gateway.http.console.view import View
from gateway.http.console.words import said

MOST_STREAMS = 20
"""Of one account: a tab each. The script closes those of tabs that nobody sees."""

MOST_PARTS = 10
"""Of one stream: the busiest page has half of them, and each is a question to the store every few seconds."""

BREATH = 1.0  # seconds between two looks at what is due
STILL_THERE = timedelta(seconds=15)  # a comment keeps proxies from closing a quiet line
WRITE_SECONDS = 20.0

_ABOUT = re.compile(r"[0-9A-Za-z._-]{0,64}")  # it is written into the stream: no line may end in it

STREAM = Page(
    path="",
    name="events",
    title=said("Cập nhật"),
    template="",
    handler=lambda view: _nothing(),
    roles=frozenset(),
)


async def _nothing() -> Mapping[str, object]:
    return {}


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One part of a page as it is now."""

    name: str
    html: str

    def encoded(self) -> bytes:
        """As it goes over the line: lines of data belong together."""
        lines = "".join(f"data: {line}\n" for line in self.html.splitlines())
        return f"event: {self.name}\n{lines}\n".encode()


@dataclass(frozen=True, slots=True)
class Part:
    """A part that a browser wants, and the request as its handler is given it."""

    name: str
    fragment: Fragment
    view: View


class Live:
    """The streams of one console."""

    def __init__(
        self,
        around: Around,
        entrance: Entrance,
        painter: Painter,
        fragments: Iterable[Fragment],
        view: Callable[[web.Request, Page], View],
    ) -> None:
        self._around, self._entrance, self._painter, self._view = around, entrance, painter, view
        self._fragments = {fragment.name: fragment for fragment in fragments}
        self._streams: dict[str, int] = {}
        self._closing = asyncio.Event()

    async def close(self, _app: web.Application) -> None:
        """End all streams: the node is stopping."""
        self._closing.set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """
        One stream, until the browser or the session has gone, or the account has become another.

        Raises: Rejected for an unknown part, and for too many of them.
        """
        view = self._view(request, STREAM)
        named = [each for each in view.query("live").split(",") if each]
        if len(named) > MOST_PARTS:
            raise Rejected(find(BAD_REQUEST, detail=f"live: > {MOST_PARTS}"))
        wanted = [self._wanted(view, each) for each in named]
        name = view.account.name
        if self._streams.get(name, 0) >= MOST_STREAMS:
            raise Rejected(find(RATE_LIMIT, limit=MOST_STREAMS))
        self._streams[name] = self._streams.get(name, 0) + 1
        try:
            return await self._run(view, wanted)
        finally:
            self._streams[name] -= 1

    def _wanted(self, view: View, wanted: str) -> Part:
        name, _, about = wanted.partition(":")
        fragment = self._fragments.get(name)
        if _ABOUT.fullmatch(about) is None or fragment is None or view.role not in fragment.roles:
            raise Rejected(find(NO_SUCH_PAGE))
        return Part(wanted, fragment, replace(view, about=about))

    async def _run(self, view: View, wanted: list[Part]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})  # nginx would hold events back
        response.content_type = "text/event-stream"
        await response.prepare(view.request)
        sent: dict[str, str] = {}
        due = dict.fromkeys((part.name for part in wanted), self._around.clock.now())
        spoke_at = self._around.clock.now()
        await _write(response, b"retry: 5000\n\n")
        while not self._closing.is_set() and await self._is_still(view):
            now = self._around.clock.now()
            for part in wanted:
                if due[part.name] <= now:
                    due[part.name] = now + timedelta(seconds=part.fragment.every)
                    html = await self._painted(part)
                    if html is not None and html != sent.get(part.name):
                        sent[part.name], spoke_at = html, now
                        await _write(response, LiveEvent(part.name, html).encoded())
            spoke_at = await self._keep_open(response, spoke_at)
            await self._pause(
                min((part.fragment.every for part in wanted), default=STILL_THERE.total_seconds())
            )
        return response

    async def _is_still(self, view: View) -> bool:
        """Whether whoever looks may still see what the stream was opened for."""
        known, began = await self._entrance.who(view.request, touch=False), view.account
        if known is None or known.owes() is not None:
            return False
        return (known.account.role, known.account.agency) == (began.role, began.agency)

    async def _painted(self, part: Part) -> str | None:
        """A part as it is now; None while the store is busy: what the page shows stays."""
        try:
            told = await part.fragment.handler(part.view)
        except TrucError:
            return None
        context = {"view": part.view, **told}
        return self._painter.paint(part.view.words.language, part.fragment.template, context)

    async def _keep_open(self, response: web.StreamResponse, spoke_at: datetime) -> datetime:
        now = self._around.clock.now()
        if now - spoke_at < STILL_THERE:
            return spoke_at
        await _write(response, b":\n\n")
        return now

    async def _pause(self, seconds: float) -> None:
        """Until the next look, or until the node stops."""
        tasks = [
            asyncio.create_task(self._around.clock.sleep(max(BREATH, seconds))),
            asyncio.create_task(self._closing.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()


async def _write(response: web.StreamResponse, data: bytes) -> None:
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            await response.write(data)
    except TimeoutError:
        raise ConnectionResetError("the browser does not read") from None
