"""
The two ends of the bare pipe: what any gateway of this design must do with the bytes, and nothing else.

    python -m tests.bench.bare_nodes send|receive

send     takes letters over HTTP, syncs them, answers, signs, and publishes them with many confirms open
receive  takes the frames, verifies at the last one of a letter, syncs, acknowledges

Many letters share one sync at both ends. No envelope, no schema, no store, no routing, no code of ours. A
letter stays in memory until it is published, so that no disk is read.

The first line of standard input is the Task; its end ends the process. Lines of JSON on standard output tell
what happened.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import aio_pika
import uvloop
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

HOST = "127.0.0.1"
FRAME = 1024 * 1024  # as the axis does it
CONFIRMS = 64  # frames on their way to the broker at once; as many letters are in the window of a link
PREFETCH = 64  # frames in the receiver's hands; it acknowledges many at once
HASH = hashes.SHA256()

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
Say = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Task:
    """
    What a node is told: the broker's URL, a queue that is there, its own file, its key (PEM).

    `consume`: what the broker must be told in order to read from this kind of queue.
    """

    broker: str
    queue: str
    file: str
    key: str
    consume: Mapping[str, str]


class Journal:
    """A file that grows; whoever wants his bytes on disk shares one sync with everybody who waits then."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self._waiting: list[asyncio.Future[None]] = []
        self._syncing: asyncio.Task[None] | None = None

    def append(self, data: bytes) -> None:
        """Into the file, not yet on disk."""
        os.write(self._file, data)

    async def synced(self) -> None:
        """Return when everything that was appended before is on disk. Raises: OSError."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        if self._syncing is None:
            self._syncing = asyncio.create_task(self._sync())
        await waiter

    async def _sync(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            failed: OSError | None = None
            try:
                await asyncio.to_thread(os.fdatasync, self._file)
            except OSError as error:
                failed = error
            for waiter in waiting:
                if waiter.done():
                    continue
                if failed is None:
                    waiter.set_result(None)
                else:
                    waiter.set_exception(failed)
        self._syncing = None


def signed(key: Key, digest: bytes) -> bytes:
    """The signature over a SHA-256."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(digest, padding.PKCS1v15(), utils.Prehashed(HASH))
    return key.sign(digest, ec.ECDSA(utils.Prehashed(HASH)))


def verify(key: PublicKey, signature: bytes, digest: bytes) -> None:
    """Raises: InvalidSignature."""
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, digest, padding.PKCS1v15(), utils.Prehashed(HASH))
    else:
        key.verify(signature, digest, ec.ECDSA(utils.Prehashed(HASH)))


# --- the sending end -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Letter:
    """On disk, and ready to leave. `began`: when its request did, by the machine's monotonic clock."""

    began: float
    digest: bytes
    frames: list[bytes]


class Sender:
    """Takes, and publishes what it took in the same order."""

    def __init__(self, journal: Journal, key: Key, exchange: AbstractExchange, queue: str) -> None:
        self._journal, self._key, self._exchange, self._queue = journal, key, exchange, queue
        self._ready: asyncio.Queue[Letter] = asyncio.Queue()
        self._room = asyncio.Semaphore(CONFIRMS)
        self._numbers = count()

    async def take(self, request: web.Request) -> web.Response:
        """A letter; answered when it is on disk."""
        digest, frame, frames = hashlib.sha256(), bytearray(), []
        async for piece in request.content.iter_any():
            digest.update(piece)
            self._journal.append(piece)
            frame += piece
            while len(frame) >= FRAME:
                frames.append(bytes(frame[:FRAME]))
                del frame[:FRAME]
        if frame or not frames:
            frames.append(bytes(frame))
        await self._journal.synced()
        self._ready.put_nowait(Letter(float(request.match_info["began"]), digest.digest(), frames))
        return web.Response(status=202)

    async def publish(self) -> None:
        """All letters, until cancelled. Raises: what the broker says to a frame, as a group."""
        async with asyncio.TaskGroup() as confirms:
            while True:
                letter = await self._ready.get()
                headers: dict[str, Any] = {"letter": next(self._numbers)}
                last = {
                    **headers,
                    "began": repr(letter.began),
                    "signature": signed(self._key, letter.digest).hex(),
                }
                for place, frame in enumerate(letter.frames, 1):
                    await self._room.acquire()
                    message = aio_pika.Message(
                        frame,
                        headers=last if place == len(letter.frames) else headers,
                        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                    )
                    confirms.create_task(self._confirmed(message))

    async def _confirmed(self, message: aio_pika.Message) -> None:
        await self._exchange.publish(message, self._queue)
        self._room.release()


