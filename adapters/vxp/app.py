"""
The application of the VXP listener: any path whose last part is a function, answers that the SDK can read.

Layers around every call, outermost first:
    watch    request id, one log line
    answer   every error becomes the JSON of VXP; an unknown one gets an incident number
A refusal is HTTP 200 or 4xx, a fault of ours HTTP 200 with code 20: of anything else the SDK makes an empty
inbox without an error.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from adapters.vxp.gate import Call, Disbelieved, admit
from gateway.core.catalogue import (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    CERTIFICATE_MISMATCH,
    INTERNAL,
    KEY_LOCKED,
    NO_SUCH_METHOD,
    NO_SUCH_PATH,
    UNAUTHENTICATED,
)
from gateway.core.errors import Rejected, TrucError, find
from gateway.observe import Log
from gateway.ports import Keyring
from gateway.v1.origin import PROXIES, client_address
from gateway.v1.request import CALLER
from gateway.v1.transfer import LIMITS, Limits, expect_later
from gateway.vxp.answers import AnswerCode, Refusal, refused
from gateway.vxp.functions import (
    COUNT_EDOCS,
    COUNT_STATUSES,
    DOWNLOAD_EDOC,
    GET_RECEIVED,
    JSON_TYPE,
    Function,
    function_at,
)
from gateway.vxp.refusals import disbelief, refusal

Handler = Callable[[Call], Awaitable[bytes | web.StreamResponse]]
Facade = Callable[[web.Request], Awaitable[web.StreamResponse] | None]
"""Another protocol under the same roof: takes a request that is its own, or says None."""

VXP_LIMITS = Limits(
    # a list of receivers stands twice in the head of a request: some ten thousand of them fit
    header_bytes=2 * 1024 * 1024,
    head_bytes=5 * 1024 * 1024,
    json_bytes=64 * 1024,
)

STATUSES = {
    UNAUTHENTICATED.code: 401,
    KEY_LOCKED.code: 401,
    CERTIFICATE_MISMATCH.code: 401,
    NO_SUCH_PATH.code: 404,
    NO_SUCH_METHOD.code: 405,
    BODY_TOO_SLOW.code: 408,
    BODY_TOO_LARGE.code: 413,
}
"""HTTP status by finding; all other refusals are 200, which every SDK reads."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How a refusal is said where it is not said as VXP does."""

    refused: Callable[[Refusal, int], web.Response]


VOICE: web.RequestKey[Voice] = web.RequestKey("truc_vxp_voice", Voice)

ROUTINE = frozenset({GET_RECEIVED, COUNT_EDOCS, COUNT_STATUSES})
"""What is asked all day long: a hundred lines a second that say nothing would bury all others in the log."""

FUNCTION: web.RequestKey[Function] = web.RequestKey("truc_vxp_function", Function)
ROUTE: web.RequestKey[str] = web.RequestKey("truc_vxp_route", str)
_ID: web.RequestKey[str] = web.RequestKey("truc_vxp_id", str)
_CODES: web.RequestKey[tuple[str, ...]] = web.RequestKey("truc_vxp_codes", tuple)

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Server": "truc",
}


