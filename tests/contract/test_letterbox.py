from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.core.delivery import Acknowledged, Hold, Offered, Target
from gateway.core.model import InReplyTo, Kind, Lane, LetterFacts, LetterId
from gateway.ports import BoxPage, BoxWish, SentWish
from gateway.store import letterbox
from gateway.store.sql import SqlStore
from tests.kit.builders import (
    CENTRAL_OFFICE,
    COMMUNE_OFFICE,
    DEPARTMENT,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
)
from tests.kit.clock import START

OFFICE, SECOND = Target(agency=PROVINCE_OFFICE), Target(agency=DEPARTMENT)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def put(store: SqlStore, number: int, *targets: Target, **of_letter: Any) -> LetterId:
    """Lay the n-th letter at the doors of these agencies, n hours after the start."""
    at = START + number * HOUR
    doors = targets or (OFFICE,)
    named = of_letter.pop("facts", None) or LetterFacts(document_id=f"id-{number}", code=f"{number}/VP")
    await store.add_letter(new_letter(number, *doors, facts=named, at=at, **of_letter), at)
    await store.claim_due(None, None, at, letters=100, size=10**9)
    for target in doors:
        await store.record(letter_id(number), target, Offered(at + DAY), at)
    return letter_id(number)


async def box(store: SqlStore, limit: int = 100, **wanted: Any) -> BoxPage:
    return await store.box(BoxWish(agency=PROVINCE_OFFICE, **wanted), limit)


def ids(page: BoxPage) -> list[LetterId]:
    return [line.item.letter_id for line in page.lines]


# --- what waits ----------------------------------------------------------------------------------


async def test_urgent_ones_come_before_all_others(store: SqlStore) -> None:
    plain = await put(store, 1)
    urgent = await put(store, 2, lane=Lane.URGENT, rank=1)
    express = await put(store, 3, lane=Lane.URGENT, rank=3)
    assert ids(await box(store)) == [express, urgent, plain]
    assert ids(await box(store, urgent=True)) == [express, urgent]


async def test_what_is_due_earlier_comes_earlier(store: SqlStore) -> None:
    await put(store, 1, facts=LetterFacts(due_date="2026/03/30"))
    late = await put(store, 2, facts=LetterFacts(due_date="2026/02/27"))
    assert ids(await box(store))[0] == late


async def test_what_was_taken_or_is_held_waits_no_more(store: SqlStore) -> None:
    taken, held, still = [await put(store, number) for number in (1, 2, 3)]
    await store.record(taken, OFFICE, Acknowledged(), START)
    await store.record(held, OFFICE, Hold(), START)
    assert ids(await box(store)) == [still]
    assert set(ids(await box(store, waits=False))) == {taken, held, still}


async def test_statuses_and_letters_of_others_are_not_in_the_box(store: SqlStore) -> None:
    await put(store, 1, kind=Kind.STATUS)
    await put(store, 2, SECOND)
    assert ids(await box(store)) == ids(await box(store, waits=False)) == []


async def test_what_waits_is_paged_by_place(store: SqlStore) -> None:
    for number in range(5):
        await put(store, number)
    first = await box(store, 2)
    assert first.more == 2
    last = await box(store, 2, skip=4)
    assert (len(last.lines), last.more) == (1, None)
    assert ids(await box(store, 2, skip=99)) == []


# --- what ever came ------------------------------------------------------------------------------


async def test_latest_come_first_and_each_once(store: SqlStore) -> None:
    put_down = [await put(store, number) for number in range(5)]
    seen: list[LetterId] = []
    page = await box(store, 2, waits=False)
    while page.more is not None:
        seen += ids(page)
        page = await box(store, 2, waits=False, before=page.more)
    assert seen + ids(page) == put_down[::-1]


async def test_short_stretch_goes_on_behind_itself(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letterbox, "STRETCH", 2)
    first = await put(store, 1, sender=CENTRAL_OFFICE)
    for number in range(2, 6):
        await put(store, number)
    page = await box(store, waits=False, sender=str(CENTRAL_OFFICE))
    assert ids(page) == []
    assert page.more is not None
    page = await box(store, waits=False, sender=str(CENTRAL_OFFICE), before=page.more)
    assert page.more is not None
    assert ids(await box(store, waits=False, sender=str(CENTRAL_OFFICE), before=page.more)) == [first]


