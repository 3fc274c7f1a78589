"""What is due at agencies: kept when it comes to their doors, told once, ended by their statuses."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.deadlines import Reminder, Word
from gateway.core.delivery import Acknowledged, Hold, Offered, Release, Target
from gateway.core.model import InReplyTo, Kind, Lane, LetterFacts
from gateway.core.time_limits import HANDLED
from gateway.ports import Channel, Occasion, Subscription
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
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

HERE = Target(agency=PROVINCE_OFFICE)
END = datetime(2026, 3, 10, 17, tzinfo=UTC)
"""The midnight in Vietnam that ends 10 March 2026."""
MIDNIGHT = datetime(2026, 3, 2, 17, tzinfo=UTC)
"""That which ends the day on which letters come to the door here, 2 March 2026."""
DAY = timedelta(days=1)
FACTS = LetterFacts(document_id="id-1", code="1/VPCP-TTĐT", issue_date="2026/03/02", due_date="2026/03/10")
HOOK = Subscription(
    id="hook",
    agency=PROVINCE_OFFICE,
    channel=Channel.WEBHOOK,
    address="https://a.example/",
    occasions=frozenset({Occasion.LETTER_DUE_SOON, Occasion.LETTER_OVERDUE}),
)


async def offer(
    store: SqlStore, number: int = 1, facts: LetterFacts = FACTS, kind: Kind = Kind.DOCUMENT
) -> None:
    """Lay the n-th letter, which came from central, at the province's door."""
    lane = Lane.NORMAL if kind is Kind.DOCUMENT else Lane.CONTROL
    new = new_letter(
        number,
        HERE,
        facts=facts,
        kind=kind,
        lane=lane,
        origin=CENTRAL,
        sender=CENTRAL_OFFICE,
        came_from=CENTRAL,
        to=[(PROVINCE_OFFICE, PROVINCE)],
    )
    await store.add_letter(new, START)
    await store.claim_due(None, None, START, letters=100, size=10**9)
    await store.record(letter_id(number), HERE, Offered(END), START)


async def report(store: SqlStore, number: int, code: str) -> None:
    """The province reports a status of the document of FACTS."""
    named = InReplyTo(CENTRAL_OFFICE, FACTS.code, FACTS.document_id, FACTS.issue_date)
    facts = LetterFacts(status_code=code, in_reply_to=(named,))
    status = stored_letter(number, facts=facts, kind=Kind.STATUS, lane=Lane.CONTROL)
    await store.add_letter(new_letter(number, letter=status), START)
    assert await store.add_status(status, START) == letter_id(1)


def reminder(word: Word, number: int = 1, due_at: datetime = END) -> Reminder:
    return Reminder(letter_id(number), PROVINCE_OFFICE, HANDLED, word, due_at)


async def remind(store: SqlStore, now: datetime, ahead: timedelta = DAY, limit: int = 10) -> list[Reminder]:
    """What is told of the due date."""
    return [r for r in await store.remind(now, now + ahead, limit) if r.rule is HANDLED]


async def told(store: SqlStore, now: datetime) -> list[tuple[str, Word, datetime]]:
    """All that is told, of whatever."""
    return [(r.rule.name, r.word, r.due_at) for r in await store.remind(now, now + DAY, 10)]


async def test_each_word_is_told_once(store: SqlStore) -> None:
    await offer(store)
    assert await remind(store, END - 2 * DAY) == []
    assert await remind(store, END - DAY) == [reminder(Word.SOON)]
    assert await remind(store, END - DAY) == []
    assert await remind(store, END - timedelta(microseconds=1)) == []
    assert await remind(store, END) == [reminder(Word.OVERDUE)]
    assert await remind(store, END + 30 * DAY) == []


async def test_what_is_too_late_already_is_not_called_due_soon(store: SqlStore) -> None:
    await offer(store)
    assert await remind(store, END + DAY) == [reminder(Word.OVERDUE)]
    assert await remind(store, END + 2 * DAY) == []


async def test_words_are_journalled_without_anything_of_the_letter(store: SqlStore) -> None:
    await offer(store)
    await remind(store, END - DAY)
    await remind(store, END)
    rows = [row for row in await store.journal(0, 100) if row.detail.get("what") == "handled"]
    soon, late = rows
    assert (soon.event, soon.letter_id, soon.target) == (
        "letter.due_soon",
        letter_id(1),
        f"agency:{PROVINCE_OFFICE}",
    )
    assert soon.detail == {"what": "handled", "due_at": END.isoformat()}
    assert (late.event, late.at) == ("letter.overdue", END)


async def test_only_who_asked_for_it_gets_a_notice(store: SqlStore) -> None:
    usual = replace(HOOK, id="usual", occasions=frozenset({Occasion.DOCUMENT, Occasion.STATUS}))
    for subscription in (HOOK, usual, replace(HOOK, id="other", agency=DEPARTMENT)):
        await store.set_subscription(subscription, START)
    await offer(store)
    await remind(store, END - DAY)
    await remind(store, END)
    owed = await store.notices(None, subscription_id="", state=None, before=None, limit=10)
    assert [(n.subscription.id, n.occasion, n.what, n.deadline) for n in owed] == [
        ("hook", Occasion.LETTER_OVERDUE, "handled", END),
        ("hook", Occasion.LETTER_OVERDUE, "told", MIDNIGHT),
        ("hook", Occasion.LETTER_DUE_SOON, "handled", END),
        ("usual", Occasion.DOCUMENT, "", END),
    ]


