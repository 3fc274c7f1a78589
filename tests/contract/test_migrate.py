from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from gateway.core.errors import Misconfigured
from gateway.store import migrate
from gateway.store.migrations import env
from gateway.store.tables import APPEND_ONLY, metadata
from tests.contract.conftest import Database


def test_new_database_is_old_until_it_is_migrated(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'truc.db'}"
    assert migrate.current(url) is None
    with pytest.raises(Misconfigured) as old:
        migrate.check(url)
    assert old.value.code == "TRUC-807"
    assert migrate.upgrade(url) == migrate.head() == migrate.current(url)
    migrate.check(url)
    migrate.upgrade(url)  # again is harmless


def test_database_of_a_newer_release_is_not_touched(database: Database) -> None:
    database.change("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Misconfigured):
        migrate.check(database.url)


def test_path_with_a_percent_sign_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / "100%s"
    folder.mkdir()
    migrate.upgrade(f"sqlite:///{folder / 'truc.db'}")


def test_migrations_make_the_tables_that_the_code_expects(database: Database) -> None:
    engine = create_engine(database.url)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrated_file_equals_the_tables_made_in_memory(sqlite_database: Database) -> None:
    """What compare_metadata does not see: conditions of indexes, triggers, AUTOINCREMENT."""
    memory = create_engine("sqlite://")
    metadata.create_all(memory)
    with memory.connect() as connection:
        expected = _schema(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master"))
    memory.dispose()
    found = _schema(sqlite_database.rows(text("SELECT name, sql FROM sqlite_master")))
    del found["alembic_version"]
    assert found == expected


def _schema(rows: object) -> dict[str, str]:
    """Definitions by name, without differences of layout and of the order of constraints."""
    found = {}
    for name, sql in rows:  # type: ignore[attr-defined]
        words = (sql or "").replace("deliveries.", "").replace("(", " ").replace(")", " ").replace(",", " ")
        found[name] = " ".join(sorted(words.upper().replace("FALSE", "0").replace('"', "").split()))
    return {name: sql for name, sql in found.items() if not name.startswith("sqlite_autoindex")}


@pytest.mark.external
def test_journal_is_guarded_on_postgresql_as_in_memory(postgresql_database: Database) -> None:
    triggers = postgresql_database.rows(
        text("SELECT tgname FROM pg_trigger WHERE tgrelid = 'journal'::regclass AND NOT tgisinternal")
    )
    assert [row.tgname for row in triggers] == ["journal_no_change"]
    assert all("journal_no_change" in statement for statement in APPEND_ONLY["postgresql"])


def test_all_the_way_back_leaves_nothing(database: Database) -> None:
    engine = create_engine(database.url)
    with engine.begin() as connection:
        command.downgrade(migrate._config(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()
    migrate.upgrade(database.url)


def test_revisions_form_one_line() -> None:
    scripts = ScriptDirectory(str(migrate.SCRIPTS))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_scripts_are_loaded_by_path_and_do_nothing_when_imported() -> None:
    """Tools that import every module must not start a migration."""
    assert callable(env.run)
