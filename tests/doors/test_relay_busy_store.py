"""
Relay when the store says «later»: what was claimed is still tried, and what was begun goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.core.catalogue import STORE_BUSY
from gateway.core.delivery import State
from gateway.core.errors import Unavailable, find
from gateway.core.model import Lane, LetterId, NodeId
from gateway.doors.relay import HALF_WINDOW, IDLE_SECONDS, Relay
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.correspondence import letter
from tests.kit.nodes import Manner, SmallAxis, open_axis

ON_DISK = Manner(on_disk=True)
UP = "link:G22"
OFFER_AGAIN = timedelta(seconds=61)


def busy_once(store: Any, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next call of this method of a store is answered «later»."""
    asked = getattr(store, method)

    async def busy(*arguments: Any) -> Any:
        monkeypatch.setattr(store, method, asked)
        raise Unavailable(find(STORE_BUSY))

    monkeypatch.setattr(store, method, busy)


async def sent(axis: SmallAxis) -> LetterId:
    content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE)
    return (await axis.send(content, by=PROVINCE_OFFICE)).letter_id


async def test_letter_is_offered_again_though_the_store_was_busy_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        letter_id = await sent(axis)
        axis.nodes[CENTRAL].die()
        await axis.settle()
        busy_once(axis.nodes[PROVINCE].store, "letter", monkeypatch)
        await axis.wait(OFFER_AGAIN)
        in_between = (await axis.delivery(PROVINCE, letter_id, UP)).state
        axis.start(CENTRAL)
        await axis.wait(OFFER_AGAIN)
        at_last = (await axis.delivery(PROVINCE, letter_id, UP)).state

    assert in_between is State.SENT
    assert at_last is State.TAKEN


class SilentBell:
    """A bell that never rings: short waits are over at once, whoever waits for a ring stays."""

    def __init__(self) -> None:
        self.short, self.waits_for_a_ring = 0, asyncio.Event()

    def ring(self, topics: Iterable[str]) -> None:
        """Nobody hears it."""

    async def wait(self, topic: str, seconds: float, *, by: object | None = None) -> None:
        if seconds < IDLE_SECONDS:
            self.short += 1
            return
        self.waits_for_a_ring.set()
        await asyncio.Event().wait()


async def test_big_letter_behind_a_big_one_waits_for_the_neighbour_to_make_room(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        axis.nodes[CENTRAL].die()
        for number in (1, 2):
            content = letter(PROVINCE_OFFICE, CENTRAL_OFFICE, number=number, size=HALF_WINDOW + 1)
            await axis.send(content, by=PROVINCE_OFFICE)
        node, bell = axis.nodes[PROVINCE], SilentBell()
        relay = Relay(replace(node.desk, bell=bell), node.broker, OFFER_AGAIN)
        loop = asyncio.create_task(relay.run(CENTRAL, Lane.NORMAL))
        await bell.waits_for_a_ring.wait()
        standing = await node.store.standing()
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop

    assert {state: each.number for (_, state), each in standing.items()} == {State.TRYING: 1, State.QUEUED: 1}
    assert bell.short == 1, "when it has sent the first one it looks once for what fits beside it"


class SlowBroker:
    """A broker that confirms when it is told to."""

    def __init__(self) -> None:
        self.published, self.confirm = asyncio.Event(), asyncio.Event()

    async def publish(self, neighbour: NodeId, lane: Lane, data: bytes) -> None:
        self.published.set()
        await self.confirm.wait()


async def test_transfer_goes_on_when_the_loop_that_began_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_axis(small_axis(), tmp_path, ON_DISK) as axis:
        letter_id = await sent(axis)
        node, broker = axis.nodes[PROVINCE], SlowBroker()
        relay = Relay(node.desk, broker, timedelta(seconds=60))  # type: ignore[arg-type]
        loop = asyncio.create_task(relay.run(CENTRAL, Lane.NORMAL))
        await broker.published.wait()
        busy_once(node.store, "outstanding", monkeypatch)
        while not loop.done():
            node.bell.ring([UP])
            await asyncio.sleep(0)
        broker.confirm.set()
        again = asyncio.create_task(relay.run(CENTRAL, Lane.NORMAL))
        while (state := (await axis.delivery(PROVINCE, letter_id, UP)).state) is State.TRYING:
            await asyncio.sleep(0)
        again.cancel()
        with suppress(asyncio.CancelledError):
            await again

    assert isinstance(loop.exception(), Unavailable)
    assert state is State.SENT