class Roof:
    """The layers of one listener, and what they lead to."""

    def __init__(
        self, keyring: Keyring, log: Log, handlers: Mapping[Function, Handler], facade: Facade
    ) -> None:
        self._keyring, self._log = keyring, log
        self._handlers, self._facade = handlers, facade
        # Systems poll all day: a number costs less than a call of the operating system for chance each time.
        self._begun, self._numbers = secrets.token_hex(4), itertools.count(1)

    @property
    def functions(self) -> frozenset[Function]:
        """What is served."""
        return frozenset(self._handlers)

    def app(self, limits: Limits = VXP_LIMITS) -> web.Application:
        """The application, with the limits of its listener."""
        app = web.Application(middlewares=(self.watch, self.answer), client_max_size=limits.json_bytes)
        app[LIMITS] = limits
        app.on_response_prepare.append(_dress)
        app.router.add_route("*", "/{path:.*}", self.serve, expect_handler=expect_later)
        return app

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a call of a function, or let the other protocol answer."""
        if (other := self._facade(request)) is not None:
            return await other
        function = function_at(request.path)
        if function is None:
            raise Rejected(find(NO_SUCH_PATH, path=request.path[:200]))
        request[FUNCTION], request[ROUTE] = function, f"vxp/{function.name}"
        if request.method != function.verb:
            raise Rejected(find(NO_SUCH_METHOD, method=request.method[:20]))
        answered = await self._handlers[function](await admit(request, function, self._keyring))
        if isinstance(answered, bytes):
            return web.Response(body=answered, content_type=JSON_TYPE)
        return answered

    @web.middleware
    async def watch(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Give the request its id, and tell the log how it went. Status 0: nobody got an answer.

        A poll that went well is told at level debug only.
        """
        began, status = asyncio.get_running_loop().time(), 0
        request[_ID] = f"{self._begun}{next(self._numbers):08x}"
        try:
            response = await handler(request)
            status = response.status
            return response
        finally:
            is_routine = status == 200 and _CODES not in request and request.get(FUNCTION) in ROUTINE
            tell = self._log.debug if is_routine else self._log.info
            tell(
                "http.request",
                request_id=request[_ID],
                method=request.method if ROUTE in request else "any",
                route=request.get(ROUTE, "none"),
                status=status,
                seconds=round(asyncio.get_running_loop().time() - began, 4),
                caller=request[CALLER].name if CALLER in request else "",
                size=request.content_length or 0,
                codes=request.get(_CODES, ()),
                address=client_address(request, request.app.get(PROXIES, ())),
            )

    @web.middleware
    async def answer(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Say in JSON whatever went wrong."""
        try:
            return await handler(request)
        except TrucError as error:
            cause: Exception = error
            found = tuple(sorted({finding.code for finding in error.findings}))
            response = failed(request, _refusal(request, error), _status(request, error))
            if error.code == NO_SUCH_METHOD.code and FUNCTION in request:
                response.headers["Allow"] = request[FUNCTION].verb
        except web.HTTPException as error:
            if error.status < 400:
                raise
            cause, found = error, (BAD_REQUEST.code,)
            response = failed(
                request, refusal(Rejected(find(BAD_REQUEST, detail=f"HTTP {error.status}"))), 400
            )
        except ConnectionError:
            raise  # the client has gone: nobody is left to answer
        except Exception as error:
            incident = f"{secrets.token_hex(3)}-{secrets.token_hex(3)}".upper()
            self._log.exception("internal.error", incident=incident, route=request.get(ROUTE, "none"))
            cause, found = error, (INTERNAL.code,)
            response = failed(request, fault(incident), 500 if _is_download(request) else 200)
        request[_CODES] = found
        if request.writer.output_size > 0:
            raise ConnectionResetError("broken off in the middle of an answer") from cause
        if request.body_exists and not request.content.is_eof():
            # a client that was not invited to send its body may send its next request in place of it
            response.force_close()
        return response


def fault(incident: str) -> Refusal:
    """What is said of a fault of ours: the operator finds the incident in the log."""
    code = AnswerCode.SERVER_ERROR
    return Refusal(code, f"{code.text} ({INTERNAL.code}, {incident})")


def failed(request: web.BaseRequest, why: Refusal, status: int) -> web.Response:
    """The answer to a request that failed."""
    if VOICE in request:
        return request[VOICE].refused(why, status)
    body = refused(request.get(FUNCTION), why)
    return web.Response(body=body, status=status, content_type=JSON_TYPE)


def refuse(request: web.BaseRequest, status: int, detail: str) -> web.Response:
    """The answer to what the application never saw: a broken request head, or a fault of the connection."""
    if status >= 500:
        return failed(request, fault(detail), 200)
    return failed(request, refusal(Rejected(find(BAD_REQUEST, detail=detail))), status)


def _status(request: web.Request, error: TrucError) -> int:
    return STATUSES.get(error.code, error.first.fault.http if _is_download(request) else 200)


def _is_download(request: web.Request) -> bool:
    """Only by its HTTP status does the SDK know a download that failed: it keeps the body as the file."""
    return request.get(FUNCTION) is DOWNLOAD_EDOC


def _refusal(request: web.Request, error: TrucError) -> Refusal:
    if isinstance(error, Disbelieved):
        return disbelief(error.verified)
    return refusal(error, request[CALLER].agencies if CALLER in request else ())


async def _dress(request: web.Request, response: web.StreamResponse) -> None:
    """Headers that every answer bears, also a streamed one."""
    response.headers.update(HEADERS)
    response.headers["X-Request-Id"] = request.get(_ID, "")
