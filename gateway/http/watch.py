"""
What is seen of every request: an id, one log line, the counters of this node.

The log names the route and never the query: people search for subjects and names there.
"""

from __future__ import annotations

import asyncio
import re
import secrets

from aiohttp import web

from gateway.http.problem import REQUEST_ID, SAFE_HEADERS
from gateway.http.rates import ALLOWANCE
from gateway.observe import Log, Metrics
from gateway.v1.origin import PROXIES, client_address
from gateway.v1.request import CALLER, is_letter_id

_FOREIGN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

CODES: web.RequestKey[tuple[str, ...]] = web.RequestKey("truc_codes", tuple)
"""The codes of the findings with which a request was refused."""

NO_ROUTE = "none"
"""The route of what matched none: the path itself would let anyone fill the metrics with names."""


class Watch:
    """The eyes of one listener."""

    def __init__(self, log: Log, metrics: Metrics) -> None:
        self._log, self._metrics = log, metrics

    def begin(self, request: web.Request) -> float:
        """Give the request its id and say when it began.

        A caller's own id is kept if it looks like one, so that its log and ours can be laid side by side.
        """
        foreign = request.headers.get("X-Request-Id", "")
        request[REQUEST_ID] = foreign if _FOREIGN_ID.fullmatch(foreign) else secrets.token_hex(8)
        return asyncio.get_running_loop().time()

    def end(self, request: web.Request, status: int, began: float) -> None:
        """Count and log it. Status 0: broken off, nobody got an answer."""
        seconds = asyncio.get_running_loop().time() - began
        route = route_of(request)
        method = request.method if route != NO_ROUTE else "any"
        self._metrics.answered(method, route, status, seconds)
        self._log.info(
            "http.request",
            request_id=request[REQUEST_ID],
            method=method,
            route=route,
            status=status,
            seconds=round(seconds, 4),
            caller=request[CALLER].name if CALLER in request else "",
            letter_id=_letter_id(request),
            size=request.content_length or 0,
            codes=request.get(CODES, ()),
            address=client_address(request, request.app.get(PROXIES, ())),
        )


def route_of(request: web.Request) -> str:
    """The pattern of the route, e.g. `/v1/mailbox/{letter_id}`."""
    resource = request.match_info.route.resource
    return NO_ROUTE if resource is None else resource.canonical


def _letter_id(request: web.Request) -> str:
    """The letter in the path. What is no id is not logged: it may be anything that somebody typed."""
    text = request.match_info.get("letter_id", "").lower()
    return text if is_letter_id(text) else ""


async def dress(request: web.Request, response: web.StreamResponse) -> None:
    """Headers that every answer bears (a signal of aiohttp: also on streamed answers, before they begin)."""
    for name, value in SAFE_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = SAFE_HEADERS["Server"]  # aiohttp has put its own there already
    response.headers["X-Request-Id"] = request.get(REQUEST_ID, "")
    if ALLOWANCE in request:
        response.headers.update(request[ALLOWANCE].headers())
