from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.core.delivery import Offered, Target
from gateway.core.diary import DiaryLine, Direction
from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode, InReplyTo, Kind, Lane, LetterFacts
from gateway.ports import DiaryPage
from gateway.store.sql import SqlStore
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    DEPARTMENT,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
    stored_letter,
)
from tests.kit.clock import START

HERE, SECOND = Target(agency=PROVINCE_OFFICE), Target(agency=DEPARTMENT)
HOUR = timedelta(hours=1)
FROM_CENTRAL: dict[str, Any] = {"origin": CENTRAL, "sender": CENTRAL_OFFICE, "came_from": CENTRAL}
EXTRA = {"type_name": "Công văn", "signer": "Nguyễn Văn A", "copies": "3"}


async def send(store: SqlStore, number: int, at: datetime = START, **changed: Any) -> None:
    facts = LetterFacts(document_id=f"D{number}", code=f"{number}/UBND-VP", subject="Về việc", extra=EXTRA)
    await store.add_letter(new_letter(number, facts=facts, at=at, **changed), at)


async def arrive(store: SqlStore, number: int, *doors: Target, at: datetime = START, **changed: Any) -> None:
    facts = LetterFacts(code=f"{number}/VPCP", sender_name="Văn phòng Chính phủ", extra=EXTRA)
    of_letter = {"facts": facts, "at": at, **FROM_CENTRAL, **changed}
    await store.add_letter(new_letter(number, *doors, **of_letter), at)
    await store.claim_due(None, None, at, letters=100, size=10**9)
    for door in doors:
        await store.record(letter_id(number), door, Offered(at + HOUR), at)


async def diary(
    store: SqlStore, direction: Direction, *agencies: AgencyCode, **narrower: Any
) -> list[DiaryLine]:
    span = {"since": START, "until": START + 100 * HOUR, **narrower}
    page = DiaryPage(direction=direction, **span)
    return list(await store.diary(agencies or (PROVINCE_OFFICE,), page))


async def test_what_was_sent_stands_in_one_diary_and_what_came_in_the_other(store: SqlStore) -> None:
    await send(store, 1)
    await arrive(store, 2, HERE, at=START + HOUR)
    (sent,) = await diary(store, Direction.OUT)
    (received,) = await diary(store, Direction.IN)
    assert (sent.letter_id, sent.code, sent.recipients) == (letter_id(1), "1/UBND-VP", (CENTRAL_OFFICE,))
    assert (sent.type_name, sent.signer, sent.copies) == ("Công văn", "Nguyễn Văn A", "3")
    assert (received.letter_id, received.sender_name) == (letter_id(2), "Văn phòng Chính phủ")
    assert (received.at, received.agency) == (START + HOUR, PROVINCE_OFFICE)
    assert await diary(store, Direction.OUT, DEPARTMENT) == await diary(store, Direction.IN, DEPARTMENT) == []


async def test_statuses_and_what_only_passes_through_are_no_entries(store: SqlStore) -> None:
    await send(store, 1, kind=Kind.STATUS, lane=Lane.CONTROL)
    await arrive(store, 2, HERE, kind=Kind.STATUS, lane=Lane.CONTROL)
    passing = {**FROM_CENTRAL, "facts": LetterFacts()}
    await store.add_letter(new_letter(3, Target(neighbour=CENTRAL), **passing), START)
    assert await diary(store, Direction.OUT) == await diary(store, Direction.IN) == []


async def test_span_holds_its_beginning_and_not_its_end(store: SqlStore) -> None:
    for number in range(1, 5):
        await send(store, number, START + number * HOUR)
    span = {"since": START + 2 * HOUR, "until": START + 4 * HOUR}
    assert [line.code for line in await diary(store, Direction.OUT, **span)] == ["2/UBND-VP", "3/UBND-VP"]


@pytest.mark.parametrize("direction", Direction)
async def test_pages_follow_each_other_without_gap_or_repeat(store: SqlStore, direction: Direction) -> None:
    """Several at the same moment, of several agencies."""
    for number in range(1, 8):
        at = START + (number // 3) * HOUR
        if direction is Direction.OUT:
            await send(store, number, at, sender=DEPARTMENT if number % 2 else PROVINCE_OFFICE)
        else:
            await arrive(store, number, HERE, SECOND, at=at)
    agencies = (PROVINCE_OFFICE, DEPARTMENT)
    whole = await diary(store, direction, *agencies, limit=100)
    pages: list[DiaryLine] = []
    while page := await diary(store, direction, *agencies, limit=2, after=pages[-1].cursor if pages else ""):
        assert len(page) <= 2
        pages += page
    assert pages == whole
    assert (
        len({(line.letter_id, line.agency) for line in whole})
        == len(whole)
        == (7, 14)[direction is Direction.IN]
    )
    assert [line.at for line in whole] == sorted(line.at for line in whole)


async def test_status_that_came_last_is_told(store: SqlStore) -> None:
    await send(store, 1)
    for number, code in ((8, "01"), (9, "03")):
        status = stored_letter(
            number,
            kind=Kind.STATUS,
            lane=Lane.CONTROL,
            to=[(PROVINCE_OFFICE, PROVINCE)],
            facts=LetterFacts(status_code=code, in_reply_to=(InReplyTo(PROVINCE_OFFICE, document_id="D1"),)),
            **FROM_CENTRAL,
        )
        await store.add_status(status, START + number * HOUR)
    (line,) = await diary(store, Direction.OUT)
    assert line.status == "03"


@pytest.mark.parametrize(
    ("direction", "cursor"),
    [
        *(
            (each, cursor)
            for each in Direction
            for cursor in ("x", "1", "1.", ".1", "-1.1", "9" * 5000 + ".1")
        ),
        (Direction.IN, "1.x"),
        (Direction.IN, "1." + "9" * 19),
        (Direction.IN, "1.²"),
    ],
)
async def test_cursor_that_is_none_is_refused(store: SqlStore, direction: Direction, cursor: str) -> None:
    with pytest.raises(Rejected) as refused:
        await diary(store, direction, after=cursor)
    assert refused.value.code == "TRUC-414"
