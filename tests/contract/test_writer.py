from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event

from gateway.core.catalogue import BAD_REQUEST
from gateway.core.errors import Rejected, Unavailable, find
from gateway.store.transaction import Instance, Transaction
from gateway.store.writer import BATCH, GATHER_SECONDS, Writer
from tests.kit.builders import PROVINCE


class Ledger:
    """A table of numbers, with operations on it and what became of its transactions."""

    def __init__(self, path: Path) -> None:
        self.engine: Engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})
        self.commits = self.rollbacks = 0
        self.calls: list[list[int]] = []
        with self.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE ledger (number INTEGER PRIMARY KEY)")
        event.listen(self.engine, "commit", lambda _connection: self._count("commits"))
        event.listen(self.engine, "rollback", lambda _connection: self._count("rollbacks"))

    def _count(self, what: str) -> None:
        setattr(self, what, getattr(self, what) + 1)

    def add(self, transaction: Transaction, numbers: Sequence[int]) -> list[str]:
        """Write each number; a negative one is not acceptable."""
        self.calls.append(list(numbers))
        for number in numbers:
            if number < 0:
                raise Rejected(find(BAD_REQUEST, detail=str(number)))
            transaction.connection.exec_driver_sql("INSERT INTO ledger VALUES (?)", (number,))
            transaction.topics.add(f"number:{number}")
        return [f"wrote {number}" for number in numbers]

    def numbers(self) -> list[int]:
        with self.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT number FROM ledger ORDER BY number")
            return [row.number for row in rows]

    def writer(
        self, rung: Any = lambda _topics: None, *, inline: bool = False, rest: Any = lambda _seconds: None
    ) -> Writer:
        def open_transaction(connection: Any) -> Transaction:
            nothing: Any = None
            return Transaction(connection, Instance(PROVINCE, "one", 1), nothing, lambda _point: None)

        return Writer(self.engine, open_transaction, rung, inline=inline, rest=rest)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "ledger.db")
    yield made
    made.engine.dispose()


@asynccontextmanager
async def busy(writer: Writer) -> AsyncIterator[None]:
    """Keep the writer's thread at work, so that what is asked meanwhile waits."""
    go, started = threading.Event(), threading.Event()

    def wait(_transaction: Transaction, items: Sequence[None]) -> list[None]:
        started.set()
        go.wait()
        return [None] * len(items)

    task = asyncio.ensure_future(writer.do(wait, None))
    await asyncio.to_thread(started.wait)
    try:
        yield
    finally:
        go.set()
    await task


async def all_waiting(writer: Writer, ledger: Ledger, numbers: Sequence[int]) -> list[Any]:
    """Ask for all numbers while the writer is busy; the answers, refusals among them."""
    async with busy(writer):
        asked = [asyncio.ensure_future(writer.do(ledger.add, number)) for number in numbers]
        await asyncio.sleep(0)
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_waiting_operations_share_one_call_and_one_commit(ledger: Ledger) -> None:
    writer = ledger.writer()
    answers = await all_waiting(writer, ledger, range(10))
    await writer.close()
    assert answers == [f"wrote {number}" for number in range(10)]
    assert ledger.calls == [list(range(10))]
    assert ledger.commits == 2  # the busy one's and theirs


async def test_batch_has_its_limit(ledger: Ledger) -> None:
    writer = ledger.writer()
    await all_waiting(writer, ledger, range(BATCH + 5))
    await writer.close()
    assert [len(call) for call in ledger.calls] == [BATCH, 5]


async def test_more_is_waited_for_only_after_a_batch_of_several(ledger: Ledger) -> None:
    rests: list[float] = []
    writer = ledger.writer(rest=rests.append)
    await writer.do(ledger.add, 1)
    await writer.do(ledger.add, 2)
    assert rests == []
    await all_waiting(writer, ledger, [3, 4, 5])
    await writer.do(ledger.add, 6)
    assert rests == [GATHER_SECONDS]
    await writer.do(ledger.add, 7)
    await writer.close()
    assert rests == [GATHER_SECONDS]


