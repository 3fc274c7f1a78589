"""
The listening sockets: connections that ask nothing, and requests that are not HTTP.

aiohttp answers a broken request head in plain text before any application sees it, and waits an hour for the
first one. Here each socket answers in its own voice, and waits for 30 seconds. Limits and trusted proxies are
those of the application (`app[LIMITS]`, `app[PROXIES]`), so that each socket of a node has its own.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMethod, HttpProcessingError, LineTooLong

from gateway.core.catalogue import BAD_REQUEST
from gateway.core.errors import find
from gateway.http.problem import of_incident, problem
from gateway.observe import Log
from gateway.v1.origin import PROXIES, is_proxy
from gateway.v1.transfer import LIMITS, Limits

BACKLOG = 512  # connections that wait to be taken; polling systems tend to come on the full minute
READ_BUFFER = 256 * 1024  # bytes per read of a body: four times aiohttp's, as letters are large


Refuse = Callable[[web.BaseRequest, int, str], web.Response]
"""The voice of a socket: the answer to what the application never saw.

Told are the request as far as it was read, the HTTP status, and what is wrong in names and numbers only; from
status 500 on that is the incident under which the log has it.
"""


def refuse_as_problem(request: web.BaseRequest, status: int, detail: str) -> web.Response:
    """The voice of /v1: problem+json."""
    if status >= 500:
        return of_incident(request, detail)
    finding = find(BAD_REQUEST, detail=detail)
    return problem(request, (finding,), first=finding, status=status)


@asynccontextmanager
async def listening(
    app: web.Application,
    host: str,
    port: int,
    log: Log,
    tls: ssl.SSLContext | None = None,
    refuse: Refuse = refuse_as_problem,
) -> AsyncIterator[str]:
    """
    Serve one application on one port; gives its URL. Port 0 takes a free one.

    `host` is an address, or several with commas between (`0.0.0.0, ::`); the URL names the first. On leaving
    no new connection is taken, and running requests get 10 s to finish.

    Raises: OSError if an address is taken or is none of this machine.
    """
    runner = _Runner(app, log, refuse)
    await runner.setup()
    try:
        for address in host.split(","):
            await web.TCPSite(runner, address.strip(), port, ssl_context=tls, backlog=BACKLOG).start()
            port = runner.addresses[0][1]  # the free one that was found counts for all addresses
        bound_host, bound_port = runner.addresses[0][:2]
        shown = f"[{bound_host}]" if ":" in bound_host else bound_host
        yield f"{'http' if tls is None else 'https'}://{shown}:{bound_port}"
    finally:
        await runner.cleanup()


class _Runner(web.AppRunner):
    """aiohttp's runner with connections of our kind."""

    __slots__ = ("_log", "_refuse")

    def __init__(self, app: web.Application, log: Log, refuse: Refuse) -> None:
        super().__init__(app, access_log=None, shutdown_timeout=10.0)
        self._log, self._refuse = log, refuse

    async def _make_server(self) -> web.Server:
        usual = await super()._make_server()
        return _Server(usual, self.app, self._log, self._refuse)


class _Server(web.Server):
    """Makes the connections, and counts them by address."""

    def __init__(self, usual: web.Server, app: web.Application, log: Log, refuse: Refuse) -> None:
        super().__init__(usual.request_handler, request_factory=usual.request_factory)
        self.limits, self.log, self.refuse = app[LIMITS], log, refuse
        self._proxies = app.get(PROXIES, ())
        self.by_address: Counter[str] = Counter()

    def __call__(self) -> web.RequestHandler:
        return _Connection(self)

    def admit(self, address: str) -> bool:
        """Count a connection in; False if its address has too many (a trusted proxy never has)."""
        self.by_address[address] += 1
        has_too_many = 0 < self.limits.connections_per_address < self.by_address[address]
        return not has_too_many or is_proxy(address, self._proxies)

    def dismiss(self, address: str) -> None:
        """Count a connection out."""
        self.by_address[address] -= 1
        if self.by_address[address] <= 0:
            del self.by_address[address]


class _Connection(web.RequestHandler):
    """One client's connection."""

    __slots__ = ("_address", "_gone", "_is_refused", "_server")

    def __init__(self, server: _Server) -> None:
        limits = server.limits
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # as aiohttp's own runner does it: no access log
            keepalive_timeout=limits.connection_idle_seconds,
            max_line_size=limits.header_bytes,
            max_field_size=limits.header_bytes,
            max_headers=limits.headers,
            lingering_time=limits.linger_seconds,
            read_bufsize=READ_BUFFER,
        )
        self._parser = _BoundedParser(self._parser, limits.head_bytes)  # type: ignore[assignment]
        self._server = server
        self._address = ""
        self._gone = asyncio.Event()
        self._is_refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if isinstance(peer, tuple) else "local"
        if not self._server.admit(self._address):
            self._server.log.warning("http.too_many_connections", address=self._address)
            self.force_close()

    def data_received(self, data: bytes) -> None:
        """What comes after a broken head is read and forgotten."""
        if not self._is_refused:
            super().data_received(data)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """After a broken head, let the client send the rest of it: closing at once would be a reset, and the
        client would lose the refusal with it."""
        finished = await super().finish_response(request, resp, start_time)
        if self._is_refused and self.transport is not None:
            if self.transport.can_write_eof():
                self.transport.write_eof()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._server.limits.linger_seconds):
                    await self._gone.wait()
        return finished

    def connection_lost(self, exc: BaseException | None) -> None:
        self._gone.set()
        if self._address:
            self._server.dismiss(self._address)
            self._address = ""
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what the application never saw: aiohttp's own text may quote headers, keys among them."""
        if isinstance(exc, ConnectionError):
            raise exc  # the client has gone: aiohttp then closes without a word
        if request.writer.output_size > 0:
            raise ConnectionResetError("the answer had begun; breaking off is the only honest end")
        if status >= 500:
            self._server.log.error("internal.error", incident="connection", exc_info=exc)
            response = self._server.refuse(request, status, "connection")
        else:
            self._is_refused = True
            self._server.log.info("http.bad_head", kind=type(exc).__name__)
            response = self._server.refuse(request, status, _what_is_wrong(exc, self._server.limits))
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """What aiohttp would write into its own log."""
        self._server.log.error("internal.error", incident="connection", exc_info=kw.get("exc_info"))


class _HeadTooLong(HttpProcessingError):
    """A request head that does not end."""


class _BoundedParser:
    """aiohttp's parser, which bounds each header and not their sum: a hundred long ones fill the memory."""

    def __init__(self, parser: Any, most: int) -> None:
        self._usual, self._most = parser, most
        self._head = 0
        self._body: Any = None

    def feed_data(self, data: bytes) -> Any:
        """What is new since the last body ended belongs to a head. Raises: _HeadTooLong."""
        if self._body is None or self._body.is_eof():
            self._head += len(data)
            if self._head > self._most:
                raise _HeadTooLong
        fed = self._usual.feed_data(data)
        if messages := fed[0]:
            self._head, self._body = 0, messages[-1][1]
        return fed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._usual, name)


def _what_is_wrong(exc: BaseException | None, limits: Limits) -> str:
    """In names and numbers only: the texts of the parser quote what was sent."""
    if isinstance(exc, LineTooLong):
        return f"HTTP header > {limits.header_bytes} byte"
    if isinstance(exc, _HeadTooLong):
        return f"HTTP headers > {limits.head_bytes} byte"
    if isinstance(exc, BadHttpMethod):
        return "HTTP method"
    return "HTTP"
