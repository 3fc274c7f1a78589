from __future__ import annotations

from datetime import timedelta
from typing import Any

from gateway.core.delivery import Acknowledged, Confirmed, Failed, GiveBack, Offered, State, Taken, Target
from gateway.core.model import Kind, Lane
from gateway.ports import Figure, HopEvent, HourFigure, LinkFigures, Standing
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    COMMUNE,
    DEPARTMENT,
    OTHER_PROVINCE,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
)
from tests.kit.clock import START
from tests.kit.counts import counts

UP, DOWN = Target(neighbour=CENTRAL), Target(neighbour=COMMUNE)
HERE, SECOND = Target(agency=PROVINCE_OFFICE), Target(agency=DEPARTMENT)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
FIRST_HOUR = START.replace(minute=0, second=0, microsecond=0)
FROM_CENTRAL: dict[str, Any] = {"origin": CENTRAL, "sender": CENTRAL_OFFICE, "came_from": CENTRAL}
STATUS: dict[str, Any] = {"kind": Kind.STATUS, "lane": Lane.CONTROL}


async def send(store: SqlStore, number: int, target: Target = UP, at: Any = START) -> None:
    """Take the n-th letter and begin to send it."""
    await store.add_letter(new_letter(number, target, at=at), at)
    await store.claim_due(target, None, at, letters=1, size=10**9)


async def counted(store: SqlStore) -> dict[Figure, int]:
    told = await store.hourly(START - DAY)
    return {line.figure: line.number for line in told}


async def test_documents_are_counted_where_agencies_handed_them_in_and_where_they_lie(
    store: SqlStore,
) -> None:
    await store.add_letter(new_letter(1, HERE, SECOND), START)
    await store.add_letter(new_letter(2, HERE, **FROM_CENTRAL), START)
    await store.add_letter(new_letter(3, HERE, **STATUS), START)
    await store.claim_due(None, None, START, letters=9, size=10**9)
    for number, target in ((1, HERE), (1, SECOND), (2, HERE), (3, HERE)):
        await store.record(letter_id(number), target, Offered(START + DAY), START)
    assert await counted(store) == {Figure.SENT: 1, Figure.CAME: 1, Figure.RECEIVED: 3}


async def test_letter_that_is_offered_again_is_received_once(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, HERE), START)
    await store.claim_due(None, None, START, letters=9, size=10**9)
    await store.record(letter_id(1), HERE, Offered(START + DAY), START)
    await store.record(letter_id(1), HERE, Acknowledged(), START)
    assert await store.offer_again([PROVINCE_OFFICE], START, START) == 1
    assert await counted(store) == {Figure.SENT: 1, Figure.RECEIVED: 1}


async def test_figures_of_an_hour_add_up_and_hours_stand_apart(store: SqlStore) -> None:
    for number, minutes in enumerate((0, 1, 75)):
        at = FIRST_HOUR + minutes * MINUTE
        await store.add_letter(new_letter(number, UP, at=at), at)
    assert await store.hourly(FIRST_HOUR) == [
        HourFigure(FIRST_HOUR, Figure.SENT, 2),
        HourFigure(FIRST_HOUR + HOUR, Figure.SENT, 1),
    ]
    assert await store.hourly(FIRST_HOUR + 70 * MINUTE) == [HourFigure(FIRST_HOUR + HOUR, Figure.SENT, 1)]


async def test_what_stands_on_links_and_at_doors_is_counted_up_to_a_number(store: SqlStore) -> None:
    for number in range(1, 4):
        await store.add_letter(new_letter(number, UP, HERE, SECOND), START)
    await store.claim_due(UP, None, START, letters=1, size=10**9)
    await store.claim_due(None, None, START, letters=9, size=10**9)
    for number in (1, 2):
        for target in (HERE, SECOND):
            await store.record(letter_id(number), target, Offered(START + DAY), START)
    assert await store.standing_on_links([CENTRAL, COMMUNE]) == {
        CENTRAL: {State.QUEUED: Standing(2, START), State.TRYING: Standing(1, START)},
        COMMUNE: {},
    }
    assert await store.waiting_at_doors() == 4
    await store.record(letter_id(1), HERE, Acknowledged(), START)
    assert await store.waiting_at_doors() == 3


async def test_sums_of_days_are_those_of_their_hours(store: SqlStore) -> None:
    for number, hours in enumerate((0, 1, 23, 24, 49)):
        at = FIRST_HOUR + hours * HOUR
        await store.add_letter(new_letter(number, UP, at=at), at)
    days = [FIRST_HOUR + each * DAY for each in range(4)]
    sent = Figure.SENT
    assert await store.sums_between(days) == [{sent: 3}, {sent: 1}, {sent: 1}]
    assert await store.sums_between(days[:1]) == []
    assert await store.sums_between([START - DAY, FIRST_HOUR]) == [{}]


