"""
The tables of a database, brought to what this release needs.

Alembic finds its scripts beside this file, so an installed package brings its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from gateway.core.catalogue import SCHEMA_OLD
from gateway.core.errors import Misconfigured, find
from gateway.store.engines import open_engines
from gateway.store.wall import translate

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> str:
    """
    Bring the database to the newest revision, which is returned. Up to date: nothing happens.

    Raises: Unavailable (STORE_BUSY, DISK_FULL)
    """
    with _connected(url) as connection:
        command.upgrade(_config(connection), "head")
    return head()


def current(url: str) -> str | None:
    """
    The revision of the database, None if it was never migrated.

    Raises: Unavailable (STORE_BUSY)
    """
    with _connected(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The revision that this release needs."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None, "this package has migrations"
    return newest


def check(url: str) -> None:
    """Raises: Misconfigured (SCHEMA_OLD) unless the database is exactly at the revision of this release."""
    found, wanted = current(url), head()
    if found != wanted:
        raise Misconfigured(find(SCHEMA_OLD, found=found or "∅", wanted=wanted))


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engines = open_engines(url, readers=1)
    try:
        with engines.writer.begin() as connection:
            yield connection
    except Exception as error:
        known = translate(error)
        if known is None:
            raise
        raise known from error
    finally:
        engines.dispose()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
