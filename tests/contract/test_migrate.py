from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, create_engine, inspect, table, text

from gateway.core.errors import Misconfigured
from gateway.core.model import AgencyCode
from gateway.store import migrate
from gateway.store.migrations import env
from gateway.store.tables import APPEND_ONLY, metadata
from tests.contract.conftest import Database
from tests.kit.clock import START


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
        words = (sql or "").replace("(", " ").replace(")", " ").replace(",", " ")
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
    to(database, "base")
    engine = create_engine(database.url)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()
    migrate.upgrade(database.url)


OLD_LETTER = (
    "INSERT INTO letters (letter_id, origin, kind, sender, routing, size, original_size, hops, received_at,"
    " document_id, code, issue_date, subject, sender_name, priority, status_code)"
    " VALUES ('l{0}', 'H14', 'document', 'A', '{{\"original_sha256\":\"digest {0}\"}}', 1, 1, 0, '{1}',"
    " '', '', '', '', '', 0, '')"
)
OLD_DELIVERY = (
    "INSERT INTO deliveries (seq, letter_id, target, door, agency, kind, lane, rank, size, state, since,"
    " due_at, expires_at, attempts, failures, last_code, confirmed, held, warned, mail_number)"
    " VALUES ({0}, 'l{0}', 'agency:A', 'local', 'A', 'document', 'normal', 0, 1, '{1}', '{2}', '{2}', '{2}',"
    " 1, 0, '', false, '', false, {3})"
)
OLD_ATTEMPT = (
    "INSERT INTO attempts (delivery, number, claimed_by, began_at, ended_at, outcome)"
    " VALUES ({0}, 1, 'one#1', '{1}', '{1}', 'offered')"
)


async def test_what_was_kept_before_gets_its_places_and_digests(database: Database) -> None:
    """Two were acknowledged (of the first it is known when it was offered), one waits, one never came."""
    first, later = START, START + timedelta(hours=1)
    old, new = (at.isoformat(timespec="microseconds") for at in (first, later))
    to(database, "0001")
    database.change(*(OLD_LETTER.format(number, old) for number in (1, 2, 3, 4)))
    database.change(
        OLD_DELIVERY.format(1, "delivered", new, "NULL"),
        OLD_DELIVERY.format(2, "waiting", new, 2),
        OLD_DELIVERY.format(3, "delivered", new, "NULL"),
        OLD_DELIVERY.format(4, "queued", new, "NULL"),
        OLD_ATTEMPT.format(1, old),
        "INSERT INTO counters (name, value) VALUES ('mail', 2)",
    )
    migrate.upgrade(database.url)
    store = database.open()
    past = await store.history([AgencyCode("A")], kind=None, after=0, since=None, limit=10)
    assert [(item.letter_id, item.number, item.waiting_since) for item in past] == [
        ("l1", 1, first),
        ("l2", 2, later),
        ("l3", 3, later),
    ]
    assert database.rows(text("SELECT value FROM counters WHERE name = 'mail'")) == [(3,)]
    digests = database.rows(text("SELECT original_sha256 FROM letters ORDER BY letter_id"))
    assert [row.original_sha256 for row in digests] == [f"digest {number}" for number in (1, 2, 3, 4)]
    await store.close()
    to(database, "0001")
    assert len(database.rows(text("SELECT * FROM deliveries"))) == 4


async def test_documents_that_were_kept_before_are_found_by_what_they_answer(database: Database) -> None:
    to(database, "0003")
    at = START.isoformat(timespec="microseconds")
    told = '{"in_reply_to": [["G22", "267/VPCP-TTĐT", "", ""], ["G22", "267/vpcp-TTĐT", "D-1", ""]]}'
    database.change(*(OLD_LETTER.format(number, at) for number in (1, 2, 3)))
    letters = table("letters", column("letter_id"), column("more_facts"), column("kind"))
    database.change(
        letters.update().where(letters.c.letter_id == "l1").values(more_facts=told),
        letters.update().where(letters.c.letter_id == "l2").values(more_facts=told, kind="status"),
        letters.update().where(letters.c.letter_id == "l3").values(more_facts='{"operation": 1}'),
    )
    migrate.upgrade(database.url)
    rows = database.rows(text("SELECT letter_id, kind, key FROM marks ORDER BY key"))
    assert [tuple(row) for row in rows] == [("l1", "reply", "267/vpcp-ttđt"), ("l1", "reply", "d-1")]


def to(database: Database, revision: str) -> None:
    """Bring the database down to an earlier revision."""
    engine = create_engine(database.url)
    with engine.begin() as connection:
        command.downgrade(migrate._config(connection), revision)
    engine.dispose()


def test_revisions_form_one_line() -> None:
    scripts = ScriptDirectory(str(migrate.SCRIPTS))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_scripts_are_loaded_by_path_and_do_nothing_when_imported() -> None:
    """Tools that import every module must not start a migration."""
    assert callable(env.run)
