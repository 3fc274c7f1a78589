"""
The body of sendEdoc from every source.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.client.edoc import Announced, EdocBody, EdocSource
from gateway.client.source import CHUNK

DATA = b"<edXML/>" * (CHUNK // 4)
DIGEST = hashlib.sha256(DATA).digest()


async def pieces() -> AsyncIterator[bytes]:
    for start in range(0, len(DATA), 100_000):
        yield DATA[start : start + 100_000]


@pytest.mark.parametrize("form", ["bytes", "path", "announced"])
async def test_body_is_the_letter_and_a_crlf_and_the_digest_that_of_the_letter(
    form: str, tmp_path: Path
) -> None:
    file = tmp_path / "out.edxml"
    file.write_bytes(DATA)
    told: list[tuple[int, int | None]] = []
    sources: dict[str, EdocSource] = {
        "bytes": DATA,
        "path": file,
        "announced": Announced(pieces, len(DATA), DIGEST),
    }
    body = EdocBody(sources[form], lambda *done: told.append(done))
    assert await body.digest() == DIGEST
    assert body.size() == len(DATA) + 2
    for _ in range(2):  # a second try reads it from its beginning
        assert b"".join([chunk async for chunk in body.chunks()]) == DATA + b"\r\n"
    assert told[-1] == (len(DATA) + 2, len(DATA) + 2)
    assert body.may_repeat


async def test_file_that_is_not_there_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await EdocBody(tmp_path / "none").digest()
