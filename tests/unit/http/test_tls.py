"""
HTTPS on a real socket: what is spoken, whose certificates count, and files that change while it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from gateway.config import HttpSection, Secret, TlsFiles
from gateway.core.errors import Misconfigured
from gateway.http.listener import listening
from gateway.http.tls import LOOK_AGAIN_SECONDS, ServerTls, server_tls
from gateway.observe import logger
from gateway.v1.origin import fingerprint_of
from gateway.v1.transfer import LIMITS, Limits
from tests.kit.api import listening_api
from tests.kit.certificates import Certificates, fingerprint
from tests.kit.clock import ManualClock

SECRET = {"TLS_PASSWORD": "mật khẩu"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def known(folder: Path) -> Certificates:
    return Certificates(folder)


class Socket:
    """A listening HTTPS socket that answers with the fingerprint of the client, and its log."""

    def __init__(self, url: str, tls: ServerTls, stream: io.StringIO) -> None:
        self.url, self.tls, self._stream = url, tls, stream

    def log(self) -> list[tuple[str, dict[str, Any]]]:
        lines = [json.loads(line) for line in self._stream.getvalue().splitlines()]
        return [(line["event"], line) for line in lines]


@contextlib.asynccontextmanager
async def socket_with(files: TlsFiles, environ: Mapping[str, str] | None = None) -> AsyncIterator[Socket]:
    async def who(request: web.Request) -> web.Response:
        return web.Response(text=fingerprint_of(request))

    app, stream = web.Application(), io.StringIO()
    app[LIMITS] = Limits()
    app.router.add_get("/", who)
    log = logger("H14", stream, strict=True)
    tls = ServerTls(files, environ or {}, log)
    async with listening(app, "127.0.0.1", 0, log, tls.context) as url:
        yield Socket(url, tls, stream)


async def answer(socket: Socket, client: ssl.SSLContext) -> str:
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client)) as http,
        http.get(socket.url) as response,
    ):
        return await response.text()


async def shown(socket: Socket, client: ssl.SSLContext) -> str:
    """The fingerprint of the certificate that a new connection is shown."""
    port = int(socket.url.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client)
    certificate: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()
    return hashlib.sha256(certificate).hexdigest()


async def test_client_that_trusts_the_root_alone_is_served(known: Certificates) -> None:
    """The file holds the chain, so an issuing authority in between is no trouble."""
    file = known.server()
    async with socket_with(TlsFiles(file, file)) as socket:
        assert socket.url.startswith("https://127.0.0.1:")
        assert await answer(socket, known.trusting()) == ""
        assert await shown(socket, known.trusting()) == fingerprint(file)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_either_version_of_today_is_spoken(known: Certificates, version: ssl.TLSVersion) -> None:
    file, client = known.server(), known.trusting()
    client.minimum_version = client.maximum_version = version
    async with socket_with(TlsFiles(file, file)) as socket:
        assert await answer(socket, client) == ""


def objection(tls: ServerTls, client: ssl.SSLContext) -> str:
    """Why the server breaks off after the first words of a client, in OpenSSL's word."""
    back, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        client.wrap_bio(back, out).do_handshake()
    with pytest.raises(ssl.SSLError) as broken_off:
        tls.context.wrap_bio(out, back, server_side=True).do_handshake()
    return broken_off.value.reason or ""


def test_versions_of_yesterday_are_not_spoken(known: Certificates) -> None:
    file, client = known.server(), known.trusting()
    client.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.deprecated_call():
        client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_1
    assert objection(ServerTls(TlsFiles(file, file), {}, logger("x")), client) == "UNSUPPORTED_PROTOCOL"


@pytest.mark.parametrize("ciphers", ["kRSA", "aNULL:eNULL:@SECLEVEL=0", "ECDHE+SHA1"])
def test_weak_ciphers_are_refused(known: Certificates, ciphers: str) -> None:
    """No forward secrecy, no authentication or encryption at all, SHA-1."""
    file, client = known.server(), known.trusting()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(ciphers)
    assert objection(ServerTls(TlsFiles(file, file), {}, logger("x")), client) == "NO_SHARED_CIPHER"


