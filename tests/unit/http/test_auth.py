"""
Access keys: how they are made, kept and read from a request.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode
from gateway.http.auth import caller_with, issue_key, key_hash, key_in, new_key
from gateway.ports import Credential, Store
from tests.kit.office import DISTRICT, NOW

KEY = new_key(lambda size: bytes(range(size)))


def test_key_is_256_bits_that_a_scanner_recognises() -> None:
    assert KEY == "truc_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    assert new_key() != new_key()


def test_only_the_digest_of_a_key_is_kept() -> None:
    assert key_hash(KEY) == hashlib.sha256(KEY.encode()).hexdigest()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": f"Bearer {KEY}"}, KEY),
        ({"Authorization": f"bearer  {KEY} "}, KEY),
        ({"X-Truc-Key": KEY}, KEY),
        ({"Authorization": f"Basic {KEY}"}, None),
        ({"Authorization": KEY}, None),
        ({"Authorization": "Bearer"}, None),
        ({"Authorization": "Bearer x", "X-Truc-Key": KEY}, None),  # never a second guess
        ({"Authorization": f"Bearer {KEY[:-1]}"}, None),
        ({"Authorization": f"Bearer {KEY}x"}, None),
        ({"X-Truc-Key": "truc_" + "é" * 43}, None),
        ({}, None),
    ],
)
def test_key_is_read_from_either_header(headers: dict[str, str], expected: str | None) -> None:
    assert key_in(make_mocked_request("GET", "/", headers=headers)) == expected


async def test_malformed_key_never_reaches_the_store() -> None:
    asked: list[str] = []

    async def lookup(digest: str) -> Credential | None:
        asked.append(digest)
        return None

    with pytest.raises(Rejected) as refused:
        await caller_with(make_mocked_request("GET", "/", headers={"X-Truc-Key": "' OR 1=1"}), lookup)
    assert (refused.value.code, asked) == ("TRUC-401", [])


async def test_caller_is_named_by_the_id_of_its_key() -> None:
    credential = Credential("k1", "QLVB huyện", frozenset({DISTRICT}), is_operator=True)

    async def lookup(digest: str) -> Credential | None:
        return credential if digest == key_hash(KEY) else None

    caller = await caller_with(make_mocked_request("GET", "/", headers={"X-Truc-Key": KEY}), lookup)
    assert (caller.name, caller.agencies, caller.is_operator) == ("k1", frozenset({DISTRICT}), True)


class Cabinet:
    """The drawer of a store that keeps credentials."""

    def __init__(self) -> None:
        self.rows: list[tuple[Credential, str, datetime]] = []

    async def add_credential(self, credential: Credential, key_hash: str, now: datetime) -> None:
        self.rows.append((credential, key_hash, now))


async def test_issued_key_is_kept_by_digest_only() -> None:
    cabinet = Cabinet()
    key = await issue_key(as_store(cabinet), "QLVB huyện", {AgencyCode(DISTRICT)}, NOW)
    ((credential, digest, at),) = cabinet.rows
    assert (digest, at) == (key_hash(key), NOW)
    assert (credential.label, credential.agencies, credential.locked) == (
        "QLVB huyện",
        frozenset({DISTRICT}),
        False,
    )
    assert key not in repr(cabinet.rows)


def as_store(cabinet: Cabinet) -> Store:
    """issue_key needs no more of a store than this drawer."""
    return cabinet  # type: ignore[return-value]
