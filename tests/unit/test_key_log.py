from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import pytest

from gateway.core.catalogue import STORE_BUSY
from gateway.core.errors import Unavailable, find
from gateway.key_log import EVERY, LONGEST_SOFTWARE, KeyLog
from gateway.ports import KeyUse
from tests.kit.clock import START, ManualClock

SECOND = timedelta(seconds=1)


class Book:
    """What was written."""

    def __init__(self) -> None:
        self.uses: list[KeyUse] = []
        self.is_busy = False

    async def note(self, uses: Iterable[KeyUse]) -> None:
        if self.is_busy:
            raise Unavailable(find(STORE_BUSY))
        self.uses += uses


async def test_of_a_thousand_requests_the_last_is_written_once_in_some_minutes() -> None:
    log, book = KeyLog(), Book()
    for number in range(1_000):
        log.note("k1", f"10.0.0.{number % 256}", "QLVB/2.1", START + number * SECOND)
    await log.write(book.note, START + 1_000 * SECOND)
    assert book.uses == [KeyUse("k1", START + 999 * SECOND, "10.0.0.231", "QLVB/2.1")]
    log.note("k1", "::1", "", START + 1_001 * SECOND)
    log.note("k2", "::1", "", START + 1_001 * SECOND)
    await log.write(book.note, START + 1_060 * SECOND)
    assert [use.key_id for use in book.uses] == ["k1", "k2"]  # k1 was written a minute ago
    await log.write(book.note, START + 1_000 * SECOND + EVERY)
    assert [(use.key_id, use.address) for use in book.uses] == [
        ("k1", "10.0.0.231"),
        ("k2", "::1"),
        ("k1", "::1"),
    ]
    await log.write(book.note, START + 1_000 * SECOND + 9 * EVERY)
    assert len(book.uses) == 3


async def test_what_a_busy_store_does_not_take_is_written_later() -> None:
    log, book = KeyLog(), Book()
    book.is_busy = True
    log.note("k1", "::1", "curl", START)
    with pytest.raises(Unavailable):
        await log.write(book.note, START)
    book.is_busy = False
    await log.write(book.note, START)
    assert len(book.uses) == 1


def test_name_of_a_software_is_kept_short_and_in_one_line() -> None:
    log = KeyLog()
    log.note("k1", "::1", " curl\r\nX: y\0" + "z" * 9_999, START)
    (use,) = log._used.values()
    assert use.software.startswith("curl  X: y zz")
    assert len(use.software) < LONGEST_SOFTWARE


async def test_loop_writes_by_itself() -> None:
    clock, log, book = ManualClock(), KeyLog(), Book()
    keeping = asyncio.create_task(log.keep(book.note, clock))
    log.note("k1", "::1", "curl", clock.now())
    await clock.run(61)
    assert len(book.uses) == 1
    keeping.cancel()
