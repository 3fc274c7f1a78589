"""
The journal, handed on to a receiver that counts octets, goes away, and comes back.
"""

from __future__ import annotations

import asyncio
import io
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.clock import SystemClock
from gateway.config import SyslogSection
from gateway.hand_on import AGAIN_SECONDS, IDLE_SECONDS, JournalExport
from gateway.observe import logger
from gateway.ports import Act
from gateway.store.sql import SqlStore
from tests.kit.builders import PROVINCE
from tests.kit.certificates import Certificates
from tests.kit.clock import START, ManualClock


@dataclass
class Receiver:
    """A SIEM of somebody else."""

    port: int = 0
    numbers: list[int] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                length = int(await reader.readuntil(b" "))
                self.note(await reader.readexactly(length))
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    def note(self, message: bytes) -> None:
        self.numbers.append(json.loads(message[message.index(b"{") :])["number"])
        self.came.set()

    async def has(self, many: int) -> list[int]:
        async with asyncio.timeout(20):
            while len(self.numbers) < many:
                self.came.clear()
                await self.came.wait()
        return self.numbers


@dataclass
class Scene:
    store: SqlStore
    clock: ManualClock
    stream: io.StringIO

    async def write(self, many: int) -> None:
        for number in range(many):
            await self.store.note_act(Act(event=f"console.e{number}", by="lan", at=START))

    def export(self, port: int, **settings: Any) -> JournalExport:
        syslog = SyslogSection.model_validate({"host": "127.0.0.1", "port": port, **settings})
        log = logger(PROVINCE, self.stream, strict=True)
        return JournalExport(PROVINCE, self.store, self.clock, log, syslog)


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    store = SqlStore("sqlite://", folder / "blobs", node=PROVINCE, instance="one", inline=True)
    try:
        yield Scene(store, ManualClock(), io.StringIO())
    finally:
        await store.close()


@asynccontextmanager
async def receiving(port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", port, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


@asynccontextmanager
async def running(export: JournalExport) -> AsyncIterator[None]:
    task = asyncio.create_task(export.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def position(scene: Scene, export: JournalExport, number: int) -> None:
    """Return when it is known that the receiver is so far."""
    async with asyncio.timeout(20):
        while await scene.store.journal_handed_on(export.receiver) < number:
            await asyncio.sleep(0.01)


async def test_every_line_comes_once_and_in_order(tmp_path: Path) -> None:
    async with scene(tmp_path) as node, receiving() as siem:
        await node.write(450)
        export = node.export(siem.port, transport="tcp")
        async with running(export):
            assert await siem.has(450) == list(range(1, 451))
            await position(node, export, 450)
            await node.write(2)
            await node.clock.run(IDLE_SECONDS)
            assert await siem.has(452) == list(range(1, 453))


async def test_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    async with scene(tmp_path) as node, receiving() as siem:
        await node.write(3)
        export = node.export(siem.port, transport="tcp")
        async with running(export):
            await position(node, export, 3)
        await node.write(1)
        async with running(node.export(siem.port, transport="tcp")):
            assert await siem.has(4) == [1, 2, 3, 4]


async def test_receiver_that_was_away_misses_nothing_and_is_told_of_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    async with scene(tmp_path) as node:
        await node.write(3)
        export = node.export(port, transport="tcp")
        async with running(export):
            async with asyncio.timeout(20):
                while not node.clock.sleepers:
                    await asyncio.sleep(0.01)
                node.clock.advance(AGAIN_SECONDS)
                while not node.clock.sleepers:
                    await asyncio.sleep(0.01)
            async with receiving(port) as siem:
                node.clock.advance(AGAIN_SECONDS)
                assert await siem.has(3) == [1, 2, 3]
                await position(node, export, 3)
    told = [json.loads(line)["event"] for line in node.stream.getvalue().splitlines()]
    assert told == ["syslog.down", "syslog.up"]


def named_certificate(folder: Path) -> Path:
    """A key with a certificate of its own for 127.0.0.1, in one file: what no throw-away authority makes."""
    key, now = ec.generate_private_key(ec.SECP256R1()), SystemClock().now()  # OpenSSL knows no other clock
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "siem")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "siem.pem"
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


def speaking_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_lines_are_encrypted_for_a_receiver_that_is_known(tmp_path: Path) -> None:
    certificate = named_certificate(tmp_path)
    async with scene(tmp_path) as node, receiving(tls=speaking_tls(certificate)) as siem:
        await node.write(2)
        export = node.export(siem.port, ca_file=str(certificate))
        async with running(export):
            assert await siem.has(2) == [1, 2]
            await position(node, export, 2)


async def test_receiver_with_somebody_elses_certificate_gets_nothing(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    async with scene(tmp_path) as node, receiving(tls=speaking_tls(made.server())) as siem:
        await node.write(1)
        export = node.export(siem.port, ca_file=str(made.root))  # its certificate names no host
        async with running(export), asyncio.timeout(20):
            while "syslog.down" not in node.stream.getvalue():
                await asyncio.sleep(0.01)
        assert siem.numbers == []


async def test_datagrams_hold_a_line_each(tmp_path: Path) -> None:
    siem = Receiver()

    class Heard(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, _address: Any) -> None:
            siem.note(data)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Heard, ("127.0.0.1", 0))
    try:
        async with scene(tmp_path) as node:
            await node.write(2)
            export = node.export(transport.get_extra_info("sockname")[1], transport="udp")
            async with running(export):
                assert await siem.has(2) == [1, 2]
    finally:
        transport.close()
