from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, event, select

from gateway.core.delivery import (
    Claimed,
    Confirmed,
    Expired,
    Failed,
    Missing,
    Offered,
    Overdue,
    State,
    Taken,
    Target,
)
from gateway.core.model import Kind, Lane
from gateway.ports import NewLetter
from gateway.store import claims, mailbox, tables
from gateway.store.directory_rows import DirectoryShelf
from gateway.store.sql import SqlStore
from gateway.store.transaction import Instance, Transaction
from tests.contract.conftest import Database
from tests.kit.builders import (
    CENTRAL,
    COMMUNE,
    DEPARTMENT,
    PROVINCE,
    PROVINCE_OFFICE,
    delivery,
    letter_id,
    stored_letter,
)
from tests.kit.clock import START
from tests.kit.counts import counts

UP, DOWN, HERE, LOCAL = (
    Target(neighbour=CENTRAL),
    Target(neighbour=COMMUNE),
    Target(agency=PROVINCE_OFFICE),
    Target(agency=DEPARTMENT),
)
MINUTE = timedelta(minutes=1)
PLENTY = 10**9


async def add(store: SqlStore, number: int, *targets: Target, **changed: Any) -> None:
    """The n-th letter, whose deliveries differ from fresh ones in what is named."""
    of_letter = {key: changed.pop(key) for key in ("lane", "rank") if key in changed}
    letter = stored_letter(number, **of_letter)
    owed = tuple(delivery(letter, target, **changed) for target in targets or (UP,))
    await store.add_letter(NewLetter(letter, owed), START)


async def claimed(
    store: SqlStore,
    target: Target | None = UP,
    lane: Lane | None = Lane.NORMAL,
    *,
    now: datetime = START,
    letters: int = 100,
    size: int = PLENTY,
    biggest: int | None = None,
) -> list[int]:
    """The numbers of the letters that a claim gives."""
    works = await store.claim_due(target, lane, now, letters=letters, size=size, biggest=biggest)
    return [number_of(work.delivery.letter_id) for work in works]


def number_of(letter: str) -> int:
    return int(letter[-12:], 16)


async def test_claim_gives_the_letter_and_registers_the_try(store: SqlStore) -> None:
    await add(store, 1)
    (work,) = await store.claim_due(UP, Lane.NORMAL, START + MINUTE, letters=10, size=PLENTY)
    assert work.letter == stored_letter(1)
    assert (work.delivery.state, work.delivery.attempts, work.delivery.since) == (
        State.TRYING,
        1,
        START + MINUTE,
    )
    assert await claimed(store) == []


async def test_highest_rank_comes_first_then_the_oldest(store: SqlStore) -> None:
    for number, rank in enumerate([0, 3, 1, 3, 0]):
        await add(store, number, rank=rank)
    assert await claimed(store) == [1, 3, 2, 0, 4]


async def test_claim_is_for_one_link_and_one_lane(store: SqlStore) -> None:
    await add(store, 1, UP, DOWN)
    await add(store, 2, UP, lane=Lane.URGENT)
    await add(store, 3, HERE)
    assert await claimed(store, DOWN) == [1]
    assert await claimed(store, UP, Lane.URGENT) == [2]
    assert await claimed(store, UP) == [1]


async def test_local_claim_is_for_any_agency_and_every_lane_by_rank(store: SqlStore) -> None:
    await add(store, 1, HERE, UP)
    await add(store, 2, LOCAL, lane=Lane.URGENT, rank=2)
    await add(store, 3, HERE, lane=Lane.CONTROL)
    assert await claimed(store, None, None) == [2, 1, 3]


async def test_claim_keeps_to_the_number_of_letters(store: SqlStore) -> None:
    for number in range(5):
        await add(store, number)
    assert await claimed(store, letters=2) == [0, 1]
    assert await claimed(store, letters=0) == []
    assert await claimed(store) == [2, 3, 4]


async def test_claim_keeps_to_the_size_but_gives_at_least_one(store: SqlStore) -> None:
    for number, size in enumerate([600, 300, 200, 50]):
        await add(store, number, size=size)
    assert await claimed(store, size=500) == [0]
    assert await claimed(store, size=499) == [1]
    assert await claimed(store, size=250) == [2, 3]


