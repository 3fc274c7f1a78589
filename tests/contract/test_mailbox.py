from __future__ import annotations

from datetime import timedelta

from gateway.core.delivery import Acknowledged, Hold, Offered, Release, State, Target
from gateway.core.model import AgencyCode, Kind, Lane, LetterFacts
from gateway.ports import MailItem
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import (
    DEPARTMENT,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
)
from tests.kit.clock import START

OFFICE, SECOND = Target(agency=PROVINCE_OFFICE), Target(agency=DEPARTMENT)
NOBODY = AgencyCode("000.00.99.H14")
TOMORROW = START + timedelta(days=1)


async def put(store: SqlStore, number: int, *targets: Target, **of_letter: object) -> None:
    """Lay the n-th letter at the doors of these agencies."""
    await store.add_letter(new_letter(number, *targets, **of_letter), START)  # type: ignore[arg-type]
    await store.claim_due(None, None, START, letters=100, size=10**9)
    for target in targets:
        await store.record(letter_id(number), target, Offered(TOMORROW), START)


async def listed(
    store: SqlStore, *agencies: AgencyCode, kind: Kind | None = None, after: int = 0, limit: int = 100
) -> list[tuple[str, str]]:
    items = await store.waiting(agencies, kind=kind, after=after, limit=limit)
    return [(item.letter_id, item.agency) for item in items]


async def test_item_shows_what_a_clerk_needs(store: SqlStore) -> None:
    facts = LetterFacts(
        document_id="A-1",
        code="1/UBND",
        issue_date="2026/03/01",
        subject="Trích yếu",
        sender_name="UBND",
        priority=3,
    )
    await put(store, 1, OFFICE, facts=facts, lane=Lane.URGENT, rank=3)
    (item,) = await store.waiting([PROVINCE_OFFICE], kind=None, after=0, limit=10)
    assert item == MailItem(
        number=item.number,
        letter_id=letter_id(1),
        agency=PROVINCE_OFFICE,
        kind=Kind.DOCUMENT,
        sender=PROVINCE_OFFICE,
        sender_name="UBND",
        document_id="A-1",
        code="1/UBND",
        issue_date="2026/03/01",
        subject="Trích yếu",
        priority=3,
        status_code="",
        size=1000,  # the original's
        waiting_since=START,
        state=State.WAITING,
    )


async def test_only_what_waits_for_these_agencies_is_listed(store: SqlStore) -> None:
    await put(store, 1, OFFICE)
    await put(store, 2, SECOND, OFFICE)
    await store.add_letter(new_letter(3, OFFICE), START)  # not offered yet
    one, two = letter_id(1), letter_id(2)
    assert await listed(store, PROVINCE_OFFICE) == [(one, PROVINCE_OFFICE), (two, PROVINCE_OFFICE)]
    assert await listed(store, DEPARTMENT) == [(two, DEPARTMENT)]
    assert await listed(store, DEPARTMENT, PROVINCE_OFFICE) == [
        (one, PROVINCE_OFFICE),
        (two, DEPARTMENT),
        (two, PROVINCE_OFFICE),
    ]
    assert await listed(store, NOBODY) == await listed(store) == []


async def test_documents_and_statuses_can_be_listed_apart(store: SqlStore) -> None:
    await put(store, 1, OFFICE)
    await put(store, 2, OFFICE, kind=Kind.STATUS, lane=Lane.CONTROL)
    await put(store, 3, OFFICE)
    kinds = {kind: await listed(store, PROVINCE_OFFICE, kind=kind) for kind in (None, *Kind)}
    assert {kind: [letter for letter, _ in found] for kind, found in kinds.items()} == {
        None: [letter_id(1), letter_id(2), letter_id(3)],
        Kind.DOCUMENT: [letter_id(1), letter_id(3)],
        Kind.STATUS: [letter_id(2)],
    }


