"""
One call of the client: the family of every error, and how often it is tried again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from gateway.client import Retries, TrucClient
from gateway.core.errors import Misconfigured, Rejected, Unavailable

ANSWER = {
    "letter_id": "019ab000-0000-7000-8000-000000000001",
    "kind": "document",
    "document_id": "1",
    "accepted_at": "2026-11-23T01:00:00Z",
    "expires_at": "2026-11-30T01:00:00Z",
    "repeated": False,
    "recipients": [],
    "findings": [],
}
Step = Callable[[web.Request], web.StreamResponse]


def said(status: int, body: str = "", **headers: str) -> Step:
    return lambda _: web.Response(
        status=status, text=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def accepted() -> Step:
    return said(201, json.dumps(ANSWER))


def broken_off(request: web.Request) -> web.StreamResponse:
    """The request was read whole, and the answer never came."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def problem(status: int, *codes: str) -> Step:
    findings = [
        {
            "code": code,
            "name": "x",
            "severity": "error",
            "blame": "sender",
            "line": 3,
            "element": "From",
            "clause": "",
            "params": {"organ": "H14"},
            "vi": f"Lỗi {code}",
            "en": f"Fault {code}",
            "next": {"vi": "Sửa", "en": "Mend"},
        }
        for code in codes
    ]
    told = {
        "type": "x",
        "title": "x",
        "status": status,
        "detail": "x",
        "instance": "/",
        "vi": "x",
        "en": "x",
        "next": {"vi": "x", "en": "x"},
        "request_id": "1",
        "code": codes[0],
        "findings": findings,
    }
    return said(status, json.dumps(told), Content_Type="application/problem+json")


@dataclass
class Script:
    """A server that answers as it was told to, and remembers what it heard."""

    steps: list[Step]
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.heard.append((request.headers.get("Idempotency-Key", ""), await request.read()))
        return self.steps.pop(0)(request)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@asynccontextmanager
async def scripted(*steps: Step, tries: int = 5) -> AsyncIterator[tuple[TrucClient, Script]]:
    script = Script(list(steps))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.handle)
    async with TestServer(app) as server:
        url = str(server.make_url("/"))
        async with TrucClient(url, "k", retries=Retries(tries=tries), sleep=script.sleep) as client:
            yield client, script


# --- trying again --------------------------------------------------------------------------------


async def test_letter_is_sent_again_with_the_same_key_and_bytes() -> None:
    async with scripted(said(503), broken_off, said(502), accepted()) as (client, script):
        answer = await client.send(b"<edXML/>")
    assert answer.letter_id == ANSWER["letter_id"]
    assert len(script.heard) == 4
    assert len(set(script.heard)) == 1
    assert script.heard[0][0] != ""
    assert script.waits == [0.5, 1.0, 2.0]


async def test_waiting_grows_to_a_limit_and_heeds_the_node() -> None:
    retries = Retries(tries=9, first=1, longest=10)
    assert [retries.wait(tried, None) for tried in range(1, 7)] == [1, 2, 4, 8, 10, 10]
    assert retries.wait(1, 7) == 7
    assert retries.wait(1, 3600) == 10


async def test_node_says_when_to_come_back() -> None:
    steps = said(503, Retry_After="7"), said(429, Retry_After="x"), accepted()
    async with scripted(*steps) as (client, script):
        await client.send(b"x")
    assert script.waits == [7, 1.0]


async def test_tries_come_to_an_end() -> None:
    async with scripted(said(503), said(503, Retry_After="90"), tries=2) as (client, script):
        with pytest.raises(Unavailable) as later:
            await client.send(b"x")
    assert later.value.retry_after.total_seconds() == 90
    assert script.waits == [0.5]


@pytest.mark.parametrize("status", [500, 501])
async def test_fault_of_the_node_is_not_hammered(status: int) -> None:
    async with scripted(said(status)) as (client, script):
        with pytest.raises(Unavailable):
            await client.send(b"x")
    assert script.waits == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 301, 302, 307])
async def test_refusal_and_redirect_are_final(status: int) -> None:
    """A redirect that is followed would take the key to another address."""
    async with scripted(said(status, Location="http://elsewhere.invalid/")) as (client, script):
        with pytest.raises(Rejected):
            await client.send(b"x")
    assert (len(script.heard), script.waits) == (1, [])


