from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gateway.core.delivery import Acknowledged, Offered, State, Target
from gateway.core.model import InReplyTo, Kind, Lane, LetterFacts
from gateway.ports import HopEvent, Traffic
from gateway.store.sql import SqlStore
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    COMMUNE_OFFICE,
    DEPARTMENT,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
    stored_letter,
)
from tests.kit.clock import START

HERE, SECOND = Target(agency=PROVINCE_OFFICE), Target(agency=DEPARTMENT)
DAY = timedelta(days=1)
END = START + DAY
FROM_CENTRAL: dict[str, Any] = {"origin": CENTRAL, "sender": CENTRAL_OFFICE, "came_from": CENTRAL}
STATUS: dict[str, Any] = {"kind": Kind.STATUS, "lane": Lane.CONTROL}


async def take(
    store: SqlStore, number: int, *targets: Target, at: datetime = START, **of_letter: Any
) -> None:
    """Take the n-th letter and lay it at the doors of these agencies."""
    await store.add_letter(new_letter(number, *targets, at=at, **of_letter), at)
    await store.claim_due(None, None, at, letters=100, size=10**9)
    for target in targets:
        if target.agency is not None:
            await store.record(letter_id(number), target, Offered(at + DAY), at)


async def test_nothing_is_counted_of_nobody_and_before_anything_happened(store: SqlStore) -> None:
    assert await store.traffic([PROVINCE_OFFICE], START, END) == Traffic()
    await take(store, 1, HERE)
    await take(store, 2, **FROM_CENTRAL)
    for stranger in (COMMUNE_OFFICE, CENTRAL_OFFICE):  # central's office hands its letters in elsewhere
        assert await store.traffic([stranger], START, END) == Traffic()
    assert await store.traffic([], START, END) == Traffic()


async def test_sent_is_counted_once_per_letter_and_received_once_per_agency(store: SqlStore) -> None:
    await take(store, 1, HERE, SECOND)
    await take(store, 2, HERE, **FROM_CENTRAL)
    await take(store, 3, HERE, **FROM_CENTRAL, **STATUS)
    await take(store, 4, **STATUS)
    await store.record(letter_id(2), HERE, Acknowledged(), START)
    assert await store.traffic([PROVINCE_OFFICE, DEPARTMENT], START, END) == Traffic(
        documents_sent=1,
        statuses_sent=1,
        bytes_sent=2000,
        documents_received=3,
        statuses_received=1,
        bytes_received=4000,
        acknowledged=1,
        waiting=3,
    )
    assert (await store.traffic([DEPARTMENT], START, END)).documents_received == 1


async def test_span_holds_its_beginning_and_not_its_end(store: SqlStore) -> None:
    await take(store, 1, HERE, at=START)
    await take(store, 2, HERE, at=END)
    counted = await store.traffic([PROVINCE_OFFICE], START, END)
    assert (counted.documents_sent, counted.documents_received) == (1, 1)
    assert counted.waiting == 2  # whatever the span


async def test_acknowledgement_counts_when_it_was_made(store: SqlStore) -> None:
    await take(store, 1, HERE)
    await store.record(letter_id(1), HERE, Acknowledged(), END)
    assert (await store.traffic([PROVINCE_OFFICE], START, END)).acknowledged == 0
    assert (await store.traffic([PROVINCE_OFFICE], END, END + DAY)).acknowledged == 1


async def test_returned_deliveries_are_counted_once_wherever_they_failed(store: SqlStore) -> None:
    await take(store, 1)
    await take(store, 2, **FROM_CENTRAL)
    there = HopEvent(letter_id(1), CENTRAL, "link:H21", State.RETURNED, START + DAY / 2, "TRUC-503")
    elsewhere = HopEvent(letter_id(1), CENTRAL, "agency:000.00.00.G22", State.RETURNED, START, "TRUC-401")
    again = HopEvent(letter_id(1), CENTRAL, "link:H21", State.RETURNED, START + DAY / 3, "TRUC-503")
    taken = HopEvent(letter_id(1), PROVINCE, "link:G22", State.TAKEN, START)
    await store.add_hops([there, elsewhere, again, taken])
    assert (await store.traffic([PROVINCE_OFFICE], START, END)).returned == 2
    assert (await store.traffic([DEPARTMENT], START, END)).returned == 0
    assert (await store.traffic([PROVINCE_OFFICE], END, END + DAY)).returned == 0


async def test_documents_sent_are_counted_by_where_each_receiver_has_them(store: SqlStore) -> None:
    await take(store, 1, facts=LetterFacts(document_id="D1"))
    await take(store, 2, facts=LetterFacts(document_id="D2"))
    told = [
        (CENTRAL_OFFICE, "D1", "03"),
        (CENTRAL_OFFICE, "D1", "01"),  # late: shown is what goes further
        (COMMUNE_OFFICE, "D1", "02"),
        (CENTRAL_OFFICE, "D2", "3"),
        (COMMUNE_OFFICE, "D2", "16"),  # an answer to what was never asked
    ]
    for number, (sender, document, code) in enumerate(told, start=10):
        facts = LetterFacts(status_code=code, in_reply_to=(InReplyTo(PROVINCE_OFFICE, "", document, ""),))
        at = START + timedelta(minutes=number)
        status = stored_letter(
            number, sender=sender, origin=CENTRAL, came_from=CENTRAL, facts=facts, **STATUS
        )
        assert await store.add_status(status, at) is not None
    assert (await store.traffic([PROVINCE_OFFICE], START, END)).by_status == {"02": 1, "03": 2}
    assert (await store.traffic([PROVINCE_OFFICE], END, END + DAY)).by_status == {}
