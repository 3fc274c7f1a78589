from __future__ import annotations

from datetime import timedelta

from gateway.core.catalogue import LINK_DOWN
from gateway.core.delivery import Failed, Offered, Target
from gateway.core.model import Lane
from gateway.ports import DoorStanding, Heard, LinkStanding, SealCertificate
from tests.contract.conftest import Database
from tests.kit.builders import CENTRAL, DEPARTMENT, PROVINCE_OFFICE, letter_id, new_letter
from tests.kit.clock import START

UP, HERE = Target(neighbour=CENTRAL), Target(agency=PROVINCE_OFFICE)
MINUTE = timedelta(minutes=1)


async def test_words_of_a_hello_stay_when_only_the_time_is_newer(database: Database) -> None:
    store = database.open()
    await store.note_heard([Heard(CENTRAL, START, "0.4.0", (1, 2), START)])
    await store.note_heard([Heard(CENTRAL, START + MINUTE)])
    assert await store.heard() == {CENTRAL: Heard(CENTRAL, START + MINUTE, "0.4.0", (1, 2), START)}


async def test_neighbour_without_a_hello_was_heard_all_the_same(database: Database) -> None:
    store = database.open()
    await store.note_heard([Heard(CENTRAL, START)])
    assert await store.heard() == {CENTRAL: Heard(CENTRAL, START)}


async def test_of_each_node_the_last_certificate_counts(database: Database) -> None:
    store = database.open()
    for number in (1, 2):
        ends = START + timedelta(days=number)
        await store.note_certificate(SealCertificate(CENTRAL, f"f{number}", "CN=G22", ends, START))
    assert (await store.seal_certificates())[CENTRAL].fingerprint == "f2"


async def test_standing_of_a_link_tells_what_may_go_what_sleeps_and_what_is_on_its_way(
    database: Database,
) -> None:
    store = database.open()
    for number in (1, 2, 3):
        await store.add_letter(new_letter(number, UP), START)
    assert await store.link_standing(CENTRAL) == LinkStanding(ready=3, oldest=START)
    await store.claim_due(UP, Lane.NORMAL, START, letters=2, size=10**9)
    await store.record(letter_id(1), UP, Failed(LINK_DOWN.code), START)
    standing = await store.link_standing(CENTRAL)
    assert (standing.ready, standing.sleeping, standing.window) == (1, 1, 1)
    assert standing.last_code == LINK_DOWN.code
    assert standing.next_try_at is not None
    assert standing.next_try_at > START


async def test_standing_of_a_door_tells_what_lies_there_and_when_somebody_came(database: Database) -> None:
    store = database.open()
    await store.add_letter(new_letter(1, HERE), START)
    await store.claim_due(None, None, START, letters=9, size=10**9)
    await store.record(letter_id(1), HERE, Offered(START + timedelta(days=1)), START)
    await store.note_fetched(letter_id(1), PROVINCE_OFFICE, START + MINUTE)
    found = await store.door_standings([PROVINCE_OFFICE, DEPARTMENT])
    assert found == {
        PROVINCE_OFFICE: DoorStanding(1, START, START + MINUTE),
        DEPARTMENT: DoorStanding(),
    }