async def test_plain_http_on_the_secure_port_harms_nobody_else(known: Certificates) -> None:
    file = known.server()
    async with socket_with(TlsFiles(file, file)) as socket:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(socket.url.rpartition(":")[2]))
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.read()
        writer.close()
        assert await answer(socket, known.trusting()) == ""


async def test_new_certificate_counts_for_new_connections_without_a_restart(known: Certificates) -> None:
    old = fingerprint(file := known.server("renewed.pem"))
    async with (
        socket_with(TlsFiles(file, file)) as socket,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=known.trusting())) as http,
    ):
        async with http.get(socket.url) as response:
            assert response.status == 200
        new = fingerprint(known.server("renewed.pem"))
        assert await shown(socket, known.trusting()) == old  # nobody has looked yet
        socket.tls.look()
        assert await shown(socket, known.trusting()) == new != old
        async with http.get(socket.url) as response:  # the connection of before goes on
            assert response.status == 200
        assert [(event, line["certificate"]) for event, line in socket.log()] == [("tls.renewed", new)]


@pytest.mark.parametrize("broken", ["gone", "rubbish", "key of another"])
async def test_broken_new_file_is_logged_and_the_old_certificate_stays(
    known: Certificates, broken: str
) -> None:
    old = fingerprint(cert := known.server(f"{broken}.pem"))
    key = known.folder / f"{broken}.key"
    key.write_bytes(cert.read_bytes())
    key.chmod(0o600)
    async with socket_with(TlsFiles(cert, key)) as socket:
        match broken:
            case "gone":
                cert.unlink()
            case "rubbish":
                cert.write_bytes(b"\x00" * 100)
            case _:
                known.server(cert.name)  # the certificate is here, its key not yet
        socket.tls.look()
        socket.tls.look()
        assert await shown(socket, known.trusting()) == old
        assert [event for event, _ in socket.log()] == ["tls.refused"]  # said once
        new = fingerprint(known.server(cert.name))
        key.write_bytes(cert.read_bytes())
        socket.tls.look()
        assert await shown(socket, known.trusting()) == new


async def test_files_are_looked_at_every_few_seconds(known: Certificates) -> None:
    file, clock = known.server("watched.pem"), ManualClock()
    async with socket_with(TlsFiles(file, file)) as socket:
        watching = asyncio.create_task(socket.tls.keep_current(clock))
        await clock.run(LOOK_AGAIN_SECONDS)
        assert socket.log() == []
        new = fingerprint(known.server("watched.pem"))
        await clock.run(LOOK_AGAIN_SECONDS)
        assert await shown(socket, known.trusting()) == new
        watching.cancel()


async def test_client_certificate_is_seen_where_it_is_asked_for(known: Certificates) -> None:
    file, mine = known.server(), known.client()
    async with socket_with(TlsFiles(file, file, client_ca=known.root)) as socket:
        assert await answer(socket, known.trusting(mine)) == fingerprint(mine)
        assert await answer(socket, known.trusting()) == ""
    async with socket_with(TlsFiles(file, file)) as socket:
        assert await answer(socket, known.trusting(mine)) == ""


async def test_nobody_without_a_certificate_is_served_where_it_is_required(known: Certificates) -> None:
    file, mine = known.server(), known.client()
    files = TlsFiles(file, file, client_ca=known.root, clients_need_one=True)
    async with socket_with(files) as socket:
        with pytest.raises(aiohttp.ClientError):
            await answer(socket, known.trusting())
        assert await answer(socket, known.trusting(mine)) == fingerprint(mine)


async def test_certificate_of_a_strange_authority_is_refused_even_where_none_is_needed(
    known: Certificates, tmp_path: Path
) -> None:
    file, strange = known.server(), Certificates(tmp_path).client()
    async with socket_with(TlsFiles(file, file, client_ca=known.root)) as socket:
        with pytest.raises(aiohttp.ClientError):
            await answer(socket, known.trusting(strange))


async def test_one_issuing_authority_may_be_trusted_alone(known: Certificates) -> None:
    file, mine = known.server(), known.client()
    async with socket_with(TlsFiles(file, file, client_ca=known.folder / "issuing.pem")) as socket:
        assert await answer(socket, known.trusting(mine)) == fingerprint(mine)


