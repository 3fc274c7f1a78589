from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.core.delivery import (
    LEGAL,
    Acknowledged,
    Claimed,
    Confirmed,
    Event,
    Expired,
    Failed,
    GiveBack,
    Hold,
    IllegalMove,
    Missing,
    Offered,
    Overdue,
    Refused,
    Release,
    SendAgain,
    State,
    Taken,
    TakenBack,
    Target,
    Unreadable,
    Unwelcome,
    decide,
)
from gateway.core.model import Lane
from gateway.ports import NewLetter
from gateway.store import tables
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import CENTRAL, PROVINCE_OFFICE, delivery, letter_id, new_letter, stored_letter
from tests.kit.clock import START

UP, HERE = Target(neighbour=CENTRAL), Target(agency=PROVINCE_OFFICE)
LATER = START + timedelta(minutes=5)

EVENTS: tuple[Event, ...] = (
    Claimed(),
    Confirmed(LATER),
    Taken(),
    Missing("0:0-9"),
    Refused("TRUC-503"),
    Failed("TRUC-504"),
    Offered(LATER),
    Acknowledged(),
    Overdue(LATER),
    Expired(),
    Unwelcome("TRUC-604"),
    Unreadable("TRUC-511"),
    Hold(),
    SendAgain(),
    Release(),
    GiveBack("TRUC-513"),
    TakenBack(),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
async def test_record_does_what_decide_says_in_every_state(store: SqlStore, event: Event) -> None:
    states = list(LEGAL)
    letters = [stored_letter(number) for number in range(len(states))]
    before = [delivery(letter, UP, state=state) for letter, state in zip(letters, states, strict=True)]
    for letter, each in zip(letters, before, strict=True):
        await store.add_letter(NewLetter(letter, (each,)), START)
    answers = await asyncio.gather(
        *(store.record(letter.routing.letter_id, UP, event, LATER) for letter in letters)
    )
    for each, answer in zip(before, answers, strict=True):
        try:
            expected, _ = decide(each, event, LATER)
        except IllegalMove:
            assert answer is None
            expected = each
        else:
            assert answer == expected
        tracked = await store.track(each.letter_id)
        assert tracked is not None
        assert tracked.deliveries == (expected,)


async def test_record_of_unknown_delivery_is_none(store: SqlStore) -> None:
    assert await store.record(letter_id(1), UP, Taken(), START) is None
    await store.add_letter(new_letter(1, UP), START)
    assert await store.record(letter_id(1), HERE, Taken(), START) is None


async def test_every_move_has_its_line_in_the_journal(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.claim_due(UP, Lane.NORMAL, START, letters=1, size=1)
    await store.record(letter_id(1), UP, Failed("TRUC-504"), START)
    await store.record(letter_id(1), UP, TakenBack(), LATER)
    await store.record(letter_id(1), UP, Release(), LATER)  # not legal any more
    lines = (await store.journal(0, 100))[2:]
    assert [(line.event, line.target, line.code, line.detail["state"]) for line in lines] == [
        ("delivery.claimed", "link:G22", "", "trying"),
        ("delivery.failed", "link:G22", "TRUC-504", "queued"),
        ("delivery.taken_back", "link:G22", "TRUC-517", "stopped"),
    ]
    assert lines[-1].at == LATER


async def test_word_after_the_end_changes_nothing_and_is_not_journalled(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    first = await store.record(letter_id(1), UP, Taken(), START)
    lines = len(await store.journal(0, 100))
    assert await store.record(letter_id(1), UP, Taken(), LATER) == first
    assert len(await store.journal(0, 100)) == lines


async def test_events_of_one_delivery_said_at_once_are_heard_in_order(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.claim_due(UP, Lane.NORMAL, START, letters=1, size=1)
    answers = await asyncio.gather(
        store.record(letter_id(1), UP, Failed("TRUC-504"), START),
        store.record(letter_id(1), UP, Missing("0:0-4"), START),
        store.record(letter_id(1), UP, Taken(), START),
    )
    assert [answer and answer.state for answer in answers] == [State.QUEUED, State.QUEUED, State.TAKEN]
    assert answers[2] is not None
    assert (answers[2].failures, answers[2].held) == (1, "0:0-4")


async def test_operator_decides_how_long_a_failure_waits(database: Database) -> None:
    store = database.open(retry=lambda delivery: timedelta(seconds=10 * delivery.failures))
    await store.add_letter(new_letter(1, UP), START)
    await store.claim_due(UP, Lane.NORMAL, START, letters=1, size=1)
    failed = await store.record(letter_id(1), UP, Failed("TRUC-504"), START)
    assert failed is not None
    assert failed.due_at == START + timedelta(seconds=10)


async def test_every_try_is_kept_with_its_outcome(store: SqlStore, database: Database) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.claim_due(UP, Lane.NORMAL, START, letters=1, size=1)
    await store.record(letter_id(1), UP, Failed("TRUC-504"), LATER)
    (second,) = await store.claim_due(UP, Lane.NORMAL, LATER + timedelta(hours=1), letters=1, size=1)
    assert second.delivery.attempts == 2
    attempts = database.rows(select(tables.attempts).order_by(tables.attempts.c.number))
    assert [(a.number, a.claimed_by, a.outcome, a.code) for a in attempts] == [
        (1, "one#1", "failed", "TRUC-504"),
        (2, "one#1", None, None),
    ]


async def test_offer_is_made_again_by_claiming_what_was_sent(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.claim_due(UP, Lane.NORMAL, START, letters=1, size=1)
    await store.record(letter_id(1), UP, Confirmed(LATER), START)
    claimed = await store.record(letter_id(1), UP, Claimed(), LATER)
    assert claimed is not None
    assert (claimed.state, claimed.confirmed, claimed.attempts) == (State.TRYING, True, 2)


async def test_what_a_living_instance_tries_can_not_be_claimed_from_it(database: Database) -> None:
    one, two = database.open("one"), database.open("two")
    await one.add_letter(new_letter(1, UP), START)
    await one.claim_due(UP, Lane.NORMAL, START, letters=1, size=1)
    assert await two.record(letter_id(1), UP, Claimed(), START) is None


async def test_progress_of_the_neighbour_is_remembered_until_the_end(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.claim_due(UP, Lane.NORMAL, START, letters=1, size=1)
    await store.note_held(letter_id(1), UP, "1:0-4194304")
    (outside,) = await store.outstanding(CENTRAL, Lane.NORMAL)
    assert (outside.state, outside.held) == (State.TRYING, "1:0-4194304")
    taken = await store.record(letter_id(1), UP, Taken(), START)
    await store.note_held(letter_id(1), UP, "late")
    tracked = await store.track(letter_id(1))
    assert tracked is not None
    assert tracked.deliveries == (taken,)


@pytest.mark.parametrize(
    ("events", "topics"),
    [
        ([Taken()], {"link:G22:normal"}),
        ([Missing("")], {"link:G22:normal"}),
        ([Confirmed(LATER)], set()),
        ([Failed("TRUC-504")], set()),
        ([Confirmed(LATER), Refused("TRUC-503")], {"link:G22:normal", "duties"}),
    ],
    ids=["taken", "missing", "confirmed", "failed", "refused"],
)
async def test_bell_rings_where_there_is_work_or_room(
    database: Database, events: list[Event], topics: set[str]
) -> None:
    """Not after a failure: a dead link must not drive its whole backlog through."""
    rung: set[str] = set()
    store = database.open(on_change=rung.update)
    await store.add_letter(new_letter(1, UP), START)
    await store.claim_due(UP, Lane.NORMAL, START, letters=1, size=1)
    rung.clear()
    for event in events:
        await store.record(letter_id(1), UP, event, START)
    assert rung == topics
