"""
Webhooks: a small signed request to a real receiver, in whatever mood that is.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from adapters.webhook import AT_ONCE, WebhookAdapter
from gateway.config import WebhookSection
from gateway.core.callbacks import Reach
from gateway.core.catalogue import NOTICE_REFUSED, NOTICE_UNHEARD, RECEIVER_GONE, VAULT_KEY
from gateway.core.model import Kind, LetterFacts
from gateway.ports import Notice, NoticeState, Occasion
from tests.kit.board import OPERATOR, SmallBoard, small_board
from tests.kit.certificates import Certificates
from tests.kit.clock import ManualClock
from tests.kit.office import COMMUNE, PROVINCE

NODE_URL = "https://truc.caobang.gov.vn"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Receiver:
    """An agency's system that listens, and what it got."""

    url: str = ""
    answer: Answer | None = None
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)

    @property
    def bodies(self) -> list[dict[str, object]]:
        return [json.loads(body) for _, body in self.got]

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.got.append(({k.lower(): v for k, v in request.headers.items()}, await request.read()))
        self.connections.add(request.transport)
        return await self.answer(request) if self.answer else web.Response(status=204)


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", receiver.take)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/truc"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening() as opened:
        yield opened


@pytest.fixture
async def small() -> AsyncIterator[SmallBoard]:
    # The library that verifies signatures looks at the real clock.
    async with small_board(clock=ManualClock(datetime.now(UTC))) as opened:
        yield opened


async def send(
    small: SmallBoard, *, trust: ssl.SSLContext | None = None, url: str = NODE_URL, **settings: object
) -> None:
    """Everything that is due is tried once."""
    section = WebhookSection(**{"allow_loopback": True, **settings})  # type: ignore[arg-type]
    place = small.workplace(section, url=url)
    adapter = WebhookAdapter(place, trust=trust)
    async with adapter.lines(), asyncio.TaskGroup() as tries:
        await adapter.messenger().round(tries)


async def tried(small: SmallBoard, **settings: object) -> Notice:
    """The first notice after one try."""
    await send(small, **settings)  # type: ignore[arg-type]
    return await small.notice(1)


def answering(status: int, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return answer


# --- what is said --------------------------------------------------------------------------------


async def test_arrived_letter_is_told_by_reference(small: SmallBoard, receiver: Receiver) -> None:
    facts = LetterFacts(
        document_id="000.00.00.H14-2026/11/22-1",
        code="123/UBND-VP",
        issue_date="2026/11/22",
        subject="Nội dung kín đáo",
        sender_name="UBND tỉnh Cao Bằng",
        priority=3,
    )
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE, facts=facts)
    notice = await tried(small)
    assert (notice.state, notice.detail) == (NoticeState.SENT, "HTTP 204")
    assert notice.item is not None
    (body,) = receiver.bodies
    letter_id = notice.item.letter_id
    assert body["type"] == "document.arrived"
    assert datetime.fromisoformat(str(body["timestamp"])) == notice.at
    data = body["data"]
    assert isinstance(data, dict)
    assert datetime.fromisoformat(data.pop("waiting_since")) == notice.item.waiting_since
    assert data == {
        "letter_id": letter_id,
        "number": notice.item.number,
        "agency": COMMUNE,
        "kind": "document",
        "sender": PROVINCE,
        "sender_name": "UBND tỉnh Cao Bằng",
        "document_id": "000.00.00.H14-2026/11/22-1",
        "code": "123/UBND-VP",
        "issue_date": "2026/11/22",
        "priority": 3,
        "status_code": "",
        "size": 1000,
        "links": {
            "letter": f"{NODE_URL}/v1/mailbox/{letter_id}",
            "acknowledge": f"{NODE_URL}/v1/mailbox/{letter_id}/ack",
            "tracking": f"{NODE_URL}/v1/letters/{letter_id}",
        },
        "task_codes": [],
        "due_at": None,
        "what": "",
    }
    assert "kín đáo" not in receiver.got[0][1].decode()


