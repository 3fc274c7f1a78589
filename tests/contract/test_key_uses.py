from __future__ import annotations

from datetime import timedelta

from gateway.ports import KeyUse
from gateway.store.sql import SqlStore
from tests.kit.clock import START


async def test_last_use_of_each_key_is_kept_and_an_earlier_one_changes_nothing(store: SqlStore) -> None:
    first = KeyUse("k1", START, "10.1.2.3", "QLVB/2.1")
    later = KeyUse("k1", START + timedelta(minutes=5), "2001:db8::7", "")
    other = KeyUse("k2", START, "::1", "curl")
    await store.note_key_uses([later, other])
    await store.note_key_uses([first])  # of another instance, which was late
    assert await store.key_uses(["k1", "k2", "never"]) == {"k1": later, "k2": other}
    assert await store.key_uses([]) == {}
