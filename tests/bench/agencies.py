"""The agencies of a measurement: a process of its own that hands letters in and takes them out over /v1.

It knows the nodes only through their public interface. Times are those of the machine's clock, which is the
nodes' clock too: from the first byte of a letter's request to `waiting_since`, when its recipient could
fetch it.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

import uvloop

from gateway.sandbox.axis import AgencyDesk
from tests.bench.http_line import HttpLine, Unexpected
from tests.bench.paper import FIRST_NUMBER, Blank, blank

POLL_SECONDS = 0.25  # `waiting_since` is the node's word: how often we look does not enter the figures
PATIENCE_SECONDS = 300.0
COLLECTORS = 4
DOCUMENT, STATUS = "document", "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Letters from one agency to another: `count` of them, their sizes in turn, `at_once` requests in flight.

    `every` seconds one letter, or as fast as they are taken. `collects`: the recipient fetches and
    acknowledges while letters arrive; otherwise afterwards. `awaits_status`: the recipient's node answers
    each with a 01.
    """

    sender: AgencyDesk
    recipient: AgencyDesk
    sizes: tuple[int, ...]
    count: int
    at_once: int = 16
    every: float = 0.0
    priority: int = 0
    collects: bool = False
    awaits_status: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of an errand. Moments are seconds of the epoch."""

    began: float
    ready: float  # the last letter lay in the mailbox
    collected: float  # the last one was fetched and acknowledged
    answered: float  # the last status lay in the sender's mailbox; 0 if none was awaited
    latencies: tuple[float, ...]  # of each letter, to the mailbox
    answers: tuple[float, ...]  # how long each request of the sender took
    collecting: float  # seconds that fetching and acknowledging took, where it came afterwards
    again: int  # requests that a node put off


class _Mailbox:
    """One agency's mailbox as it fills: which letters are there, since when."""

    def __init__(self, line: HttpLine, kind: str, expected: int) -> None:
        self._line, self._kind, self._expected = line, kind, expected
        self.since: dict[str, float] = {}
        self.found: asyncio.Queue[str | None] = asyncio.Queue()

    async def fill(self) -> None:
        """Look until everything is there; then tell the collectors that nothing follows."""
        after = 0
        while True:
            page = json.loads(await self._line.get(f"/v1/mailbox?kind={self._kind}&after={after}&limit=1000"))
            for item in page["items"]:
                after = item["number"]
                self.since[item["letter_id"]] = datetime.fromisoformat(item["waiting_since"]).timestamp()
                self.found.put_nowait(item["letter_id"])
            if len(self.since) >= self._expected:
                break
            if len(page["items"]) < 1000:
                await asyncio.sleep(POLL_SECONDS)
        self.found.put_nowait(None)

    async def collect(self, desk: AgencyDesk) -> float:
        """Fetch and acknowledge what is found; when the last one was."""

        async def work(line: HttpLine) -> None:
            while (letter_id := await self.found.get()) is not None:
                await line.get(f"/v1/mailbox/{letter_id}", keep=False)
                await line.post(f"/v1/mailbox/{letter_id}/ack")
            self.found.put_nowait(None)  # for the next collector

        async with AsyncExitStack() as stack:
            lines = [await stack.enter_async_context(HttpLine(desk.url, desk.key)) for _ in range(COLLECTORS)]
            await asyncio.gather(*map(work, lines))
        return time.time()


@dataclass(slots=True)
class _Office:
    """Everything that this process keeps between errands: blanks, and the next free number."""

    blanks: dict[tuple[str, str, int, int], Blank] = field(default_factory=dict)
    number: int = FIRST_NUMBER

    def numbers(self, count: int) -> range:
        self.number += count
        return range(self.number - count, self.number)

    def blank(self, errand: Errand, size: int) -> Blank:
        wanted = (str(errand.sender.agency), str(errand.recipient.agency), size, errand.priority)
        if wanted not in self.blanks:
            self.blanks[wanted] = blank(wanted[0], [wanted[1]], size, priority=errand.priority)
        return self.blanks[wanted]

    async def run(self, errand: Errand) -> Told:
        """Carry out an errand to its end. Raises: Unexpected, TimeoutError."""
        papers = [self.blank(errand, size) for size in dict.fromkeys(errand.sizes)]
        by_size = dict(zip(dict.fromkeys(errand.sizes), papers, strict=True))
        work = [
            (n, by_size[errand.sizes[i % len(errand.sizes)]])
            for i, n in enumerate(self.numbers(errand.count))
        ]
        recipient, answered, collecting = errand.recipient, 0.0, 0.0
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            HttpLine(recipient.url, recipient.key) as watcher,
            asyncio.TaskGroup() as together,
        ):
            mailbox = _Mailbox(watcher, DOCUMENT, errand.count)
            began = time.time()
            sending = together.create_task(_send_all(errand, work))
            filling = together.create_task(mailbox.fill())
            if errand.awaits_status:
                answering = together.create_task(_statuses(errand))
            if not errand.collects:
                await filling
            before = time.time()
            collected = await mailbox.collect(recipient)
            if not errand.collects:
                collecting = collected - before
            if errand.awaits_status:
                answered = await answering
            sent = await sending
        started = {letter_id: at for letter_id, at, _ in sent.answers}
        return Told(
            began=began,
            ready=max(mailbox.since.values()),
            collected=collected,
            answered=answered,
            latencies=tuple(since - started[letter_id] for letter_id, since in mailbox.since.items()),
            answers=tuple(seconds for _, _, seconds in sent.answers),
            collecting=collecting,
            again=sent.again,
        )


