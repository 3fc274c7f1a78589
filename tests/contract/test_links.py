from __future__ import annotations

from gateway.core.business import Relation
from gateway.core.model import Change, InReplyTo, LetterFacts, Operation
from gateway.store.sql import SqlStore
from tests.kit.builders import CENTRAL_OFFICE, PROVINCE_OFFICE, letter_id, new_letter
from tests.kit.clock import START

FIRST = LetterFacts(document_id="a-1", code="1/UBND", issue_date="2026/03/02", sender_code=PROVINCE_OFFICE)


async def seen(store: SqlStore, number: int) -> list[tuple[str, str, bool]]:
    record = await store.track(letter_id(number))
    assert record is not None
    return [(link.letter_id, link.bond.relation.value, link.is_later) for link in record.links]


async def test_each_of_two_documents_shows_the_other_whichever_came_first(store: SqlStore) -> None:
    named = InReplyTo(PROVINCE_OFFICE, "1/UBND", "", "02/03/2026")
    reply = LetterFacts(document_id="b-1", in_reply_to=(named,), sender_code=CENTRAL_OFFICE)
    await store.add_letter(new_letter(2, facts=reply, sender=CENTRAL_OFFICE), START)
    assert await seen(store, 2) == []
    await store.add_letter(new_letter(1, facts=FIRST), START)
    assert await seen(store, 2) == [(letter_id(1), "reply", False)]
    assert await seen(store, 1) == [(letter_id(2), "reply", True)]


async def test_replacement_keeps_for_whom_it_replaces_what(store: SqlStore) -> None:
    changes = (Change("a-1", organs=("B",)), Change("gone"))
    newer = LetterFacts(
        document_id="a-2", operation=Operation.REPLACE, changes=changes, sender_code=PROVINCE_OFFICE
    )
    await store.add_letter(new_letter(1, facts=FIRST), START)
    await store.add_letter(new_letter(2, facts=newer), START)
    record = await store.track(letter_id(1))
    assert record is not None
    (link,) = record.links
    assert (link.bond.relation, link.bond.organs) == (Relation.REPLACEMENT, ("B",))
    letter = await store.letter(letter_id(2))
    assert letter is not None
    assert letter.facts.changes == changes


async def test_same_number_of_another_year_or_organ_is_another_document(store: SqlStore) -> None:
    last_year = InReplyTo(PROVINCE_OFFICE, "1/UBND", "", "2025/03/02")
    elsewhere = InReplyTo(CENTRAL_OFFICE, "1/UBND", "a-1")
    await store.add_letter(new_letter(1, facts=FIRST), START)
    for number, named in ((2, last_year), (3, elsewhere)):
        facts = LetterFacts(in_reply_to=(named,), sender_code=CENTRAL_OFFICE)
        await store.add_letter(new_letter(number, facts=facts, sender=CENTRAL_OFFICE), START)
        assert await seen(store, number) == []
    assert await seen(store, 1) == []