async def test_bad_operation_fails_alone(ledger: Ledger) -> None:
    writer = ledger.writer()
    answers = await all_waiting(writer, ledger, [1, -2, 3])
    await writer.close()
    assert (answers[0], answers[2]) == ("wrote 1", "wrote 3")
    assert isinstance(answers[1], Rejected)
    assert ledger.numbers() == [1, 3]
    assert ledger.calls == [[1, -2, 3], [1], [-2], [3]]


async def test_fault_of_the_database_fails_only_whose_it_is(ledger: Ledger) -> None:
    writer = ledger.writer()
    answers = await all_waiting(writer, ledger, [1, 1, 2])
    await writer.close()
    assert [str(answer)[:7] for answer in answers] == ["wrote 1", "(sqlite", "wrote 2"]
    assert ledger.numbers() == [1, 2]


async def test_nobody_is_answered_before_the_commit(ledger: Ledger) -> None:
    """What is read at the moment of the answer must be there."""
    writer = ledger.writer()
    seen = []

    async def ask(number: int) -> None:
        await writer.do(ledger.add, number)
        seen.append(number in ledger.numbers())

    await asyncio.gather(*(ask(number) for number in range(30)))
    await writer.close()
    assert seen == [True] * 30


async def test_commit_that_fails_is_told_to_everybody_it_concerned(ledger: Ledger) -> None:
    writer = ledger.writer()

    @event.listens_for(ledger.engine, "commit")
    def _fail(_connection: Any) -> None:
        if ledger.calls:  # the one that kept the writer busy may pass
            raise RuntimeError("no commit today")

    answers = await all_waiting(writer, ledger, [1, 2])
    await writer.close()
    assert [str(answer) for answer in answers] == ["no commit today"] * 2
    assert ledger.numbers() == []


@pytest.mark.parametrize("inline", [False, True])
async def test_topics_are_rung_after_the_commit_and_only_then(ledger: Ledger, inline: bool) -> None:
    rung: list[tuple[set[str], list[int]]] = []
    writer = ledger.writer(lambda topics: rung.append((set(topics), ledger.numbers())), inline=inline)
    await writer.do(ledger.add, 7)
    with pytest.raises(Rejected):
        await writer.do(ledger.add, -1)
    await writer.close()
    assert rung == [({"number:7"}, [7])]


async def test_bell_that_breaks_harms_nobody(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_topics: object) -> None:
        raise RuntimeError("the bell fell down")

    writer = ledger.writer(broken)
    assert await writer.do(ledger.add, 1) == "wrote 1"
    assert await writer.do(ledger.add, 2) == "wrote 2"
    await writer.close()
    assert "ringing failed" in caplog.text


async def test_inline_operations_run_at_once_each_alone(ledger: Ledger) -> None:
    writer = ledger.writer(inline=True)
    answers = await asyncio.gather(
        *(writer.do(ledger.add, number) for number in (1, -2, 3)), return_exceptions=True
    )
    await writer.close()
    assert ledger.numbers() == [1, 3]
    assert isinstance(answers[1], Rejected)
    assert "store" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("inline", [False, True])
async def test_closing_finishes_what_waits_and_refuses_what_comes(ledger: Ledger, inline: bool) -> None:
    writer = ledger.writer(inline=inline)
    asked = [asyncio.ensure_future(writer.do(ledger.add, number)) for number in range(3)]
    await asyncio.sleep(0)
    await writer.close()
    await writer.close()
    assert await asyncio.gather(*asked) == ["wrote 0", "wrote 1", "wrote 2"]
    with pytest.raises(Unavailable) as refused:
        await writer.do(ledger.add, 4)
    assert refused.value.code == "TRUC-703"


async def test_caller_who_left_changes_nothing_for_the_others(ledger: Ledger) -> None:
    writer = ledger.writer()
    async with busy(writer):
        gone = asyncio.ensure_future(writer.do(ledger.add, 1))
        stays = asyncio.ensure_future(writer.do(ledger.add, 2))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
    assert await stays == "wrote 2"
    await writer.close()
    assert ledger.numbers() == [1, 2]