async def test_status_is_told_with_its_code(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE, kind=Kind.STATUS, facts=LetterFacts(status_code="03"))
    await send(small)
    (body,) = receiver.bodies
    assert body["type"] == "status.arrived"
    assert body["data"]["status_code"] == "03"  # type: ignore[index]


async def test_reminder_of_a_due_date_is_told_only_to_who_asked_for_it(
    small: SmallBoard, receiver: Receiver
) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    reminded, _ = await small.subscribe(
        COMMUNE, receiver.url, occasions=frozenset({Occasion.LETTER_DUE_SOON, Occasion.LETTER_OVERDUE})
    )
    await small.arrive(COMMUNE, facts=LetterFacts(code="123/UBND-VP", due_date="2096/11/25"))
    end = datetime(2096, 11, 25, 17, tzinfo=UTC)
    await small.store.remind(small.clock.now(), end, 10)
    await send(small)
    told = [(body["type"], body["data"]["due_at"]) for body in receiver.bodies]  # type: ignore[index]
    assert told == [("document.arrived", "2096-11-25T17:00:00Z"), ("letter.due_soon", "2096-11-25T17:00:00Z")]
    assert (await small.notice(2)).subscription.id == reminded.id


async def test_ping_names_its_subscription(small: SmallBoard, receiver: Receiver) -> None:
    made, _ = await small.subscribe(COMMUNE, receiver.url)
    await small.board.ping(OPERATOR, made.id)
    await send(small)
    (body,) = receiver.bodies
    assert (body["type"], body["data"]) == ("ping", {"agency": COMMUNE, "subscription": made.id})


async def test_node_without_an_address_gives_paths(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    await send(small, url="")
    links = receiver.bodies[0]["data"]["links"]  # type: ignore[index]
    assert links["letter"].startswith("/v1/mailbox/")


# --- signatures ----------------------------------------------------------------------------------


async def test_signature_is_that_of_standard_webhooks(small: SmallBoard, receiver: Receiver) -> None:
    _, secret = await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    await send(small)
    ((headers, body),) = receiver.got
    assert Webhook(secret).verify(body, headers) == json.loads(body)
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("truc/")
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"document", b"Document"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(body, headers)


async def test_both_secrets_sign_while_the_former_one_lives(small: SmallBoard, receiver: Receiver) -> None:
    made, former = await small.subscribe(COMMUNE, receiver.url)
    _, secret = await small.board.rotate(OPERATOR, made.id)
    await small.board.ping(OPERATOR, made.id)
    await send(small)
    ((headers, body),) = receiver.got
    assert Webhook(secret).verify(body, headers) == Webhook(former).verify(body, headers)

    small.clock.advance(timedelta(days=1))
    await small.board.ping(OPERATOR, made.id)
    await send(small)
    assert len(receiver.got[1][0]["webhook-signature"].split()) == 1


async def test_repeated_notice_bears_the_same_id_and_body_at_a_later_time(
    small: SmallBoard, receiver: Receiver
) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    receiver.answer = answering(500)
    await send(small)
    small.clock.advance(10)
    await send(small)
    (first, body), (second, again) = receiver.got
    assert body == again
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) == int(first["webhook-timestamp"]) + 10
    assert first["webhook-signature"] != second["webhook-signature"]