async def send(task: Task, say: Say) -> None:
    """Be the sending end until cancelled."""
    key = serialization.load_pem_private_key(task.key.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    async with await aio_pika.connect(task.broker) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        sender = Sender(Journal(Path(task.file)), key, channel.default_exchange, task.queue)
        app = web.Application()
        app.router.add_post("/{began}", sender.take)
        runner = web.AppRunner(app, access_log=None, read_bufsize=FRAME, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, 0).start()
            say({"port": runner.addresses[0][1]})
            await sender.publish()
        finally:
            await runner.cleanup()


# --- the receiving end ---------------------------------------------------------------------------


class Receiver:
    """Puts frames together again, and acknowledges what is on disk."""

    def __init__(self, journal: Journal, key: PublicKey, say: Say) -> None:
        self._journal, self._key, self._say = journal, key, say
        self._open: dict[int, Any] = {}  # letter → the SHA-256 so far
        self._whole: list[float] = []
        self._newest: AbstractIncomingMessage | None = None
        self._came = asyncio.Event()

    async def take(self, message: AbstractIncomingMessage) -> None:
        """
        The next frame. Nothing is awaited in here, so that frames keep their order.

        Raises: InvalidSignature.
        """
        headers, body = message.headers, message.body
        letter = int(str(headers["letter"]))
        digest = self._open.setdefault(letter, hashlib.sha256())
        digest.update(body)
        self._journal.append(body)
        if "signature" in headers:
            signature = bytes.fromhex(str(headers["signature"]))
            try:
                verify(self._key, signature, self._open.pop(letter).digest())
            except InvalidSignature:
                self._say({"failed": f"letter {letter} arrived damaged"})
                raise
            self._whole.append(float(str(headers["began"])))
        self._newest = message
        self._came.set()

    async def settle(self) -> None:
        """Sync and acknowledge whatever came, again and again, until cancelled."""
        while True:
            await self._came.wait()
            self._came.clear()
            newest, self._newest, whole, self._whole = self._newest, None, self._whole, []
            assert newest is not None
            await self._journal.synced()
            await newest.ack(multiple=True)
            if whole:
                self._say({"at": time.monotonic(), "began": whole})


async def receive(task: Task, say: Say) -> None:
    """Be the receiving end until cancelled."""
    key = serialization.load_pem_public_key(task.key.encode())
    assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    async with await aio_pika.connect(task.broker) as connection:
        channel = await connection.channel(publisher_confirms=False)
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.get_queue(task.queue, ensure=False)
        receiver = Receiver(Journal(Path(task.file)), key, say)
        await queue.consume(receiver.take, arguments=dict(task.consume))
        say({"port": 0})
        await receiver.settle()


# --- the process ---------------------------------------------------------------------------------

ENDS = {"send": send, "receive": receive}


async def main(end: str) -> None:
    """One end, until standard input ends. Raises: whatever stops it before."""
    lines = asyncio.StreamReader(limit=64 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    task = Task(**json.loads(await lines.readline()))
    works = asyncio.create_task(ENDS[end](task, lambda said: print(json.dumps(said), flush=True)))
    over = asyncio.create_task(lines.read())
    done, _ = await asyncio.wait((works, over), return_when=asyncio.FIRST_COMPLETED)
    if works in done:
        works.result()
    works.cancel()
    await asyncio.gather(works, return_exceptions=True)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
