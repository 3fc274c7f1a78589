from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from gateway.clock import SystemClock
from gateway.ports import Tried
from gateway.probing import Place, probe, went_well, when
from signing.devpki import Usage, write_pem
from tests.kit.certificates import Certificates

NOW = SystemClock().now()  # OpenSSL knows no other clock


@asynccontextmanager
async def server(context: ssl.SSLContext | None = None, says: bytes = b"") -> AsyncIterator[int]:
    """A server at a free port that says this and hangs up."""

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(says)
        writer.close()

    running = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    async with running:
        yield running.sockets[0].getsockname()[1]


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


async def test_name_that_leads_nowhere_is_the_first_step_and_the_last() -> None:
    (step,) = await probe(Place("no-such-host.invalid", 80), NOW)
    assert (step.tried, step.is_good) == (Tried.NAME, False)
    assert "no-such-host.invalid" in step.vi


async def test_port_at_which_nobody_listens_is_told_as_such() -> None:
    steps = await probe(Place("127.0.0.1", free_port()), NOW)
    assert [(step.tried, step.is_good) for step in steps] == [(Tried.NAME, True), (Tried.REACH, False)]
    assert "không dịch vụ nào nghe" in steps[-1].vi


async def test_number_that_may_not_be_called_is_not_called() -> None:
    async with server() as port:
        (step,) = await probe(Place("127.0.0.1", port, permits=lambda _number: False), NOW)
    assert "không được phép" in step.vi


async def test_server_without_encryption_needs_two_steps() -> None:
    async with server() as port:
        steps = await probe(Place("127.0.0.1", port), NOW)
    assert went_well(steps)
    assert [step.tried for step in steps] == [Tried.NAME, Tried.REACH]


async def test_good_certificate_tells_how_long_it_is_good(tmp_path: Path) -> None:
    known = Certificates(tmp_path)
    async with server(serving(known.server())) as port:
        steps = await probe(Place("127.0.0.1", port, known.trusting()), NOW)
    assert went_well(steps)
    assert steps[-1].certificate_ends_at is not None
    assert steps[-1].certificate_ends_at > NOW


async def test_certificate_that_ended_yesterday_is_told_in_words(tmp_path: Path) -> None:
    known = Certificates(tmp_path)
    ended = NOW - timedelta(days=1)
    issued = known.pki.issue(
        "may chu",
        NOW,
        usage=Usage.WEB_SERVER,
        valid_from=NOW - timedelta(days=30),
        valid_until=ended,
    )
    write_pem(tmp_path / "ended.pem", issued)
    async with server(serving(tmp_path / "ended.pem")) as port:
        steps = await probe(Place("127.0.0.1", port, known.trusting()), NOW)
    assert not steps[-1].is_good
    assert steps[-1].vi == f"chứng thư của bên kia hết hạn {when(ended, NOW)[0]}"
    assert steps[-1].en == f"certificate of the other side expired {when(ended, NOW)[1]}"


async def test_certificate_of_a_stranger_is_not_trusted(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    known, others = Certificates(tmp_path / "a"), Certificates(tmp_path / "b")
    async with server(serving(others.server())) as port:
        steps = await probe(Place("127.0.0.1", port, known.trusting()), NOW)
    assert not steps[-1].is_good
    assert "tin" in steps[-1].vi


async def test_port_that_speaks_no_tls_is_told_as_such(tmp_path: Path) -> None:
    async with server(says=b"AMQP\x00\x00\x09\x01") as port:
        steps = await probe(Place("127.0.0.1", port, Certificates(tmp_path).trusting()), NOW)
    assert (steps[-1].tried, steps[-1].is_good) == (Tried.TLS, False)


def test_days_are_named_as_people_name_them() -> None:
    assert when(None, NOW) == ("", "")
    assert when(NOW, NOW) == ("hôm nay", "today")
    assert when(NOW - timedelta(days=1), NOW) == ("hôm qua", "yesterday")
    assert when(NOW - timedelta(days=9), NOW)[1].startswith("on 2")
