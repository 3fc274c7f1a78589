from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.core.delivery import Failed, Hold, Offered, State, Target
from gateway.core.finding import earliest_id
from gateway.core.model import AgencyCode, Kind, Lane, LetterFacts, LetterId
from gateway.ports import FoundPage, LetterWish
from gateway.store import finding
from gateway.store.sql import SqlStore
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    DEPARTMENT,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
    routing,
    stored_letter,
)
from tests.kit.clock import START

UP, HERE = Target(neighbour=CENTRAL), Target(agency=PROVINCE_OFFICE)
FROM_CENTRAL: dict[str, Any] = {
    "origin": CENTRAL,
    "sender": CENTRAL_OFFICE,
    "came_from": CENTRAL,
}


async def keep(store: SqlStore, number: int, *targets: Target, subject: str = "", **changed: Any) -> LetterId:
    """The n-th letter, its words listed."""
    facts = LetterFacts(document_id=f"D{number}", code=f"{number}/UBND-VP", subject=subject)
    await store.add_letter(new_letter(number, *targets, facts=facts, **changed), START)
    await store.list_words(100)
    return letter_id(number)


async def found(store: SqlStore, limit: int = 10, **wish: Any) -> list[LetterId]:
    return [line.letter_id for line in (await store.find(LetterWish(**wish), limit)).letters]


async def test_everything_is_found_newest_first_page_by_page(store: SqlStore) -> None:
    ids = [await keep(store, number) for number in range(1, 6)]
    first = await store.find(LetterWish(), 2)
    assert [line.letter_id for line in first.letters] == [ids[4], ids[3]]
    assert (first.before, first.is_short) == (ids[3], False)
    second = await store.find(LetterWish(before=first.before), 3)
    assert [line.letter_id for line in second.letters] == ids[2::-1]
    assert second == FoundPage(second.letters, None, False)


@pytest.mark.parametrize("text", ["{id}", " D7 ", "d7", "7/ubnd-VP", "7"])
async def test_letter_is_found_by_whatever_it_is_called(store: SqlStore, text: str) -> None:
    wanted = await keep(store, 7)
    await keep(store, 70)
    assert await found(store, text=text.format(id=wanted)) == [wanted]


@pytest.mark.parametrize("text", ["D", "%", "  ", "\0", "7/", "'; DROP TABLE letters"])
async def test_what_nothing_is_called_finds_nothing(store: SqlStore, text: str) -> None:
    await keep(store, 7)
    assert await found(store, text=text) == []


async def test_agency_finds_what_it_sent_and_what_goes_to_it(store: SqlStore) -> None:
    sent = await keep(store, 1)
    came = await keep(store, 2, HERE, to=((PROVINCE_OFFICE, CENTRAL),), **FROM_CENTRAL)
    passed = await keep(store, 3, to=((DEPARTMENT, CENTRAL),), **FROM_CENTRAL)
    assert await found(store, agency=PROVINCE_OFFICE) == [came, sent]
    assert await found(store, agency=CENTRAL_OFFICE) == [passed, came, sent]
    assert await found(store, agency="nobody") == await found(store, agency="\0") == []


async def test_words_of_a_subject_need_no_marks_and_must_all_be_there(store: SqlStore) -> None:
    wanted = await keep(store, 1, subject="Về việc Đề nghị cấp kinh phí, phòng chống lũ (đợt 2)")
    await keep(store, 2, subject="Về việc kinh phí")
    for subject in ("kinh phi lu", "KINH PHÍ đề NGHỊ", "dot 2", "(lũ)"):
        assert await found(store, subject=subject) == [wanted]
    assert await found(store, subject="kinh phi bão") == []
    assert await found(store, subject="kinh", text="D1") == [wanted]
    assert await found(store, subject="lũ", text="D2") == []


async def test_letters_are_found_by_how_a_delivery_stands(store: SqlStore) -> None:
    held, queued = await keep(store, 1), await keep(store, 2)
    await store.record(held, UP, Hold(), START)
    assert await found(store, state=State.HELD) == [held]
    assert await found(store, state=State.QUEUED) == [queued]
    (line,) = (await store.find(LetterWish(state=State.HELD), 1)).letters
    assert line.states == {State.HELD: 1}


