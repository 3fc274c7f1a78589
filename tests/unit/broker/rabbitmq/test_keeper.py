from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiormq.exceptions import ChannelNotFoundEntity

from gateway.broker.rabbitmq import keeper as keeper_module
from gateway.broker.rabbitmq.connection import Surroundings, Watch
from gateway.broker.rabbitmq.keeper import REOPEN_LONGEST, Keeper
from gateway.broker.rabbitmq.reach import KNOCK_SECONDS
from gateway.core.model import NodeId
from gateway.observe import logger
from tests.kit.clock import ManualClock

MINUTE = timedelta(minutes=1)


class Sessions:
    """Sessions that open, or fail as `faults` says, and end when the test gives them up."""

    def __init__(self, *faults: BaseException | None) -> None:
        self.faults = list(faults)
        self.opened: list[Watch] = []
        self.tries = self.closed = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Watch]:
        self.tries += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        self.opened.append(Watch())
        try:
            yield self.opened[-1]
        finally:
            self.closed += 1


class Kept:
    """A keeper at work, on a clock that the test moves."""

    def __init__(self, open_session: Callable[[], AbstractAsyncContextManager[Watch]]) -> None:
        self.clock, self._written = ManualClock(), io.StringIO()
        log = logger("H14", self._written, strict=True)
        self.changes = 0
        surroundings = Surroundings(
            *(self.clock, log, MINUTE, MINUTE, MINUTE), changed=self._changed, chance=lambda: 1.0
        )
        keeper = Keeper(open_session, surroundings, neighbour=NodeId("G22"), lane="urgent", way="out")
        self.task = asyncio.create_task(keeper.run())

    def _changed(self) -> None:
        self.changes += 1

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._written.getvalue().splitlines()]

    @property
    def events(self) -> list[str]:
        return [line["event"] for line in self.log]

    async def end(self) -> None:
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task


@asynccontextmanager
async def kept(sessions: Sessions) -> AsyncIterator[Kept]:
    at_work = Kept(sessions.open)
    await at_work.clock.run(0)
    yield at_work
    await at_work.end()


async def test_session_that_ends_is_followed_by_another() -> None:
    sessions = Sessions()
    async with kept(sessions) as keeper:
        assert keeper.events == ["link.up"]
        sessions.opened[0].give_up("the broker confirms nothing")
        await keeper.clock.run(1)
        assert (len(sessions.opened), sessions.closed) == (2, 1)
        up, down, again = keeper.log
        assert (up["event"], again["event"]) == ("link.up", "link.up")
        assert (down["neighbour"], down["lane"], down["way"]) == ("G22", "urgent", "out")
        assert down["code"] == "TRUC-504"
        assert down["error"] == "ConnectionError: the broker confirms nothing"
    assert sessions.closed == 2


async def test_broker_that_is_away_is_knocked_at_for_as_long_as_it_is_away() -> None:
    sessions = Sessions(*[ConnectionRefusedError("refused")] * 4000)
    async with kept(sessions) as keeper:
        assert sessions.tries == 1
        await keeper.clock.run(3600)
        assert sessions.tries == pytest.approx(3600 / KNOCK_SECONDS, abs=3)
        sessions.faults.clear()
        await keeper.clock.run(KNOCK_SECONDS)
        assert keeper.events == ["link.down", "link.up"]


async def test_broker_that_says_no_is_asked_less_and_less_often_but_always_again() -> None:
    sessions = Sessions(*[ChannelNotFoundEntity("no such queue")] * 1000)
    async with kept(sessions) as keeper:
        assert sessions.tries == 1
        await keeper.clock.run(0.5)
        assert sessions.tries == 2
        await keeper.clock.run(1)
        assert sessions.tries == 3
        await keeper.clock.run(3600)
        assert 3600 / REOPEN_LONGEST - 1 <= sessions.tries <= 3600 / REOPEN_LONGEST + 8


async def test_whoever_keeps_the_link_is_told_when_an_end_opens_and_when_it_is_lost() -> None:
    sessions = Sessions()
    async with kept(sessions) as keeper:
        assert keeper.changes == 1
        sessions.opened[0].give_up("cut")
        await keeper.clock.run(0)
        assert keeper.changes == 2
        await keeper.clock.run(REOPEN_LONGEST)
        assert keeper.changes == 3


async def test_same_trouble_is_logged_once_and_other_trouble_again() -> None:
    refused, timeout = ConnectionRefusedError("refused"), TimeoutError()
    sessions = Sessions(refused, refused, refused, timeout, timeout)
    async with kept(sessions) as keeper:
        await keeper.clock.run(60)
        assert keeper.events == ["link.down", "link.down", "link.up"]
        assert [line["error"] for line in keeper.log[:2]] == [
            "ConnectionRefusedError: refused",
            "TimeoutError",
        ]


async def test_session_that_lasted_is_replaced_at_once_and_one_that_did_not_later() -> None:
    sessions = Sessions()
    async with kept(sessions) as keeper:
        for _ in range(10):  # it opens, and falls
            sessions.opened[-1].give_up("fell")
            await keeper.clock.run(REOPEN_LONGEST)
        tries = sessions.tries
        sessions.opened[-1].give_up("fell at once")
        await keeper.clock.run(REOPEN_LONGEST - 1)
        assert sessions.tries == tries
        await keeper.clock.run(3600)
        sessions.opened[-1].give_up("fell after an hour")
        await keeper.clock.run(0.5)
        assert sessions.tries == tries + 2


async def test_cancellation_that_leaks_from_the_library_ends_no_keeper() -> None:
    sessions = Sessions(asyncio.CancelledError(), asyncio.CancelledError())
    async with kept(sessions) as keeper:
        await keeper.clock.run(60)
        assert keeper.events == ["link.down", "link.up"]


async def test_fault_of_our_own_is_logged_as_one_and_ends_no_keeper() -> None:
    sessions = Sessions(KeyError("ours"))
    async with kept(sessions) as keeper:
        await keeper.clock.run(60)
        assert keeper.events == ["internal.error", "link.up"]
        assert keeper.log[0]["error"] == "KeyError"
        assert "ours" not in str(keeper.log)


async def test_task_that_loses_its_first_cancellation_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "ASK_AGAIN_SECONDS", 0.01)
    lost = 0

    async def deaf() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost += 1
                if lost > 2:
                    raise

    async def broken() -> None:
        raise ConnectionError

    tasks = [
        asyncio.create_task(deaf()),
        asyncio.create_task(broken()),
        asyncio.create_task(asyncio.sleep(0)),
    ]
    await asyncio.sleep(0)
    await keeper_module.end_all(*tasks)
    assert lost == 3
    assert all(task.done() for task in tasks)
    await keeper_module.end_all()


async def test_keeper_that_is_cancelled_while_it_waits_ends() -> None:
    async with kept(Sessions(*[TimeoutError()] * 9)) as keeper:
        assert not keeper.task.done()