async def test_big_letters_are_passed_over_when_asked_to(store: SqlStore) -> None:
    for number, size in enumerate([9000, 100, 9000, 100]):
        await add(store, number, size=size)
    assert await claimed(store, letters=2, biggest=4096) == [1, 3]
    assert await claimed(store) == [0, 2]


async def test_letter_is_not_claimed_before_its_time(store: SqlStore) -> None:
    await add(store, 1)
    await claimed(store)
    failed = await store.record(letter_id(1), UP, Failed("TRUC-504"), START)
    assert failed is not None
    assert await store.next_due(UP, Lane.NORMAL) == failed.due_at > START
    assert await claimed(store, now=failed.due_at - MINUTE / 1000) == []
    assert await claimed(store, now=failed.due_at) == [1]


async def test_what_waited_comes_in_its_rank_and_age_again(store: SqlStore) -> None:
    for number, rank in enumerate([0, 2, 0]):
        await add(store, number, rank=rank, due_at=START + MINUTE * (3 - number))
    assert await claimed(store) == []
    assert await claimed(store, now=START + MINUTE * 3) == [1, 0, 2]


async def test_next_due_is_none_without_work_and_past_with_it(store: SqlStore) -> None:
    assert await store.next_due(UP, Lane.NORMAL) is None
    await add(store, 1, UP, HERE)
    assert await store.next_due(UP, Lane.NORMAL) == START
    assert await store.next_due(UP, Lane.URGENT) is None
    assert await store.next_due(None, None) == START
    await claimed(store)
    assert await store.next_due(UP, Lane.NORMAL) is None


# --- two instances -------------------------------------------------------------------------------


async def test_two_claimers_never_get_the_same_delivery(database: Database) -> None:
    stores = [database.open("one"), database.open("two")]
    for number in range(60):
        await add(stores[0], number, rank=number % 4)
    rounds = await asyncio.gather(
        *(claimed(stores[turn % 2], letters=7, now=START + turn * MINUTE / 1000) for turn in range(30))
    )
    numbers = [number for numbers in rounds for number in numbers]
    assert sorted(numbers) == list(range(60))


async def test_claims_end_with_the_life_of_their_instance(database: Database) -> None:
    first = database.open("one")
    await add(first, 1)
    assert await claimed(first) == [1]
    again = database.open("one")  # the process was killed and started again
    assert await claimed(again) == [1]
    attempts = database.rows(select(tables.attempts).order_by(tables.attempts.c.number))
    assert [(a.claimed_by, a.outcome) for a in attempts] == [("one#1", "lost"), ("one#2", None)]


async def test_claims_of_a_silent_instance_are_due_again_after_a_minute(database: Database) -> None:
    one, two = database.open("one"), database.open("two")
    await add(one, 1)
    assert await claimed(one) == [1]
    assert await claimed(two) == []
    _let_pass(database, "one", 59)
    assert await claimed(two) == []
    _let_pass(database, "one", 2)
    assert await claimed(two) == [1]


async def test_heartbeat_keeps_claims_and_frees_those_of_the_silent(database: Database) -> None:
    rung: set[str] = set()
    one, two = database.open("one"), database.open("two", on_change=rung.update)
    await add(one, 1)
    await claimed(one)
    _let_pass(database, "one", 61)
    await one.beat(START)
    await two.beat(START)
    assert await two.outstanding(CENTRAL, Lane.NORMAL) != []
    _let_pass(database, "one", 61)
    await two.beat(START)
    assert await two.outstanding(CENTRAL, Lane.NORMAL) == []
    assert rung == {"link:G22"}
    assert await claimed(two) == [1]


def _let_pass(database: Database, instance: str, seconds: int) -> None:
    """Make the last heartbeat of an instance so much older."""
    instances = tables.instances
    (row,) = database.rows(select(instances.c.beat_at).where(instances.c.name == instance))
    earlier = row.beat_at - timedelta(seconds=seconds)
    database.change(instances.update().where(instances.c.name == instance).values(beat_at=earlier))


