from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from gateway.core.model import NodeId
from gateway.journal import Entry, chain, entry_hash, first_hash, verify
from gateway.ports import JournalRow
from gateway.store import tables
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import PROVINCE, new_letter
from tests.kit.clock import START

BEGIN = first_hash(PROVINCE)


def rows(count: int = 5) -> list[JournalRow]:
    entries = [Entry(START, "letter.accepted", f"id-{n}", detail={"size": n}) for n in range(count)]
    return chain(BEGIN, 0, entries)


def test_whole_chain_is_whole() -> None:
    assert verify(rows(), BEGIN) is None
    assert verify([], BEGIN) is None


def test_part_of_a_chain_is_verified_from_the_row_before_it() -> None:
    whole = rows()
    assert verify(whole[2:], whole[1].sha256, 2) is None
    assert verify(whole[2:], whole[0].sha256, 2) == 3


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda all_rows: all_rows[:2] + all_rows[3:], 3),
        (lambda all_rows: [all_rows[1], all_rows[0], *all_rows[2:]], 1),
        (lambda all_rows: [*all_rows, all_rows[-1]], 6),
        (lambda all_rows: all_rows[1:], 1),
        (lambda all_rows: [*all_rows[:3], *chain(all_rows[1].sha256, 3, [Entry(START, "x")])], 4),
    ],
    ids=["deleted", "swapped", "repeated", "beheaded", "grafted"],
)
def test_change_of_the_chain_is_found_where_it_begins(change, broken: int) -> None:  # type: ignore[no-untyped-def]
    assert verify(change(rows()), BEGIN) == broken


@pytest.mark.parametrize(
    "edit",
    [
        {"at": START + timedelta(microseconds=1)},
        {"event": "letter.taken"},
        {"letter_id": "id-9"},
        {"target": "link:H14"},
        {"code": "TRUC-1"},
        {"detail": {"size": 9}},
        {"sha256": "0" * 64},
    ],
    ids=lambda edit: next(iter(edit)),
)
def test_edit_of_any_field_is_found(edit: dict[str, object]) -> None:
    changed = rows()
    changed[2] = replace(changed[2], **edit)  # type: ignore[arg-type]
    assert verify(changed, BEGIN) == 3


def test_chains_of_two_writers_can_not_be_exchanged() -> None:
    assert verify(rows(), first_hash(NodeId("H21"))) == 1


def test_the_same_instant_in_another_zone_has_the_same_hash() -> None:
    here = datetime(2026, 3, 2, 8, 30, tzinfo=timezone(timedelta(hours=7)))
    assert entry_hash(BEGIN, Entry(here, "x"), 1) == entry_hash(BEGIN, Entry(here.astimezone(UTC), "x"), 1)


# --- in the store --------------------------------------------------------------------------------


async def fill(store: SqlStore, letters: Sequence[int]) -> None:
    await asyncio.gather(*(store.add_letter(new_letter(number), START) for number in letters))


async def test_journal_of_the_store_is_a_whole_chain(store: SqlStore) -> None:
    await fill(store, range(20))
    await fill(store, range(20, 25))
    written = await store.journal(0, 1000)
    assert [row.number for row in written] == list(range(1, 27))
    assert verify(written, BEGIN) is None
    assert await store.journal(24, 1) == written[24:25]
    assert await store.journal(26, 10) == []


async def test_two_instances_write_one_chain(database: Database) -> None:
    one, two = database.open("one"), database.open("two")
    await asyncio.gather(fill(one, range(30)), fill(two, range(30, 60)))
    written = await two.journal(0, 1000)
    assert len(written) == 60
    assert verify(written, BEGIN) is None


async def test_nodes_that_share_a_database_have_chains_of_their_own(database: Database) -> None:
    one, other = database.open("one"), database.open("other", node=NodeId("H21"))
    await fill(one, [1])
    await fill(other, [2, 3])
    assert verify(await one.journal(0, 10), BEGIN) is None
    assert len(await other.journal(0, 10)) == 2
    assert verify(await other.journal(0, 10), first_hash(NodeId("H21"))) is None


async def test_tables_refuse_to_change_what_is_written(store: SqlStore, database: Database) -> None:
    await fill(store, [1])
    for statement in (
        update(tables.journal).values(code="TRUC-1"),
        delete(tables.journal).where(tables.journal.c.number == 1),
    ):
        with pytest.raises(DBAPIError, match="only appended to"):
            database.change(statement)
    assert verify(await store.journal(0, 10), BEGIN) is None


async def test_whoever_takes_the_guard_away_is_found_out(store: SqlStore, database: Database) -> None:
    await fill(store, range(5))
    drop = "DROP TRIGGER journal_no_change ON journal"
    database.change(drop if database.is_postgresql else "DROP TRIGGER journal_no_update")
    database.change(update(tables.journal).where(tables.journal.c.number == 3).values(code="TRUC-1"))
    assert verify(await store.journal(0, 10), BEGIN) == 3


async def test_head_that_is_kept_shows_a_cut_tail(store: SqlStore, database: Database) -> None:
    await fill(store, range(5))
    written = await store.journal(0, 10)
    (head,) = database.rows(select(tables.journal_heads))
    assert (head.writer, head.number, head.sha256) == (PROVINCE, written[-1].number, written[-1].sha256)
