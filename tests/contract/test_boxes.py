"""
Which boxes hold mail: known at once where it was filled, and soon everywhere else.
"""

from __future__ import annotations

from sqlalchemy import create_engine

from gateway.core.delivery import Acknowledged
from gateway.core.model import AgencyCode
from gateway.store.boxes import LOOK_SECONDS, FullBoxes
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.contract.test_mailbox import NOBODY, OFFICE, SECOND, put
from tests.kit.builders import DEPARTMENT, PROVINCE_OFFICE, letter_id, small_axis
from tests.kit.clock import START

ALL = [PROVINCE_OFFICE, DEPARTMENT, NOBODY]


class Watch:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def looked(database: Database, boxes: FullBoxes) -> list[AgencyCode]:
    engine = create_engine(database.url)
    with engine.connect() as connection:
        boxes.look(connection)
    engine.dispose()
    return boxes.among(ALL)


async def test_only_boxes_with_mail_are_found(database: Database, store: SqlStore) -> None:
    boxes = FullBoxes()
    assert looked(database, boxes) == []
    for number in range(3):
        await put(store, number, OFFICE)
    await put(store, 3, SECOND)
    assert looked(database, boxes) == [PROVINCE_OFFICE, DEPARTMENT]
    await store.record(letter_id(3), SECOND, Acknowledged(), START)
    assert looked(database, boxes) == [PROVINCE_OFFICE]


async def test_mail_that_another_instance_offers_is_seen_at_the_next_look(database: Database) -> None:
    one, other = database.open("one"), database.open("other")
    await one.set_directory(small_axis(), START)
    assert await other.waiting(ALL, kind=None, after=0, limit=10) == []
    await put(one, 1, OFFICE)
    assert len(await one.waiting(ALL, kind=None, after=0, limit=10)) == 1  # at once where it was offered
    other._full_boxes._looked_at = None  # the second is over
    assert len(await other.waiting(ALL, kind=None, after=0, limit=10)) == 1


def test_look_is_stale_after_a_second() -> None:
    watch = Watch()
    boxes = FullBoxes(watch)
    assert boxes.is_stale
    with create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE deliveries (agency TEXT, mail_number INTEGER)")
        boxes.look(connection)
    assert not boxes.is_stale
    watch.now = LOOK_SECONDS
    assert boxes.is_stale


def test_box_that_is_rung_for_counts_until_the_next_look() -> None:
    boxes = FullBoxes()
    boxes.note(["mail:000.00.00.H14", "local", "link:G22:normal"])
    assert boxes.among([AgencyCode("000.00.00.H14"), NOBODY]) == ["000.00.00.H14"]