async def test_stream_is_sent_once() -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield b"<ed"
        yield b"XML/>"

    async with scripted(broken_off) as (client, script):
        with pytest.raises(Unavailable):
            await client.send(stream())
    assert [data for _, data in script.heard] == [b"<edXML/>"]


async def test_status_whose_answer_got_lost_is_not_sent_again() -> None:
    """The second would be another status: it bears another time."""
    async with scripted(broken_off) as (client, script):
        with pytest.raises(Unavailable):
            await client.report("x", "03")
    assert len(script.heard) == 1


async def test_status_that_was_not_taken_is_sent_again() -> None:
    async with scripted(said(503), accepted()) as (client, script):
        await client.report("x", "03", description="Đã vào sổ")
    assert [json.loads(data)["description"] for _, data in script.heard] == ["Đã vào sổ"] * 2


async def test_acknowledgement_is_said_again_when_its_answer_got_lost() -> None:
    async with scripted(broken_off, said(204)) as (client, script):
        await client.ack("x")
    assert len(script.heard) == 2


async def test_node_that_is_not_there_is_unavailable() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    url = f"http://127.0.0.1:{unused_port()}"
    async with TrucClient(url, retries=Retries(tries=3), sleep=sleep) as client:
        with pytest.raises(Unavailable) as gone:
            await client.health()
    assert gone.value.code == "TRUC-705"
    assert gone.value.first.params == {"url": url, "detail": "Connection refused"}
    assert len(waits) == 2


async def test_cancelled_call_is_cancelled() -> None:
    never = asyncio.Event()

    class Slow(Script):
        async def handle(self, request: web.Request) -> web.StreamResponse:
            started.set()
            await never.wait()
            return web.Response()

    started = asyncio.Event()
    script = Slow([])
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.handle)
    async with TestServer(app) as server, TrucClient(str(server.make_url("/"))) as client:
        call = asyncio.create_task(client.health())
        await started.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        never.set()


# --- what an error becomes -----------------------------------------------------------------------


async def test_refusal_brings_all_findings_back() -> None:
    async with scripted(problem(422, "TRUC-405", "TRUC-998")) as (client, _):
        with pytest.raises(Rejected) as refused:
            await client.send(b"x")
    known, newer = refused.value.findings
    assert (known.vi, known.line, known.element) == ("Đơn vị nhận H14 không tồn tại", 3, "From")
    assert (newer.code, newer.en) == ("TRUC-998", "Fault TRUC-998")  # of a newer node: its own words


@pytest.mark.parametrize(
    ("status", "family"),
    [(403, Rejected), (408, Unavailable), (429, Unavailable), (500, Unavailable), (507, Unavailable)],
)
async def test_family_of_an_error_says_who_must_act(status: int, family: type[Exception]) -> None:
    async with scripted(problem(status, "TRUC-402"), tries=1) as (client, _):
        with pytest.raises(family):
            await client.send(b"x")


async def test_error_of_a_proxy_on_the_way_is_told_by_its_status() -> None:
    async with scripted(said(404, "<html>nginx</html>"), said(502, "<html>"), tries=1) as (client, _):
        with pytest.raises(Rejected) as refused:
            await client.health()
        with pytest.raises(Unavailable) as later:
            await client.health()
    assert refused.value.first.params["detail"] == "HTTP 404"
    assert (later.value.code, later.value.first.params["detail"]) == ("TRUC-705", "HTTP 502")


async def test_answer_that_is_no_answer_is_unavailable_and_not_asked_again() -> None:
    async with scripted(said(200, "<html>Login</html>")) as (client, script):
        with pytest.raises(Unavailable):
            await client.health()
    assert script.waits == []


# --- the address ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8710",
        "ftp://x",
        "http://",
        "http://x?y=1",
        "http://user@x",
        "http://[x",
        "javascript:1",
    ],
)
def test_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        TrucClient(url)


async def test_address_may_have_a_path_in_front_of_v1() -> None:
    seen: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.json_response({"alive": True, "node": "H14", "time": "2026-11-23T01:00:00Z"})

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    async with TestServer(app) as server, TrucClient(f"{server.make_url('/truc/')}") as client:
        await client.health()
    assert seen == ["/truc/v1/health"]


async def test_client_outside_its_context_says_how_it_is_used() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await TrucClient("http://127.0.0.1:1").health()
