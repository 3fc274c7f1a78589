"""
Connections to the two databases, opened so that «committed» means «survives a power cut».

SQLite: WAL with synchronous=FULL (NORMAL loses committed rows), one writing connection whose transactions
begin with BEGIN IMMEDIATE (a lock that is refused late would lose the work done so far), reading ones beside
it. PostgreSQL: synchronous_commit=on; readers see one snapshot per transaction, as SQLite's do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.pool import StaticPool

BUSY_SECONDS = 5
"""How long a statement waits for another process' lock (`truc agency add` beside a running node)."""

STATEMENTS_KEPT = 512
"""Prepared statements kept per SQLite connection; the store has fewer, batches of every length included."""


@dataclass(frozen=True, slots=True)
class Engines:
    """
    Where operations are written and where answers are read; the same one for a database in memory.

    `glancer` is the event loop's own reader, where a look-up takes less time than asking a thread for it:
    SQLite answers out of this process' memory. PostgreSQL is somewhere else, and has none.
    """

    writer: Engine
    reader: Engine
    glancer: Engine | None = None

    @property
    def is_memory(self) -> bool:
        return self.writer is self.reader

    def dispose(self) -> None:
        for engine in (self.writer, self.reader, self.glancer):
            if engine is not None:
                engine.dispose()


def parse(url: str) -> URL:
    """The address of a database; `postgresql://` means the driver that we ship."""
    address = make_url(url)
    return address.set(drivername="postgresql+psycopg") if address.drivername == "postgresql" else address


def is_in_memory(address: URL) -> bool:
    return address.get_backend_name() == "sqlite" and address.database in (None, "", ":memory:")


def open_engines(url: str, readers: int) -> Engines:
    """Engines for `url`. Nothing is connected yet."""
    address = parse(url)
    if address.get_backend_name() != "sqlite":
        return Engines(
            _postgresql(address, 1),
            _postgresql(address, readers, isolation_level="REPEATABLE READ"),
        )
    if is_in_memory(address):
        engine = create_engine(address, poolclass=StaticPool, connect_args=_arguments(address))
        _prepare_sqlite(engine, "BEGIN IMMEDIATE")
        return Engines(engine, engine)
    return Engines(
        writer=_sqlite(address, 1, "BEGIN IMMEDIATE"),
        reader=_sqlite(address, readers, "BEGIN"),
        glancer=_sqlite(address, 1, "BEGIN"),
    )


def _sqlite(address: URL, connections: int, begin: str) -> Engine:
    engine = create_engine(address, pool_size=connections, max_overflow=0, connect_args=_arguments(address))
    _prepare_sqlite(engine, begin)
    return engine


def _arguments(address: URL) -> dict[str, Any]:
    """How the driver is called; what the address itself says (`?timeout=30`) comes first."""
    ours = {"timeout": BUSY_SECONDS, "cached_statements": STATEMENTS_KEPT, "check_same_thread": False}
    return {key: value for key, value in ours.items() if key not in address.query}


def _prepare_sqlite(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # else the driver begins transactions when it thinks fit
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-32768",
            "journal_size_limit=67108864",  # a burst must not leave a giant WAL file behind
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # on the driver itself: asked through SQLAlchemy it would cost as much as a question
        driver: Any = connection.connection.dbapi_connection
        driver.execute(begin).close()


def _postgresql(address: URL, connections: int, **options: Any) -> Engine:
    return create_engine(
        address,
        pool_size=connections,
        max_overflow=0,
        connect_args={
            "connect_timeout": BUSY_SECONDS,
            "options": f"-c timezone=UTC -c synchronous_commit=on -c lock_timeout={BUSY_SECONDS}s",
        },
        **options,
    )
