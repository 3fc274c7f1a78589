from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from gateway.core.delivery import State, Target, Unwelcome
from gateway.core.errors import Rejected
from gateway.core.model import InReplyTo, Kind, Lane, LetterFacts, Operation
from gateway.ports import HopEvent, IdempotencyKey, Taking
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
    PROVINCE_OFFICE,
    inline_part,
    letter_id,
    new_letter,
    stored_letter,
)
from tests.kit.clock import START

HERE, LOCAL = Target(agency=PROVINCE_OFFICE), Target(agency=DEPARTMENT)
UP = Target(neighbour=CENTRAL)
SAME = "5" * 64


async def test_letter_comes_back_as_it_was_given(store: SqlStore) -> None:
    facts = LetterFacts(
        document_id="000.00.00.H14.2026.1",
        code="7816/VPCP-TTĐT",
        issue_date="2026/03/02",
        subject="V/v “liên thông”",
        sender_code="H14",
        sender_name="UBND tỉnh Cao Bằng",
        priority=2,
        operation=Operation.UPDATE,
        status_code="03",
        in_reply_to=(InReplyTo("000.00.00.G22", "1/VPCP", "x", "2026/01/01"),),
        extra={"description": "ghi chú"},
    )
    given = stored_letter(
        7,
        facts=facts,
        came_from=CENTRAL,
        origin=CENTRAL,
        lane=Lane.URGENT,
        rank=3,
        to=[(PROVINCE_OFFICE, COMMUNE), (COMMUNE_OFFICE, COMMUNE)],
        parts=[inline_part("parts/0000", bytes(range(256))), inline_part("parts/0001", b"")],
    )
    assert await store.add_letter(new_letter(letter=given), START) is Taking.NEW
    assert await store.letter(letter_id(7)) == given


async def test_letter_of_passage_has_no_facts(store: SqlStore) -> None:
    given = stored_letter(facts=LetterFacts(sender_name=""), came_from=CENTRAL, origin=CENTRAL)
    await store.add_letter(new_letter(letter=given), START)
    held = await store.letter(letter_id(1))
    assert held is not None
    assert held.facts == LetterFacts()


async def test_unknown_letter_is_none(store: SqlStore) -> None:
    assert await store.letter(letter_id(1)) is None


async def test_second_taking_of_a_letter_changes_nothing(store: SqlStore, database: Database) -> None:
    new = new_letter(1, UP, HERE)
    assert await store.add_letter(new, START) is Taking.NEW
    assert await store.add_letter(new, START) is Taking.KNOWN
    assert len(database.rows(select(tables.deliveries))) == 2
    assert [row.event for row in await store.journal(0, 10)] == ["directory.set", "letter.accepted"]


async def test_same_letter_twice_at_once_is_taken_once(store: SqlStore) -> None:
    takings = await asyncio.gather(*(store.add_letter(new_letter(), START) for _ in range(8)))
    assert sorted(takings) == [Taking.KNOWN] * 7 + [Taking.NEW]


async def test_letter_id_of_another_origin_is_refused(store: SqlStore) -> None:
    """Between nodes only the letter_id is the key: nobody may take another's."""
    await store.add_letter(new_letter(1), START)
    stranger = new_letter(1, came_from=CENTRAL, origin=OTHER_PROVINCE)
    with pytest.raises(Rejected) as refused:
        await store.add_letter(stranger, START)
    assert refused.value.code == "TRUC-515"


async def test_letter_that_was_refused_on_arrival_is_not_taken(store: SqlStore) -> None:
    new = new_letter(1, came_from=CENTRAL, origin=CENTRAL)
    await store.refuse_arrival(new.letter.key, CENTRAL, "TRUC-503", START)
    assert await store.add_letter(new, START) is Taking.CLASH
    assert await store.letter(letter_id(1)) is None


async def test_receipt_waits_when_the_letter_is_ours_and_only_then(store: SqlStore) -> None:
    receipt = {"type": "receipt", "letter_id": letter_id(1)}
    new = replace(
        new_letter(1, came_from=CENTRAL, origin=CENTRAL), control=((CENTRAL, receipt),), manifest_sha256="ab"
    )
    await store.add_letter(new, START)
    await store.add_letter(new, START)
    assert [out.body for out in await store.control_waiting(CENTRAL, 10)] == [receipt]
    arriving = await store.arriving(new.letter.key)
    assert (arriving.state, arriving.manifest_sha256, arriving.manifest) == ("taken", "ab", None)


async def test_taken_letter_forgets_its_partial_ranges(store: SqlStore, database: Database) -> None:
    new = new_letter(1, came_from=CENTRAL, origin=CENTRAL)
    await store.hold_ranges(new.letter.key, CENTRAL, b"manifest", {0: "0-9"}, START)
    await store.add_letter(new, START)
    assert database.rows(select(tables.partials)) == []


