"""
The /v1 application of one node: everything is handed in, nothing is global, so one process can hold many.

Layers around every handler, outermost first:
    watch    request id, one log line, counters
    answer   errors become application/problem+json; an unknown one gets an incident number
    gate     whoever has no valid key goes no further (a few routes are open), nor who asks too often
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from gateway.core.catalogue import (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    NO_SUCH_METHOD,
    NO_SUCH_PATH,
    NOT_ALLOWED,
    RATE_LIMIT,
)
from gateway.core.errors import Finding, Rejected, TrucError, find
from gateway.http.api import operations_of
from gateway.http.auth import caller_with
from gateway.http.problem import of_error, of_incident, problem
from gateway.http.rates import ALLOWANCE, Rates
from gateway.http.surroundings import Surroundings
from gateway.http.watch import CODES, Watch, dress, route_of
from gateway.v1.operations import Access, Operation
from gateway.v1.origin import PROXIES, client_address
from gateway.v1.request import CALLER
from gateway.v1.transfer import LIMITS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_app(surroundings: Surroundings, of_adapters: Iterable[Operation] = ()) -> web.Application:
    """
    The application with the API's own operations and those of the adapters.

    Every operation needs a key unless it says otherwise: a new one is closed until somebody decides.
    """
    operations = operations_of(surroundings, of_adapters)
    layers = _Layers(surroundings, operations)
    # client_max_size bounds only what aiohttp itself would read into memory; letters are streamed.
    app = web.Application(
        middlewares=(layers.watch, layers.answer, layers.gate),
        client_max_size=surroundings.limits.json_bytes,
    )
    app[LIMITS] = surroundings.limits
    app.on_response_prepare.append(dress)
    app.add_routes([operation.route() for operation in operations])
    return app


class _Layers:
    """The middlewares of one application."""

    def __init__(self, surroundings: Surroundings, operations: Iterable[Operation]) -> None:
        self._around = surroundings
        self._log, self._metrics = surroundings.log, surroundings.metrics
        self._watch = Watch(surroundings.log, surroundings.metrics)
        most = surroundings.limits.requests_per_minute
        self._rates = Rates(most, surroundings.clock.now) if most > 0 else None
        self._access = {(operation.method, operation.path): operation.access for operation in operations}

    @web.middleware
    async def watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        began = self._watch.begin(request)
        status = 0
        try:
            response = await handler(request)
            status = response.status
            return response
        finally:
            self._watch.end(request, status, began)

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except TrucError as error:
            return self._refuse(request, error)
        except web.HTTPException as error:
            return _of_aiohttp(request, error)
        except ConnectionError:
            raise  # the client has gone: nobody is left to answer
        except Exception as error:
            incident = f"{secrets.token_hex(3)}-{secrets.token_hex(3)}".upper()
            self._log.exception("internal.error", incident=incident, route=route_of(request))
            self._metrics.fault("http")
            if request.writer.output_size > 0:
                raise ConnectionResetError("broken off in the middle of an answer") from error
            return of_incident(request, incident)

    def _refuse(self, request: web.Request, error: TrucError) -> web.StreamResponse:
        request[CODES] = tuple(sorted({finding.code for finding in error.findings}))
        if request.writer.output_size > 0:
            raise ConnectionResetError("broken off in the middle of an answer") from error
        return of_error(request, error)

    @web.middleware
    async def gate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        # nothing of ours is called so, and PostgreSQL takes none; who reads ids of letters looks at them
        if "\0" in request.path and "letter_id" not in request.match_info:
            raise Rejected(find(NO_SUCH_PATH, path=request.path[:200].replace("\0", "\ufffd")))
        if request.match_info.http_exception is not None:
            return await handler(request)  # 404 and 405 tell nothing that a key would have to protect
        method = "GET" if request.method == "HEAD" else request.method
        access = self._access[method, route_of(request)]
        if access is not Access.OPEN:
            now = self._around.clock.now()
            request[CALLER] = caller = await caller_with(request, self._around.credential, now)
            address = client_address(request, request.app.get(PROXIES, ()))
            self._around.used.note(caller.name, address, request.headers.get("User-Agent", ""), now)
            self._count(request)
            if access is Access.OPERATOR and not request[CALLER].is_operator:
                raise Rejected(find(NOT_ALLOWED))
        return await handler(request)

    def _count(self, request: web.Request) -> None:
        """Take one request off what the caller may make. Raises: Rejected (RATE_LIMIT)."""
        if self._rates is None:
            return
        allowance = request[ALLOWANCE] = self._rates.take(request[CALLER].name)
        if not allowance.granted:
            raise Rejected(find(RATE_LIMIT, limit=allowance.limit))


def _of_aiohttp(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    """What aiohttp itself decided, in our words."""
    if error.status < 400:
        raise error
    finding = _finding_of(request, error.status)
    answer = problem(request, (finding,), first=finding, status=error.status)
    if "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return answer


def _finding_of(request: web.Request, status: int) -> Finding:
    if status == 404:
        return find(NO_SUCH_PATH, path=request.path[:200])
    if status == 405:
        return find(NO_SUCH_METHOD, method=request.method[:20])
    if status == 413:
        return find(BODY_TOO_LARGE, limit=request.app[LIMITS].json_bytes)
    return find(BAD_REQUEST, detail=f"HTTP {status}")
