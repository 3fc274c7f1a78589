from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gateway.core.delivery import (
    Acknowledged,
    Confirmed,
    Expired,
    GiveBack,
    Hold,
    Offered,
    Overdue,
    Refused,
    State,
    Taken,
    TakenBack,
    Target,
)
from gateway.core.lifecycle import AUTOMATIC
from gateway.core.model import AgencyCode, Kind, Lane, LetterFacts
from gateway.ports import HopEvent
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    COMMUNE,
    COMMUNE_OFFICE,
    DEPARTMENT,
    OTHER_OFFICE,
    OTHER_PROVINCE,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
    small_axis,
)
from tests.kit.clock import START

UP, DOWN = Target(neighbour=CENTRAL), Target(neighbour=COMMUNE)
HERE, DEPARTMENT_HERE = Target(agency=PROVINCE_OFFICE), Target(agency=DEPARTMENT)
LATER = START + timedelta(days=6)


async def test_returned_letter_gives_the_clerk_a_notice_to_write(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.record(letter_id(1), UP, Expired(), LATER)
    (duty,) = await store.duties(10)
    assert (duty.kind, duty.target, duty.code, duty.at) == ("notice", "link:G22", "TRUC-503", LATER)
    assert duty.letter.routing.letter_id == letter_id(1)
    await store.duty_done(duty.number)
    assert await store.duties(10) == []


async def test_sender_is_told_once_that_nobody_fetches(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, HERE), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), HERE, Offered(START), START)
    for _ in range(2):
        await store.record(letter_id(1), HERE, Overdue(LATER), LATER)
    assert [duty.code for duty in await store.duties(10)] == ["TRUC-512"]


async def test_stopped_letter_is_told_to_its_sender(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.record(letter_id(1), UP, TakenBack(), START)
    assert [duty.code for duty in await store.duties(10)] == ["TRUC-517"]


async def test_returned_notice_of_the_axis_is_told_to_nobody(store: SqlStore) -> None:
    """Else a notice that can't be delivered would need a notice about itself, and so on for ever."""
    notice = new_letter(1, UP, kind=Kind.STATUS, lane=Lane.CONTROL, sender=AgencyCode("ax.h14"))
    await store.add_letter(notice, START)
    await store.record(letter_id(1), UP, Refused("TRUC-503"), START)
    assert await store.duties(10) == []
    assert (await store.journal(0, 100))[-1].event == "delivery.refused"


async def test_returned_automatic_status_is_told_to_nobody(store: SqlStore) -> None:
    facts = LetterFacts(status_code="01", extra={"description": f"{AUTOMATIC}: …"})
    await store.add_letter(new_letter(1, UP, kind=Kind.STATUS, lane=Lane.CONTROL, facts=facts), START)
    await store.record(letter_id(1), UP, Refused("TRUC-503"), START)
    assert await store.duties(10) == []


async def test_returned_status_of_an_agency_is_told_to_it(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP, kind=Kind.STATUS, lane=Lane.CONTROL), START)
    await store.record(letter_id(1), UP, Refused("TRUC-503"), START)
    assert [duty.kind for duty in await store.duties(10)] == ["notice"]


# --- 01 in an agency's name ----------------------------------------------------------------------


async def _hand_over(store: SqlStore, target: Target, **of_letter: object) -> None:
    await store.add_letter(new_letter(1, target, **of_letter), START)  # type: ignore[arg-type]
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), target, Offered(LATER), START)
    await store.record(letter_id(1), target, Acknowledged(), START)


async def test_arrival_is_noted_for_an_agency_whose_system_sends_no_01(store: SqlStore) -> None:
    await _hand_over(store, HERE)
    (duty,) = await store.duties(10)
    assert (duty.kind, duty.target, duty.code) == ("arrival", f"agency:{PROVINCE_OFFICE}", "01")


async def test_no_arrival_is_noted_for_an_agency_whose_system_sends_01(store: SqlStore) -> None:
    await _hand_over(store, DEPARTMENT_HERE)
    assert await store.duties(10) == []


