"""
The clients of a run: agencies that send until they have an answer, and clerks that empty the mailboxes.

They know the axis only through its public API, and write down all that they are told.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from random import Random

from gateway.client import Retries, TrucClient
from gateway.core.catalogue import BAD_REQUEST, NODE_UNREACHABLE
from gateway.core.directory import Directory
from gateway.core.edxml import read
from gateway.core.errors import Rejected, TrucError, Unavailable
from gateway.core.model import AgencyCode, Kind, Organ
from gateway.letters import DIALECTS, compose
from gateway.sandbox.axis import AgencyDesk
from gateway.sandbox.mail import far_pairs
from gateway.v1.shapes import MailLine
from schemas.safe_xml import Limits
from tests.kit.history import Accepted, Acknowledged, Event, Fetched, History, Listed, Owed, Refused

AT_ONCE = 12  # calls of senders at the same time
AGAIN_SECONDS = 1.0
LOOK_SECONDS = 0.5
ARRIVED = "01"

# How large attachments are: most letters are one frame; some go in several frames, through a partial file;
# one in a hundred is larger than half a window and goes piece by piece.
SIZES = (*[3_000] * 90, *[60_000] * 6, *[1_500_000] * 3, 5_000_000)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that an agency wants to send; `key` is the Idempotency-Key of all its tries."""

    sender: AgencyCode
    recipient: AgencyCode
    content: bytes
    key: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def letters(directory: Directory, count: int, rng: Random, *, sizes: Sequence[int] = SIZES) -> list[Letter]:
    """`count` letters between the leaves of two branches, the longest ways of the tree, both ways in turn."""
    made, pairs = [], far_pairs(directory)
    for number in range(1, count + 1):
        sender, recipient = next(pairs)
        writes, reads = (Organ(code, directory.agencies[code].name) for code in (sender, recipient))
        dialect, size = DIALECTS[number % len(DIALECTS)], rng.choice(sizes)
        content = compose(dialect, sender=writes, recipients=[reads], number=number, rng=rng, size=size)
        made.append(Letter(sender, recipient, content, str(uuid.UUID(int=rng.getrandbits(128)))))
    return made


class Clients:
    """All agencies of an axis, with one history."""

    def __init__(
        self, directory: Directory, desks: Mapping[AgencyCode, AgencyDesk], history: History
    ) -> None:
        self._directory, self._desks, self._history = directory, desks, history
        self._clients: dict[AgencyCode, TrucClient] = {}
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._clerks: list[Clerk] = []

    async def open(self, stack: AsyncExitStack) -> None:
        """A connection and a clerk for every agency, until the stack unwinds."""
        for code, desk in self._desks.items():
            client = await stack.enter_async_context(TrucClient(desk.url, desk.key, retries=Retries(tries=1)))
            self._clients[code] = client
            clerk = Clerk(code, client, self._history, self._directory)
            self._clerks.append(clerk)
            work = asyncio.create_task(clerk.work(), name=f"clerk {code}")
            stack.push_async_callback(ended, work)

    def nobody_looks_again(self) -> None:
        """Forget how often clerks have looked; see `everybody_looked`."""
        for clerk in self._clerks:
            clerk.rounds = 0

    def everybody_looked(self, times: int) -> bool:
        """Whether every clerk has looked into its mailbox as often as that."""
        return all(clerk.rounds >= times for clerk in self._clerks)

    async def send_all(self, mail: Sequence[Letter], times: Sequence[float]) -> None:
        """Send each letter at its time (seconds from now), and return when each has its answer."""
        await asyncio.gather(*(self._send(letter, at) for letter, at in zip(mail, times, strict=True)))

    async def _send(self, letter: Letter, at: float) -> None:
        await asyncio.sleep(at)
        client = self._clients[letter.sender]
        while True:
            async with self._gate:
                try:
                    answer = await client.send(letter.content, idempotency_key=letter.key)
                except Rejected as refused:
                    return self._history.note(refusal(letter.sender, refused))
                except Unavailable as failed:
                    if is_mute(failed):
                        self._history.note(refusal(letter.sender, failed))
                else:
                    told = Accepted(answer.letter_id, letter.sender, letter.recipient, letter.sha256)
                    return self._history.note(told)
            await asyncio.sleep(AGAIN_SECONDS)


class Clerk:
    """Fetches and acknowledges what comes for one agency."""

    def __init__(
        self, agency: AgencyCode, client: TrucClient, history: History, directory: Directory
    ) -> None:
        self._agency, self._client, self._history = agency, client, history
        self._directory = directory
        self._acknowledged: set[str] = set()
        self._fetched: dict[str, MailLine] = {}  # whose acknowledgement was not answered yet
        self.rounds = 0

    async def work(self) -> None:
        """Look into the mailbox again and again until cancelled."""
        while True:
            try:
                await self._round()
            except TrucError as failed:
                if isinstance(failed, Rejected) or is_mute(failed):
                    self._note(refusal(self._agency, failed))
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self.rounds += 1
                await asyncio.sleep(LOOK_SECONDS)

    async def _round(self) -> None:
        for line in list(self._fetched.values()):
            await self._acknowledge(line)
        for line in (await self._client.inbox()).items:
            self._note(Listed(self._agency, line.letter_id, line.kind is Kind.STATUS))
            if line.letter_id in self._acknowledged:
                continue
            content = await self._client.read(line.letter_id)
            about = said(content) if line.kind is Kind.STATUS else ""
            digest = hashlib.sha256(content).hexdigest()
            self._note(Fetched(self._agency, line.letter_id, digest, about))
            self._fetched[line.letter_id] = line
            await self._acknowledge(line)

    async def _acknowledge(self, line: MailLine) -> None:
        await self._client.ack(line.letter_id)
        self._acknowledged.add(line.letter_id)
        del self._fetched[line.letter_id]
        self._note(Acknowledged(self._agency, line.letter_id))
        if line.kind is Kind.DOCUMENT and not self._directory.agencies[self._agency].sends_arrived:
            self._note(Owed(line.sender, f"{ARRIVED} {line.document_id}"))

    def _note(self, event: Event) -> None:
        self._history.note(event)


def said(status: bytes) -> str:
    """Which status of which document a status message reports."""
    envelope = read(status, (), Limits()).envelope
    documents = " ".join(reply.document_id for reply in envelope.in_reply_to)
    return f"{envelope.status_code} {documents}"


def refusal(caller: AgencyCode, error: TrucError) -> Event:
    """An error answer as the history notes it."""
    finding = error.findings[0]
    detail = f"{finding.en} {dict(finding.params)}"
    return Refused(caller, "" if is_mute(error) else finding.code, detail)


def is_mute(error: TrucError) -> bool:
    """Whether a node answered without saying why: the client then names only the HTTP status."""
    finding = error.findings[0]
    named_by_client = finding.fault in (BAD_REQUEST, NODE_UNREACHABLE)
    return named_by_client and str(finding.params.get("detail", "")).startswith("HTTP ")


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end. Raises: what it failed with, if it failed."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
