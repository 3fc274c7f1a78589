from __future__ import annotations

from datetime import timedelta

from gateway.core.delivery import Confirmed, State, Taken, Target
from gateway.core.model import Lane
from gateway.ports import Act, Maintenance, Mode
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import CENTRAL, COMMUNE, letter_id, new_letter
from tests.kit.clock import START

UP, DOWN = Target(neighbour=CENTRAL), Target(neighbour=COMMUNE)
MINUTE = timedelta(minutes=1)
ACT = Act(event="console.link_hold", by="lan", at=START)


async def hold(store: SqlStore, mode: Mode = Mode.HELD) -> None:
    await store.hold_link(Maintenance(CENTRAL, mode, "thay đường truyền", "lan", START), ACT)


async def claim(store: SqlStore, target: Target = UP) -> int:
    return len(await store.claim_due(target, Lane.NORMAL, START, letters=9, size=10**9))


async def test_nothing_is_claimed_for_a_held_link_and_all_for_the_others(database: Database) -> None:
    store = database.open()
    await store.add_letter(new_letter(1, UP, DOWN), START)
    await hold(store)
    assert await claim(store) == 0
    assert await store.next_due(UP, Lane.NORMAL) is None
    assert await claim(store, DOWN) == 1


async def test_hold_outlives_the_process_and_ends_when_it_is_opened(database: Database) -> None:
    store = database.open()
    await store.add_letter(new_letter(1, UP), START)
    await hold(store)
    again = database.open("two")
    assert (await again.maintenance())[CENTRAL].reason == "thay đường truyền"
    assert await claim(again) == 0
    rung: list[str] = []
    third = database.open("three", on_change=rung.extend)
    assert await third.open_link(CENTRAL, ACT)
    assert f"{UP.key}:{Lane.NORMAL.value}" in rung
    assert await claim(third) == 1
    assert not await third.open_link(CENTRAL, ACT)


async def test_what_is_on_its_way_is_offered_again_while_draining_and_not_while_held(
    database: Database,
) -> None:
    store = database.open()
    await store.add_letter(new_letter(1, UP), START)
    await claim(store)
    await store.record(letter_id(1), UP, Confirmed(START + MINUTE), START)
    late = START + 2 * MINUTE
    await hold(store, Mode.DRAINING)
    assert [d.state for d in await store.overdue(late, 9)] == [State.SENT]
    await hold(store)
    assert await store.overdue(late, 9) == []


async def test_sender_still_hears_on_the_last_day_of_what_a_held_link_has(database: Database) -> None:
    store = database.open()
    await store.add_letter(new_letter(1, UP), START)
    await claim(store)
    await store.record(letter_id(1), UP, Confirmed(START + MINUTE), START)
    await hold(store)
    assert len(await store.overdue(START + timedelta(days=30), 9)) == 1


async def test_drained_link_is_held_when_its_window_is_empty_and_not_before(database: Database) -> None:
    store = database.open()
    await store.add_letter(new_letter(1, UP), START)
    await claim(store)
    await hold(store, Mode.DRAINING)
    assert await store.end_draining([CENTRAL, COMMUNE], START) == []
    await store.record(letter_id(1), UP, Confirmed(START + MINUTE), START)
    assert await store.end_draining([CENTRAL], START) == []
    await store.record(letter_id(1), UP, Taken(), START)
    assert await store.end_draining([CENTRAL], START) == [CENTRAL]
    assert (await store.maintenance())[CENTRAL].mode is Mode.HELD
    assert await store.end_draining([CENTRAL], START) == []


async def test_who_held_a_link_stands_in_the_journal(database: Database) -> None:
    store = database.open()
    await hold(store)
    line = (await store.journal(0, 9))[-1]
    assert (line.event, line.detail["by"]) == ("console.link_hold", "lan")
