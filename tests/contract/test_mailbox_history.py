from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from gateway.core.delivery import Acknowledged, GiveBack, Hold, Offered, Release, State, Target
from gateway.core.model import AgencyCode, Kind, Lane
from gateway.ports import MailItem, Word
from gateway.store import tables
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import DEPARTMENT, PROVINCE_OFFICE, letter_id, new_letter
from tests.kit.clock import START

OFFICE, SECOND = Target(agency=PROVINCE_OFFICE), Target(agency=DEPARTMENT)
HOUR = timedelta(hours=1)


async def put(store: SqlStore, number: int, *targets: Target, **of_letter: object) -> None:
    """Lay the n-th letter at the doors of these agencies, n hours after the start."""
    at = START + number * HOUR
    await store.add_letter(new_letter(number, *targets, **of_letter), at)  # type: ignore[arg-type]
    await store.claim_due(None, None, at, letters=100, size=10**9)
    for target in targets:
        await store.record(letter_id(number), target, Offered(at + HOUR), at)


async def acknowledge(store: SqlStore, number: int, target: Target = OFFICE) -> None:
    await store.record(letter_id(number), target, Acknowledged(), START)


async def past(
    store: SqlStore,
    *agencies: AgencyCode,
    kind: Kind | None = None,
    after: int = 0,
    since: datetime | None = None,
    limit: int = 100,
) -> list[MailItem]:
    whose = agencies or (PROVINCE_OFFICE,)
    return await store.history(whose, kind=kind, after=after, since=since, limit=limit)


async def waiting(store: SqlStore, after: int = 0) -> list[MailItem]:
    return await store.waiting([PROVINCE_OFFICE, DEPARTMENT], kind=None, after=after, limit=100)


# --- what ever came ------------------------------------------------------------------------------


async def test_history_has_all_that_came_whatever_became_of_it(store: SqlStore) -> None:
    for number in range(4):
        await put(store, number, OFFICE)
    await acknowledge(store, 1)
    await store.record(letter_id(2), OFFICE, Hold(), START)
    await store.record(letter_id(3), OFFICE, GiveBack("TRUC-513"), START)
    await store.add_letter(new_letter(4, OFFICE), START)  # not offered yet
    assert [(item.letter_id, item.state) for item in await past(store)] == [
        (letter_id(0), State.WAITING),
        (letter_id(1), State.DELIVERED),
        (letter_id(2), State.HELD),
        (letter_id(3), State.RETURNED),
    ]


async def test_item_of_history_is_that_of_the_mailbox(store: SqlStore) -> None:
    await put(store, 1, OFFICE)
    assert await past(store) == await waiting(store)


async def test_place_in_history_is_given_once(store: SqlStore) -> None:
    await put(store, 1, OFFICE)
    (before,) = await past(store)
    await put(store, 2, OFFICE)
    await store.record(letter_id(1), OFFICE, Hold(), START)
    await store.record(letter_id(1), OFFICE, Release(), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), OFFICE, Offered(START), START + 5 * HOUR)
    first, _ = await past(store)
    assert (first.number, first.waiting_since) == (before.number, before.waiting_since)


