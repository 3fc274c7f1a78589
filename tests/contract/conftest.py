"""
A database per test, of each kind that the store knows, and stores that are closed when the test is over.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable, Row, create_engine

from gateway.core.model import NodeId
from gateway.store import migrate
from gateway.store.sql import SqlStore
from tests.kit.builders import PROVINCE, small_axis
from tests.kit.clock import START, ManualClock
from tests.kit.postgres import Cluster, binaries, running_cluster


class Database:
    """A fresh, migrated database and the stores opened on it."""

    def __init__(self, url: str, blobs_root: Path) -> None:
        self.url, self.blobs_root = url, blobs_root
        self._stores: list[SqlStore] = []
        self._engine = create_engine(url)

    @property
    def is_postgresql(self) -> bool:
        return self.url.startswith("postgresql")

    def open(self, instance: str = "one", *, node: NodeId = PROVINCE, **options: Any) -> SqlStore:
        """A store of an instance of the node."""
        store = SqlStore(self.url, self.blobs_root, node=node, instance=instance, **options)
        self._stores.append(store)
        return store

    def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """What the tables really hold."""
        with self._engine.connect() as connection:
            return connection.execute(statement).all()

    def change(self, *statements: Executable | str) -> None:
        """Change the tables behind the store's back."""
        with self._engine.begin() as connection:
            for statement in statements:
                if isinstance(statement, str):
                    connection.exec_driver_sql(statement)
                else:
                    connection.execute(statement)

    async def close(self) -> None:
        for store in self._stores:
            await store.close()
        self._engine.dispose()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The one PostgreSQL of this run; its template1 holds the migrated tables."""
    folder = binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed; make test installs it")
    with running_cluster(folder) as running:
        migrate.upgrade(running.url("template1"))
        yield running


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy, since making one costs more than most tests."""
    path = tmp_path_factory.mktemp("template") / "truc.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@asynccontextmanager
async def _opened(url: str, blobs_root: Path) -> AsyncIterator[Database]:
    database = Database(url, blobs_root)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def sqlite_database(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """For what only SQLite can show."""
    shutil.copy(migrated_file, tmp_path / "truc.db")
    async with _opened(f"sqlite:///{tmp_path / 'truc.db'}", tmp_path / "blobs") as database:
        yield database


@pytest.fixture
async def postgresql_database(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Database]:
    """For what only PostgreSQL can show; such tests bear the mark `external`."""
    name = cluster.create()
    async with _opened(cluster.url(name), tmp_path / "blobs") as database:
        yield database
    cluster.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.external)])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """For what both must do alike."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "truc.db")
        async with _opened(f"sqlite:///{tmp_path / 'truc.db'}", tmp_path / "blobs") as made:
            yield made
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = cluster.create()
    async with _opened(cluster.url(name), tmp_path / "blobs") as made:
        yield made
    cluster.drop(name)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def store(database: Database) -> SqlStore:
    """A store of the province's node, which knows the small axis."""
    opened = database.open()
    await opened.set_directory(small_axis(), START)
    return opened