async def test_pages_follow_each_other_without_gap_or_repeat(store: SqlStore) -> None:
    for number in range(7):
        await put(store, number, OFFICE, SECOND)
    cursor, pages = 0, []
    while items := await store.waiting([PROVINCE_OFFICE, DEPARTMENT], kind=None, after=cursor, limit=3):
        assert len(items) <= 3
        pages += [(item.letter_id, item.agency) for item in items]
        cursor = items[-1].number
    assert pages == await listed(store, PROVINCE_OFFICE, DEPARTMENT)
    assert len(pages) == 14


async def test_what_reaches_the_door_late_lies_beyond_every_earlier_cursor(store: SqlStore) -> None:
    """Letters reach the door in another order than they came: a cursor must not pass over one."""
    await store.add_letter(new_letter(1, OFFICE), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await put(store, 2, OFFICE)
    (seen,) = await store.waiting([PROVINCE_OFFICE], kind=None, after=0, limit=10)
    await store.record(letter_id(1), OFFICE, Offered(TOMORROW), START)
    assert await listed(store, PROVINCE_OFFICE, after=seen.number) == [(letter_id(1), PROVINCE_OFFICE)]


async def test_many_mailboxes_are_listed_in_one_order(store: SqlStore) -> None:
    await put(store, 1, OFFICE)
    await put(store, 2, SECOND)
    crowd = [AgencyCode(f"{number:03}.00.01.H14") for number in range(450)]
    assert [letter for letter, _ in await listed(store, DEPARTMENT, *crowd, PROVINCE_OFFICE)] == [
        letter_id(1),
        letter_id(2),
    ]


async def test_acknowledged_letter_is_listed_no_more_but_stays_readable(store: SqlStore) -> None:
    await put(store, 1, OFFICE, SECOND)
    await store.record(letter_id(1), OFFICE, Acknowledged(), START)
    assert await listed(store, PROVINCE_OFFICE) == []
    (delivered,) = await store.mail(letter_id(1), [PROVINCE_OFFICE])
    assert delivered.state is State.DELIVERED
    assert len(await store.mail(letter_id(1), [PROVINCE_OFFICE, DEPARTMENT])) == 2


async def test_mail_shows_nobody_elses_and_nothing_before_it_is_offered(store: SqlStore) -> None:
    await put(store, 1, OFFICE)
    await store.add_letter(new_letter(2, OFFICE), START)
    assert await store.mail(letter_id(1), [DEPARTMENT]) == []
    assert await store.mail(letter_id(2), [PROVINCE_OFFICE]) == []
    assert await store.mail(letter_id(3), [PROVINCE_OFFICE]) == []


async def test_held_letter_leaves_the_mailbox_and_comes_back_as_new(store: SqlStore) -> None:
    await put(store, 1, OFFICE)
    (before,) = await store.waiting([PROVINCE_OFFICE], kind=None, after=0, limit=10)
    await store.record(letter_id(1), OFFICE, Hold(), START)
    assert await listed(store, PROVINCE_OFFICE) == []
    await store.record(letter_id(1), OFFICE, Release(), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), OFFICE, Offered(TOMORROW), START)
    (after,) = await store.waiting([PROVINCE_OFFICE], kind=None, after=before.number, limit=10)
    assert after.letter_id == letter_id(1)


async def test_fetching_is_remembered_per_agency(store: SqlStore) -> None:
    await put(store, 1, OFFICE, SECOND)
    assert not await store.was_fetched(letter_id(1), PROVINCE_OFFICE)
    for _ in range(2):
        await store.note_fetched(letter_id(1), PROVINCE_OFFICE, START)
    assert await store.was_fetched(letter_id(1), PROVINCE_OFFICE)
    assert not await store.was_fetched(letter_id(1), DEPARTMENT)
    fetched = [line for line in await store.journal(0, 100) if line.event == "letter.fetched"]
    assert [line.target for line in fetched] == [f"agency:{PROVINCE_OFFICE}"] * 2


async def test_mailbox_is_rung_for_when_there_is_something_to_offer(database: Database) -> None:
    rung: set[str] = set()
    store = database.open(on_change=rung.update)
    await store.add_letter(new_letter(1, OFFICE), START)
    assert rung == {"local"}
