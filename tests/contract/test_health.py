from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.errors import Misconfigured
from gateway.store.health import quick_check
from tests.contract.conftest import Database


async def test_fresh_database_is_whole(database: Database) -> None:
    assert quick_check(database.url) == []


def test_database_that_was_never_made_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        quick_check(f"sqlite:///{tmp_path / 'truc.db'}")
    assert list(tmp_path.iterdir()) == []


async def test_page_that_was_overwritten_is_found(sqlite_database: Database) -> None:
    file = sqlite_database.blobs_root.parent / "truc.db"
    data = bytearray(file.read_bytes())
    for at in range(8192, len(data) - 4096, 4096):
        data[at : at + 64] = b"\xff" * 64
    file.write_bytes(data)
    assert quick_check(sqlite_database.url)
