from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import select

from gateway.core.directory import Agency, Directory, NodeRow
from gateway.core.model import AgencyCode, NodeId
from gateway.store.directory_rows import FETCHED_AT_ONCE
from gateway.store.sql import SqlStore
from gateway.store.tables import agencies
from tests.contract.conftest import Database
from tests.kit.builders import small_axis
from tests.kit.clock import START

RICH = Directory(
    7,
    (
        NodeRow(
            id=NodeId("G22"),
            name="Văn phòng Chính phủ",
            level="central",
            organ_code="A",
            organ_name="Trục",
            organ_address="Hà Nội",
        ),
        NodeRow(id=NodeId("H14"), parent=NodeId("G22")),
    ),
    (
        Agency(
            code=AgencyCode("B"),
            name="Sở “Nội vụ”",
            node=NodeId("H14"),
            aliases=("b2", "b1"),
            parent="A",
            tier="province",
            valid_from=date(2025, 7, 1),
            valid_to=date(2026, 1, 1),
            successor="A",
            locked=True,
            sends_arrived=True,
            delivery="webhook",
            mail="vanthu@caobang.example",
            telephone="0206 1234567",
            fax="0206 7654321",
            max_size=50_000_000,
            types=("pdf", "docx"),
            certificates=("ab" * 32,),
            version=3,
        ),
        Agency(code=AgencyCode("A"), name="Trục", node=NodeId("G22"), aliases=("a1",)),
    ),
)


async def test_store_without_a_directory_gives_an_empty_one(database: Database) -> None:
    directory = await database.open().directory()
    assert (directory.version, directory.node_rows, directory.agency_rows) == (0, (), ())


async def test_directory_comes_back_as_it_was_set(database: Database) -> None:
    store = database.open()
    await store.set_directory(RICH, START)
    assert await store.directory() == RICH
    assert await database.open("another").directory() == RICH


async def test_more_agencies_than_are_fetched_at_once_come_back_in_their_order(database: Database) -> None:
    rows = tuple(
        replace(RICH.agency_rows[0], code=AgencyCode(f"C{n}"), aliases=("x",) * (n % 2))
        for n in range(2 * FETCHED_AT_ONCE + 1)
    )
    await database.open().set_directory(replace(RICH, agency_rows=rows), START)
    assert (await database.open("another").directory()).agency_rows == rows


async def test_new_directory_replaces_the_former(store: SqlStore) -> None:
    assert await store.directory() == small_axis()
    await store.set_directory(RICH, START)
    assert await store.directory() == RICH
    await store.set_directory(replace(RICH, agency_rows=()), START)  # the same version, corrected
    assert (await store.directory()).agency_rows == ()


async def test_only_rows_that_changed_are_written(database: Database) -> None:
    store = database.open()
    await store.set_directory(RICH, START)
    numbered = select(agencies.c.position, agencies.c.code).order_by(agencies.c.position)
    before = database.rows(numbered)
    between = replace(RICH.agency_rows[1], code=AgencyCode("C"), aliases=("c1", "c2"))
    locked = replace(RICH.agency_rows[1], locked=True)
    changed = replace(RICH, version=8, agency_rows=(RICH.agency_rows[0], between, locked))
    await store.set_directory(changed, START)
    after = database.rows(numbered)
    assert [row.code for row in after] == ["B", "C", "A"]
    assert [row for row in after if row.code != "C"] == before  # nobody was moved
    assert await store.directory() == changed
    assert await database.open("another").directory() == changed


async def test_order_of_rows_survives_any_change(store: SqlStore) -> None:
    rows = small_axis().agency_rows
    for order in (rows[::-1], rows[3:] + rows[:3], rows[:2], (rows[5], rows[0], rows[2]), (), rows):
        changed = replace(small_axis(), agency_rows=order)
        await store.set_directory(changed, START)
        assert await store.directory() == changed


async def test_table_that_was_changed_by_hand_is_written_anew(database: Database) -> None:
    store = database.open()
    await store.set_directory(RICH, START)
    assert await store.directory() == RICH
    database.change("DELETE FROM aliases", "DELETE FROM agencies WHERE code = 'A'")
    changed = replace(RICH, version=8)
    await store.set_directory(changed, START)
    assert await store.directory() == changed


async def test_rows_that_share_a_code_are_kept_for_the_check_to_name(store: SqlStore) -> None:
    doubled = replace(RICH, agency_rows=(*RICH.agency_rows, RICH.agency_rows[0]))
    await store.set_directory(doubled, START)
    assert await store.directory() == doubled


async def test_directory_is_read_once_for_each_edition(store: SqlStore) -> None:
    first = await store.directory()
    assert await store.directory() is first


async def test_directory_set_by_another_instance_is_seen(database: Database) -> None:
    one, two = database.open("one"), database.open("two")
    await one.set_directory(small_axis(), START)
    assert (await two.directory()).version == 1
    await one.set_directory(RICH, START)
    assert await two.directory() == RICH


async def test_change_of_directory_is_journalled(store: SqlStore) -> None:
    await store.set_directory(RICH, START)
    line = (await store.journal(0, 10))[-1]
    assert (line.event, dict(line.detail)) == ("directory.set", {"version": 7, "nodes": 2, "agencies": 2})