@pytest.mark.parametrize("waits", [True, False])
async def test_filters_find_what_they_name(store: SqlStore, waits: bool) -> None:
    one = await put(store, 1, sender=CENTRAL_OFFICE)
    two = await put(store, 2, sender=COMMUNE_OFFICE)
    assert ids(await box(store, waits=waits, text=" 1/vp ")) == [one]
    assert ids(await box(store, waits=waits, text="ID-2")) == [two]
    assert ids(await box(store, waits=waits, sender=str(COMMUNE_OFFICE))) == [two]
    assert ids(await box(store, waits=waits, since=START + 2 * HOUR)) == [two]
    assert ids(await box(store, waits=waits, until=START + 2 * HOUR)) == [one]


async def test_number_is_found_wherever_it_lies(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letterbox, "STRETCH", 1)
    one = await put(store, 1)
    for number in range(2, 5):
        await put(store, number)
    assert ids(await box(store, waits=False, text="1/VP")) == [one]
    page = await box(store, 1, waits=False, text="1/VP", before=2**40)
    assert (ids(page), page.more) == ([one], None)


# --- one line ------------------------------------------------------------------------------------


async def test_line_has_the_statuses_of_this_agency_and_its_reply(store: SqlStore) -> None:
    asked = LetterFacts(document_id="q", code="9/VP", sender_code=CENTRAL_OFFICE, due_date="2026/03/30")
    letter = await put(store, 1, OFFICE, SECOND, sender=CENTRAL_OFFICE, facts=asked)
    reply = LetterFacts(document_id="a", in_reply_to=(InReplyTo(CENTRAL_OFFICE, "9/VP", "q", ""),))
    await store.add_letter(new_letter(2, facts=reply, at=START + 3 * HOUR), START + 3 * HOUR)
    line = await store.box_line(letter, PROVINCE_OFFICE)
    assert line is not None
    assert line.facts == asked
    assert line.offered_at == START + HOUR
    assert line.answered_at == START + 3 * HOUR
    assert line.statuses == ()


async def test_line_tells_what_came_before(store: SqlStore) -> None:
    same = LetterFacts(document_id="same", code="9/VP", issue_date="2026/03/02")
    await put(store, 1, facts=same)
    again = await put(store, 2, facts=same)
    line = await store.box_line(again, PROVINCE_OFFICE)
    assert line is not None
    assert [finding.code for finding in line.item.findings] != []


async def test_there_is_no_line_for_what_is_not_at_the_door(store: SqlStore) -> None:
    letter = await put(store, 1, SECOND)
    held = await put(store, 2)
    await store.record(held, OFFICE, Hold(), START)
    assert await store.box_line(letter, PROVINCE_OFFICE) is None
    assert await store.box_line(held, PROVINCE_OFFICE) is None
    assert await store.box_line(letter_id(99), PROVINCE_OFFICE) is None
    assert await store.box_line(letter, DEPARTMENT) is not None


# --- what was sent -------------------------------------------------------------------------------


async def test_sent_documents_come_latest_first_and_each_once(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letterbox, "STRETCH", 3)
    for number in range(1, 8):
        kind = Kind.STATUS if number % 2 == 0 else Kind.DOCUMENT
        at = START + (number // 3) * HOUR  # several at one moment
        await store.add_letter(new_letter(number, at=at, kind=kind), at)
    seen: list[LetterId] = []
    page = await store.sent_box(SentWish(agency=PROVINCE_OFFICE), 1)
    while page.before is not None:
        seen += page.letters
        page = await store.sent_box(SentWish(agency=PROVINCE_OFFICE, before=page.before), 1)
    assert seen + list(page.letters) == [letter_id(number) for number in (7, 5, 3, 1)]


async def test_only_what_was_handed_in_here_by_this_agency_is_its_own(store: SqlStore) -> None:
    mine = new_letter(1)
    await store.add_letter(mine, START)
    await store.add_letter(new_letter(2, sender=DEPARTMENT), START)
    await store.add_letter(new_letter(3, came_from=PROVINCE), START)
    assert (await store.sent_box(SentWish(agency=PROVINCE_OFFICE), 9)).letters == (letter_id(1),)
    named = SentWish(agency=PROVINCE_OFFICE, text="1/VPCP-TTĐT", since=START, until=START + HOUR)
    assert (await store.sent_box(named, 9)).letters == (letter_id(1),)
    later = SentWish(agency=PROVINCE_OFFICE, since=START + HOUR, before=letter_id(99))
    assert (await store.sent_box(later, 9)).letters == ()
