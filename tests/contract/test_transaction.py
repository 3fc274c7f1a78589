from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine

from gateway.core.delivery import State
from gateway.core.directory import Directory
from gateway.core.model import NodeId
from gateway.core.tracking import HopEvent
from gateway.journal import first_hash, verify
from gateway.ports import Taking
from gateway.store.directory_rows import NO_DIRECTORY
from gateway.store.sql import SqlStore
from gateway.store.transaction import EVENTS_PER_MESSAGE, Instance, Transaction
from tests.contract.conftest import Database
from tests.kit.builders import CENTRAL, COMMUNE, OTHER_PROVINCE, PROVINCE, letter_id, new_letter, small_axis
from tests.kit.clock import START


@contextmanager
def transaction(database: Database, directory: Directory = NO_DIRECTORY) -> Iterator[Transaction]:
    engine = create_engine(database.url)
    with engine.begin() as connection:
        opened = Transaction(
            connection, Instance(PROVINCE, "one", 3), lambda _connection: directory, lambda _point: None
        )
        yield opened
        opened.finish()
    engine.dispose()


def hop(number: int) -> HopEvent:
    return HopEvent(letter_id(number), PROVINCE, "link:G22", State.TAKEN, START)


def test_claim_names_the_instance_and_its_life() -> None:
    assert Instance(PROVINCE, "one", 3).claim == "one#3"


async def test_hop_events_travel_together_by_origin_and_not_too_many_at_once(database: Database) -> None:
    store = database.open()
    with transaction(database, small_axis()) as opened:
        for number in range(EVENTS_PER_MESSAGE + 1):
            opened.report(OTHER_PROVINCE, hop(number), START)
        opened.report(COMMUNE, hop(1), START)
    up = await store.control_waiting(CENTRAL, 10)
    down = await store.control_waiting(COMMUNE, 10)
    assert [len(out.body["events"]) for out in up] == [EVENTS_PER_MESSAGE, 1]
    assert [out.body["to"] for out in (*up, *down)] == [OTHER_PROVINCE, OTHER_PROVINCE, COMMUNE]
    assert opened.topics == {"control:G22", "control:H14.31.01"}


async def test_word_without_a_way_to_its_origin_is_dropped(database: Database) -> None:
    with transaction(database) as opened:
        opened.report(NodeId("H99"), hop(1), START)
    assert await database.open().control_waiting(CENTRAL, 10) == []
    assert opened.topics == set()


async def test_lines_of_one_transaction_follow_those_of_the_last(database: Database) -> None:
    for events in (["a", "b"], [], ["c"]):
        with transaction(database) as opened:
            for event in events:
                opened.note(START, event, letter_id="x", count=1)
    written = await database.open().journal(0, 10)
    assert [(row.number, row.event) for row in written] == [(1, "a"), (2, "b"), (3, "c")]
    assert verify(written, first_hash(PROVINCE)) is None


@pytest.mark.parametrize("point", ["C5", "C6"])
async def test_crash_before_the_commit_leaves_nothing_and_the_repeat_is_taken(
    database: Database, point: str
) -> None:
    points = iter([point])

    def die(reached: str) -> None:
        if reached == point and next(points, None):
            raise KeyError(reached)

    store = database.open(point=die)
    with pytest.raises(KeyError):
        await store.add_letter(new_letter(), START)
    again: SqlStore = database.open("two")
    assert await again.letter(letter_id(1)) is None
    assert await again.journal(0, 10) == []
    assert await again.add_letter(new_letter(), START) is Taking.NEW
