"""Figures of reports: counted from the journal, once each, whatever crashes or runs again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from gateway.core.delivery import Acknowledged, Hold, Offered, Release
from gateway.core.errors import Rejected
from gateway.core.lifecycle import NOTICE
from gateway.core.model import AgencyCode, Kind, LetterFacts
from gateway.core.statistics import class_of
from gateway.ports import Side
from gateway.store import tables
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.contract.counting import (
    DAY,
    HERE,
    MARCH,
    PLAIN,
    count,
    figures,
    offer,
    reckoning,
    report,
    send,
)
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    DEPARTMENT,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
    small_axis,
    stored_letter,
)
from tests.kit.clock import START


async def test_sent_documents_are_counted_once_with_what_they_say_of_paper(store: SqlStore) -> None:
    await send(store, 1)
    await send(store, 2, replace(PLAIN, extra={"paper": "1"}, priority=2))
    await send(store, 3, replace(PLAIN, issue_date=""))
    await count(store)
    (found,) = await store.figures_of(MARCH, None)
    assert (found.agency, found.figures.sent, found.figures.sent_electronic) == (PROVINCE_OFFICE, 3, 2)
    assert (found.figures.sent_on_paper, found.figures.sent_urgent, found.figures.received) == (1, 1, 0)
    assert (found.figures.sent_met, found.figures.sent_no_data) == (2, 1)


async def test_document_that_is_sent_to_further_recipients_is_the_same_document(store: SqlStore) -> None:
    await send(store, 1, sameness="digest")
    sent_on = new_letter(
        2,
        letter=stored_letter(2, facts=PLAIN, to=[(DEPARTMENT, PROVINCE)]),
        sameness="digest",
    )
    await store.add_letter(sent_on, START)
    await count(store)
    assert (await figures(store))[PROVINCE_OFFICE].sent == 1


async def test_received_documents_are_counted_at_the_door_once_for_each_agency(store: SqlStore) -> None:
    await offer(store, 1)
    await store.record(letter_id(1), HERE, Acknowledged(), START + DAY)
    await store.offer_again([PROVINCE_OFFICE], START, START + DAY)
    await store.record(letter_id(1), HERE, Acknowledged(), START + DAY)
    await offer(store, 2, replace(PLAIN, extra={"paper": "1"}))
    await count(store)
    found = (await figures(store))[PROVINCE_OFFICE]
    assert (found.received, found.received_on_paper, found.sent) == (2, 1, 0)
    (times,) = await store.times_of(MARCH, None)
    assert times.classes == {class_of(100): 2}


async def test_document_that_was_held_at_the_door_is_not_received_twice(store: SqlStore) -> None:
    await offer(store, 1)
    later = START + timedelta(hours=1)
    await store.record(letter_id(1), HERE, Hold(), later)
    await store.record(letter_id(1), HERE, Release(), later)
    await store.claim_due(None, None, later, letters=9, size=10**9)
    await store.record(letter_id(1), HERE, Offered(later + DAY), later)
    await count(store)
    assert (await figures(store))[PROVINCE_OFFICE].received == 1


async def test_document_that_is_pushed_is_received_as_well(store: SqlStore) -> None:
    new = new_letter(1, HERE, facts=PLAIN, origin=CENTRAL, sender=CENTRAL_OFFICE, came_from=CENTRAL)
    await store.add_letter(new, START)
    await store.claim_due(None, None, START, letters=9, size=10**9)
    await store.record(letter_id(1), HERE, Acknowledged(), START)
    await count(store)
    assert (await figures(store))[PROVINCE_OFFICE].received == 1


async def test_letters_that_only_pass_and_what_the_axis_says_are_nobody_s(store: SqlStore) -> None:
    await store.add_letter(
        new_letter(1, origin=CENTRAL, sender=CENTRAL_OFFICE, came_from=CENTRAL, facts=LetterFacts()), START
    )
    told = LetterFacts(status_code="02", extra={"description": f"{NOTICE}503 Đã hết hạn."})
    notice = stored_letter(2, facts=told, kind=Kind.STATUS, sender=AgencyCode("AX.H14"))
    await store.add_letter(new_letter(2, letter=notice), START)
    await count(store)
    assert await figures(store) == {}


async def test_counting_again_or_in_small_steps_changes_nothing(store: SqlStore, database: Database) -> None:
    for number in range(1, 6):
        await send(store, number)
        await offer(store, number + 10)
    await count(store, lines=1)
    once = await figures(store)
    assert (once[PROVINCE_OFFICE].sent, once[PROVINCE_OFFICE].received) == (5, 5)
    await count(store)
    other = database.open("two")
    await count(other)
    assert await figures(store) == once
    assert (await store.counted()).lines_left == 0


async def test_crash_in_the_midst_of_counting_counts_nothing_and_the_next_try_all(
    database: Database,
) -> None:
    store = database.open()
    await store.set_directory(small_axis(), START)
    await send(store, 1)
    await offer(store, 2)

    crashes = ["C6"]

    def crash(point: str) -> None:
        if point in crashes:
            crashes.remove(point)
            raise ConnectionError("the power went")

    dying = database.open("two", point=crash)
    with pytest.raises(ConnectionError):
        await dying.count_lines(reckoning(), 1000)
    assert await figures(store) == {}
    await count(store)
    found = (await figures(store))[PROVINCE_OFFICE]
    assert (found.sent, found.received) == (1, 1)


async def test_line_that_our_code_fails_on_is_passed_over_and_named(
    store: SqlStore, database: Database
) -> None:
    await send(store, 1)
    await send(store, 2)
    await offer(store, 3)
    bad = update(tables.letters).where(tables.letters.c.letter_id == letter_id(2))
    database.change(bad.values(routing="{"))
    with pytest.raises(Rejected):
        await store.count_lines(reckoning(), 1000)
    passed = []
    while (line := await store.count_line(reckoning())) is not None:
        passed.append(line)
    found = (await figures(store))[PROVINCE_OFFICE]
    journal = await store.journal(0, 1000)
    assert (found.sent, found.received) == (1, 1)
    assert [line.number for line in passed] == [row.number for row in journal]
    assert [line.letter_id for line in passed if line.fault is not None] == [letter_id(2)]
    assert (await store.counted()).lines_left == 0


async def test_crash_while_a_line_is_counted_alone_is_no_fault_of_the_line(database: Database) -> None:
    await send(database.open(), 1)
    busy = ["C6"]

    def crash(point: str) -> None:
        if busy:
            raise ConnectionError(busy.pop())

    store = database.open("two", point=crash)
    with pytest.raises(ConnectionError):
        await store.count_line(reckoning())
    line = await store.count_line(reckoning())
    assert line is not None
    assert (line.number, line.fault) == (1, None)


async def test_refusals_are_counted_by_class_and_the_axis_by_its_code(store: SqlStore) -> None:
    await offer(store, 1)
    await report(store, 2, "02", START, "Gửi nhầm, không thuộc thẩm quyền")
    status = LetterFacts(status_code="02", extra={"description": "Thiếu tệp đính kèm"})
    await offer(store, 3, status, Kind.STATUS)
    returned = LetterFacts(status_code="02", extra={"description": f"{NOTICE}503 Đã hết hạn."})
    await offer(store, 4, returned, Kind.STATUS, AgencyCode("AX.G22"))
    late = LetterFacts(status_code="02", extra={"description": f"{NOTICE}512 Chưa lấy về."})
    await offer(store, 5, late, Kind.STATUS, AgencyCode("AX.G22"))
    await offer(store, 6, LetterFacts(status_code="01"), Kind.STATUS)
    await count(store)
    found = (await figures(store))[PROVINCE_OFFICE]
    assert (found.refused, found.came_back, found.received) == (1, 2, 1)
    refusals = {(r.side, r.reason): r.number for r in await store.refusals_of(MARCH, None)}
    assert refusals == {
        (Side.RECEIVED, "misaddressed"): 1,
        (Side.SENT, "attachment"): 1,
        (Side.SENT, "TRUC-503"): 1,
    }


async def test_level_is_the_one_that_the_agency_had(store: SqlStore) -> None:
    await send(store, 1)
    await count(store)
    axis = small_axis(2)
    moved = tuple(replace(a, tier="sở") if a.code == PROVINCE_OFFICE else a for a in axis.agency_rows)
    await store.set_directory(replace(axis, agency_rows=moved), START)
    await send(store, 2)
    await count(store)
    found = await store.figures_of(MARCH, None)
    assert [(f.level, f.figures.sent) for f in found] == [("", 1), ("sở", 1)]