# --- sameness and idempotency --------------------------------------------------------------------


async def test_equal_letter_to_the_same_recipient_clashes(store: SqlStore) -> None:
    to = [(CENTRAL_OFFICE, CENTRAL), (OTHER_OFFICE, OTHER_PROVINCE)]
    assert await store.add_letter(new_letter(1, sameness=SAME, to=to), START) is Taking.NEW
    assert await store.same(SAME, [CENTRAL_OFFICE, COMMUNE_OFFICE]) == {CENTRAL_OFFICE: letter_id(1)}
    assert await store.same("6" * 64, [CENTRAL_OFFICE]) == {}
    assert await store.add_letter(new_letter(2, sameness=SAME, to=to[1:]), START) is Taking.CLASH
    further = [(COMMUNE_OFFICE, COMMUNE)]
    assert await store.add_letter(new_letter(3, sameness=SAME, to=further), START) is Taking.NEW


async def test_equal_letters_at_once_become_one(store: SqlStore) -> None:
    letters = [new_letter(number, sameness=SAME) for number in range(1, 9)]
    takings = await asyncio.gather(*(store.add_letter(new, START) for new in letters))
    assert sorted(takings) == [Taking.CLASH] * 7 + [Taking.NEW]


async def test_equal_letters_at_two_instances_become_one(database: Database) -> None:
    """Neither sees the other's row before its commit; the table itself must refuse the second."""
    stores = [database.open("one"), database.open("two")]
    letters = [new_letter(number, sameness=SAME) for number in range(1, 21)]
    takings = await asyncio.gather(*(stores[n % 2].add_letter(new, START) for n, new in enumerate(letters)))
    assert sorted(takings) == [Taking.CLASH] * 19 + [Taking.NEW]
    assert len(database.rows(select(tables.letters))) == 1


async def test_letter_that_came_back_may_be_sent_again(store: SqlStore) -> None:
    to = [(PROVINCE_OFFICE, CENTRAL), (DEPARTMENT, CENTRAL)]
    await store.add_letter(new_letter(1, HERE, LOCAL, sameness=SAME, to=_here(to)), START)
    await store.claim_due(None, None, START, letters=1, size=0)
    await store.record(letter_id(1), HERE, Unwelcome("TRUC-604"), START)
    assert await store.same(SAME, [PROVINCE_OFFICE, DEPARTMENT]) == {DEPARTMENT: letter_id(1)}
    again = new_letter(2, HERE, sameness=SAME, to=_here(to[:1]))
    assert await store.add_letter(again, START) is Taking.NEW
    assert await store.same(SAME, [PROVINCE_OFFICE]) == {PROVINCE_OFFICE: letter_id(2)}


def _here(to: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(code, "H14") for code, _ in to]


async def test_return_on_the_way_ends_sameness_for_those_behind_it(store: SqlStore) -> None:
    to = [(CENTRAL_OFFICE, CENTRAL), (OTHER_OFFICE, OTHER_PROVINCE), (COMMUNE_OFFICE, COMMUNE)]
    await store.add_letter(new_letter(1, sameness=SAME, to=to), START)
    event = HopEvent(letter_id(1), CENTRAL, f"link:{OTHER_PROVINCE}", State.RETURNED, START, "TRUC-503")
    await store.add_hops([event])
    live = await store.same(SAME, [CENTRAL_OFFICE, OTHER_OFFICE, COMMUNE_OFFICE])
    assert set(live) == {CENTRAL_OFFICE, COMMUNE_OFFICE}


@pytest.mark.parametrize(("code", "may_be_sent_again"), [("02", True), ("15", True), ("03", False)])
async def test_status_that_ends_a_letter_lets_it_be_sent_again(
    store: SqlStore, code: str, may_be_sent_again: bool
) -> None:
    facts = LetterFacts(document_id="A-1")
    await store.add_letter(new_letter(1, sameness=SAME, facts=facts), START)
    status = stored_letter(
        2,
        kind=Kind.STATUS,
        origin=CENTRAL,
        sender=CENTRAL_OFFICE,
        came_from=CENTRAL,
        facts=LetterFacts(status_code=code, in_reply_to=(InReplyTo(PROVINCE_OFFICE, "", "A-1"),)),
    )
    assert await store.add_status(status, START) == letter_id(1)
    assert (await store.same(SAME, [CENTRAL_OFFICE]) == {}) is may_be_sent_again


