"""
A small VXP axis that answers as a test tells it to, in every odd way that real ones were seen to.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.kit.capture import Captured

Step = Callable[[web.Request], web.StreamResponse]

OK = {"status": "OK", "ErrorCode": "0", "ErrorDesc": "Thanh cong"}
WRONG_KEY = {"status": "FAIL", "ErrorCode": "15", "ErrorDesc": "Sai SystemId hoac SecretKey"}
PAGE = "<html><head><title>502 Bad Gateway</title></head></html>"


def said(text: str | bytes, status: int = 200, **headers: str) -> Step:
    body = text.encode() if isinstance(text, str) else text
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: web.Response(body=body, status=status, headers=named)


def answer(told: Mapping[str, object], status: int = 200, **more: object) -> Step:
    return said(json.dumps({**told, **more}, ensure_ascii=False), status)


def letter(data: bytes) -> Step:
    return answer(OK, data=base64.b64encode(data).decode())


def by_function(**steps: Step | list[Step]) -> Step:
    """Answers each function in its own way, the last of several again and again; all others with nothing."""
    queues = {name: list(told) if isinstance(told, list) else [told] for name, told in steps.items()}
    nothing = answer(OK, data=[], count=0, DocId="")

    def step(request: web.Request) -> web.StreamResponse:
        queue = queues.get(request.match_info["function"])
        if queue is None:
            return nothing(request)
        return (queue.pop(0) if len(queue) > 1 else queue[0])(request)

    return step


def broken_off(request: web.Request) -> web.StreamResponse:
    """The request was read whole, and the answer never came."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@dataclass
class AxisStub:
    """Answers step by step (the last one again and again), and remembers what it heard."""

    endpoint: str
    steps: list[Step]
    heard: list[Captured] = field(default_factory=list)

    def calls(self, function: str) -> list[Captured]:
        """What it heard of one function."""
        return [call for call in self.heard if call.function == function]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.heard.append(Captured(request.method, request.path, tuple(request.headers.items()), body))
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        return step(request)


@asynccontextmanager
async def axis_stub(*steps: Step) -> AsyncIterator[AxisStub]:
    """The stub, listening under a prefix as real axes do."""
    stub = AxisStub("", list(steps))
    app = web.Application(client_max_size=0)
    app.router.add_route("*", "/XrdAdapter/RestService/forward/truc/{function}", stub.handle)
    async with TestServer(app) as server:
        stub.endpoint = str(server.make_url("/XrdAdapter/RestService/forward/truc"))
        yield stub
