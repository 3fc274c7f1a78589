from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import StatementError

from gateway.store import tables
from gateway.store.columns import write_json
from tests.contract.conftest import Database

VIETNAM = timezone(timedelta(hours=7))


def _beat(name: str, at: datetime | None):  # type: ignore[no-untyped-def]
    return insert(tables.instances).values(name=name, life=1, beat_at=at)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 2, 8, 30, tzinfo=VIETNAM),
        datetime(2026, 3, 2, 1, 30, 0, 1, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        None,
    ],
)
def test_moment_comes_back_as_the_same_instant_in_utc(database: Database, moment: datetime | None) -> None:
    database.change(_beat("x", moment))
    ((found,),) = database.rows(select(tables.instances.c.beat_at))
    assert found == moment
    assert found is None or found.tzinfo is UTC


def test_moments_are_ordered_by_time_whatever_their_zone(database: Database) -> None:
    start = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
    moments = {
        "c": start + timedelta(seconds=1),
        "a": start.astimezone(VIETNAM),
        "b": start + timedelta(microseconds=1),
    }
    for name, moment in moments.items():
        database.change(_beat(name, moment))
    rows = database.rows(select(tables.instances.c.name).order_by(tables.instances.c.beat_at))
    assert [row.name for row in rows] == ["a", "b", "c"]
    not_yet = select(tables.instances.c.name).where(tables.instances.c.beat_at > moments["b"])
    assert [row.name for row in database.rows(not_yet)] == ["c"]


def test_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="no moment"):
        database.change(_beat("x", datetime(2026, 3, 2)))  # noqa: DTZ001


def test_equal_json_is_equal_text() -> None:
    assert write_json({"b": 1, "a": ["số"]}) == write_json({"a": ["số"], "b": 1}) == '{"a":["số"],"b":1}'
