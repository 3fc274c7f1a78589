from __future__ import annotations

import asyncio

from gateway.http.console.around import Remembered
from gateway.ports import Role
from tests.kit.clock import ManualClock
from tests.kit.console import Console


async def test_store_is_asked_once_for_what_many_pages_show() -> None:
    clock, asked = ManualClock(), 0
    remembered = Remembered(clock)

    async def question() -> int:
        nonlocal asked
        asked += 1
        return asked

    assert [await remembered.ask("a", question, 5) for _ in range(3)] == [1, 1, 1]
    assert await remembered.ask("b", question, 5) == 2
    clock.advance(5)
    assert await remembered.ask("a", question, 5) == 3


async def test_sessions_that_nobody_ends_are_swept(console: Console) -> None:
    async with console.person(Role.VIEWER):
        pass
    sweeping = asyncio.create_task(console.around.sweep())
    await console.clock.run(1)
    assert len(await console.store.sessions("viewer.one")) == 1
    await console.clock.run(3_600)
    assert await console.store.sessions("viewer.one") == []
    sweeping.cancel()


async def test_what_somebody_has_changed_is_asked_anew() -> None:
    remembered = Remembered(ManualClock())

    async def question() -> object:
        return object()

    first = await remembered.ask("a", question, 5)
    remembered.forget("a")
    remembered.forget("never asked")
    assert await remembered.ask("a", question, 5) is not first
