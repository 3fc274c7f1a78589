from __future__ import annotations

from pathlib import Path

import pytest

from gateway.store.engines import is_in_memory, open_engines, parse
from tests.contract.conftest import Database


def test_sqlite_keeps_what_it_commits_through_a_power_cut(tmp_path: Path) -> None:
    """synchronous=NORMAL would be five times faster, and lose committed letters."""
    engines = open_engines(f"sqlite:///{tmp_path / 'truc.db'}", 2)
    for engine in (engines.writer, engines.reader):
        with engine.connect() as connection:
            settings = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    engines.dispose()


@pytest.mark.external
def test_postgresql_keeps_what_it_commits_through_a_power_cut(postgresql_database: Database) -> None:
    engines = open_engines(postgresql_database.url, 1)
    for engine in (engines.writer, engines.reader):
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
            assert connection.exec_driver_sql("SHOW timezone").scalar() == "UTC"
    engines.dispose()


def test_reading_does_not_wait_for_writing_and_sees_one_moment(database: Database) -> None:
    engines = open_engines(database.url, 1)
    insert = "INSERT INTO counters (name, value) VALUES ('{}', 1)"
    count = "SELECT count(*) FROM counters"
    with engines.writer.begin() as writing, engines.reader.connect() as reading:
        writing.exec_driver_sql(insert.format("a"))
        assert reading.exec_driver_sql(count).scalar() == 0
        writing.commit()
        assert reading.exec_driver_sql(count).scalar() == 0  # still the moment at which it began
        reading.rollback()
        assert reading.exec_driver_sql(count).scalar() == 1
    engines.dispose()


def test_database_in_memory_has_one_connection() -> None:
    engines = open_engines("sqlite://", 2)
    assert engines.is_memory
    with engines.writer.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n)")
    with engines.reader.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    engines.dispose()


def test_address_of_postgresql_means_the_driver_that_we_ship() -> None:
    assert parse("postgresql://u@h/d").drivername == "postgresql+psycopg"
    assert parse("postgresql+psycopg://u@h/d").drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite://", True),
        ("sqlite:///:memory:", True),
        ("sqlite:///a.db", False),
        ("postgresql://h/d", False),
    ],
)
def test_only_sqlite_without_a_file_is_in_memory(url: str, expected: bool) -> None:
    assert is_in_memory(parse(url)) is expected