async def test_what_is_refused_and_returned_is_counted_each_time(store: SqlStore) -> None:
    await store.keep_refused("api", "TRUC-201", b"<a/>", START)
    await store.keep_refused("api", "TRUC-203", b"<a/>", START)
    await store.add_letter(new_letter(1, UP), START)
    await store.record(letter_id(1), UP, GiveBack("TRUC-503"), START)
    assert await store.record(letter_id(1), UP, GiveBack("TRUC-503"), START) is None
    assert await counted(store) == {Figure.SENT: 1, Figure.REFUSED: 2, Figure.RETURNED: 1}


async def test_transaction_that_fails_counts_nothing(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.add_letter(new_letter(1, UP), START)  # the same again is not taken
    assert await counted(store) == {Figure.SENT: 1}


async def test_link_tells_what_came_what_went_and_what_last_failed(store: SqlStore) -> None:
    await store.add_letter(new_letter(9, HERE, **FROM_CENTRAL), START)
    await send(store, 1)
    await store.record(letter_id(1), UP, Failed("TRUC-701"), START + MINUTE)
    await send(store, 2, at=START)
    await store.record(letter_id(2), UP, Confirmed(START + DAY), START)
    for _ in range(2):  # the receipt comes twice
        await store.record(letter_id(2), UP, Taken(), START + 2 * MINUTE)
    now = START + 3 * MINUTE
    told = await store.link_figures([CENTRAL, COMMUNE], now, now - 2 * MINUTE)
    assert told == {
        CENTRAL: LinkFigures(
            came=1,
            went=1,
            failed=1,
            went_lately=1,
            came_at=START,
            went_at=START + 2 * MINUTE,
            failed_at=START + MINUTE,
            code="TRUC-701",
        ),
        COMMUNE: LinkFigures(),
    }


async def test_last_failure_is_told_after_its_hour_and_numbers_are_not(store: SqlStore) -> None:
    await send(store, 1)
    await store.record(letter_id(1), UP, Failed("TRUC-701"), START)
    (told,) = (await store.link_figures([CENTRAL], START + DAY, START + DAY)).values()
    assert told == LinkFigures(failed_at=START, code="TRUC-701")


async def test_standing_is_of_letters_on_their_way_with_the_age_of_the_oldest(store: SqlStore) -> None:
    assert await store.standing() == {}
    await send(store, 1)
    await store.record(letter_id(1), UP, Confirmed(START + DAY), START)
    await store.record(letter_id(1), UP, Taken(), START)  # has ended
    await send(store, 2)
    await store.add_letter(new_letter(3, UP, at=START + MINUTE), START + MINUTE)
    await store.add_letter(new_letter(4, UP, HERE, at=START + HOUR), START + HOUR)
    assert await store.standing() == {
        (UP.key, State.TRYING): Standing(1, START),
        (UP.key, State.QUEUED): Standing(2, START + MINUTE),
        (HERE.key, State.QUEUED): Standing(1, START + HOUR),
    }


async def test_living_part_of_all_that_is_counted_is_what_stands(store: SqlStore) -> None:
    for number, target in enumerate((UP, DOWN, HERE, SECOND, UP)):
        await send(store, number, target)
    await store.record(letter_id(0), UP, Taken(), START)
    await store.record(letter_id(2), HERE, Offered(START + DAY), START)
    alive = {place: n for place, n in (await counts(store)).items() if not place[1].is_final}
    assert {place: each.number for place, each in (await store.standing()).items()} == alive


async def test_link_far_away_was_last_crossed_when_its_nodes_last_said_so(store: SqlStore) -> None:
    await store.add_letter(new_letter(1), START)
    told = [
        HopEvent(letter_id(1), CENTRAL, f"link:{OTHER_PROVINCE}", State.TAKEN, START + each * MINUTE)
        for each in (1, 5, 3)
    ]
    returned = HopEvent(letter_id(1), CENTRAL, f"link:{OTHER_PROVINCE}", State.RETURNED, START + HOUR)
    await store.add_hops([*told, returned])
    links = [(CENTRAL, OTHER_PROVINCE), (OTHER_PROVINCE, CENTRAL), (PROVINCE, CENTRAL)]
    assert await store.last_crossed(links) == {(CENTRAL, OTHER_PROVINCE): START + 5 * MINUTE}
    assert await store.last_crossed([]) == {}


async def test_two_instances_count_into_the_same_hour(database: Database) -> None:
    one, two = database.open("one"), database.open("two")
    await one.add_letter(new_letter(1, UP), START)
    await two.add_letter(new_letter(2, UP), START)
    assert await counted(one) == await counted(two) == {Figure.SENT: 2}