async def test_instance_that_stops_frees_its_claims(database: Database) -> None:
    one, two = database.open("one"), database.open("two")
    await add(one, 1)
    await claimed(one)
    await one.close()
    assert await claimed(two) == [1]
    assert [row.name for row in database.rows(select(tables.instances))] == ["two"]


# --- the window and time -------------------------------------------------------------------------


async def test_outstanding_is_what_is_tried_or_sent(store: SqlStore) -> None:
    for number in range(4):
        await add(store, number)
    await claimed(store, letters=3)
    await store.record(letter_id(1), UP, Confirmed(START + MINUTE), START)
    await store.record(letter_id(2), UP, Taken(), START)
    outside = await store.outstanding(CENTRAL, Lane.NORMAL)
    assert {(each.letter_id, each.state) for each in outside} == {
        (letter_id(0), State.TRYING),
        (letter_id(1), State.SENT),
    }
    assert await store.outstanding(CENTRAL, Lane.URGENT) == []


async def test_claims_of_a_former_life_do_not_fill_the_window(database: Database) -> None:
    """Else a node killed with a full window would never claim again, and so never free it."""
    await add(database.open("one"), 1)
    await claimed(database.open("one"))
    assert await database.open("one").outstanding(CENTRAL, Lane.NORMAL) == []


async def test_overdue_is_what_time_concerns(store: SqlStore) -> None:
    expiry, soon = START + timedelta(days=5), START + MINUTE
    for number in range(5):
        await add(store, number, HERE if number == 3 else UP)
    await claimed(store, letters=2)
    await claimed(store, None, None)
    await store.record(letter_id(0), UP, Confirmed(soon), START)
    await store.record(letter_id(3), HERE, Offered(soon + MINUTE), START)
    assert await _overdue(store, START) == []
    assert await _overdue(store, soon) == [0]
    assert await _overdue(store, soon + MINUTE) == [0, 3]
    assert await _overdue(store, expiry) == [0, 3, 2, 4]
    assert await _overdue(store, expiry, limit=1) == [0]


async def _overdue(store: SqlStore, now: datetime, limit: int = 10) -> list[int]:
    return [number_of(each.letter_id) for each in await store.overdue(now, limit)]


async def test_queued_offer_is_of_interest_at_its_expiry_until_its_sender_was_told(store: SqlStore) -> None:
    """Every frame was confirmed once: the neighbour may hold the letter, so only the neighbour may refuse."""
    at_the_end = START + timedelta(days=9)
    await add(store, 1)
    await claimed(store)
    await store.record(letter_id(1), UP, Confirmed(START), START)
    await store.record(letter_id(1), UP, Claimed(), START)
    queued = await store.record(letter_id(1), UP, Failed("TRUC-504"), START)
    assert queued is not None
    assert (queued.state, queued.confirmed) == (State.QUEUED, True)
    assert await store.record(letter_id(1), UP, Expired(), at_the_end) is None
    assert await _overdue(store, START + timedelta(days=1)) == []
    assert await _overdue(store, at_the_end) == [1]
    await store.record(letter_id(1), UP, Overdue(START), at_the_end)
    assert await _overdue(store, at_the_end) == []
    await store.record(letter_id(1), UP, Missing("0:0-9"), START)  # now it is known not to
    assert await _overdue(store, at_the_end) == [1]


async def test_claim_that_is_let_go_leaves_the_window_and_comes_up_again_later(
    database: Database, store: SqlStore
) -> None:
    await add(store, 1)
    assert await claimed(store)
    other, later = database.open("two"), START + MINUTE
    await other.let_go(letter_id(1), UP, START)  # not its own
    assert len(await store.outstanding(CENTRAL, Lane.NORMAL)) == 1
    await store.let_go(letter_id(1), UP, later)
    assert await store.outstanding(CENTRAL, Lane.NORMAL) == []
    assert await store.next_due(UP, Lane.NORMAL) == later
    assert await claimed(other) == []
    (work,) = await other.claim_due(UP, None, later, letters=9, size=PLENTY)
    assert (work.delivery.state, work.delivery.attempts) == (State.TRYING, 2)


