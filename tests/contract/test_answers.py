"""Which documents answer a document."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.core.delivery import Offered, Target
from gateway.core.model import InReplyTo, Kind, Lane, LetterFacts, Operation
from gateway.store.sql import SqlStore
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    DEPARTMENT,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
)
from tests.kit.clock import START

HERE = Target(agency=PROVINCE_OFFICE)
LATER = START + timedelta(hours=1)
ASKED = LetterFacts(
    document_id="12345",
    code="7816/VPCP-TTĐT",
    issue_date="2026/03/02",
    due_date="2026/03/10",
    sender_code="G22",  # another code of that office
)
BY_ID = InReplyTo("G22", "", "12345", "")
BY_NUMBER = InReplyTo(CENTRAL_OFFICE, "7816/vpcp-TTĐT", "", "02/03/2026")


async def ask(store: SqlStore) -> None:
    """Central's document comes to the province's door."""
    new = new_letter(
        1,
        HERE,
        facts=ASKED,
        origin=CENTRAL,
        sender=CENTRAL_OFFICE,
        came_from=CENTRAL,
        to=[(PROVINCE_OFFICE, PROVINCE)],
    )
    await store.add_letter(new, START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), HERE, Offered(LATER), START)


async def answer(store: SqlStore, named: InReplyTo, **more: Any) -> None:
    """The province sends a document that names another."""
    facts = LetterFacts(code="9/UBND", in_reply_to=(named,), operation=more.pop("operation", Operation.NEW))
    await store.add_letter(new_letter(2, facts=facts, **{"at": LATER, **more}), LATER)


async def answered(store: SqlStore) -> object:
    record = await store.track(letter_id(1))
    assert record is not None
    return record.answered


@pytest.mark.parametrize("named", [BY_ID, BY_NUMBER], ids=["by its id", "by its number"])
async def test_reply_answers_the_document_it_names(store: SqlStore, named: InReplyTo) -> None:
    await ask(store)
    assert await answered(store) == {}
    await answer(store, named)
    assert await answered(store) == {PROVINCE_OFFICE: LATER}


async def test_answered_document_is_reminded_of_no_more(store: SqlStore) -> None:
    await ask(store)
    await answer(store, BY_ID)
    year = timedelta(days=365)
    assert await store.remind(START + year, START + year, 10) == []
    assert "letter.overdue" not in [row.event for row in await store.journal(0, 100)]


async def test_answer_of_another_recipient_answers_for_it_alone(store: SqlStore) -> None:
    await ask(store)
    await answer(store, BY_ID, sender=DEPARTMENT)
    assert await answered(store) == {DEPARTMENT: LATER}
    assert len(await store.remind(START, START + timedelta(days=30), 10)) == 1


@pytest.mark.parametrize(
    "named",
    [
        replace(BY_ID, organ="000.00.00.H21"),  # a bare number of somebody else
        replace(BY_NUMBER, issue_date="02/03/2025"),  # of last year
        InReplyTo(CENTRAL_OFFICE, "8/VPCP", "999", ""),
    ],
)
async def test_what_names_another_document_answers_nothing(store: SqlStore, named: InReplyTo) -> None:
    await ask(store)
    await answer(store, named)
    assert await answered(store) == {}


async def test_recall_that_names_it_answers_nothing(store: SqlStore) -> None:
    await ask(store)
    await answer(store, BY_ID, operation=Operation.RECALL)
    assert await answered(store) == {}


async def test_status_and_what_was_there_before_answer_nothing(store: SqlStore) -> None:
    await answer(store, BY_ID, at=START - timedelta(days=1))
    await ask(store)
    assert await answered(store) == {}
    facts = LetterFacts(status_code="03", in_reply_to=(BY_ID,))
    status = new_letter(3, facts=facts, kind=Kind.STATUS, lane=Lane.CONTROL, at=LATER)
    await store.add_letter(status, LATER)
    assert await answered(store) == {}
