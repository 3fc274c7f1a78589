from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.core.catalogue import NO_ROUTE
from gateway.core.delivery import Acknowledged, Offered, State, Target
from gateway.core.model import InReplyTo, Kind, Lane, LetterFacts, LetterId
from gateway.ports import HopEvent, StatusEvent, StoredLetter
from gateway.store.sql import SqlStore
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    COMMUNE,
    COMMUNE_OFFICE,
    OTHER_OFFICE,
    OTHER_PROVINCE,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
    stored_letter,
)
from tests.kit.clock import START

UP, HERE = Target(neighbour=CENTRAL), Target(agency=PROVINCE_OFFICE)
LATER = START + timedelta(hours=1)


def hop(number: int = 1, **changed: object) -> HopEvent:
    told = {"target": "link:H21", "state": State.TAKEN, "at": LATER} | changed
    return HopEvent(letter_id(number), CENTRAL, **told)  # type: ignore[arg-type]


async def test_hops_are_remembered_once_however_often_told(store: SqlStore) -> None:
    await store.add_letter(new_letter(1), START)
    queued = hop(state=State.QUEUED, at=START, code="TRUC-504", next_try_at=LATER)
    for _ in range(2):
        await store.add_hops([hop(), queued, hop()])
    record = await store.track(letter_id(1))
    assert record is not None
    assert record.hops == (queued, hop())


async def test_hops_of_letters_that_are_not_ours_are_not_kept(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, origin=CENTRAL, came_from=CENTRAL), START)
    await store.add_hops([hop(1), hop(2)])
    record = await store.track(letter_id(1))
    assert record is not None
    assert record.hops == ()


async def test_recipient_that_went_astray_on_its_own_way_is_told_once(store: SqlStore) -> None:
    far = (OTHER_OFFICE, OTHER_PROVINCE)
    await store.add_letter(new_letter(1, to=[far], sameness="s"), START)
    astray = hop(target=f"agency:{OTHER_OFFICE}", state=State.RETURNED, code=NO_ROUTE.code)
    for _ in range(2):
        await store.add_hops([astray])
    record, (duty,) = await store.track(letter_id(1)), await store.duties(10)
    assert record is not None
    assert [event.target for event in record.hops] == [f"link:{OTHER_PROVINCE}"]
    assert (duty.kind, duty.target, duty.code) == ("notice", OTHER_OFFICE, NO_ROUTE.code)
    assert await store.same("s", [OTHER_OFFICE]) == {}, "it may be sent again"


async def test_letter_that_passed_for_others_did_not_go_astray(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, to=[(COMMUNE_OFFICE, COMMUNE), (CENTRAL_OFFICE, CENTRAL)]), START)
    unknown_there = hop(target=f"agency:{COMMUNE_OFFICE}", state=State.RETURNED, code=NO_ROUTE.code)
    nobody_here = hop(target="agency:000.00.99.H99", state=State.RETURNED, code=NO_ROUTE.code)
    await store.add_hops([unknown_there, nobody_here])
    record = await store.track(letter_id(1))
    assert record is not None
    assert record.hops == ()
    assert await store.duties(10) == []


async def test_letter_is_open_to_its_sender_and_to_who_has_it_or_looked_into_it(store: SqlStore) -> None:
    mine, its = {PROVINCE_OFFICE}, frozenset({PROVINCE_OFFICE})
    new = new_letter(1, HERE, origin=CENTRAL, sender=CENTRAL_OFFICE, came_from=CENTRAL)
    await store.add_letter(new, START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), HERE, Offered(LATER), START)
    seen = []
    for only_looked in (None, True):
        if only_looked is not None:
            await store.note_fetched(letter_id(1), PROVINCE_OFFICE, START, only_looked=only_looked)
        record = await store.track(letter_id(1))
        assert record is not None
        seen.append((record.opened, record.is_open_to(mine), record.is_open_to({CENTRAL_OFFICE})))
    assert seen == [(frozenset(), False, True), (its, True, True)]
    assert not record.is_open_to(())


async def test_letter_that_was_carried_to_an_agency_is_open_to_it(store: SqlStore) -> None:
    await store.add_letter(
        new_letter(1, HERE, origin=CENTRAL, sender=CENTRAL_OFFICE, came_from=CENTRAL), START
    )
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), HERE, Acknowledged(), START)
    record = await store.track(letter_id(1))
    assert record is not None
    assert record.is_open_to({PROVINCE_OFFICE})


async def test_unknown_letter_has_no_track(store: SqlStore) -> None:
    assert await store.track(letter_id(1)) is None


# --- statuses ------------------------------------------------------------------------------------


def about(organ: str = PROVINCE_OFFICE, code: str = "", document_id: str = "", date: str = "") -> InReplyTo:
    return InReplyTo(organ, code, document_id, date)


def status(reference: InReplyTo, number: int = 9, code: str = "03") -> StoredLetter:
    """A status from central's office about a document of the province's."""
    told = {"timestamp": "2026/03/02 10:00:00", "description": "Đã vào sổ", "staff": "Văn thư"}
    return stored_letter(
        number,
        kind=Kind.STATUS,
        lane=Lane.CONTROL,
        origin=CENTRAL,
        sender=CENTRAL_OFFICE,
        came_from=CENTRAL,
        to=[(PROVINCE_OFFICE, PROVINCE)],
        facts=LetterFacts(status_code=code, in_reply_to=(reference,), extra=told),
    )


