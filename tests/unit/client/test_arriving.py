"""
A letter on its way to the disk: whole, or not there at all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.client.arriving import Arriving, save, whole_file


async def chunks() -> AsyncIterator[bytes]:
    yield b"<edXML>"
    yield b"</edXML>"


async def test_letter_takes_its_place_when_it_is_complete(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    to = tmp_path / "in.edxml"
    async with whole_file(to) as partial:
        size = await save(Arriving(15, "", chunks()), partial, lambda *done: told.append(done))
        assert not to.exists()
    assert (size, to.read_bytes(), told) == (15, b"<edXML></edXML>", [(7, 15), (15, 15)])
    assert [p.name for p in tmp_path.iterdir()] == ["in.edxml"]


async def test_letter_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    to = tmp_path / "in.edxml"
    to.write_bytes(b"before")

    async def fetch() -> None:
        async with whole_file(to) as partial:
            partial.write_bytes(b"half")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await fetch()
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("in.edxml", b"before")]