async def test_what_was_pushed_has_a_place_too(store: SqlStore) -> None:
    await put(store, 1, OFFICE)
    await store.add_letter(new_letter(2, OFFICE), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await acknowledge(store, 2)
    await put(store, 3, OFFICE)
    items = await past(store)
    assert [item.letter_id for item in items] == [letter_id(n) for n in (1, 2, 3)]
    assert [item.letter_id for item in await waiting(store)] == [letter_id(n) for n in (1, 3)]


async def test_pages_of_history_follow_each_other_without_gap_or_repeat(store: SqlStore) -> None:
    for number in range(5):
        await put(store, number, OFFICE, SECOND)
    cursor, pages = 0, []
    while items := await past(store, PROVINCE_OFFICE, DEPARTMENT, after=cursor, limit=3):
        assert len(items) <= 3
        pages += items
        cursor = items[-1].number
    assert pages == await past(store, PROVINCE_OFFICE, DEPARTMENT)
    assert len(pages) == 10


async def test_history_begins_at_a_moment_and_can_be_narrowed_to_a_kind(store: SqlStore) -> None:
    for number in range(4):
        await put(store, number, OFFICE)
    await put(store, 4, OFFICE, kind=Kind.STATUS, lane=Lane.CONTROL)
    since = await past(store, since=START + 2 * HOUR)
    assert [item.letter_id for item in since] == [letter_id(n) for n in (2, 3, 4)]
    assert await past(store, since=START + 2 * HOUR, after=since[0].number) == since[1:]
    assert await past(store, since=START, kind=Kind.STATUS) == since[2:]
    assert await past(store, since=START + 9 * HOUR) == []
    assert await past(store, DEPARTMENT) == []


# --- again ---------------------------------------------------------------------------------------


async def test_what_was_acknowledged_is_listed_again_beyond_every_cursor(store: SqlStore) -> None:
    for number in range(4):
        await put(store, number, OFFICE)
    cursor = (await waiting(store))[-1].number
    for number in (2, 1, 0):
        await acknowledge(store, number)
    assert await store.offer_again([PROVINCE_OFFICE], START + HOUR, START) == 2
    again = await waiting(store, after=cursor)
    assert [(item.letter_id, item.state) for item in again] == [
        (letter_id(1), State.DELIVERED),
        (letter_id(2), State.DELIVERED),
    ]
    assert [item.letter_id for item in await past(store)] == [letter_id(n) for n in range(4)]


async def test_one_letter_alone_can_be_listed_again(store: SqlStore) -> None:
    for number in range(3):
        await put(store, number, OFFICE)
        await acknowledge(store, number)
    assert await store.offer_again([PROVINCE_OFFICE], START, START, letter_id=letter_id(1)) == 1
    assert [item.letter_id for item in await waiting(store)] == [letter_id(1)]
    assert await store.offer_again([DEPARTMENT], START, START, letter_id=letter_id(2)) == 0
    assert await store.offer_again([PROVINCE_OFFICE], START, START, letter_id=letter_id(9)) == 0


async def test_second_acknowledgement_takes_it_from_the_listing(store: SqlStore) -> None:
    await put(store, 1, OFFICE)
    await acknowledge(store, 1)
    await store.offer_again([PROVINCE_OFFICE], START, START)
    delivered = await store.record(letter_id(1), OFFICE, Acknowledged(), START + 9 * HOUR)
    assert delivered is not None
    assert (delivered.state, delivered.since) == (State.DELIVERED, START)
    assert await waiting(store) == []
    lines = len(await store.journal(0, 100))
    await acknowledge(store, 1)
    assert len(await store.journal(0, 100)) == lines


async def test_only_the_mail_of_those_who_ask_is_listed_again(store: SqlStore) -> None:
    await put(store, 1, OFFICE, SECOND)
    await acknowledge(store, 1, OFFICE)
    await acknowledge(store, 1, SECOND)
    assert await store.offer_again([DEPARTMENT], START, START) == 1
    assert [item.agency for item in await waiting(store)] == [DEPARTMENT]
    assert await store.offer_again([], START, START) == 0


async def test_offering_again_is_journalled_and_rung(database: Database) -> None:
    rung: set[str] = set()
    store = database.open(on_change=rung.update)
    await put(store, 1, OFFICE)
    await acknowledge(store, 1)
    rung.clear()
    await store.offer_again([PROVINCE_OFFICE], START, START)
    line = (await store.journal(0, 100))[-1]
    assert (line.event, line.letter_id, line.target) == (
        "delivery.offered_again",
        letter_id(1),
        OFFICE.key,
    )
    assert rung == {f"mail:{PROVINCE_OFFICE}"}


async def test_place_that_the_release_before_did_not_give_is_given_at_the_next_move(
    store: SqlStore, database: Database
) -> None:
    await put(store, 1, OFFICE)
    database.change("UPDATE deliveries SET offered_number = NULL, offered_at = NULL")
    await acknowledge(store, 1)
    (item,) = await past(store)
    assert (item.letter_id, item.waiting_since) == (letter_id(1), START)


# --- words ---------------------------------------------------------------------------------------


async def test_latest_word_of_an_agency_is_kept_and_every_one_journalled(
    store: SqlStore, database: Database
) -> None:
    await put(store, 1, OFFICE)
    await store.note_word(letter_id(1), PROVINCE_OFFICE, Word.PROCESSING, "", START)
    await store.note_word(letter_id(1), PROVINCE_OFFICE, Word.FAILED, "lỗi " * 100, START + HOUR)
    (row,) = database.rows(select(tables.words))
    assert (row.word, row.at, len(row.detail)) == ("failed", START + HOUR, 200)
    said = [line for line in await store.journal(0, 100) if line.event == "letter.word"]
    assert [(line.code, line.target) for line in said] == [
        ("processing", OFFICE.key),
        ("failed", OFFICE.key),
    ]
    assert "lỗi" not in str(said)


async def test_word_about_a_letter_is_no_fetch_of_it(store: SqlStore) -> None:
    await put(store, 1, OFFICE)
    await store.note_word(letter_id(1), PROVINCE_OFFICE, Word.FAILED, "", START)
    assert not await store.was_fetched(letter_id(1), PROVINCE_OFFICE)
    assert [item.letter_id for item in await waiting(store)] == [letter_id(1)]
