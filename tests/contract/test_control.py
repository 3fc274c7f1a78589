from __future__ import annotations

from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import CENTRAL, COMMUNE
from tests.kit.clock import START


def told(number: int) -> dict[str, object]:
    return {"type": "receipt", "số": number, "nested": [{"a": None}]}


async def test_messages_of_a_link_come_oldest_first(store: SqlStore) -> None:
    await store.send_control([(CENTRAL, told(1)), (COMMUNE, told(2)), (CENTRAL, told(3))], START)
    await store.send_control([(CENTRAL, told(4))], START)
    assert [out.body for out in await store.control_waiting(CENTRAL, 10)] == [told(1), told(3), told(4)]
    assert [out.body for out in await store.control_waiting(CENTRAL, 2)] == [told(1), told(3)]
    (other,) = await store.control_waiting(COMMUNE, 10)
    assert (other.neighbour, other.body) == (COMMUNE, told(2))


async def test_sent_messages_are_forgotten_and_the_others_wait(store: SqlStore) -> None:
    await store.send_control([(CENTRAL, told(number)) for number in range(3)], START)
    waiting = await store.control_waiting(CENTRAL, 10)
    await store.control_sent([waiting[0].number, waiting[2].number])
    assert await store.control_waiting(CENTRAL, 10) == [waiting[1]]
    await store.control_sent([])


async def test_number_of_a_message_is_never_given_again(store: SqlStore) -> None:
    """«Sent» may be said twice after a crash: the second time must not forget another message."""
    await store.send_control([(CENTRAL, told(1))], START)
    (first,) = await store.control_waiting(CENTRAL, 10)
    await store.control_sent([first.number])
    await store.send_control([(CENTRAL, told(2))], START)
    await store.control_sent([first.number])
    assert [out.body for out in await store.control_waiting(CENTRAL, 10)] == [told(2)]


async def test_link_is_rung_for_its_messages(database: Database) -> None:
    rung: set[str] = set()
    store = database.open(on_change=rung.update)
    await store.send_control([(CENTRAL, told(1)), (COMMUNE, told(2))], START)
    assert rung == {"control:G22", "control:H14.31.01"}