async def test_days_bound_when_the_axis_accepted_it(store: SqlStore) -> None:
    def at(moment: datetime) -> LetterId:
        return LetterId(f"{earliest_id(moment)}-7000-8000-000000000001")

    for day in range(3):
        moment = START + timedelta(days=day)
        label = routing(day, at=moment)
        letter = stored_letter(day)
        letter = replace(letter, routing=replace(label, letter_id=at(moment)), received_at=moment)
        await store.add_letter(new_letter(day, letter=letter), moment)
    middle = START + timedelta(days=1)
    assert await found(store, since=middle, until=middle + timedelta(hours=1)) == [at(middle)]
    assert len(await found(store, since=middle)) == 2
    assert await found(store, until=START) == []


async def test_agencys_user_sees_only_its_own_and_asks_only_for_subjects_it_may_read(store: SqlStore) -> None:
    sent = await keep(store, 1, subject="kinh phí")
    await keep(store, 2, subject="kinh phí", sender=DEPARTMENT)
    coming = await keep(store, 3, HERE, subject="kinh phí", to=((PROVINCE_OFFICE, CENTRAL),), **FROM_CENTRAL)
    mine: dict[str, Any] = {"mine": AgencyCode(PROVINCE_OFFICE)}
    assert await found(store, **mine) == [coming, sent]
    assert await found(store, subject="kinh", **mine) == [sent]
    await store.claim_due(None, Lane.NORMAL, START, letters=9, size=9)
    await store.record(coming, HERE, Offered(START), START)
    assert await found(store, subject="kinh", **mine) == [coming, sent]
    page = await store.find(LetterWish(**mine), 10)
    assert [line.is_readable for line in page.letters] == [True, True]


async def test_kind_is_told_apart(store: SqlStore) -> None:
    document, status = await keep(store, 1), await keep(store, 2, kind=Kind.STATUS)
    assert await found(store, kind=Kind.STATUS) == [status]
    assert await found(store, kind=Kind.DOCUMENT) == [document]


async def test_search_that_would_look_at_too_much_goes_on_with_the_next_page(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [await keep(store, number) for number in range(1, 10)]
    await store.record(ids[0], UP, Hold(), START)
    for name, number in (("FIRST_AT_ONCE", 2), ("AT_ONCE", 2), ("LOOKED_AT", 4)):
        monkeypatch.setattr(finding, name, number)
    first = await store.find(LetterWish(state=State.HELD), 5)
    assert (first.letters, first.before, first.is_short) == ([], ids[5], True)
    page, pages = first, 0
    while page.before is not None:
        page, pages = await store.find(LetterWish(state=State.HELD, before=page.before), 5), pages + 1
    assert [line.letter_id for line in page.letters] == [ids[0]]
    assert pages == 2


async def test_words_are_listed_once_however_often_it_is_asked(store: SqlStore) -> None:
    facts = LetterFacts(subject="kinh phí")
    for number in (1, 2, 3):
        await store.add_letter(new_letter(number, facts=facts), START)
    assert await found(store, subject="kinh phí") == []
    assert [await store.list_words(2) for _ in range(3)] == [2, 1, 0]
    assert len(await found(store, subject="kinh phí")) == 3


async def test_every_try_is_told_the_latest_first(store: SqlStore) -> None:
    letter = await keep(store, 1)
    await store.claim_due(UP, Lane.NORMAL, START, letters=1, size=1)
    await store.record(letter, UP, Failed("TRUC-504"), START + timedelta(seconds=1))
    await store.claim_due(UP, Lane.NORMAL, START + timedelta(hours=1), letters=1, size=1)
    latest, first = await store.tries(letter, 10)
    assert (latest.number, latest.outcome, latest.ended_at) == (2, "", None)
    assert (first.number, first.outcome, first.code) == (1, "failed", "TRUC-504")
    assert (first.target, first.ended_at) == (UP, START + timedelta(seconds=1))
    assert len(await store.tries(letter, 1)) == 1
