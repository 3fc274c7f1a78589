"""
The listening socket: connections that ask nothing, and requests that are not HTTP.

aiohttp answers a broken request head in plain text before any application sees it, and waits an hour for the
first one. Here both follow the house: an answer in problem+json, and 30 seconds.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMethod, LineTooLong

from gateway.core.catalogue import BAD_REQUEST
from gateway.core.errors import find
from gateway.http.problem import of_incident, problem
from gateway.observe import Log
from gateway.v1.transfer import LIMITS, Limits

BACKLOG = 512  # connections that wait to be taken; polling systems tend to come on the full minute
READ_BUFFER = 256 * 1024  # bytes per read of a body: four times aiohttp's, as letters are large


@asynccontextmanager
async def listening(
    app: web.Application, host: str, port: int, log: Log, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """
    Serve one application on one address; gives its URL. Port 0 takes a free one.

    On leaving no new connection is taken, and running requests get 10 s to finish.

    Raises: OSError if the address is taken.
    """
    runner = _Runner(app, log)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls, backlog=BACKLOG).start()
        bound_host, bound_port = runner.addresses[0][:2]
        shown = f"[{bound_host}]" if ":" in bound_host else bound_host
        yield f"{'http' if tls is None else 'https'}://{shown}:{bound_port}"
    finally:
        await runner.cleanup()


class _Runner(web.AppRunner):
    """aiohttp's runner with connections of our kind."""

    __slots__ = ("_log",)

    def __init__(self, app: web.Application, log: Log) -> None:
        super().__init__(app, access_log=None, shutdown_timeout=10.0)
        self._log = log

    async def _make_server(self) -> web.Server:
        usual = await super()._make_server()
        return _Server(usual, self.app[LIMITS], self._log)


class _Server(web.Server):
    """Makes the connections, and counts them by address."""

    def __init__(self, usual: web.Server, limits: Limits, log: Log) -> None:
        super().__init__(usual.request_handler, request_factory=usual.request_factory)
        self.limits, self.log = limits, log
        self.by_address: Counter[str] = Counter()

    def __call__(self) -> web.RequestHandler:
        return _Connection(self)

    def admit(self, address: str) -> bool:
        """Count a connection in; False if its address has too many."""
        self.by_address[address] += 1
        return not 0 < self.limits.connections_per_address < self.by_address[address]

    def dismiss(self, address: str) -> None:
        """Count a connection out."""
        self.by_address[address] -= 1
        if self.by_address[address] <= 0:
            del self.by_address[address]


class _Connection(web.RequestHandler):
    """One client's connection."""

    __slots__ = ("_address", "_server")

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
        self._server = server
        self._address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if isinstance(peer, tuple) else "local"
        if not self._server.admit(self._address):
            self._server.log.warning("http.too_many_connections", address=self._address)
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
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
            response = of_incident(request, "connection")
        else:
            finding = find(BAD_REQUEST, detail=_what_is_wrong(exc, self._server.limits))
            self._server.log.info("http.bad_head", kind=type(exc).__name__)
            response = problem(request, (finding,), first=finding, status=status)
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """What aiohttp would write into its own log."""
        self._server.log.error("internal.error", incident="connection", exc_info=kw.get("exc_info"))


def _what_is_wrong(exc: BaseException | None, limits: Limits) -> str:
    """In names and numbers only: the texts of the parser quote what was sent."""
    if isinstance(exc, LineTooLong):
        return f"HTTP header > {limits.header_bytes} byte"
    if isinstance(exc, BadHttpMethod):
        return "HTTP method"
    return "HTTP"