async def test_next_one_due_is_the_next_that_would_be_claimed(store: SqlStore) -> None:
    big, later = 10_000, START + MINUTE
    await add(store, 1, UP, size=big)
    await add(store, 2, UP, size=10, due_at=later, failures=1)
    assert await store.next_due(UP, Lane.NORMAL) == START
    assert await store.next_due(UP, Lane.NORMAL, biggest=big - 1) == later
    assert await store.next_due(UP, Lane.NORMAL, biggest=9) is None


async def test_counts_are_per_target_and_state(store: SqlStore) -> None:
    for number in range(3):
        await add(store, number, UP, HERE)
    await claimed(store, letters=1)
    assert await counts(store) == {
        ("link:G22", State.QUEUED): 2,
        ("link:G22", State.TRYING): 1,
        (f"agency:{PROVINCE_OFFICE}", State.QUEUED): 3,
    }


# --- cost ----------------------------------------------------------------------------------------


def _questions(transaction: Transaction) -> dict[str, Callable[[], object]]:
    connection = transaction.connection
    return {
        "turn": lambda: claims.claim_due(transaction, [claims.Claim(UP, Lane.NORMAL, START, 9, 9)]),
        "wakes_at": lambda: claims.claim_due(transaction, [claims.Claim(None, None, START, 9, 9)]),
        "wakes_at (asked)": lambda: claims.next_due(connection, None, None),
        "claimed_by": lambda: claims.release_silent(transaction, START),
        "window": lambda: claims.outstanding(connection, CENTRAL, Lane.NORMAL),
        "deadline": lambda: claims.overdue(connection, START, 9),
        "mail": lambda: mailbox.waiting(connection, [PROVINCE_OFFICE], Kind.DOCUMENT, 0, 9),
    }


@pytest.mark.parametrize(
    "question",
    ["turn", "wakes_at", "wakes_at (asked)", "claimed_by", "window", "deadline", "mail"],
)
async def test_work_is_found_by_index_whatever_the_backlog(sqlite_database: Database, question: str) -> None:
    """No question of a door looks at deliveries that are not its answer, or sorts them first."""
    plans: list[str] = []
    engine = create_engine(sqlite_database.url)

    @event.listens_for(engine, "before_cursor_execute")
    def _explain(_c: Any, cursor: Any, statement: str, given: Any, _context: Any, is_many: bool) -> None:
        plan = cursor.execute(f"EXPLAIN QUERY PLAN {statement}", given[0] if is_many else given)
        plans.extend(row[-1] for row in plan.fetchall())

    with engine.begin() as connection:
        instance = Instance(PROVINCE, "one", 1)
        transaction = Transaction(connection, instance, DirectoryShelf().read, lambda _point: None)
        _questions(transaction)[question]()
    engine.dispose()
    told = [line for line in plans if "deliveries" in line or "TEMP" in line]
    assert any(f"INDEX ix_deliveries_{question.partition(' ')[0]}" in line for line in told), told
    assert not any(line == "SCAN deliveries" or "TEMP B-TREE" in line for line in told), told


# --- a link that works again ---------------------------------------------------------------------


async def test_what_a_dead_link_held_up_is_due_at_once(store: SqlStore) -> None:
    later = START + MINUTE
    down = {"due_at": later, "failures": 3, "last_code": "TRUC-504"}
    await add(store, 1, UP, **down)
    await add(store, 2, DOWN, **down)
    await add(store, 3, UP, due_at=later, failures=1, last_code="TRUC-505")
    assert await claimed(store) == []
    assert await store.hasten(CENTRAL, START, 500) == 1
    assert await store.hasten(CENTRAL, START, 500) == 0, "once"
    assert [
        work.delivery.letter_id for work in await store.claim_due(UP, None, START, letters=9, size=PLENTY)
    ] == [letter_id(1)]
    assert await store.next_due(DOWN, None) == later, "another link is another matter"


async def test_backlog_of_a_link_is_hastened_a_piece_at_a_time(store: SqlStore) -> None:
    for number in range(1, 6):
        await add(store, number, UP, due_at=START + number * MINUTE, failures=1, last_code="TRUC-504")
    assert [await store.hasten(CENTRAL, START, 2) for _ in range(4)] == [2, 2, 1, 0]
