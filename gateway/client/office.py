"""
The post office as a caller sees it: one method per route of /v1.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from gateway.client.accounts import AccountCalls, times
from gateway.client.arriving import Arriving, Fetched, save, whole_file
from gateway.client.diary import DiaryCalls
from gateway.client.exchange import Exchange, Retries, Trouble
from gateway.client.form import OutgoingForm
from gateway.client.notices import NoticeCalls
from gateway.client.source import CHUNK, Outgoing, Progress, Source
from gateway.client.uploads import UploadNote, end_upload, upload
from gateway.core.catalogue import BLOB_DAMAGED
from gateway.core.errors import find
from gateway.core.model import Kind
from gateway.v1.contents import LetterContents
from gateway.v1.found import LettersFound
from gateway.v1.lifetime import lifetime_text
from gateway.v1.metadata import LetterMetadata
from gateway.v1.shapes import (
    AgencyPage,
    HealthShape,
    HistoryPage,
    LetterAnswer,
    MailboxPage,
    ReadinessShape,
    ReplayAnswer,
    TrackingShape,
    VerificationShape,
)


class TrucClient(AccountCalls, DiaryCalls, NoticeCalls):
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
        ttl: timedelta | None = None,
        deliver_by: datetime | None = None,
        progress: Progress | None = None,
    ) -> LetterAnswer:
        """
        Send a message, raw edXML. `to` names the recipients that shall get it (default: all it names), `ttl`
        how long it may take before it is returned, `deliver_by` (aware) the hour by which it must be there.

        Raises: OSError of the file.
        """
        letter = Outgoing(source, progress)
        return await self._exchange.ask(
            LetterAnswer,
            "POST",
            "/v1/letters",
            query=_wishes(to, dry_run=dry_run, ttl=ttl, deliver_by=deliver_by),
            headers={"Idempotency-Key": idempotency_key or str(uuid.uuid4())},
            letter=letter,
            may_repeat=letter.may_repeat,
        )

    async def send_files(
        self,
        metadata: LetterMetadata,
        files: Sequence[Path],
        *,
        to: Sequence[str] = (),
        idempotency_key: str | None = None,
        dry_run: bool = False,
        ttl: timedelta | None = None,
        deliver_by: datetime | None = None,
        progress: Progress | None = None,
    ) -> LetterAnswer:
        """
        Send a document that is not edXML yet: the node makes it of what it says and its files.

        Raises: OSError of a file.
        """
        return await self._exchange.ask(
            LetterAnswer,
            "POST",
            "/v1/letters",
            query=_wishes(to, dry_run=dry_run, ttl=ttl, deliver_by=deliver_by),
            headers={"Idempotency-Key": idempotency_key or str(uuid.uuid4())},
            letter=OutgoingForm(metadata, files, progress),
        )

    async def send_resumable(
        self,
        path: Path,
        *,
        to: Sequence[str] = (),
        idempotency_key: str | None = None,
        dry_run: bool = False,
        ttl: timedelta | None = None,
        deliver_by: datetime | None = None,
        note: UploadNote | None = None,
        progress: Progress | None = None,
    ) -> LetterAnswer:
        """
        Send a message, raw edXML, in pieces over a line that breaks.

        With the same `note` a later call goes on where this one broke off. The node forgets the upload once
        it has the letter.

        Raises: OSError of the file.
        """
        done = await upload(self._exchange, path, note=note, progress=progress)
        answer = await self._exchange.ask(
            LetterAnswer,
            "POST",
            "/v1/letters",
            query=_wishes(to, dry_run=dry_run, ttl=ttl, deliver_by=deliver_by),
            headers={"Idempotency-Key": idempotency_key or str(uuid.uuid4())},
            json={"upload": done},
        )
        await end_upload(self._exchange, done)
        return answer

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

    async def inbox(
        self, *, kind: Kind | None = None, after: int = 0, limit: int = 100, wait: int = 0
    ) -> MailboxPage:
        """What waits for the caller's agencies, oldest first, beyond the cursor `after`.

        While there is nothing, the node is asked to wait up to `wait` seconds (at most 55) for something.
        """
        query = _page(kind, after, limit) + ([("wait", str(wait))] if wait else [])
        return await self._exchange.ask(MailboxPage, "GET", "/v1/mailbox", query=query)

    async def history(
        self,
        *,
        since: datetime | None = None,
        kind: Kind | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> HistoryPage:
        """Everything that ever came to the caller's agencies, acknowledged or not, in the order it came."""
        query = _page(kind, after, limit) + times(since=since)
        return await self._exchange.ask(HistoryPage, "GET", "/v1/mailbox/history", query=query)

    async def replay(self, since: datetime) -> int:
        """Have listed again what came since then (aware) and was acknowledged; how many."""
        said = {"since": since.isoformat()}
        answer = await self._exchange.ask(ReplayAnswer, "POST", "/v1/mailbox/replay", json=said)
        return answer.offered_again

    @asynccontextmanager
    async def open(self, letter_id: str) -> AsyncIterator[Arriving]:
        """
        A letter of the mailbox as it comes in, tried once.

        Raises: Unavailable also while its chunks are read: broken off, or not what was sent.
        """
        async with self._exchange.call("GET", f"/v1/mailbox/{letter_id}") as response:
            yield self._arriving(response)

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

        async def once() -> Fetched:
            async with whole_file(to) as partial, self.open(letter_id) as letter:
                size = await save(letter, partial, progress)
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

    def _arriving(self, response: aiohttp.ClientResponse) -> Arriving:
        sha256 = response.headers.get("ETag", "").strip('"')
        return Arriving(response.content_length, sha256, self._checked(response, sha256))

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

    # --- where letters are, and what is in them ------------------------------------------------------

    async def track(self, letter_id: str) -> TrackingShape:
        """Where a letter of the caller is."""
        return await self._exchange.ask(TrackingShape, "GET", f"/v1/letters/{letter_id}")

    async def verification(self, letter_id: str) -> VerificationShape:
        """What the seal of a letter of the caller is worth."""
        return await self._exchange.ask(VerificationShape, "GET", f"/v1/letters/{letter_id}/verification")

    async def evidence(self, letter_id: str, to: Path, *, progress: Progress | None = None) -> Path:
        """A letter of the caller with its seals as one .asice: complete and on disk, or not there at all."""
        path = f"/v1/letters/{letter_id}.asice"

        async def once() -> Path:
            async with whole_file(to) as partial, self._exchange.call("GET", path) as response:
                chunks = response.content.iter_chunked(CHUNK)
                await save(Arriving(response.content_length, "", chunks), partial, progress)
            return to

        return await self._exchange.persist(once)

    async def find(self, text: str) -> tuple[TrackingShape, ...]:
        """Letters of the caller by letter_id, DocumentId, or number and notation."""
        found = await self.search({"find": text, "full": "true"})
        return tuple(line.tracking for line in found.letters if line.tracking is not None)

    async def search(self, wanted: Mapping[str, str]) -> LettersFound:
        """Letters of the caller; `wanted` are the query parameters of GET /v1/letters, such as `sha256`."""
        return await self._exchange.ask(LettersFound, "GET", "/v1/letters", query=list(wanted.items()))

    async def contents(self, letter_id: str) -> LetterContents:
        """What a letter that the caller sent or received says, and which files it has; this is no fetch."""
        return await self._exchange.ask(LetterContents, "GET", f"/v1/letters/{letter_id}/metadata")

    async def attachment(
        self, letter_id: str, index: int, to: Path, *, progress: Progress | None = None
    ) -> Fetched:
        """
        One file of a letter (counted from 0) into the file `to`: complete, checked and on disk, or not there.

        Raises: OSError of the file.
        """
        return await self._download(f"/v1/letters/{letter_id}/attachments/{index}", to, progress)

    async def original(self, letter_id: str, to: Path, *, progress: Progress | None = None) -> Fetched:
        """A letter that the caller sent or received, as it was sent: no fetch. Raises: OSError of a file."""
        return await self._download(f"/v1/letters/{letter_id}.edxml", to, progress)

    async def _download(self, path: str, to: Path, progress: Progress | None) -> Fetched:
        async def once() -> Fetched:
            async with whole_file(to) as partial, self._exchange.call("GET", path) as response:
                file = self._arriving(response)
                size = await save(file, partial, progress)
            return Fetched(to, size, file.sha256)

        return await self._exchange.persist(once)

    # --- whom to write to, how the node feels --------------------------------------------------------

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


def _wishes(
    to: Sequence[str], *, dry_run: bool, ttl: timedelta | None, deliver_by: datetime | None
) -> list[tuple[str, str]]:
    """What is asked of a sending, whichever form it has."""
    wishes = [("to", code) for code in to] + ([("dry_run", "true")] if dry_run else [])
    wishes += [] if ttl is None else [("ttl", lifetime_text(ttl))]
    return wishes + ([] if deliver_by is None else [("deliver_by", deliver_by.isoformat())])


def _page(kind: Kind | None, after: int, limit: int) -> list[tuple[str, str]]:
    query = [("after", str(after)), ("limit", str(limit))]
    return query + ([("kind", kind.value)] if kind is not None else [])
