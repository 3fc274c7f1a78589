"""
The post office as a caller sees it: one method per route of /v1.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from gateway.client.exchange import Exchange, Retries, Trouble
from gateway.client.source import CHUNK, Outgoing, Progress, Source
from gateway.core.catalogue import BLOB_DAMAGED
from gateway.core.errors import find
from gateway.core.model import Kind
from gateway.v1.shapes import (
    AgencyPage,
    HealthShape,
    LetterAnswer,
    LettersFound,
    MailboxPage,
    ReadinessShape,
    TrackingShape,
    VerificationShape,
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A letter that was fetched and is durable at `path`."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Arriving:
    """A letter while it is fetched. Its last chunk is given only if the digest of all of them agrees."""

    size: int | None
    sha256: str
    chunks: AsyncIterator[bytes]


class TrucClient:
    """
    One caller of one node; use it as an async context manager.

    `url` is the node's address without `/v1`, `key` the agency's access key, `language` (`vi`, `en`) that
    of error titles. `sleep` waits between tries.

    Raises (any call): Rejected with all findings; Unavailable once the tries are used up.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        language: str = "vi",
        retries: Retries | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._exchange = Exchange(url, key, language, retries or Retries(), sleep)

    async def __aenter__(self) -> Self:
        self._exchange.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exchange.end()

    # --- sending -----------------------------------------------------------------------------------

    async def send(
        self,
        source: Source,
        *,
        to: Sequence[str] = (),
        idempotency_key: str | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> LetterAnswer:
        """
        Send a message, raw edXML. `to` names the recipients that shall get it (default: all it names).

        Raises: OSError of the file.
        """
        letter = Outgoing(source, progress)
        return await self._exchange.ask(
            LetterAnswer,
            "POST",
            "/v1/letters",
            query=[("to", code) for code in to] + ([("dry_run", "true")] if dry_run else []),
            headers={"Idempotency-Key": idempotency_key or str(uuid.uuid4())},
            letter=letter,
            may_repeat=letter.may_repeat,
        )

    async def report(
        self, letter_id: str, code: str, *, description: str = "", staff: str = ""
    ) -> LetterAnswer:
        """
        Send a status about a letter: 01-06, 15, 16 as its receiver, 13 as its sender.

        Not tried again when the answer got lost: the second one would be another status.
        """
        said = {"code": code, "description": description, "staff": staff}
        path = f"/v1/letters/{letter_id}/statuses"
        return await self._exchange.ask(LetterAnswer, "POST", path, json=said, may_repeat=False)

    # --- the mailbox -------------------------------------------------------------------------------

    async def inbox(self, *, kind: Kind | None = None, after: int = 0, limit: int = 100) -> MailboxPage:
        """What waits for the caller's agencies, oldest first, beyond the cursor `after`."""
        query = [("after", str(after)), ("limit", str(limit))]
        query += [("kind", kind.value)] if kind is not None else []
        return await self._exchange.ask(MailboxPage, "GET", "/v1/mailbox", query=query)

    @asynccontextmanager
    async def open(self, letter_id: str) -> AsyncIterator[Arriving]:
        """
        A letter of the mailbox as it comes in, tried once.

        Raises: Unavailable also while its chunks are read: broken off, or not what was sent.
        """
        async with self._exchange.call("GET", f"/v1/mailbox/{letter_id}") as response:
            sha256 = response.headers.get("ETag", "").strip('"')
            yield Arriving(response.content_length, sha256, self._checked(response, sha256))

    async def stream(self, letter_id: str) -> AsyncIterator[bytes]:
        """The chunks of a letter of the mailbox, tried once; see `open`."""
        async with self.open(letter_id) as letter:
            async for chunk in letter.chunks:
                yield chunk

    async def fetch(self, letter_id: str, to: Path, *, progress: Progress | None = None) -> Fetched:
        """
        Fetch a letter into the file `to`: complete, checked and on disk, or not there at all.

        Raises: OSError of the file.
        """
        partial = to.with_name(f".{to.name}.part")

        async def once() -> Fetched:
            try:
                async with self.open(letter_id) as letter:
                    size = await _save(letter, partial, progress)
                await asyncio.to_thread(os.replace, partial, to)
            finally:
                partial.unlink(missing_ok=True)
            return Fetched(to, size, letter.sha256)

        return await self._exchange.persist(once)

    async def read(self, letter_id: str) -> bytes:
        """A letter of the mailbox in memory; for small ones."""

        async def once() -> bytes:
            async with self.open(letter_id) as letter:
                return b"".join([chunk async for chunk in letter.chunks])

        return await self._exchange.persist(once)

    async def ack(self, letter_id: str) -> None:
        """Say that the letter is stored in the agency's own system; it leaves the mailbox."""
        await self._exchange.tell("POST", f"/v1/mailbox/{letter_id}/ack")

    async def _checked(self, response: aiohttp.ClientResponse, sha256: str) -> AsyncIterator[bytes]:
        """The chunks of a letter, each one late, so that a wrong digest is told before the last is given."""
        digest, before = hashlib.sha256(), b""
        while True:
            with self._exchange.line():
                chunk = await response.content.read(CHUNK)
            if not chunk:
                break
            if before:
                yield before
            digest.update(chunk)
            before = chunk
        if digest.hexdigest() != sha256:
            raise Trouble(find(BLOB_DAMAGED, detail=f"SHA-256 {digest.hexdigest()} ≠ {sha256}"))
        if before:
            yield before

    # --- where letters are, whom to write to, how the node feels -------------------------------------

    async def track(self, letter_id: str) -> TrackingShape:
        """Where a letter of the caller is."""
        return await self._exchange.ask(TrackingShape, "GET", f"/v1/letters/{letter_id}")

    async def verification(self, letter_id: str) -> VerificationShape:
        """What the seal of a letter of the caller is worth."""
        return await self._exchange.ask(VerificationShape, "GET", f"/v1/letters/{letter_id}/verification")

    async def evidence(self, letter_id: str, to: Path, *, progress: Progress | None = None) -> Path:
        """A letter of the caller with its seals as one .asice: complete and on disk, or not there at all."""
        partial = to.with_name(f".{to.name}.part")

        async def once() -> Path:
            try:
                async with self._exchange.call("GET", f"/v1/letters/{letter_id}.asice") as response:
                    chunks = response.content.iter_chunked(CHUNK)
                    await _save(Arriving(response.content_length, "", chunks), partial, progress)
                await asyncio.to_thread(os.replace, partial, to)
            finally:
                partial.unlink(missing_ok=True)
            return to

        return await self._exchange.persist(once)

    async def find(self, text: str) -> tuple[TrackingShape, ...]:
        """Letters of the caller by letter_id, DocumentId, or number and notation."""
        found = await self._exchange.ask(LettersFound, "GET", "/v1/letters", query=[("find", text)])
        return found.letters

    async def agencies(self, q: str = "", *, code: str = "", limit: int = 20) -> AgencyPage:
        """Agencies by name or code as typed (`q`), or the one with exactly this `code`."""
        query = [("limit", str(limit)), ("code", code) if code else ("q", q)]
        return await self._exchange.ask(AgencyPage, "GET", "/v1/agencies", query=query)

    async def health(self) -> HealthShape:
        """Whether the node answers at all."""
        return await self._exchange.ask(HealthShape, "GET", "/v1/health")

    async def ready(self) -> ReadinessShape:
        """Whether the node takes letters, and which links are up; asked once: «no» is an answer too."""
        async with self._exchange.call("GET", "/v1/ready", accepted=frozenset({503})) as response:
            return await self._exchange.read(ReadinessShape, response)


async def _save(letter: Arriving, path: Path, progress: Progress | None) -> int:
    """Write all chunks to a file and return when they are durable: an acknowledgement may follow."""
    done = 0
    with await asyncio.to_thread(path.open, "wb") as file:
        async for chunk in letter.chunks:
            await asyncio.to_thread(file.write, chunk)
            done += len(chunk)
            if progress is not None:
                progress(done, letter.size)
        await asyncio.to_thread(file.flush)
        await asyncio.to_thread(os.fsync, file.fileno())
    return done
