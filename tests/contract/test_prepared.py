from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from gateway.core.directory import Agency
from gateway.core.directory_change import Change
from gateway.core.model import AgencyCode, NodeId
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import OTHER_OFFICE, OTHER_PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.clock import START

REFORM = date(2026, 7, 1)
EVE = date(2026, 6, 30)


def merger() -> Change:
    """One province goes into the other."""
    closed = small_axis().agencies[OTHER_OFFICE]
    return Change(agencies=(replace(closed, valid_to=EVE, successor=PROVINCE_OFFICE),))


async def test_prepared_change_comes_in_force_on_its_day(store: SqlStore) -> None:
    number = await store.prepare_directory(merger(), REFORM, START)
    assert await store.begin_day(EVE, START) == []
    assert await store.directory() == small_axis()
    (waits,) = await store.prepared_directories()
    assert (waits.number, waits.on, waits.change, waits.refused) == (number, REFORM, merger(), "")

    (done,) = await store.begin_day(REFORM, START)
    assert (done.number, done.refused) == (number, "")
    directory = await store.directory()
    assert directory.version == 2
    assert directory.agencies[OTHER_OFFICE].valid_to == EVE
    assert directory.agencies[OTHER_OFFICE].version == 2
    assert await store.prepared_directories() == []
    assert await store.begin_day(REFORM, START) == []


async def test_node_that_slept_through_the_day_makes_up_for_it(store: SqlStore) -> None:
    first = await store.prepare_directory(merger(), REFORM, START)
    newcomer = Agency(code=AgencyCode("000.00.09.H21"), name="Sở mới", node=OTHER_PROVINCE)
    second = await store.prepare_directory(Change(agencies=(newcomer,)), EVE, START)
    done = await store.begin_day(REFORM + timedelta(days=3), START)
    assert [each.number for each in done] == [second, first]
    assert (await store.directory()).version == 3


async def test_what_changed_meanwhile_stays(store: SqlStore) -> None:
    await store.prepare_directory(merger(), REFORM, START)
    newcomer = Agency(code=AgencyCode("000.00.09.H14"), name="Sở mới", node=NodeId("H14"))
    grown = replace(small_axis(), version=2, agency_rows=(*small_axis().agency_rows, newcomer))
    await store.set_directory(grown, START)
    await store.begin_day(REFORM, START)
    directory = await store.directory()
    assert directory.find("000.00.09.H14") == newcomer
    assert directory.agencies[OTHER_OFFICE].is_closed(REFORM)


async def test_change_that_would_break_the_directory_is_kept_with_the_reason(store: SqlStore) -> None:
    lost = replace(small_axis().agencies[OTHER_OFFICE], successor="000.00.00.H99")
    await store.prepare_directory(Change(agencies=(lost,)), REFORM, START)
    (refused,) = await store.begin_day(REFORM, START)
    assert "000.00.00.H99" in refused.refused
    assert await store.directory() == small_axis()
    assert [each.refused for each in await store.prepared_directories()] == [refused.refused]
    assert await store.begin_day(REFORM, START) == []  # not tried again with every beat
    assert (await store.journal(0, 10))[-1].event == "directory.refused"


async def test_cancelled_change_never_happens(store: SqlStore) -> None:
    number = await store.prepare_directory(merger(), REFORM, START)
    assert await store.cancel_directory(number, START)
    assert not await store.cancel_directory(number, START)
    assert await store.begin_day(REFORM, START) == []
    assert await store.directory() == small_axis()
    events = [row.event for row in await store.journal(0, 10)]
    assert events[-2:] == ["directory.prepared", "directory.cancelled"]


async def test_day_begins_once_for_two_instances(database: Database) -> None:
    one, two = database.open("one"), database.open("two")
    await one.set_directory(small_axis(), START)
    await one.prepare_directory(merger(), REFORM, START)
    assert len(await one.begin_day(REFORM, START)) == 1
    assert await two.begin_day(REFORM, START) == []
    assert (await two.directory()).version == 2
