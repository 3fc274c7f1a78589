from __future__ import annotations

import asyncio

from gateway.core.delivery import Offered, Target
from gateway.store.places import mail_topic
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import DEPARTMENT, PROVINCE_OFFICE, letter_id, new_letter
from tests.kit.clock import START

HERE, SECOND = Target(agency=PROVINCE_OFFICE), Target(agency=DEPARTMENT)


async def test_places_of_two_instances_are_never_the_same(database: Database) -> None:
    stores: list[SqlStore] = [database.open("one"), database.open("two")]
    for number in range(20):
        await stores[0].add_letter(new_letter(number, HERE), START)
    await stores[0].claim_due(None, None, START, letters=20, size=10**9)
    await asyncio.gather(
        *(stores[n % 2].record(letter_id(n), HERE, Offered(START), START) for n in range(20))
    )
    items = await stores[0].waiting([PROVINCE_OFFICE], kind=None, after=0, limit=100)
    assert sorted({item.number for item in items}) == list(range(1, 21))


async def test_bell_names_the_agency_whose_mailbox_has_something_new(database: Database) -> None:
    rung: set[str] = set()
    store = database.open(on_change=rung.update)
    await store.add_letter(new_letter(1, HERE, SECOND), START)
    await store.claim_due(None, None, START, letters=2, size=10**9)
    rung.clear()
    await store.record(letter_id(1), HERE, Offered(START), START)
    assert rung == {mail_topic(PROVINCE_OFFICE)} == {f"mail:{PROVINCE_OFFICE}"}