async def test_no_arrival_is_noted_for_a_status(store: SqlStore) -> None:
    await _hand_over(store, HERE, kind=Kind.STATUS, lane=Lane.CONTROL)
    assert await store.duties(10) == []


async def test_acknowledging_twice_makes_one_duty(store: SqlStore) -> None:
    await _hand_over(store, HERE)
    await store.record(letter_id(1), HERE, Acknowledged(), LATER)
    assert len(await store.duties(10)) == 1


# --- words to the origin -------------------------------------------------------------------------


async def test_origin_keeps_its_own_hops(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.claim_due(UP, Lane.NORMAL, START, letters=1, size=1)
    await store.record(letter_id(1), UP, Confirmed(LATER), START)
    await store.record(letter_id(1), UP, Taken(), LATER)
    record = await store.track(letter_id(1))
    assert record is not None
    assert record.hops == (HopEvent(letter_id(1), PROVINCE, "link:G22", State.TAKEN, LATER, attempts=1),)
    assert await store.control_waiting(CENTRAL, 10) == []


async def test_transit_node_tells_the_origin_over_the_link_that_leads_there(store: SqlStore) -> None:
    of_letter = {"origin": OTHER_PROVINCE, "sender": OTHER_OFFICE, "came_from": CENTRAL}
    await store.add_letter(new_letter(1, DOWN, to=[(COMMUNE_OFFICE, COMMUNE)], **of_letter), START)
    await store.record(letter_id(1), DOWN, Hold(), LATER)
    (told,) = await store.control_waiting(CENTRAL, 10)
    assert told.body == {
        "type": "hops",
        "to": OTHER_PROVINCE,
        "events": [
            {
                "letter_id": letter_id(1),
                "node": PROVINCE,
                "target": "link:H14.31.01",
                "state": "held",
                "at": LATER.isoformat(),
                "code": "",
                "next_try_at": None,
                "attempts": 0,
            }
        ],
    }
    record = await store.track(letter_id(1))
    assert record is not None
    assert record.hops == ()


async def test_word_for_an_origin_that_left_the_directory_is_dropped(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, DOWN, origin=OTHER_PROVINCE, came_from=CENTRAL), START)
    shrunk = small_axis(version=2)
    kept = tuple(row for row in shrunk.node_rows if row.id != OTHER_PROVINCE)
    await store.set_directory(replace(shrunk, node_rows=kept), START)
    held = await store.record(letter_id(1), DOWN, Hold(), LATER)
    assert held is not None
    assert await store.control_waiting(CENTRAL, 10) == []


async def test_events_of_one_transaction_for_one_origin_travel_together(database: Database) -> None:
    """With one operation per transaction nothing could be gathered, so this one gives several at once."""
    store = database.open()
    await store.set_directory(small_axis(), START)
    both = new_letter(1, HERE, DEPARTMENT_HERE, origin=CENTRAL, sender=CENTRAL_OFFICE, came_from=CENTRAL)
    unreachable = tuple((code, "TRUC-302") for code in (PROVINCE_OFFICE, DEPARTMENT))
    letter = replace(
        both.letter,
        routing=replace(
            both.letter.routing,
            recipients=tuple(
                replace(both.letter.routing.recipients[0], named=code, code=code, node=PROVINCE)
                for code in (PROVINCE_OFFICE, DEPARTMENT)
            ),
        ),
    )
    await store.add_letter(replace(both, letter=letter, unreachable=unreachable), START)
    (told,) = await store.control_waiting(CENTRAL, 10)
    assert [event["target"] for event in told.body["events"]] == [
        f"agency:{PROVINCE_OFFICE}",
        f"agency:{DEPARTMENT}",
    ]


async def test_letter_given_back_by_an_operator_names_the_operators_reason(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.record(letter_id(1), UP, Hold(), START)
    await store.record(letter_id(1), UP, GiveBack("TRUC-516"), START)
    assert [duty.code for duty in await store.duties(10)] == ["TRUC-516"]
