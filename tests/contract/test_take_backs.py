from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from gateway.core.delivery import Acknowledged, Delivery, Failed, Offered, State, Target
from gateway.core.model import Addressee, AgencyCode, InReplyTo, Kind, Lane, LetterFacts, LetterId
from gateway.ports import NewLetter, Recalled, Taking
from gateway.store import tables
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    COMMUNE,
    COMMUNE_OFFICE,
    DEPARTMENT,
    OTHER_OFFICE,
    OTHER_PROVINCE,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
    stored_letter,
)
from tests.kit.clock import START

UP, DOOR = Target(neighbour=CENTRAL), Target(agency=DEPARTMENT)
LATER = START + timedelta(minutes=1)


def ask(
    number: int,
    *targets: Target,
    back: LetterId | None = None,
    sender: AgencyCode = PROVINCE_OFFICE,
    **more: Any,
) -> NewLetter:
    """The 13 that wants the first letter back."""
    given = stored_letter(
        number,
        kind=Kind.STATUS,
        sender=sender,
        facts=LetterFacts(status_code="13"),
        lane=Lane.CONTROL,
        **more,
    )
    ids = (back or letter_id(1),)
    given = replace(given, routing=replace(given.routing, takes_back=ids))
    return replace(new_letter(number, *targets, letter=given), stops=ids)


async def state(store: SqlStore, number: int, target: Target) -> Delivery:
    record = await store.track(letter_id(number))
    assert record is not None
    return next(d for d in record.deliveries if d.target == target)


async def test_letter_and_13_end_together_where_nothing_left_yet(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.add_letter(ask(2, UP), LATER)
    letter, thirteen = await state(store, 1, UP), await state(store, 2, UP)
    duties = await store.duties(10)
    assert (letter.state, letter.last_code) == (State.STOPPED, "TRUC-517")
    assert thirteen.state is State.STOPPED
    assert [(d.kind, d.letter.routing.letter_id, d.code) for d in duties] == [
        ("notice", letter_id(1), "TRUC-517")
    ], "one notice: about the letter, none about the 13"


async def test_letter_that_may_have_left_goes_on_and_so_does_the_13(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.claim_due(UP, Lane.NORMAL, START, letters=1, size=1)
    await store.record(letter_id(1), UP, Failed("TRUC-504"), START)
    await store.add_letter(ask(2, UP), LATER)
    assert (await state(store, 1, UP)).state is State.QUEUED
    assert (await state(store, 2, UP)).state is State.QUEUED


async def test_copy_for_several_is_stopped_when_the_last_of_them_is_asked(store: SqlStore) -> None:
    both = ((CENTRAL_OFFICE, CENTRAL), (OTHER_OFFICE, OTHER_PROVINCE))
    await store.add_letter(new_letter(1, UP, to=both), START)
    await store.add_letter(ask(2, UP, to=both[:1]), LATER)
    first = (await state(store, 1, UP)).state, (await state(store, 2, UP)).state
    await store.add_letter(ask(3, UP, to=both[1:]), LATER)
    assert first == (State.QUEUED, State.QUEUED)
    assert (await state(store, 1, UP)).state is State.STOPPED
    assert (await state(store, 3, UP)).state is State.STOPPED


HERE = ((DEPARTMENT, PROVINCE),)


async def test_letter_that_comes_after_its_13_is_stopped_at_once(store: SqlStore) -> None:
    came: dict[str, Any] = {"to": HERE, "origin": CENTRAL, "came_from": CENTRAL}
    await store.add_letter(ask(2, DOOR, sender=CENTRAL_OFFICE, **came), START)
    await store.add_letter(new_letter(1, DOOR, sender=CENTRAL_OFFICE, **came), LATER)
    assert (await state(store, 2, DOOR)).state is State.STOPPED
    assert (await state(store, 1, DOOR)).state is State.STOPPED
    assert await store.waiting([DEPARTMENT], kind=None, after=0, limit=9) == []


async def test_13_of_another_sender_or_node_stops_nothing(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, DOOR, to=HERE), START)
    await store.add_letter(ask(2, DOOR, to=HERE, sender=COMMUNE_OFFICE), LATER)
    await store.add_letter(ask(3, DOOR, to=HERE, origin=CENTRAL, came_from=CENTRAL), LATER)
    assert [(await state(store, n, DOOR)).state for n in (1, 2, 3)] == [State.QUEUED] * 3


async def test_what_the_agency_fetched_is_its_own(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, DOOR, to=HERE), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), DOOR, Offered(LATER), START)
    assert await store.note_fetched(letter_id(1), DEPARTMENT, START)
    await store.add_letter(ask(2, DOOR, to=HERE), LATER)
    assert (await state(store, 1, DOOR)).state is State.WAITING
    assert (await state(store, 2, DOOR)).state is State.QUEUED


