from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.core.delivery import Target
from gateway.core.model import Lane
from gateway.ports import Store, Taking
from gateway.store import tables
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import CENTRAL, PROVINCE, letter_id, new_letter, small_axis
from tests.kit.clock import START
from tests.kit.counts import counts

ROOT = Path(__file__).resolve().parents[2]


def as_port(store: SqlStore) -> Store:
    """Held by the type checker: a SqlStore is a Store."""
    return store


async def test_store_in_memory_makes_its_own_tables(tmp_path: Path) -> None:
    store = SqlStore("sqlite://", tmp_path, node=PROVINCE, instance="one")
    await store.set_directory(small_axis(), START)
    assert await as_port(store).add_letter(new_letter(), START) is Taking.NEW
    assert (await store.directory()).version == 1
    works = await store.claim_due(Target(neighbour=CENTRAL), Lane.NORMAL, START, letters=1, size=1)
    assert [work.letter.routing.letter_id for work in works] == [letter_id(1)]
    await store.close()


async def test_stores_in_memory_do_not_share_anything(tmp_path: Path) -> None:
    one = SqlStore("sqlite://", tmp_path / "a", node=PROVINCE, instance="one")
    two = SqlStore("sqlite://", tmp_path / "b", node=CENTRAL, instance="one")
    await one.add_letter(new_letter(), START)
    assert await two.letter(letter_id(1)) is None
    await one.close()
    await two.close()


async def test_many_at_once_are_all_taken(store: SqlStore) -> None:
    takings = await asyncio.gather(*(store.add_letter(new_letter(n), START) for n in range(200)))
    assert takings == [Taking.NEW] * 200
    assert sum((await counts(store)).values()) == 200


CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from gateway.store.sql import SqlStore
from tests.kit.builders import PROVINCE, new_letter
from tests.kit.clock import START

calls = 0
def die(point):
    global calls
    calls += point == sys.argv[3]
    if calls == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    store = SqlStore(sys.argv[1], Path(sys.argv[2]), node=PROVINCE, instance="one", point=die)
    async def add(numbers):
        for number in numbers:
            await store.add_letter(new_letter(number), START)
            print(number, flush=True)
    await asyncio.gather(*(add(range(start, 400, 8)) for start in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize(("point", "at"), [("C5", 1), ("C5", 7), ("C6", 7)])
async def test_killed_process_loses_nothing_that_it_answered(database: Database, point: str, at: int) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", CHILD, database.url, str(database.blobs_root), point, str(at)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    answered = {letter_id(int(number)) for number in done.stdout.split()}
    kept = {row.letter_id for row in database.rows(select(tables.letters.c.letter_id))}
    assert answered <= kept
    store = database.open()
    assert {row.letter_id for row in await store.journal(0, 1000)} == kept
    for letter in kept:
        assert await store.letter(letter) is not None
    takings = await asyncio.gather(*(store.add_letter(new_letter(n), START) for n in range(400)))
    assert takings.count(Taking.KNOWN) == len(kept)