async def test_idempotency_key_gives_the_first_answer(store: SqlStore) -> None:
    key = IdempotencyKey("caller", "key-1", "ab" * 32)
    first = replace(new_letter(1), idempotency=key, answer={"letter_id": letter_id(1), "số": 1})
    assert await store.answer_to("caller", "key-1") is None
    assert await store.add_letter(first, START) is Taking.NEW
    assert await store.add_letter(replace(new_letter(2), idempotency=key), START) is Taking.CLASH
    assert await store.answer_to("caller", "key-1") == ("ab" * 32, {"letter_id": letter_id(1), "số": 1})
    assert await store.answer_to("another", "key-1") is None


# --- recipients that can't be served -------------------------------------------------------------


async def test_unreachable_recipient_becomes_a_duty(store: SqlStore) -> None:
    await store.add_letter(replace(new_letter(1), unreachable=(("000.00.99.H14", "TRUC-302"),)), START)
    (duty,) = await store.duties(10)
    assert (duty.kind, duty.target, duty.code) == ("notice", "000.00.99.H14", "TRUC-302")
    assert duty.letter.routing.letter_id == letter_id(1)


async def test_unreachable_recipient_is_reported_to_the_origin(store: SqlStore) -> None:
    new = new_letter(1, HERE, came_from=CENTRAL, origin=CENTRAL, to=[(DEPARTMENT, "H14")])
    await store.add_letter(replace(new, unreachable=((DEPARTMENT, "TRUC-302"),)), START)
    (told,) = await store.control_waiting(CENTRAL, 10)
    assert (told.body["type"], told.body["to"]) == ("hops", CENTRAL)
    (event,) = told.body["events"]
    assert (event["target"], event["state"], event["code"]) == (
        f"agency:{DEPARTMENT}",
        "returned",
        "TRUC-302",
    )


# --- refused input -------------------------------------------------------------------------------


async def test_only_the_last_hundred_refusals_of_a_caller_are_kept(
    store: SqlStore, database: Database
) -> None:
    refused = tables.refused.c
    await store.keep_refused("quiet", "TRUC-101", b"<a>", START)
    await asyncio.gather(
        *(store.keep_refused("loud", "TRUC-101", b"%d" % number, START) for number in range(103))
    )
    kept = database.rows(select(refused.head).where(refused.caller == "loud").order_by(refused.number))
    assert [row.head for row in kept] == [b"%d" % number for number in range(3, 103)]
    assert database.rows(select(func.count()).where(refused.caller == "quiet"))[0][0] == 1


async def test_head_of_refused_input_is_cut_at_64_kib(store: SqlStore, database: Database) -> None:
    await store.keep_refused("caller", "TRUC-101", b"x" * 100_000, START)
    assert len(database.rows(select(tables.refused.c.head))[0].head) == 65_536


async def test_topics_of_a_letter_are_rung_after_its_commit(database: Database) -> None:
    rung: list[set[str]] = []
    store = database.open(on_change=lambda topics: rung.append(set(topics)))
    await store.add_letter(
        replace(
            new_letter(1, UP, HERE),
            control=((CENTRAL, {"type": "receipt"}),),
            unreachable=(("x", "TRUC-302"),),
        ),
        START,
    )
    assert rung == [{"link:G22:normal", "local", "control:G22", "duties"}]
    await store.add_letter(new_letter(1, UP, HERE), START)
    assert len(rung) == 1


# --- what is used --------------------------------------------------------------------------------


async def test_letters_handed_in_here_are_counted_by_agency_and_day(store: SqlStore) -> None:
    evening = datetime(2026, 3, 2, 16, 59, tzinfo=UTC)  # one minute before midnight in Vietnam
    await asyncio.gather(*(store.add_letter(new_letter(number), evening) for number in (1, 2)))
    await store.add_letter(new_letter(3), evening + timedelta(minutes=1))
    await store.add_letter(new_letter(4, sender=DEPARTMENT), evening)
    assert await store.used(PROVINCE_OFFICE, date(2026, 3, 2)) == (2, 2000)
    assert await store.used(PROVINCE_OFFICE, date(2026, 3, 3)) == (1, 1000)
    assert await store.used(DEPARTMENT, date(2026, 3, 2)) == (1, 1000)
    assert await store.used(DEPARTMENT, date(2026, 3, 3)) == (0, 0)


async def test_statuses_letters_from_elsewhere_and_repeats_use_nothing(store: SqlStore) -> None:
    await store.add_letter(new_letter(3, kind=Kind.STATUS, lane=Lane.CONTROL), START)
    await store.add_letter(new_letter(1, origin=CENTRAL, sender=CENTRAL_OFFICE, came_from=CENTRAL), START)
    for _ in range(2):
        await store.add_letter(new_letter(2), START)
    assert await store.used(CENTRAL_OFFICE, START.date()) == (0, 0)
    assert await store.used(PROVINCE_OFFICE, START.date()) == (1, 1000)