async def document(store: SqlStore, number: int, **changed: str) -> LetterId:
    facts = {"document_id": f"D{number}", "code": f"{number}/UBND-VP", "issue_date": "2026/03/01"} | changed
    await store.add_letter(new_letter(number, facts=LetterFacts(**facts)), START)  # type: ignore[arg-type]
    return letter_id(number)


async def statuses_of(store: SqlStore, letter: LetterId) -> tuple[StatusEvent, ...]:
    record = await store.track(letter)
    assert record is not None
    return record.statuses


@pytest.mark.parametrize(
    "reference",
    [
        about(document_id="D1"),
        about(document_id=" d1 ", organ=""),
        about(document_id="D1", organ="000.00.00.h14"),
        about(document_id="wrong", code="1/UBND-VP", date="01/03/2026"),
        about(code="1 / ubnd-vp"),
    ],
    ids=["id", "id alone", "organ in small letters", "number and date", "number as people write it"],
)
async def test_status_finds_its_document(store: SqlStore, reference: InReplyTo) -> None:
    wanted = await document(store, 1)
    await document(store, 2)
    assert await store.add_status(status(reference), LATER) == wanted
    assert await statuses_of(store, wanted) == (
        StatusEvent(CENTRAL_OFFICE, "03", "2026/03/02 10:00:00", LATER, "Đã vào sổ", "Văn thư"),
    )


@pytest.mark.parametrize(
    "reference",
    [
        about(document_id="D7"),
        about(document_id="D1", organ=COMMUNE_OFFICE),
        about(code="1/UBND-VP", date="2025/03/01"),
        about(),
    ],
    ids=["unknown id", "of another organ", "of another year", "nothing named"],
)
async def test_status_of_no_document_here_is_noted_nowhere(store: SqlStore, reference: InReplyTo) -> None:
    present = await document(store, 1)
    assert await store.add_status(status(reference), LATER) is None
    assert await statuses_of(store, present) == ()


async def test_same_number_of_two_years_is_told_apart_by_the_date(store: SqlStore) -> None:
    old = await document(store, 1, code="5/UBND", issue_date="2025/03/01")
    new = await document(store, 2, code="5/UBND", issue_date="2026/03/01")
    first, second = about(code="5/UBND", date="2025/03/01"), about(code="5/UBND", date="2026/03/01")
    assert await store.add_status(status(first, 8), LATER) == old
    assert await store.add_status(status(second, 9), LATER) == new


async def test_status_finds_the_copy_that_went_to_its_sender_though_a_later_one_went_elsewhere(
    store: SqlStore,
) -> None:
    """A document that is sent to a further recipient is another letter."""
    facts = LetterFacts(document_id="same", code="7/UBND")
    await store.add_letter(new_letter(1, facts=facts), START)
    await store.add_letter(
        new_letter(2, Target(agency=COMMUNE_OFFICE), facts=facts, to=((COMMUNE_OFFICE, PROVINCE),)), LATER
    )
    named = InReplyTo(PROVINCE_OFFICE, document_id="same")
    for number, sender in ((3, CENTRAL_OFFICE), (4, COMMUNE_OFFICE)):
        told = LetterFacts(status_code="03", in_reply_to=(named,))
        status = stored_letter(number, kind=Kind.STATUS, sender=sender, facts=told)
        assert await store.add_status(status, LATER) == letter_id(number - 2)


async def test_status_that_comes_twice_is_noted_once(store: SqlStore) -> None:
    wanted = await document(store, 1)
    for _ in range(2):
        assert await store.add_status(status(about(document_id="D1")), LATER) == wanted
    assert len(await statuses_of(store, wanted)) == 1


async def test_request_to_give_back_is_noted_with_the_receiver_it_concerns(store: SqlStore) -> None:
    """A 13 names the receiver in ResponseFor, and the document is the reporting organ's own."""
    await store.add_letter(
        new_letter(
            1,
            HERE,
            origin=CENTRAL,
            sender=CENTRAL_OFFICE,
            came_from=CENTRAL,
            to=[(PROVINCE_OFFICE, PROVINCE)],
            facts=LetterFacts(document_id="D1"),
        ),
        START,
    )
    request = status(about(organ=PROVINCE_OFFICE, document_id="D1"), code="13")
    assert await store.add_status(request, LATER) == letter_id(1)
    assert [told.recipient for told in await statuses_of(store, letter_id(1))] == [PROVINCE_OFFICE]


# --- finding -------------------------------------------------------------------------------------


async def test_earlier_document_of_the_sender_is_found_by_id_or_number(store: SqlStore) -> None:
    await document(store, 1)
    again = LetterFacts(document_id="d1")
    assert await store.earlier(PROVINCE_OFFICE, again) == (letter_id(1), START)
    assert await store.earlier(PROVINCE_OFFICE, LetterFacts(code="1/UBND-VP")) == (letter_id(1), START)
    assert await store.earlier(CENTRAL_OFFICE, again) is None
    assert await store.earlier(PROVINCE_OFFICE, LetterFacts(document_id="D2")) is None
    assert await store.earlier(PROVINCE_OFFICE, LetterFacts()) is None


async def test_status_is_no_earlier_document(store: SqlStore) -> None:
    facts = LetterFacts(document_id="D1")
    await store.add_letter(new_letter(1, kind=Kind.STATUS, lane=Lane.CONTROL, facts=facts), START)
    assert await store.earlier(PROVINCE_OFFICE, facts) is None
