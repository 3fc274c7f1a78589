"""
Whether a database is whole, as far as it can tell by itself.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from gateway.core.catalogue import SCHEMA_OLD
from gateway.core.errors import Misconfigured, find
from gateway.store.engines import open_engines, parse
from gateway.store.migrate import head
from gateway.store.wall import translate

FAULTS = 10


def quick_check(url: str) -> list[str]:
    """
    What is broken, in the words of the database; nothing if it is whole.

    SQLite reads every page, some seconds for a gigabyte; PostgreSQL tells what its checksums have found.

    Raises: Misconfigured (SCHEMA_OLD) if there is none yet; Unavailable (STORE_BUSY)
    """
    address = parse(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        raise Misconfigured(find(SCHEMA_OLD, found="∅", wanted=head()))  # to look would make an empty one
    engines = open_engines(url, readers=1)
    try:
        with engines.reader.connect() as connection:
            return _faults(connection)
    except Exception as error:
        known = translate(error)
        if known is not None:
            raise known from error
        if isinstance(error, DatabaseError):  # so broken that it cannot even be asked
            return [str(error.orig)]
        raise
    finally:
        engines.dispose()


def _faults(connection: Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        told = connection.execute(text(f"PRAGMA quick_check({FAULTS})")).scalars().all()
        return [str(line) for line in told if line != "ok"]
    failed = "SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()"
    number = connection.execute(text(failed)).scalar_one_or_none()
    return [f"checksum failures: {number}"] if number else []
