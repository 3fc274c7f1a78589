"""
The writer: one thread, one transaction for all operations that wait, answers after the commit.

An fsync costs ten times what a letter's rows cost, so up to 64 waiting operations share one. An operation is
a function (transaction, items) → answers, safe to run twice; operations of one kind run as one call, so that
it can use one statement for all their rows. If anything fails, all is rolled back and each runs alone in its
own transaction: a bad one fails only itself. Without a thread (`inline`, for the simulation and quick tests)
each runs at once, alone.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from gateway.core.catalogue import DRAINING
from gateway.core.errors import Unavailable, find
from gateway.store.transaction import Transaction
from gateway.store.wall import is_worth_repeating, translate

BATCH = 64
GATHER_SECONDS = 0.005
"""
After a batch of several the writer waits so long for more: under load one commit then serves twice as many.

Who is alone never waits, so a single client is no slower; a commit takes as long itself.
"""
TRIES = 3

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Operation = Callable[[Transaction, Sequence[Item]], Sequence[Answer]]


@dataclass(slots=True)
class _Job:
    operation: Operation[Any, Any]
    item: Any
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    answer: Any = None
    error: Exception | None = None

    def deliver(self) -> None:
        if self.future.cancelled():
            return  # whoever asked has gone; what was done stays done
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.answer)


class Writer:
    """
    Runs operations, many to a commit.

    `open_transaction` wraps a connection; `on_change` gets the topics of what was committed, in the writer's
    thread, before anybody is answered; `rest` is how that thread waits for more.
    """

    def __init__(
        self,
        engine: Engine,
        open_transaction: Callable[[Connection], Transaction],
        on_change: Callable[[Iterable[str]], None],
        *,
        inline: bool,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rest, self._was_shared = rest, False
        self._engine, self._open, self._on_change = engine, open_transaction, on_change
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = None if inline else threading.Thread(target=self._work, name="store", daemon=True)
        if self._thread is not None:
            self._thread.start()

    async def do(self, operation: Operation[Item, Answer], item: Item) -> Answer:
        """
        The operation's answer for `item`, after its commit.

        Raises: what the operation raises; Unavailable (STORE_BUSY, DISK_FULL, DRAINING).
        """
        if self._closed:
            raise Unavailable(find(DRAINING))
        if self._thread is None:
            await asyncio.sleep(0)  # others get their turn, as they do while a thread works
            return self.do_now(operation, item)
        loop = asyncio.get_running_loop()
        job = _Job(operation, item, loop, loop.create_future())
        self._queue.put(job)
        answer: Answer = await job.future
        return answer

    def do_now(self, operation: Operation[Item, Answer], item: Item) -> Answer:
        """The same in the calling thread, alone in its transaction."""
        answers, topics = self._alone(operation, item)
        self._announce(topics)
        return answers

    async def close(self) -> None:
        """Finish what waits and stop. What comes later is refused with DRAINING."""
        self._closed = True
        if self._thread is not None:
            self._queue.put(None)
            await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    # --- in the writer's thread ------------------------------------------------------------------

    def _work(self) -> None:
        is_last = False
        while not is_last:
            batch, is_last = self._gather()
            if batch:
                self._settle(batch)

    def _gather(self) -> tuple[list[_Job], bool]:
        """Wait for a job, and take those that came meanwhile; whether the end was among them."""
        batch: list[_Job] = []
        job = self._queue.get()
        if self._was_shared and job is not None:
            self._rest(GATHER_SECONDS)
        while job is not None:
            batch.append(job)
            if len(batch) == BATCH:
                return batch, False
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _settle(self, batch: list[_Job]) -> None:
        self._was_shared = len(batch) > 1
        topics: set[str] = set()
        if len(batch) == 1 or not self._together(batch, topics):
            for job in batch:
                try:
                    job.answer, touched = self._alone(job.operation, job.item)
                    topics |= touched
                except Exception as error:
                    job.error = error
        self._announce(topics)
        self._answer(batch)

    def _together(self, batch: list[_Job], topics: set[str]) -> bool:
        """All in one transaction; False, and nothing done, if that failed and each must run alone."""
        groups: dict[Operation[Any, Any], list[_Job]] = {}
        for job in batch:
            groups.setdefault(job.operation, []).append(job)
        has_begun = False
        try:
            with self._engine.begin() as connection:
                has_begun = True
                transaction = self._open(connection)
                for operation, jobs in groups.items():
                    answers = operation(transaction, [job.item for job in jobs])
                    for job, answer in zip(jobs, answers, strict=True):
                        job.answer = answer
                transaction.finish()
        except Exception as error:
            known = translate(error)
            if has_begun or known is None or is_worth_repeating(error):
                return False
            for job in batch:  # not one of them could even begin: alone each would only wait as long again
                job.error = known
            return True
        topics |= transaction.topics
        return True

    def _alone(self, operation: Operation[Item, Answer], item: Item) -> tuple[Answer, set[str]]:
        for tries_left in reversed(range(TRIES)):
            try:
                with self._engine.begin() as connection:
                    transaction = self._open(connection)
                    (answer,) = operation(transaction, [item])
                    transaction.finish()
                return answer, transaction.topics
            except Exception as error:
                if tries_left and is_worth_repeating(error):
                    continue
                known = translate(error)
                if known is None:
                    raise
                raise known from error
        raise AssertionError("the last try returns or raises")

    def _announce(self, topics: set[str]) -> None:
        if not topics:
            return
        try:
            self._on_change(topics)
        except Exception:
            # the rows are committed; whoever waits for the bell looks by itself after a while
            logging.getLogger(__name__).exception("ringing failed")

    @staticmethod
    def _answer(batch: list[_Job]) -> None:
        """Wake each event loop once, whatever the number of jobs that wait in it."""
        for loop in {job.loop for job in batch}:
            answered = [job for job in batch if job.loop is loop]
            if not loop.is_closed():
                loop.call_soon_threadsafe(_deliver, answered)


def _deliver(jobs: Iterable[_Job]) -> None:
    for job in jobs:
        job.deliver()