async def test_authority_that_is_taken_out_counts_no_more(known: Certificates, tmp_path: Path) -> None:
    file, mine = known.server(), known.client()
    authorities = tmp_path / "clients.pem"
    authorities.write_bytes(known.root.read_bytes())
    async with socket_with(TlsFiles(file, file, client_ca=authorities)) as socket:
        client = known.trusting(mine)
        assert await answer(socket, client) == fingerprint(mine)
        authorities.write_bytes(Certificates(tmp_path).root.read_bytes())
        socket.tls.look()
        with pytest.raises(aiohttp.ClientError):
            await answer(socket, client)


def encrypted_key(known: Certificates, file: Path) -> Path:
    key = load_pem_private_key(file.read_bytes(), None)
    path = known.folder / "encrypted.key"
    secret = BestAvailableEncryption(SECRET["TLS_PASSWORD"].encode())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
    path.chmod(0o600)
    return path


async def test_password_opens_an_encrypted_key(known: Certificates) -> None:
    file = known.server()
    files = TlsFiles(file, encrypted_key(known, file), Secret("env", "TLS_PASSWORD"))
    async with socket_with(files, SECRET) as socket:
        assert await answer(socket, known.trusting()) == ""


@pytest.mark.parametrize("password", [None, "", "wrong", "x" * 5000])
def test_encrypted_key_without_its_password_is_refused_and_nobody_is_asked(
    known: Certificates, password: str | None
) -> None:
    file = known.server()
    where = None if password is None else Secret("env", "TLS_PASSWORD")
    files = TlsFiles(file, encrypted_key(known, file), where)
    assert refusal(files, {"TLS_PASSWORD": password or ""}) == "TRUC-802"


def refusal(files: TlsFiles, environ: Mapping[str, str] | None = None) -> str:
    with pytest.raises(Misconfigured) as refused:
        ServerTls(files, environ or {}, logger("x", io.StringIO()))
    return refused.value.code


def test_files_that_cannot_be_used_are_told_before_the_node_starts(
    known: Certificates, tmp_path: Path
) -> None:
    file, other = known.server(), known.server("other.pem")
    (rubbish := tmp_path / "rubbish").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n")
    rubbish.chmod(0o600)
    (empty := tmp_path / "empty").touch(0o600)
    (public := tmp_path / "public").write_bytes(file.read_bytes())
    public.chmod(0o640)
    assert refusal(TlsFiles(tmp_path / "none", file)) == "TRUC-803"
    assert refusal(TlsFiles(file, tmp_path)) == "TRUC-803"
    assert refusal(TlsFiles(file, file, client_ca=tmp_path / "none")) == "TRUC-803"
    assert refusal(TlsFiles(file, public)) == "TRUC-804"
    assert refusal(TlsFiles(file, other)) == "TRUC-802"
    for unfit in (rubbish, empty):
        assert refusal(TlsFiles(unfit, file)) == "TRUC-802"
        assert refusal(TlsFiles(file, unfit)) == "TRUC-802"
        assert refusal(TlsFiles(file, file, client_ca=unfit)) == "TRUC-802"


def test_section_without_a_certificate_means_plain_http() -> None:
    assert server_tls(HttpSection(), {}, logger("x")) is None


async def test_section_names_the_files(known: Certificates) -> None:
    file = known.server()
    section = HttpSection(tls_cert=file, tls_key=file)
    assert isinstance(server_tls(section, {}, logger("x")), ServerTls)


async def test_bound_key_works_only_with_its_certificate(known: Certificates) -> None:
    file, mine, another = known.server(), known.client(), known.client("another.pem")
    tls = ServerTls(TlsFiles(file, file, client_ca=known.root), {}, logger("x"))
    async with listening_api(tls=tls.context) as api:
        api.keys.bind("province", fingerprint(mine))
        told = []
        for certificate in (mine, another, None):
            connector = aiohttp.TCPConnector(ssl=known.trusting(certificate))
            async with (
                aiohttp.ClientSession(api.url, connector=connector) as http,
                http.get("/v1/mailbox", headers=api.bearer("province")) as response,
            ):
                told.append((response.status, (await response.json()).get("code")))
        assert told == [(200, None), (403, "TRUC-421"), (403, "TRUC-421")]
