from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.exc import DBAPIError

from gateway.core.errors import Misconfigured, Unavailable
from gateway.ports import Taking
from gateway.store import migrate, tables
from gateway.store.engines import open_engines
from gateway.store.sql import SqlStore
from gateway.store.wall import is_worth_repeating, translate
from tests.contract.conftest import Database
from tests.kit.builders import PROVINCE, inline_part, letter_id, new_letter
from tests.kit.clock import START


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB; only root can make one."""
    place = tmp_path / "disk"
    place.mkdir()
    made = (
        os.geteuid() == 0
        and not subprocess.run(
            ["/bin/mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True
        ).returncode
    )
    if not made:
        pytest.skip("a small disk can't be mounted here")
    yield place
    subprocess.run(["/bin/umount", place], check=True)


async def test_full_disk_is_said_and_nothing_is_lost(small_disk: Path) -> None:
    url = f"sqlite:///{small_disk / 'truc.db'}"
    migrate.upgrade(url)
    store = SqlStore(url, small_disk / "blobs", node=PROVINCE, instance="one")
    taken, code = 0, ""
    for number in range(500):
        parts = [inline_part("parts/0000", os.urandom(20_000))]
        try:
            assert await store.add_letter(new_letter(number, parts=parts), START) is Taking.NEW
        except Unavailable as full:
            code = full.code
            break
        taken += 1
    assert code == "TRUC-701"
    assert taken > 5
    for number in range(taken):
        assert await store.letter(letter_id(number)) is not None
    assert await store.letter(letter_id(taken)) is None
    await store.close()


async def test_full_disk_is_said_for_blobs_too(small_disk: Path) -> None:
    url = "sqlite://"
    store = SqlStore(url, small_disk / "blobs", node=PROVINCE, instance="one")
    with pytest.raises(Unavailable) as full:
        store.blobs.put("parts/0000", bytes(3 * 1024 * 1024))
    assert full.value.code == "TRUC-701"
    assert store.blobs.put("parts/0000", bytes(1024 * 1024)).inline is None  # what it left was given back
    await store.close()


async def test_database_held_by_another_process_is_busy(sqlite_database: Database) -> None:
    file = sqlite_database.url.removeprefix("sqlite:///")
    sqlite_database.url += "?timeout=0"
    store = sqlite_database.open()
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    answers = await asyncio.gather(
        *(store.add_letter(new_letter(number), START) for number in range(4)), return_exceptions=True
    )
    assert [getattr(answer, "code", None) for answer in answers] == ["TRUC-702"] * 4
    assert await store.letter(letter_id(0)) is None  # reading goes on
    holder.execute("ROLLBACK")
    holder.close()
    assert await store.add_letter(new_letter(0), START) is Taking.NEW


@pytest.mark.external
async def test_broken_connections_are_replaced_and_the_operation_run_again(
    postgresql_database: Database,
) -> None:
    store = postgresql_database.open()
    await store.add_letter(new_letter(1), START)
    for _ in range(3):
        postgresql_database.change(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert await store.letter(letter_id(1)) is not None
        assert await store.add_letter(new_letter(1), START) is Taking.KNOWN


@pytest.mark.external
async def test_deadlock_is_worth_running_again(postgresql_database: Database) -> None:
    """The server ends it by failing one of the two; run again, that one gets through."""
    store = postgresql_database.open()
    for number in (1, 2):
        await store.add_letter(new_letter(number), START)
    engine = open_engines(postgresql_database.url, 2).reader
    meeting, verdicts = threading.Barrier(2), []

    def lock(first: int, second: int) -> None:
        try:
            with engine.begin() as connection:
                connection.execute(_lock_of(first))
                meeting.wait()
                connection.execute(_lock_of(second))
        except DBAPIError as error:
            verdicts.append(is_worth_repeating(error))

    await asyncio.gather(asyncio.to_thread(lock, 1, 2), asyncio.to_thread(lock, 2, 1))
    engine.dispose()
    assert verdicts == [True]


def _lock_of(number: int) -> Any:
    letters = tables.letters.c
    return select(letters.size).where(letters.letter_id == letter_id(number)).with_for_update()


def test_database_without_tables_is_told_to_the_operator(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as old:
        SqlStore(f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "blobs", node=PROVINCE, instance="one")
    assert old.value.code == "TRUC-807"


def test_database_that_can_not_be_opened_is_busy(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as busy:
        SqlStore(f"sqlite:///{tmp_path / 'no' / 'x.db'}", tmp_path / "blobs", node=PROVINCE, instance="one")
    assert busy.value.code == "TRUC-702"


def test_server_that_does_not_answer_is_busy(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as busy:
        SqlStore("postgresql://truc@127.0.0.1:1/truc", tmp_path / "blobs", node=PROVINCE, instance="one")
    assert busy.value.code == "TRUC-702"


def test_faults_of_ours_are_not_explained_away() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(DBAPIError) as fault:
        connection.exec_driver_sql("SELEKT")
    assert translate(fault.value) is None
    assert translate(RuntimeError("x")) is None
    assert not is_worth_repeating(fault.value)
    engine.dispose()