async def test_ids_of_two_notices_differ(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    await small.arrive(COMMUNE)
    await send(small)
    one, two = (headers["webhook-id"] for headers, _ in receiver.got)
    assert one != two
    assert "." not in one + two  # it would shift what is signed


async def test_secret_that_cannot_be_opened_is_told_and_nothing_is_sent_unsigned(
    small: SmallBoard, receiver: Receiver, tmp_path: Path
) -> None:
    made, _ = await small.subscribe(COMMUNE, receiver.url)
    async with small_board() as other:
        small.vault = other.vault
        await small.board.ping(OPERATOR, made.id)
        assert (await tried(small)).code == VAULT_KEY.code
    assert receiver.got == []


# --- moods of a receiver -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 299])
async def test_any_success_means_heard(small: SmallBoard, receiver: Receiver, status: int) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    receiver.answer = answering(status)
    assert (await tried(small)).state is NoticeState.SENT


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_any_other_answer_is_tried_again(small: SmallBoard, receiver: Receiver, status: int) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    receiver.answer = answering(status)
    notice = await tried(small)
    assert (notice.state, notice.code) == (NoticeState.DUE, NOTICE_REFUSED.code)
    assert notice.detail == f"HTTP {status}"


async def test_redirect_is_not_followed(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    receiver.answer = answering(307, Location=f"{receiver.url}/noi-khac")
    notice = await tried(small)
    assert (notice.state, notice.detail) == (NoticeState.DUE, "HTTP 307")
    assert len(receiver.got) == 1


async def test_gone_receiver_ends_the_subscription(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    receiver.answer = answering(410)
    notice = await tried(small)
    assert (notice.state, notice.code) == (NoticeState.DEAD, RECEIVER_GONE.code)
    (subscription,) = await small.board.subscriptions(OPERATOR)
    assert not subscription.is_active


async def test_retry_after_in_seconds_is_honoured(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    receiver.answer = answering(429, Retry_After="600")
    notice = await tried(small)
    assert notice.due_at == small.clock.now() + timedelta(seconds=600)


async def test_retry_after_as_a_date_is_honoured(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    at = (small.clock.now() + timedelta(hours=1)).replace(microsecond=0)
    receiver.answer = answering(503, Retry_After=format_datetime(at, usegmt=True))
    assert (await tried(small)).due_at == at


YEAR_TOO_FAR = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"


@pytest.mark.parametrize("rubbish", ["", "mai", "-5", "9" * 400, "1e9", "Mon, 99 Foo 2026", YEAR_TOO_FAR])
async def test_rubbish_as_retry_after_does_no_harm(
    small: SmallBoard, receiver: Receiver, rubbish: str
) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    receiver.answer = answering(503, Retry_After=rubbish)
    notice = await tried(small)
    assert notice.code == NOTICE_REFUSED.code
    assert notice.due_at is not None
    assert small.clock.now() < notice.due_at <= small.clock.now() + timedelta(days=1)


async def test_silent_receiver_is_given_up_after_the_timeout(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)

    async def silent(_request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    receiver.answer = silent
    notice = await tried(small, timeout="0.2s")
    assert (notice.state, notice.code) == (NoticeState.DUE, NOTICE_UNHEARD.code)
    assert "Timeout" in notice.detail


async def test_huge_answer_is_not_read(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    written = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        while True:  # until the reader hangs up
            await response.write(bytes(65536))
            written += 65536

    receiver.answer = endless
    assert (await tried(small)).state is NoticeState.SENT
    assert written < 64 * 1024 * 1024


async def test_squeezed_answer_is_not_unfolded(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)

    async def squeezed(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"not gzip at all", headers={"Content-Encoding": "gzip"})

    receiver.answer = squeezed
    assert (await tried(small)).state is NoticeState.SENT
    assert receiver.got[0][0]["accept-encoding"] == "identity"


async def test_cookies_of_a_receiver_are_forgotten(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    await small.arrive(COMMUNE)
    receiver.answer = answering(204, Set_Cookie="phien=1")
    await send(small)
    assert all("cookie" not in headers for headers, _ in receiver.got)


async def test_receiver_that_speaks_no_http_is_tried_again(small: SmallBoard) -> None:
    async def rubbish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"220 smtp.vn ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(rubbish, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await small.subscribe(COMMUNE, f"http://127.0.0.1:{port}/")
        await small.arrive(COMMUNE)
        notice = await tried(small)
    assert (notice.state, notice.code) == (NoticeState.DUE, NOTICE_UNHEARD.code)


async def test_nobody_listens(small: SmallBoard, receiver: Receiver) -> None:
    async with listening() as gone:
        url = gone.url
    await small.subscribe(COMMUNE, url)
    await small.arrive(COMMUNE)
    notice = await tried(small)
    assert (notice.state, notice.code) == (NoticeState.DUE, NOTICE_UNHEARD.code)
    assert notice.detail == "Connection refused"


async def test_one_host_has_few_connections_at_a_time(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    for _ in range(3 * AT_ONCE):
        await small.arrive(COMMUNE)
    at_once, most = 0, 0

    async def counted(_request: web.Request) -> web.StreamResponse:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return web.Response(status=204)

    receiver.answer = counted
    await send(small)
    assert len(receiver.got) == 3 * AT_ONCE
    assert most <= AT_ONCE
    assert len(receiver.connections) <= AT_ONCE


# --- where requests may go -----------------------------------------------------------------------


async def test_tls_receiver_that_is_trusted_is_told(small: SmallBoard, tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificates.server())
    async with listening(tls) as receiver:
        _, secret = await small.subscribe(COMMUNE, receiver.url)
        await small.arrive(COMMUNE)
        await send(small, trust=certificates.trusting())
        ((headers, body),) = receiver.got
        assert Webhook(secret).verify(body, headers)


async def test_tls_receiver_with_an_unknown_certificate_gets_nothing(
    small: SmallBoard, tmp_path: Path
) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(Certificates(tmp_path).server())
    async with listening(tls) as receiver:
        await small.subscribe(COMMUNE, receiver.url)
        await small.arrive(COMMUNE)
        notice = await tried(small)
        assert (notice.state, notice.code) == (NoticeState.DUE, NOTICE_UNHEARD.code)
        assert notice.detail.startswith("TLS: ")
        assert receiver.got == []


async def test_name_that_means_a_forbidden_number_is_not_called(receiver: Receiver) -> None:
    """A name that was harmless when it was given can be made to mean this machine later."""
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    async with small_board() as small:
        await small.subscribe(COMMUNE, f"http://localhost:{port}/")
        await small.arrive(COMMUNE)
        notice = await tried(small, allow_loopback=False)
    assert (notice.state, notice.code) == (NoticeState.DUE, NOTICE_UNHEARD.code)
    assert notice.detail.startswith("✗ ")
    assert receiver.got == []


async def test_number_is_looked_at_again_when_it_is_called(receiver: Receiver) -> None:
    async with small_board(reach=Reach(allow_http=True)) as small:
        await small.subscribe(COMMUNE, receiver.url)
        await small.arrive(COMMUNE)
        notice = await tried(small, allow_loopback=False)
    assert notice.code == NOTICE_UNHEARD.code
    assert receiver.got == []


async def test_proxy_of_the_environment_is_not_used(
    small: SmallBoard, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    await small.subscribe(COMMUNE, receiver.url)
    await small.arrive(COMMUNE)
    assert (await tried(small)).state is NoticeState.SENT


async def test_loop_sends_what_comes_while_it_runs(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    adapter = WebhookAdapter(small.workplace(WebhookSection(allow_loopback=True)))
    (poller,) = adapter.pollers()
    task = asyncio.ensure_future(poller())
    await small.arrive(COMMUNE)
    async with asyncio.timeout(5):
        while not small.logged("notice.heard"):
            await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(receiver.got) == 1


# --- whether it can be reached -------------------------------------------------------------------


def probing(small: SmallBoard, trust: ssl.SSLContext | None = None, **settings: object) -> WebhookAdapter:
    section = WebhookSection(**{"allow_loopback": True, **settings})  # type: ignore[arg-type]
    return WebhookAdapter(small.workplace(section), trust=trust)


async def test_probe_goes_as_far_as_the_handshake_and_sends_nothing(
    small: SmallBoard, receiver: Receiver
) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    steps = await probing(small).probe(COMMUNE)
    assert [step.is_good for step in steps] == [True, True]
    assert receiver.got == []


async def test_probe_calls_no_number_that_a_notice_may_not_call(
    small: SmallBoard, receiver: Receiver
) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    (step,) = await probing(small, allow_loopback=False).probe(COMMUNE)
    assert not step.is_good
    assert receiver.connections == set()


async def test_agency_without_a_webhook_has_nothing_to_probe(small: SmallBoard, receiver: Receiver) -> None:
    await small.subscribe(COMMUNE, receiver.url)
    assert await probing(small).probe(PROVINCE) == []
