"""
The way into the rooms of the store: writing through the writer (one commit for many), reading beside it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from gateway.core.delivery import Delivery, retry_after
from gateway.core.errors import Unavailable
from gateway.core.model import NodeId
from gateway.ports import Blobs
from gateway.store import arrivals, claims, directory_rows, tables
from gateway.store.blobs import FileBlobs
from gateway.store.boxes import FullBoxes
from gateway.store.engines import open_engines
from gateway.store.transaction import Transaction
from gateway.store.wall import is_worth_repeating, translate
from gateway.store.writer import Item, Operation, Writer

READERS = 2
T = TypeVar("T")


def _nobody_listens(_topics: Iterable[str]) -> None:
    """The bell of a store that nobody waits for."""


@cache
def _empty() -> bytes:
    """A database with all tables and no rows; copying it takes a twentieth of the time of making it."""
    writer = open_engines("sqlite://", READERS).writer
    try:
        with writer.begin() as connection:
            tables.metadata.create_all(connection)
        return _driver(writer).serialize()
    finally:
        writer.dispose()


def _driver(in_memory: Engine) -> sqlite3.Connection:
    """The one connection of a database in memory, below SQLAlchemy."""
    connection = in_memory.raw_connection().driver_connection
    assert isinstance(connection, sqlite3.Connection)
    return connection


def _no_crash(_point: str) -> None:
    """What happens at a crash point outside tests."""


class Access:
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
            if self._engines.is_memory:
                _driver(self._engines.writer).deserialize(_empty())
            with self._engines.writer.begin() as connection:
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
        self._full_boxes = FullBoxes()

        def changed(topics: Iterable[str]) -> None:
            told = tuple(topics)
            self._full_boxes.note(told)
            on_change(told)

        self._writer = Writer(self._engines.writer, self._open, changed, inline=inline)

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

    async def _glance(self, question: Callable[[Connection], T]) -> T:
        """
        The answer to what is looked up by key, a row or a few, as every letter asks it several times.

        Where the database is in this process, the answer costs less than handing the question to a thread.
        """
        if self._engines.glancer is None or self._readers is None:
            return await self._read(question)
        return self._ask(question, self._engines.glancer)

    def _ask(self, question: Callable[[Connection], T], engine: Engine | None = None) -> T:
        for is_last_try in (False, True):
            try:
                with (engine or self._engines.reader).connect() as connection:
                    return question(connection)
            except Exception as error:
                if not is_last_try and is_worth_repeating(error):
                    continue
                known = translate(error)
                if known is None:
                    raise
                raise known from error
        raise AssertionError("the last try returns or raises")

    async def close(self) -> None:
        try:
            with suppress(Unavailable):  # a full disk must not keep a node from stopping
                await self._do(claims.end_life, None)
        finally:
            await self._writer.close()
            if self._readers is not None:
                await asyncio.get_running_loop().run_in_executor(None, self._readers.shutdown)
            self._engines.dispose()
