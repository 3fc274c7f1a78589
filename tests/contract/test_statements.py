from __future__ import annotations

from sqlalchemy import create_engine, select

from gateway.store.statements import Statement, count_and_tell, count_up, insert_new, upsert
from gateway.store.tables import counters, journal_heads
from tests.contract.conftest import Database


def run(database: Database, statement: Statement, **row: object) -> object:
    engine = create_engine(database.url)
    with engine.begin() as connection:
        result = connection.execute(statement.of(connection), row)
        answer = result.scalar() if result.returns_rows else None
    engine.dispose()
    return answer


def heads(database: Database) -> list[tuple[str, int, str]]:
    return [tuple(row) for row in database.rows(select(journal_heads))]


def test_insert_new_leaves_what_is_there(database: Database) -> None:
    for number in (1, 2):
        run(database, insert_new(journal_heads), writer="a", number=number, sha256="x")
    assert heads(database) == [("a", 1, "x")]


def test_upsert_replaces_all_but_what_it_keeps(database: Database) -> None:
    for number, sha256 in ((1, "x"), (2, "y")):
        run(database, upsert(journal_heads, keep=("sha256",)), writer="a", number=number, sha256=sha256)
    assert heads(database) == [("a", 2, "x")]


def test_count_and_tell_adds_and_gives_back_the_sum(database: Database) -> None:
    statement = count_and_tell(counters, "value")
    sums = [run(database, statement, name=name, value=more) for name, more in (("a", 3), ("a", 4), ("b", 1))]
    assert sums == [3, 7, 1]


def test_count_up_adds_and_leaves_nothing_open_that_would_hold_up_the_commit(database: Database) -> None:
    engine, statement = create_engine(database.url), count_up(counters, "value")
    for more in (3, 4):
        with engine.begin() as connection:
            _held = connection.execute(statement.of(connection), {"name": "a", "value": more})
    engine.dispose()
    assert [tuple(row) for row in database.rows(select(counters.c.value).where(counters.c.name == "a"))] == [
        (7,)
    ]
