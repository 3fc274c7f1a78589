"""
What a client sends: whole, in pieces, from the beginning at every try.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.client.source import CHUNK, Outgoing

DATA = bytes(range(256)) * 3000  # a little less than three pieces


async def stream() -> AsyncIterator[bytes]:
    yield DATA[:10]
    yield DATA[10:]


@pytest.mark.parametrize("form", ["bytes", "path"])
async def test_source_that_can_be_read_again_is(form: str, tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(DATA)
    letter = Outgoing(DATA if form == "bytes" else file)
    assert (letter.may_repeat, letter.size()) == (True, len(DATA))
    for _ in range(2):
        pieces = [piece async for piece in letter.chunks()]
        assert b"".join(pieces) == DATA
        assert [len(piece) for piece in pieces[:-1]] == [CHUNK] * 2


async def test_stream_is_read_once_and_has_no_size() -> None:
    letter = Outgoing(stream())
    assert (letter.may_repeat, letter.size()) == (False, None)
    assert b"".join([piece async for piece in letter.chunks()]) == DATA


async def test_nothing_is_a_source_too() -> None:
    assert [piece async for piece in Outgoing(b"").chunks()] == []
