"""
The store: letters, deliveries and all the rest, in SQLite or PostgreSQL.

This file only opens the rooms: writing goes through the writer (one commit for many), reading beside it. What
each method does is said in `ports.Store`, how, in the rooms imported here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from gateway.core.delivery import Delivery, Event, State, Target, retry_after
from gateway.core.directory import Directory
from gateway.core.errors import Unavailable
from gateway.core.model import AgencyCode, Kind, Lane, LetterFacts, LetterId, NodeId
from gateway.core.tracking import HopEvent
from gateway.ports import (
    Arriving,
    Blobs,
    Credential,
    Duty,
    JournalRow,
    LetterKey,
    MailItem,
    NewLetter,
    Outgoing,
    StoredLetter,
    Taking,
    TrackRecord,
    Work,
)
from gateway.store import (
    additions,
    arrivals,
    claims,
    control,
    directory_rows,
    mailbox,
    moves,
    rows,
    tables,
    tracking,
)
from gateway.store.blobs import FileBlobs
from gateway.store.engines import open_engines
from gateway.store.transaction import Transaction
from gateway.store.wall import is_worth_repeating, translate
from gateway.store.writer import Item, Operation, Writer

READERS = 2
T = TypeVar("T")


def _nobody_listens(_topics: Iterable[str]) -> None:
    """The bell of a store that nobody waits for."""


def _no_crash(_point: str) -> None:
    """What happens at a crash point outside tests."""


class SqlStore:
    """
    The store of one instance of one node.

    `url`: `sqlite:///truc.db` or `postgresql://…`, migrated before (`migrate.upgrade`), or `sqlite://` for
    one in memory, which makes its own tables. `instance` names this process among those that use the store:
    to open it again under the same name ends the claims of the former one. `on_change` gets topics after each
    commit, from the writer's thread. `inline`: no threads, each operation at once in its own transaction
    (always so in memory). `point` is called at the crash points C5 and C6; `retry` says how long a delivery
    that failed waits for its next try.

    Raises: Misconfigured (SCHEMA_OLD); Unavailable (STORE_BUSY, DISK_FULL).
    """

    def __init__(
        self,
        url: str,
        blobs_root: Path,
        *,
        node: NodeId,
        instance: str,
        on_change: Callable[[Iterable[str]], None] = _nobody_listens,
        inline: bool = False,
        point: Callable[[str], None] = _no_crash,
        retry: Callable[[Delivery], timedelta] = retry_after,
    ) -> None:
        blobs = FileBlobs(blobs_root, instance)
        self._engines = open_engines(url, READERS)
        inline = inline or self._engines.is_memory
        self._shelf, self._point, self._retry = directory_rows.DirectoryShelf(), point, retry
        try:
            with self._engines.writer.begin() as connection:
                if self._engines.is_memory:
                    tables.metadata.create_all(connection)
                self._instance = claims.start_life(connection, node, instance)
                receiving = arrivals.receiving(connection)
        except Exception as error:
            self._engines.dispose()
            known = translate(error)
            if known is None:
                raise
            raise known from error
        blobs.sweep_partials(receiving)
        self.blobs: Blobs = blobs
        self._readers = None if inline else ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._writer = Writer(self._engines.writer, self._open, on_change, inline=inline)

    def _open(self, connection: Connection) -> Transaction:
        return Transaction(connection, self._instance, self._shelf.read, self._point, self._retry)

    async def _do(self, operation: Operation[Item, T], item: Item) -> T:
        return await self._writer.do(operation, item)

    async def _read(self, question: Callable[[Connection], T]) -> T:
        """The answer from one snapshot of what is committed."""
        if self._readers is None:
            await asyncio.sleep(0)
            return self._ask(question)
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._ask, question)

    def _ask(self, question: Callable[[Connection], T]) -> T:
        for is_last_try in (False, True):
            try:
                with self._engines.reader.connect() as connection:
                    return question(connection)
            except Exception as error:
                if not is_last_try and is_worth_repeating(error):
                    continue
                known = translate(error)
                if known is None:
                    raise
                raise known from error
        raise AssertionError("the last try returns or raises")

    # --- intake ----------------------------------------------------------------------------------

    async def same(self, sameness: str, recipients: Iterable[AgencyCode]) -> dict[AgencyCode, LetterId]:
        wanted = list(recipients)
        return await self._read(lambda c: additions.same(c, sameness, wanted))

    async def answer_to(self, caller: str, key: str) -> tuple[str, Mapping[str, Any]] | None:
        return await self._read(lambda c: additions.answer_to(c, caller, key))

    async def earlier(self, sender: AgencyCode, facts: LetterFacts) -> tuple[LetterId, datetime] | None:
        return await self._read(lambda c: tracking.earlier(c, sender, facts))

    async def add_letter(self, new: NewLetter, now: datetime) -> Taking:
        return await self._do(additions.add_letters, additions.Addition(new, now))

    async def keep_refused(self, caller: str, code: str, head: bytes, now: datetime) -> None:
        await self._do(additions.keep_refused, additions.Refusal(caller, code, head, now))

    # --- deliveries ------------------------------------------------------------------------------

    async def claim_due(
        self,
        target: Target | None,
        lane: Lane | None,
        now: datetime,
        *,
        letters: int,
        size: int,
        biggest: int | None = None,
    ) -> list[Work]:
        claim = claims.Claim(target, lane, now, letters, size)
        return await self._do(claims.claim_due, claim if biggest is None else replace(claim, biggest=biggest))

    async def record(
        self, letter_id: LetterId, target: Target, event: Event, now: datetime
    ) -> Delivery | None:
        return await self._do(moves.record, moves.Move(letter_id, target, event, now))

    async def note_held(self, letter_id: LetterId, target: Target, held: str) -> None:
        await self._do(moves.note_held, moves.Progress(letter_id, target, held))

    async def outstanding(self, neighbour: NodeId, lane: Lane) -> list[Delivery]:
        return await self._read(lambda c: claims.outstanding(c, neighbour, lane))

    async def overdue(self, now: datetime, limit: int) -> list[Delivery]:
        return await self._read(lambda c: claims.overdue(c, now, limit))

    async def next_due(self, target: Target | None, lane: Lane | None) -> datetime | None:
        return await self._read(lambda c: claims.next_due(c, target, lane))

    async def letter(self, letter_id: LetterId) -> StoredLetter | None:
        return await self._read(lambda c: rows.load_letters(c, [letter_id]).get(letter_id))

    async def counts(self) -> Mapping[tuple[str, State], int]:
        told = await self._read(claims.counts)
        return {(target, State(state)): number for target, state, number in told}

    # --- arrival ---------------------------------------------------------------------------------

    async def arriving(self, key: LetterKey) -> Arriving:
        return await self._read(lambda c: arrivals.arriving(c, key))

    async def hold_ranges(
        self,
        key: LetterKey,
        neighbour: NodeId,
        manifest: bytes | None,
        ranges: Mapping[int, str],
        now: datetime,
    ) -> None:
        await self._do(arrivals.hold_ranges, arrivals.Pieces(key, neighbour, manifest, dict(ranges), now))

    async def refuse_arrival(self, key: LetterKey, neighbour: NodeId, code: str, now: datetime) -> None:
        await self._do(arrivals.refuse, arrivals.Refusal(key, neighbour, code, now))

    async def quarantine(
        self, data: bytes, *, neighbour: NodeId, lane: Lane, code: str, letter_id: str, now: datetime
    ) -> None:
        odd = arrivals.Odd(data, neighbour, lane, code, letter_id, now)
        await self._do(arrivals.put_in_quarantine, odd)

    async def count_poison(self, key: LetterKey, frame: str, now: datetime) -> int:
        return await self._do(arrivals.count_poison, arrivals.Failure(key, frame, now))

    # --- control messages, duties ----------------------------------------------------------------

    async def send_control(self, messages: Iterable[tuple[NodeId, Mapping[str, Any]]], now: datetime) -> None:
        await self._do(control.send_control, control.Messages(list(messages), now))

    async def control_waiting(self, neighbour: NodeId, limit: int) -> list[Outgoing]:
        return await self._read(lambda c: control.control_waiting(c, neighbour, limit))

    async def control_sent(self, numbers: Sequence[int]) -> None:
        await self._do(control.control_sent, list(numbers))

    async def duties(self, limit: int) -> list[Duty]:
        return await self._read(lambda c: control.owed(c, limit))

    async def duty_done(self, number: int) -> None:
        await self._do(control.duty_done, number)

    # --- tracking --------------------------------------------------------------------------------

    async def add_hops(self, hops: Sequence[HopEvent]) -> None:
        await self._do(tracking.add_hops, list(hops))

    async def add_status(self, status: StoredLetter, now: datetime) -> LetterId | None:
        return await self._do(tracking.add_status, tracking.StatusMessage(status, now))

    async def track(self, letter_id: LetterId) -> TrackRecord | None:
        return await self._read(lambda c: tracking.track(c, letter_id))

    async def find_letters(self, agencies: Iterable[AgencyCode], text: str, limit: int) -> list[LetterId]:
        codes = list(agencies)
        return await self._read(lambda c: tracking.find_letters(c, codes, text, limit))

    # --- hand-over -------------------------------------------------------------------------------

    async def waiting(
        self, agencies: Iterable[AgencyCode], *, kind: Kind | None, after: int, limit: int
    ) -> list[MailItem]:
        codes = list(agencies)
        return await self._read(lambda c: mailbox.waiting(c, codes, kind, after, limit))

    async def mail(self, letter_id: LetterId, agencies: Iterable[AgencyCode]) -> list[Delivery]:
        codes = list(agencies)
        return await self._read(lambda c: mailbox.mail(c, letter_id, codes))

    async def note_fetched(self, letter_id: LetterId, agency: AgencyCode, now: datetime) -> None:
        await self._do(mailbox.note_fetched, mailbox.Fetch(letter_id, agency, now))

    async def was_fetched(self, letter_id: LetterId, agency: AgencyCode) -> bool:
        return await self._read(lambda c: mailbox.was_fetched(c, letter_id, agency))

    # --- directory, credentials, journal, life ---------------------------------------------------

    async def directory(self) -> Directory:
        return await self._read(self._shelf.read)

    async def set_directory(self, directory: Directory, now: datetime) -> None:
        await self._do(directory_rows.set_directory, directory_rows.NewDirectory(directory, now))

    async def add_credential(self, credential: Credential, key_hash: str, now: datetime) -> None:
        new = directory_rows.NewCredential(credential, key_hash, now)
        await self._do(directory_rows.add_credentials, new)

    async def credential(self, key_hash: str) -> Credential | None:
        found = await self._read(lambda c: directory_rows.read_credentials(c, key_hash))
        return found[0] if found else None

    async def credentials(self) -> list[Credential]:
        return await self._read(directory_rows.read_credentials)

    async def journal(self, after: int, limit: int) -> list[JournalRow]:
        return await self._read(lambda c: _journal(c, self._instance.node, after, limit))

    async def beat(self, now: datetime) -> None:
        await self._do(claims.beat, now)

    async def close(self) -> None:
        try:
            with suppress(Unavailable):  # a full disk must not keep a node from stopping
                await self._do(claims.end_life, None)
        finally:
            await self._writer.close()
            if self._readers is not None:
                await asyncio.get_running_loop().run_in_executor(None, self._readers.shutdown)
            self._engines.dispose()


def _journal(connection: Connection, writer: NodeId, after: int, limit: int) -> list[JournalRow]:
    journal = tables.journal
    found = connection.execute(
        select(journal)
        .where(journal.c.writer == writer, journal.c.number > after)
        .order_by(journal.c.number)
        .limit(limit)
    )
    return [
        JournalRow(
            number=row.number,
            at=row.at,
            event=row.event,
            letter_id=row.letter_id,
            target=row.target,
            code=row.code,
            detail=json.loads(row.detail),
            sha256=row.sha256,
        )
        for row in found
    ]
