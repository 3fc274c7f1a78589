from __future__ import annotations

import asyncio
import hashlib

from sqlalchemy import select

from gateway.core.model import Lane
from gateway.ports import Arriving, LetterKey
from gateway.store import tables
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import CENTRAL, COMMUNE, letter_id, new_letter
from tests.kit.clock import START

KEY = LetterKey(CENTRAL, letter_id(1))
MANIFEST = b'{"parts":[]}'


async def test_unknown_letter_is_unknown(store: SqlStore) -> None:
    assert await store.arriving(KEY) == Arriving("unknown")


async def test_held_ranges_and_manifest_come_back(store: SqlStore) -> None:
    await store.hold_ranges(KEY, CENTRAL, MANIFEST, {0: "0-99", 3: "0-9,20-29"}, START)
    assert await store.arriving(KEY) == Arriving(
        "receiving", MANIFEST, hashlib.sha256(MANIFEST).hexdigest(), {0: "0-99", 3: "0-9,20-29"}
    )


async def test_frames_may_come_before_their_manifest(store: SqlStore) -> None:
    await store.hold_ranges(KEY, CENTRAL, None, {1: "0-9"}, START)
    assert (await store.arriving(KEY)).manifest is None
    await store.hold_ranges(KEY, CENTRAL, MANIFEST, {1: "0-9"}, START)
    await store.hold_ranges(KEY, CENTRAL, None, {1: "0-19"}, START)
    held = await store.arriving(KEY)
    assert (held.manifest, held.ranges) == (MANIFEST, {1: "0-19"})


async def test_recorded_ranges_are_replaced_not_added_to(store: SqlStore) -> None:
    """A part that turned out damaged is left out: whoever still believed in it would wait for ever."""
    await store.hold_ranges(KEY, CENTRAL, MANIFEST, {0: "0-9", 1: "0-9", 2: "0-9"}, START)
    await store.hold_ranges(KEY, CENTRAL, MANIFEST, {0: "0-9", 2: "0-5"}, START)
    assert (await store.arriving(KEY)).ranges == {0: "0-9", 2: "0-5"}


async def test_letters_of_two_origins_do_not_mix(store: SqlStore) -> None:
    other = LetterKey(COMMUNE, KEY.letter_id)
    await store.hold_ranges(KEY, CENTRAL, MANIFEST, {0: "0-9"}, START)
    assert await store.arriving(other) == Arriving("unknown")


async def test_refusal_is_remembered_with_its_first_code(store: SqlStore) -> None:
    await store.hold_ranges(KEY, CENTRAL, MANIFEST, {0: "0-9"}, START)
    await store.refuse_arrival(KEY, CENTRAL, "TRUC-503", START)
    await store.refuse_arrival(KEY, CENTRAL, "TRUC-508", START)
    assert await store.arriving(KEY) == Arriving("refused", code="TRUC-503")
    refusals = [line.code for line in await store.journal(0, 10) if line.event == "arrival.refused"]
    assert refusals == ["TRUC-503"]


async def test_letter_that_is_taken_stays_taken(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, came_from=CENTRAL, origin=CENTRAL), START)
    await store.refuse_arrival(KEY, CENTRAL, "TRUC-503", START)
    await store.hold_ranges(KEY, CENTRAL, MANIFEST, {0: "0-9"}, START)
    assert await store.arriving(KEY) == Arriving("taken")


async def test_late_frames_of_a_refused_letter_leave_nothing(store: SqlStore, database: Database) -> None:
    await store.refuse_arrival(KEY, CENTRAL, "TRUC-503", START)
    await store.hold_ranges(KEY, CENTRAL, MANIFEST, {0: "0-9"}, START)
    assert (await store.arriving(KEY)).state == "refused"
    assert database.rows(select(tables.partials)) == []


async def test_what_was_not_understood_is_kept_with_the_reason(store: SqlStore, database: Database) -> None:
    await store.quarantine(
        b"\x00\xff", neighbour=CENTRAL, lane=Lane.URGENT, code="TRUC-506", letter_id="", now=START
    )
    (row,) = database.rows(select(tables.quarantine))
    assert (row.data, row.neighbour, row.lane, row.code) == (b"\x00\xff", "G22", "urgent", "TRUC-506")
    line = (await store.journal(0, 10))[-1]
    assert (line.event, line.target, line.code) == ("frame.quarantined", "link:G22", "TRUC-506")


async def test_poison_is_counted_per_letter_and_frame(store: SqlStore) -> None:
    other = LetterKey(CENTRAL, letter_id(2))
    assert [await store.count_poison(KEY, "letter", START) for _ in range(3)] == [1, 2, 3]
    assert await store.count_poison(KEY, "parts/0000", START) == 1
    assert await store.count_poison(other, "letter", START) == 1


async def test_poison_said_at_once_is_counted_each_time(store: SqlStore) -> None:
    counts = await asyncio.gather(*(store.count_poison(KEY, "letter", START) for _ in range(5)))
    assert sorted(counts) == [1, 2, 3, 4, 5]
