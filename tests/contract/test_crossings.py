from __future__ import annotations

from datetime import datetime, timedelta

from gateway.core.delivery import State
from gateway.core.model import NodeId
from gateway.ports import HopEvent
from gateway.store.sql import SqlStore
from tests.kit.builders import CENTRAL, PROVINCE, letter_id, new_letter
from tests.kit.clock import START

FAR = NodeId("H21")
UP, ON = (PROVINCE, CENTRAL), (CENTRAL, FAR)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def taken(number: int, node: NodeId, by: NodeId, seconds: float) -> HopEvent:
    return HopEvent(letter_id(number), node, f"link:{by}", State.TAKEN, after(seconds))


async def carry(store: SqlStore, number: int, up: float, on: float) -> None:
    """The n-th letter is at central, then at the far node, so many seconds after the start."""
    await store.add_letter(new_letter(number), START)
    await store.add_hops([taken(number, PROVINCE, CENTRAL, up), taken(number, CENTRAL, FAR, on)])


async def test_seconds_are_those_between_two_nodes_holding_a_letter(store: SqlStore) -> None:
    await carry(store, 1, 10, 25)
    await carry(store, 2, 100, 101)
    assert await store.crossings([UP, ON], 20) == {UP: (100.0, 10.0), ON: (1.0, 15.0)}


async def test_only_the_latest_count(store: SqlStore) -> None:
    for number in range(1, 5):
        await carry(store, number, number, 10 * number)
    assert await store.crossings([ON], 2) == {ON: (36.0, 27.0)}


async def test_link_without_data_has_no_times(store: SqlStore) -> None:
    await store.add_letter(new_letter(1), START)
    await store.add_hops([taken(1, CENTRAL, FAR, 5)])  # when central got it was never heard
    waiting = HopEvent(letter_id(1), PROVINCE, f"link:{CENTRAL}", State.QUEUED, after(3), "TRUC-504")
    await store.add_hops([waiting])
    assert await store.crossings([UP, ON, (FAR, CENTRAL)], 20) == {UP: (), ON: (), (FAR, CENTRAL): ()}
    assert await store.crossings([], 20) == {}


async def test_clocks_that_differ_make_no_negative_time(store: SqlStore) -> None:
    await carry(store, 1, 10, 4)
    assert (await store.crossings([ON], 20))[ON] == (0.0,)