async def test_finished_refused_or_given_back_is_reminded_of_no_more(database: Database) -> None:
    for number, code in enumerate(("06", "02", "15")):
        store = database.open()
        if number == 0:
            await store.set_directory(small_axis(), START)
            await offer(store)
        else:
            database.change("UPDATE deadlines SET next_word = 'soon'")
        await report(store, 10 + number, code)
        assert await remind(store, END + DAY) == []


async def test_what_is_only_in_progress_is_reminded_of(store: SqlStore) -> None:
    await offer(store)
    for number, code in enumerate(("01", "03", "04", "05")):
        await report(store, 10 + number, code)
    assert await remind(store, END - DAY) == [reminder(Word.SOON)]


async def test_end_between_the_two_words_is_the_last_word(store: SqlStore) -> None:
    await offer(store)
    await remind(store, END - DAY)
    await report(store, 10, "06")
    assert await remind(store, END + DAY) == []


async def test_letter_that_names_no_day_has_no_deadline(store: SqlStore) -> None:
    for number, text in enumerate(("", "sớm nhất", "9999/12/31", "0001/01/01", "2026/02/30"), 1):
        await offer(store, number, replace(FACTS, due_date=text))
    await offer(store, 6, kind=Kind.STATUS)
    assert await remind(store, END + 1000 * DAY) == []


async def test_letter_that_never_came_to_the_door_is_not_told_of(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, HERE, facts=FACTS), START)
    assert await remind(store, END + DAY) == []


async def test_letter_that_was_pushed_is_told_of_too(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, HERE, facts=FACTS), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), HERE, Acknowledged(), START)
    assert await remind(store, END - DAY) == [reminder(Word.SOON)]


async def test_letter_that_is_offered_again_has_one_deadline(store: SqlStore) -> None:
    await offer(store)
    await remind(store, END - DAY)
    await store.record(letter_id(1), HERE, Hold(), START)
    await store.record(letter_id(1), HERE, Release(), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), HERE, Offered(END), START)
    assert await remind(store, END - DAY) == []


async def test_many_are_told_in_turns_the_most_urgent_first(store: SqlStore) -> None:
    for number in range(1, 4):
        await offer(store, number, replace(FACTS, due_date=f"2026/03/{13 - number}"))
    assert len(await told(store, MIDNIGHT)) == 3
    first = await remind(store, END, ahead=5 * DAY, limit=2)
    rest = await remind(store, END, ahead=5 * DAY, limit=2)
    assert [r.letter_id for r in first] == [letter_id(3), letter_id(2)]
    assert [r.letter_id for r in rest] == [letter_id(1)]


async def test_two_instances_tell_it_once(database: Database) -> None:
    one = database.open()
    await one.set_directory(small_axis(), START)
    await offer(one)
    two = database.open("two")
    both = await asyncio.gather(*(remind(store, END - DAY) for store in (one, two)))
    assert sorted(map(len, both)) == [0, 1]


async def test_tracking_knows_when_it_came_to_the_door(store: SqlStore) -> None:
    await offer(store)
    await store.record(letter_id(1), HERE, Acknowledged(), START + DAY)
    record = await store.track(letter_id(1))
    assert record is not None
    assert record.offered == {HERE.key: START}
    assert record.letter.facts.due_date == "2026/03/10"


async def test_facts_of_a_letter_from_the_release_before_can_be_read(
    store: SqlStore, database: Database
) -> None:
    await offer(store)
    database.change("UPDATE letters SET more_facts = NULL")
    record = await store.track(letter_id(1))
    assert record is not None
    assert record.letter.facts.due_date == ""


# --- the receipt, told on the same day -----------------------------------------------------------


async def test_receipt_that_is_not_told_on_its_day_is_overdue_and_never_due_soon(store: SqlStore) -> None:
    await offer(store, facts=replace(FACTS, due_date=""))
    assert await told(store, MIDNIGHT - timedelta(microseconds=1)) == []
    assert await told(store, MIDNIGHT) == [("told", Word.OVERDUE, MIDNIGHT)]
    assert await told(store, MIDNIGHT + DAY) == []


@pytest.mark.parametrize("code", ["01", "1", "03", "02", "04", "05", "06"])
async def test_any_status_that_says_that_it_came_tells_of_the_receipt(store: SqlStore, code: str) -> None:
    await offer(store, facts=replace(FACTS, due_date=""))
    await report(store, 10, code)
    assert await told(store, END) == []


async def test_receipt_leaves_the_due_date_as_it_is(store: SqlStore) -> None:
    await offer(store)
    await report(store, 10, "01")
    assert await told(store, END) == [("handled", Word.OVERDUE, END)]


async def test_status_owes_no_receipt(store: SqlStore) -> None:
    await offer(store, kind=Kind.STATUS)
    assert await told(store, END) == []