@dataclass(slots=True)
class _Sent:
    """What the sender was answered: letter_id, when its request began, how long it took."""

    answers: list[tuple[str, float, float]] = field(default_factory=list)
    again: int = 0


async def _send_all(errand: Errand, work: Sequence[tuple[int, Blank]]) -> _Sent:
    sent, left = _Sent(), _Paced(work, errand.every)

    async def send(line: HttpLine) -> None:
        async for number, paper in left:
            began = time.time()
            answer = json.loads(await line.post("/v1/letters", paper.numbered(number)))
            if answer["repeated"]:
                raise Unexpected(f"letter {number} was there already")
            sent.answers.append((answer["letter_id"], began, time.time() - began))

    async with AsyncExitStack() as stack:
        desk = errand.sender
        lines = [await stack.enter_async_context(HttpLine(desk.url, desk.key)) for _ in range(errand.at_once)]
        await asyncio.gather(*map(send, lines))
        sent.again = sum(line.again for line in lines)
    return sent


class _Paced:
    """
    Letters in turn, handed to whoever asks, one every so many seconds. A generator allows only one to ask.
    """

    def __init__(self, work: Sequence[tuple[int, Blank]], every: float) -> None:
        self._work, self._every = iter(enumerate(work)), every
        self._began = time.monotonic()

    def __aiter__(self) -> AsyncIterator[tuple[int, Blank]]:
        return self

    async def __anext__(self) -> tuple[int, Blank]:
        try:
            place, item = next(self._work)
        except StopIteration:
            raise StopAsyncIteration from None
        if self._every:
            await asyncio.sleep(max(0.0, self._began + place * self._every - time.monotonic()))
        return item


async def _statuses(errand: Errand) -> float:
    """Take every status out of the sender's mailbox; when the last one lay there."""
    desk = errand.sender
    async with HttpLine(desk.url, desk.key) as line:
        mailbox = _Mailbox(line, STATUS, errand.count)
        await asyncio.gather(mailbox.fill(), mailbox.collect(desk))
    return max(mailbox.since.values())


# --- the process ---------------------------------------------------------------------------------


def _serve(line: Connection, first: int) -> None:
    """Carry out errands until None comes."""
    office = _Office(number=first)

    while (errand := line.recv()) is not None:
        try:
            line.send(uvloop.run(office.run(errand)))
        except Exception as failed:  # whatever it was, the measurement has to hear of it
            line.send(Unexpected(_reason(failed)))


def _reason(failed: BaseException) -> str:
    """The first of what failed together, in words."""
    while isinstance(failed, BaseExceptionGroup):
        failed = failed.exceptions[0]
    return f"{type(failed).__name__}: {failed}"


class Agencies:
    """The process, seen from outside."""

    def __init__(self, line: Connection, pid: int) -> None:
        self._line, self.pid = line, pid
        self._turn = asyncio.Lock()

    async def run(self, errand: Errand) -> Told:
        """Have an errand carried out. Raises: Unexpected."""
        async with self._turn:
            told: Any = await asyncio.to_thread(self._exchange, errand)
        if isinstance(told, Unexpected):
            raise told
        assert isinstance(told, Told)
        return told

    def _exchange(self, errand: Errand) -> object:
        self._line.send(errand)
        return self._line.recv()


@asynccontextmanager
async def agencies(first: int = FIRST_NUMBER) -> AsyncIterator[Agencies]:
    """A process that carries out errands, with letters of the numbers from `first` on; ended on leaving."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, first), daemon=True)
    process.start()
    assert process.pid is not None
    try:
        yield Agencies(ours, process.pid)
    finally:
        if process.is_alive():
            ours.send(None)
            await asyncio.to_thread(process.join, 5)
            process.kill()
