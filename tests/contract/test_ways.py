from __future__ import annotations

from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import DEPARTMENT, PROVINCE_OFFICE
from tests.kit.clock import START


async def test_settings_are_kept_for_each_way_and_agency(store: SqlStore) -> None:
    await store.set_way(PROVINCE_OFFICE, "folder", {"root": "/srv/ubnd", "nested": {"số": [1, None]}}, START)
    await store.set_way(DEPARTMENT, "folder", {"root": "/srv/so"}, START)
    await store.set_way(PROVINCE_OFFICE, "office", {"letters_per_day": 5}, START)
    assert await store.ways() == {
        "folder": {
            DEPARTMENT: {"root": "/srv/so"},
            PROVINCE_OFFICE: {"root": "/srv/ubnd", "nested": {"số": [1, None]}},
        },
        "office": {PROVINCE_OFFICE: {"letters_per_day": 5}},
    }


async def test_settings_are_replaced_as_a_whole_and_removed_by_none(store: SqlStore) -> None:
    await store.set_way(DEPARTMENT, "folder", {"root": "/a", "poll": 5}, START)
    await store.set_way(DEPARTMENT, "folder", {"root": "/b"}, START)
    assert await store.ways() == {"folder": {DEPARTMENT: {"root": "/b"}}}
    for _ in range(2):
        await store.set_way(DEPARTMENT, "folder", None, START)
    assert await store.ways() == {}


async def test_journal_says_whose_settings_changed_and_not_to_what(store: SqlStore) -> None:
    await store.set_way(DEPARTMENT, "uplink", {"password": "rất bí mật"}, START)
    line = (await store.journal(0, 10))[-1]
    assert (line.event, line.target) == ("way.set", f"agency:{DEPARTMENT}")
    assert dict(line.detail) == {"way": "uplink", "removed": 0}


async def test_change_of_settings_is_rung(database: Database) -> None:
    rung: set[str] = set()
    await database.open(on_change=rung.update).set_way(DEPARTMENT, "folder", {}, START)
    assert rung == {"ways"}
