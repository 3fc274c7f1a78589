"""
The bare pipe: the same bytes through two processes and RabbitMQ without our code, the limit of this design.

HTTP in, one sync, one signature, frames of 1 MiB over a durable queue with confirms, one verification, one
sync: see bare_nodes.py. The load comes from this process, with as many letters on their way as keep all busy.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aio_pika
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gateway.broker.provision import definitions, new_password
from gateway.broker.topology import Permissions, Plan
from gateway.core.errors import Misconfigured
from gateway.sandbox.rabbit import PrivateRabbit, private_rabbit
from signing.devpki import KeyKind
from tests.bench.bare_nodes import HOST, Key, Task
from tests.bench.http_line import HttpLine
from tests.bench.measure import BROKER, MIB, cpu_seconds, forget_peak, peak_memory
from tests.bench.measured import Measured, NotHere
from tests.bench.paper import size_name

VHOST = "bare"
SENDER, RECEIVER, LOAD = "sending end", "receiving end", "load"
LINES = 32  # connections at once
# Letters on their way, from the first byte of a request to the sync at the far end: enough to keep all busy,
# and few enough that what is left when the time is over arrives within a second or two.
UNDER_WAY, UNDER_WAY_BYTES, UNDER_WAY_LEAST = 256, 48 * MIB, 2
MOST_BYTES = 1536 * MIB  # of one case; three times as much passes the disk
NUMBER = 16  # bytes in which letters differ
WARM_UP = 0.2  # of the time
PATIENCE_SECONDS, START_SECONDS, STOP_SECONDS = 60.0, 30.0, 10.0
STREAM_SEGMENT, STREAM_MOST = 64 * MIB, 1024 * MIB  # a stream keeps what was read

NOTES = (
    "HTTP, fdatasync for many letters at once, signature; RabbitMQ; verification, fdatasync for many at once",
    "latency under full load: from the first byte of the request to the sync at the far end",
)
NOT_SYNCED = "a stream is confirmed before it is on disk: RabbitMQ leaves syncing to the kernel"


@dataclass(frozen=True, slots=True)
class Variant:
    """One row: how letters are signed, and what kind of queue lies between."""

    row: str
    key: KeyKind = KeyKind.RSA_2048
    queue: str = "quorum"

    @property
    def notes(self) -> tuple[str, ...]:
        return (*NOTES, NOT_SYNCED) if self.queue == "stream" else NOTES


HEADLINE = (Variant("bare.rsa"), Variant("bare.p256", key=KeyKind.P256))
QUEUES = tuple(Variant(f"bare.{kind}", queue=kind) for kind in ("quorum", "classic", "stream"))


async def run(sizes: Sequence[int], seconds: float, workdir: Path) -> list[Measured]:
    """Rows bare.rsa and bare.p256, each size about `seconds` long in both together. Raises: NotHere."""
    return await _all(HEADLINE, sizes, seconds / len(HEADLINE), workdir)


async def queues(sizes: Sequence[int], seconds: float, workdir: Path) -> list[Measured]:
    """
    Rows bare.quorum, bare.classic and bare.stream: what another kind of queue between would do.

    Each size is about `seconds` long in all three. Raises: NotHere without RabbitMQ.
    """
    return await _all(QUEUES, sizes, seconds / len(QUEUES), workdir)


async def _all(
    variants: Sequence[Variant], sizes: Sequence[int], seconds: float, workdir: Path
) -> list[Measured]:
    """Size by size, so that what is compared is measured one right after the other."""
    async with AsyncExitStack() as stack:
        try:
            rabbit = await stack.enter_async_context(private_rabbit(workdir / "rabbit"))
            url = await asyncio.to_thread(_vhost, rabbit)
        except Misconfigured as missing:
            raise NotHere(str(missing)) from missing
        found = [
            await _case(v, size, seconds, Place(rabbit, url, workdir)) for size in sizes for v in variants
        ]
    return sorted(found, key=lambda one: [v.row for v in variants].index(one.row))


# --- one case ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where it happens. `url` is the broker's for everybody."""

    rabbit: PrivateRabbit
    url: str
    folder: Path

    def broker(self) -> int:
        """The process that does the broker's work."""
        return int((self.rabbit.folder / "pid").read_text(encoding="ascii"))


