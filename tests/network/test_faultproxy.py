"""
The bad line itself: a tool that drops what it should hold, or cuts too late, raises false alarms in every
test that uses it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from gateway.sandbox.rabbit import HOST, free_ports
from tests.kit.faultproxy import FaultProxy, Way
from tests.kit.rabbitmq import until

PLENTY = bytes(range(256)) * 4096


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """A server that gives back what it gets; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except OSError:
            pass
        finally:
            writer.close()

    (port,) = free_ports(1)
    async with await asyncio.start_server(answer, HOST, port):
        yield port


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def is_cut(self) -> bool:
        """Whether the connection ends without a goodbye."""
        try:
            return not await self.reader.read(1)
        except ConnectionResetError:
            return True


Dial = Callable[[], Awaitable[Client]]


@pytest.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    async with echo() as port, FaultProxy(port) as line:
        yield line


@pytest.fixture
async def dial(proxy: FaultProxy) -> AsyncIterator[Dial]:
    clients: list[Client] = []

    async def dial() -> Client:
        clients.append(Client(*await asyncio.open_connection(HOST, proxy.port)))
        return clients[-1]

    yield dial
    for client in clients:
        client.writer.close()


async def test_everything_passes_unchanged_both_ways(proxy: FaultProxy, dial: Dial) -> None:
    client = await dial()
    sending = asyncio.ensure_future(client.send(PLENTY))
    assert await client.reader.readexactly(len(PLENTY)) == PLENTY
    await sending
    assert proxy.passed == {Way.UP: len(PLENTY), Way.DOWN: len(PLENTY)}
    client.writer.write_eof()
    assert await client.reader.read() == b""


async def test_what_was_held_passes_later(proxy: FaultProxy, dial: Dial) -> None:
    client = await dial()
    proxy.hold(Way.DOWN)
    await client.send(b"hello")
    reading = asyncio.ensure_future(client.reader.readexactly(10))
    await until(lambda: proxy.passed[Way.UP] == 5)
    assert not reading.done()
    proxy.hold(Way.UP)
    proxy.release(Way.DOWN)
    await client.send(b"again")
    assert proxy.passed[Way.UP] == 5
    proxy.release()
    assert await reading == b"helloagain"


async def test_nobody_learns_through_a_held_line_that_the_other_is_gone(
    proxy: FaultProxy, dial: Dial
) -> None:
    client = await dial()
    await client.send(b"x")
    assert await client.reader.readexactly(1) == b"x"
    proxy.hold()
    client.writer.transport.abort()
    await asyncio.sleep(0.05)
    assert proxy.connections == 1
    proxy.release()
    await until(lambda: not proxy.connections)


async def test_reset_cuts_what_is_open_and_nothing_later(proxy: FaultProxy, dial: Dial) -> None:
    client = await dial()
    await client.send(b"x")
    assert await client.reader.readexactly(1) == b"x"
    proxy.reset()
    assert await client.is_cut()
    another = await dial()
    await another.send(b"y")
    assert await another.reader.readexactly(1) == b"y"


async def test_refused_connections_are_cut_until_they_are_accepted(proxy: FaultProxy, dial: Dial) -> None:
    proxy.refuse()
    assert await (await dial()).is_cut()
    proxy.accept()
    client = await dial()
    await client.send(b"x")
    assert await client.reader.readexactly(1) == b"x"


async def test_line_is_cut_after_exactly_so_many_bytes(proxy: FaultProxy, dial: Dial) -> None:
    client = await dial()
    proxy.cut_after(Way.UP, 100_000)
    with suppress(ConnectionError):
        await client.send(PLENTY)
    assert await client.is_cut()
    assert proxy.passed[Way.UP] == 100_000
    another = await dial()
    await another.send(b"x")
    assert await another.reader.readexactly(1) == b"x"


async def test_slow_line_is_shared_by_its_connections(proxy: FaultProxy, dial: Dial) -> None:
    proxy.rate, proxy.latency = 4_000_000.0, 0.01
    bulk, small = await dial(), await dial()
    sending = asyncio.ensure_future(bulk.send(PLENTY))
    await until(lambda: proxy.passed[Way.UP] > 0)
    await small.send(b"x")
    assert await small.reader.readexactly(1) == b"x"
    assert proxy.passed[Way.UP] < len(PLENTY)
    assert await bulk.reader.readexactly(len(PLENTY)) == PLENTY
    await sending