async def test_what_was_stopped_can_no_longer_be_fetched_or_looked_into(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, DOOR, to=HERE), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), DOOR, Offered(LATER), START)
    await store.add_letter(ask(2, DOOR, to=HERE), LATER)
    assert (await state(store, 1, DOOR)).state is State.STOPPED
    assert not await store.note_fetched(letter_id(1), DEPARTMENT, LATER)
    assert not await store.note_fetched(letter_id(1), DEPARTMENT, LATER, only_looked=True)


async def test_looking_keeps_the_letter_and_allows_no_acknowledgement(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, DOOR, to=HERE), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), DOOR, Offered(LATER), START)
    assert await store.note_fetched(letter_id(1), DEPARTMENT, START, only_looked=True)
    assert not await store.was_fetched(letter_id(1), DEPARTMENT)
    await store.add_letter(ask(2, DOOR, to=HERE), LATER)
    assert (await state(store, 1, DOOR)).state is State.WAITING


async def test_said_twice_changes_nothing(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.add_letter(ask(2, UP), LATER)
    assert await store.add_letter(ask(2, UP), LATER) is Taking.KNOWN
    await store.add_letter(ask(3, UP), LATER)
    assert (await state(store, 3, UP)).state is State.STOPPED
    assert len(await store.duties(10)) == 1


async def test_what_is_remembered_is_forgotten_when_the_letter_can_come_no_more(database: Database) -> None:
    store = database.open()
    await store.add_letter(ask(2, UP, to=HERE, origin=CENTRAL, came_from=CENTRAL), START)
    much_later = START + timedelta(days=30)
    late = ask(3, UP, back=letter_id(9), to=HERE, origin=CENTRAL, came_from=CENTRAL)
    await store.add_letter(late, much_later)
    kept = {row.letter_id for row in database.rows(select(tables.take_backs.c.letter_id))}
    assert kept == {letter_id(9)}


async def test_two_instances_with_letter_and_13_at_once_give_both_or_neither(database: Database) -> None:
    one, two = database.open("one"), database.open("two")
    came: dict[str, Any] = {"to": HERE, "origin": CENTRAL, "came_from": CENTRAL, "sender": CENTRAL_OFFICE}
    for number in range(10, 40, 2):
        letter = new_letter(number, DOOR, **came)
        thirteen = ask(number + 1, DOOR, back=letter_id(number), **came)
        await asyncio.gather(one.add_letter(letter, START), two.add_letter(thirteen, START))
        ends = {(await state(one, n, DOOR)).state for n in (number, number + 1)}
        assert ends == {State.STOPPED}


async def test_13_takes_back_what_its_sender_sent_from_here_to_that_recipient(store: SqlStore) -> None:
    to = ((CENTRAL_OFFICE, CENTRAL), (COMMUNE_OFFICE, COMMUNE))
    named = [InReplyTo(PROVINCE_OFFICE, document_id="id-1")]
    await store.add_letter(new_letter(1, UP, to=to), START)
    await store.add_letter(new_letter(2, UP, to=to), START)
    found = [
        await store.taken_back(PROVINCE_OFFICE, named, [Addressee(code, code, node)])
        for code, node in (*to, (OTHER_OFFICE, OTHER_PROVINCE))
    ]
    others = await store.taken_back(
        COMMUNE_OFFICE, named, [Addressee(CENTRAL_OFFICE, CENTRAL_OFFICE, CENTRAL)]
    )
    assert [[r.letter_id for r in each] for each in found] == [[letter_id(1)], [letter_id(1)], []]
    assert isinstance(found[0][0], Recalled)
    assert others == []


async def test_stopped_letter_may_be_sent_anew_and_a_spent_13_is_not_said_again(store: SqlStore) -> None:
    await store.add_letter(replace(new_letter(1, UP), sameness="1" * 64), START)
    await store.add_letter(replace(ask(2, UP), sameness="2" * 64), LATER)
    assert await store.same("1" * 64, [CENTRAL_OFFICE]) == {}
    assert await store.same("2" * 64, [CENTRAL_OFFICE]) == {CENTRAL_OFFICE: letter_id(2)}


async def test_acknowledged_letter_is_never_stopped(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, DOOR, to=HERE), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), DOOR, Acknowledged(), START)
    await store.add_letter(ask(2, DOOR, to=HERE), LATER)
    assert (await state(store, 1, DOOR)).state is State.DELIVERED
    assert (await state(store, 2, DOOR)).state is State.QUEUED
