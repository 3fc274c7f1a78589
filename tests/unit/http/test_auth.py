"""
Access keys: how they are read from a request.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.core.errors import Rejected
from gateway.http.auth import caller_with, key_in
from gateway.keys import key_hash, new_key
from gateway.ports import Credential
from tests.kit.office import DISTRICT, NOW

KEY = new_key(lambda size: bytes(range(size)))


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
        await caller_with(make_mocked_request("GET", "/", headers={"X-Truc-Key": "' OR 1=1"}), lookup, NOW)
    assert (refused.value.code, asked) == ("TRUC-401", [])


async def test_caller_is_named_by_the_id_of_its_key() -> None:
    credential = Credential("k1", "QLVB huyện", frozenset({DISTRICT}), is_operator=True)

    async def lookup(digest: str) -> Credential | None:
        return credential if digest == key_hash(KEY) else None

    caller = await caller_with(make_mocked_request("GET", "/", headers={"X-Truc-Key": KEY}), lookup, NOW)
    assert (caller.name, caller.agencies, caller.is_operator) == ("k1", frozenset({DISTRICT}), True)


async def test_key_that_was_replaced_ends_at_its_time() -> None:
    credential = Credential("k1", "QLVB", frozenset({DISTRICT}), ends_at=NOW)

    async def lookup(_digest: str) -> Credential | None:
        return credential

    request = make_mocked_request("GET", "/", headers={"X-Truc-Key": KEY})
    assert (await caller_with(request, lookup, NOW - timedelta(seconds=1))).name == "k1"
    with pytest.raises(Rejected) as refused:
        await caller_with(request, lookup, NOW)
    assert refused.value.code == "TRUC-401"
