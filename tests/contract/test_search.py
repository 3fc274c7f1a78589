from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.core.delivery import Target
from gateway.core.model import AgencyCode, InReplyTo, Kind, Lane, LetterFacts, LetterId
from gateway.ports import Wanted
from gateway.store.sql import SqlStore
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    COMMUNE_OFFICE,
    DEPARTMENT,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
    stored_letter,
)
from tests.kit.clock import START

HERE, SECOND = Target(agency=PROVINCE_OFFICE), Target(agency=DEPARTMENT)
HOUR = timedelta(hours=1)
FROM_CENTRAL: dict[str, Any] = {"origin": CENTRAL, "sender": CENTRAL_OFFICE, "came_from": CENTRAL}


async def document(store: SqlStore, number: int, *targets: Target, **changed: Any) -> LetterId:
    """The n-th letter, n hours after the start."""
    named = {"document_id": f"D{number}", "code": f"{number}/UBND-VP", "issue_date": "2026/03/01"}
    facts = LetterFacts(**{name: changed.pop(name, value) for name, value in named.items()})
    new = new_letter(number, *targets, facts=facts, at=START + number * HOUR, **changed)
    await store.add_letter(new, START + number * HOUR)
    return letter_id(number)


async def found(
    store: SqlStore,
    *agencies: AgencyCode,
    before: LetterId | None = None,
    limit: int = 10,
    **wanted: Any,
) -> list[LetterId]:
    whose = agencies or (PROVINCE_OFFICE,)
    return await store.find_letters(whose, Wanted(**wanted), before=before, limit=limit)


async def test_letters_are_found_by_what_people_know_of_them(store: SqlStore) -> None:
    wanted = await document(store, 1)
    await document(store, 2)
    for text in (wanted, wanted.upper(), "D1", " d1", "1/ubnd-VP"):
        assert await found(store, text=text) == [wanted]
    assert await found(store, text="D") == []
    assert await found(store, text="  ") == await found(store, code=" ") == []
    assert await store.find_letters([], Wanted(text="D1"), before=None, limit=10) == []


async def test_only_sender_and_receivers_find_a_letter(store: SqlStore) -> None:
    await document(store, 1, HERE, **FROM_CENTRAL)
    sought = {
        code: await found(store, code, text="D1")
        for code in (PROVINCE_OFFICE, CENTRAL_OFFICE, COMMUNE_OFFICE)
    }
    assert sought == {PROVINCE_OFFICE: [letter_id(1)], CENTRAL_OFFICE: [letter_id(1)], COMMUNE_OFFICE: []}
    assert await found(store) == [letter_id(1)]
    assert await found(store, COMMUNE_OFFICE) == []


async def test_sent_and_received_can_be_told_apart(store: SqlStore) -> None:
    sent = await document(store, 1, SECOND)
    received = await document(store, 2, HERE, SECOND, **FROM_CENTRAL)
    assert await found(store) == [received, sent]
    assert await found(store, sent=True) == [sent]
    assert await found(store, sent=False) == [received]
    assert await found(store, sent=False, document_id="D2") == [received]
    assert await found(store, PROVINCE_OFFICE, DEPARTMENT, sent=False) == [received, sent]


async def test_every_condition_narrows_the_search(store: SqlStore) -> None:
    first = await document(store, 1, issue_date="2026-03-01T00:00:00")
    second = await document(store, 2, document_id="d1", issue_date="02/03/2026")
    status = await document(store, 3, kind=Kind.STATUS, lane=Lane.CONTROL)
    assert await found(store, document_id=" D1 ") == [second, first]
    assert await found(store, document_id="D1", code="2/ubnd-vp") == [second]
    assert await found(store, document_id="D1", issue_date="01/03/2026") == [first]
    assert await found(store, document_id="D1", code="3/UBND-VP") == []
    assert await found(store, kind=Kind.STATUS) == [status]
    digest = stored_letter(1).routing.original_sha256
    assert await found(store, sha256=digest.upper()) == [first]
    assert await found(store, sha256=digest, document_id="D2") == []
    assert await found(store, sha256="0" * 64) == []


@pytest.mark.parametrize(
    "written", ["2026/03/01", "01/03/2026", "2026-03-01", "1.3.2026", "2026/3/1", "2026-03-01T07:00:00"]
)
async def test_day_of_issue_is_found_however_both_wrote_it(store: SqlStore, written: str) -> None:
    letter = await document(store, 1, issue_date=written)
    await document(store, 2, issue_date="2026/03/11")
    for asked in ("2026/03/01", "1/3/2026"):
        assert await found(store, issue_date=asked) == [letter]
    assert await found(store, issue_date="gibberish") == []


async def test_span_holds_its_beginning_and_not_its_end(store: SqlStore) -> None:
    letters = [await document(store, number) for number in range(4)]
    assert await found(store, since=START + HOUR, until=START + 3 * HOUR) == letters[2:0:-1]
    assert await found(store, sent=True, since=START + 3 * HOUR) == letters[3:]
    assert await found(store, until=START) == []


async def test_pages_go_back_in_time_without_gap_or_repeat(store: SqlStore) -> None:
    letters = [await document(store, n, HERE, **({} if n % 2 else FROM_CENTRAL)) for n in range(7)]
    pages: list[LetterId] = []
    while page := await found(store, before=pages[-1] if pages else None, limit=3):
        assert len(page) <= 3
        pages += page
    assert pages == letters[::-1]


async def test_letters_are_found_by_what_they_belong_to(store: SqlStore) -> None:
    facts = LetterFacts(
        document_id="D1",
        task_codes=("439684_H23-NV-G22-2024-011227004",),
        reference_codes=("R-1",),
        dossier_codes=("H20.16-230101-0001",),
        in_reply_to=(InReplyTo("000.00.00.G22", "267/VPCP-TTĐT", "D-267"),),
    )
    await store.add_letter(new_letter(1, HERE, facts=facts, **FROM_CENTRAL), START)
    await document(store, 2)
    for wanted in (
        {"task_code": "439684_h23-nv-G22-2024-011227004"},
        {"reference": " r-1"},
        {"reference": "H20.16-230101-0001"},
        {"replies_to": "267/vpcp-TTĐT"},
        {"replies_to": "D-267", "document_id": "D1"},
    ):
        assert await found(store, **wanted) == [letter_id(1)], wanted
        assert await found(store, COMMUNE_OFFICE, **wanted) == []
    for missing in (
        {"task_code": "R-1"},
        {"reference": "  "},
        {"replies_to": "267/VPCP"},
        {"task_code": "x" * 9999},
    ):
        assert await found(store, **missing) == []


async def test_facts_come_back_as_they_were(store: SqlStore) -> None:
    facts = LetterFacts(task_codes=("T-1", "T-1"), reference_codes=("R",), dossier_codes=("H20-230101-0001",))
    await store.add_letter(new_letter(1, facts=facts), START)
    held = await store.letter(letter_id(1))
    assert held is not None
    assert held.facts == facts