async def _case(variant: Variant, size: int, seconds: float, place: Place) -> Measured:
    queue = f"{variant.row}.{size}"
    async with _queue(place.url, queue, variant.queue), _ends(variant, queue, place) as pipe:
        load = Load(pipe, size)
        await load.run(seconds * WARM_UP)
        pids = {SENDER: pipe.sender.pid, RECEIVER: pipe.receiver.pid, BROKER: place.broker()}
        forget_peak(pids[BROKER])
        before, own = {name: cpu_seconds(pid) for name, pid in pids.items()}, time.process_time()
        pipe.latencies.clear()
        began = time.monotonic()
        letters = await load.run(seconds)
        took = pipe.last - began
        return Measured(
            row=variant.row,
            case=size_name(size),
            letters=letters,
            seconds=took,
            per_second=letters / took,
            latencies=tuple(pipe.latencies),
            cpu_seconds={name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
            | {LOAD: time.process_time() - own},
            peak_rss={name: peak_memory(pid) for name, pid in pids.items()},
            notes=variant.notes,
        )


@dataclass(slots=True)
class Pipe:
    """Both ends, up; and what the far one told."""

    sender: asyncio.subprocess.Process
    receiver: asyncio.subprocess.Process
    port: int
    arrived: int = 0
    last: float = 0.0
    latencies: list[float] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Note what arrives, until the receiving end is gone. Raises: RuntimeError if it says it failed."""
        assert self.receiver.stdout is not None
        async for line in self.receiver.stdout:
            said = json.loads(line)
            if "failed" in said:
                raise RuntimeError(said["failed"])
            self.last = said["at"]
            self.latencies += [self.last - began for began in said["began"]]
            self.arrived += len(said["began"])
            self.news.set()

    async def until_arrived(self, letters: int) -> None:
        """Return when so many have arrived in all; one waits at a time."""
        while self.arrived < letters:
            self.news.clear()
            await self.news.wait()


class Load:
    """Letters of one size, as fast as they arrive."""

    def __init__(self, pipe: Pipe, size: int) -> None:
        self._pipe, self._size, self._sent = pipe, size, 0
        self._under_way = min(max(UNDER_WAY_BYTES // size, UNDER_WAY_LEAST), UNDER_WAY)
        self._body = os.urandom(size - NUMBER)

    async def run(self, seconds: float) -> int:
        """Send for so long; how many were sent, when the last has arrived. Raises: TimeoutError."""
        first, over = self._sent, time.monotonic() + seconds
        last = first + max(MOST_BYTES // self._size, UNDER_WAY_LEAST)
        free: asyncio.Queue[HttpLine] = asyncio.Queue()
        async with (
            asyncio.timeout(seconds + PATIENCE_SECONDS),
            AsyncExitStack() as lines,
            asyncio.TaskGroup() as posts,
        ):
            for _ in range(min(LINES, self._under_way)):
                free.put_nowait(
                    await lines.enter_async_context(HttpLine(f"http://{HOST}:{self._pipe.port}", ""))
                )
            while self._sent == first or (time.monotonic() < over and self._sent < last):
                await self._pipe.until_arrived(self._sent + 1 - self._under_way)
                line = await free.get()
                self._sent += 1
                posts.create_task(self._post(line, free, self._sent))
            await self._pipe.until_arrived(self._sent)
        return self._sent - first

    async def _post(self, line: HttpLine, free: asyncio.Queue[HttpLine], number: int) -> None:
        await line.post(f"/{time.monotonic()!r}", (number.to_bytes(NUMBER, "big"), self._body))
        free.put_nowait(line)


# --- what it runs on -----------------------------------------------------------------------------


def _vhost(rabbit: PrivateRabbit) -> str:
    """A virtual host with a user who may do anything in it; the user's URL."""
    password = new_password()
    rights = Permissions(configure=".*", write=".*", read=".*")
    empty = Plan(VHOST, exchanges=(), queues={}, bindings=(), permissions={VHOST: rights})
    rabbit.import_definitions(definitions([empty], {VHOST: password}))
    return rabbit.address(VHOST, VHOST, password)


@asynccontextmanager
async def _queue(url: str, name: str, kind: str) -> AsyncIterator[None]:
    """A durable queue of this kind, with nothing in it; gone afterwards."""
    limits = {"x-max-length-bytes": STREAM_MOST, "x-stream-max-segment-size-bytes": STREAM_SEGMENT}
    arguments: dict[str, Any] = {"x-queue-type": kind, **(limits if kind == "stream" else {})}
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(name, durable=True, arguments=arguments)
        yield
        await queue.delete(if_unused=False, if_empty=False)


@asynccontextmanager
async def _ends(variant: Variant, queue: str, place: Place) -> AsyncIterator[Pipe]:
    """Both processes with a new pair of keys and new files; stopped, and the files gone, on leaving."""
    private, public = key_pair(variant.key)
    files = {end: place.folder / f"{queue}.{end}" for end in ("receive", "send")}
    async with AsyncExitStack() as stack:
        for file in files.values():
            stack.callback(file.unlink, missing_ok=True)
        consume = {"x-stream-offset": "first"} if variant.queue == "stream" else {}
        following = await stack.enter_async_context(asyncio.TaskGroup())
        ends = {}
        for end, key in (("receive", public), ("send", private)):
            ends[end] = await stack.enter_async_context(
                _end(end, Task(place.url, queue, str(files[end]), key, consume))
            )
        (receiver, _), (sender, port) = ends["receive"], ends["send"]
        pipe = Pipe(sender, receiver, port)
        following.create_task(pipe.follow())
        yield pipe


@asynccontextmanager
async def _end(end: str, task: Task) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """One end and its port, when it is up. Raises: RuntimeError if it does not come up."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.bare_nodes", end),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=MIB,  # the longest line names every letter under way
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(asdict(task)).encode() + b"\n")
        said = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        if not said:
            raise RuntimeError(f"the {end} end does not start")
        yield process, json.loads(said)["port"]
    finally:
        process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        if process.returncode is None:
            process.kill()
            await process.wait()


def key_pair(kind: KeyKind) -> tuple[str, str]:
    """A private key and its public one, as PEM."""
    key: Key = (
        ec.generate_private_key(ec.SECP256R1())
        if kind is KeyKind.P256
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()
