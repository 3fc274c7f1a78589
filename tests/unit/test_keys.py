"""
Keys given out: shown once, kept safely, changed without a pause.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode
from gateway.key_log import KeyLog
from gateway.keyring import LOOK_SECONDS, StoreKeyring
from gateway.keys import (
    KeyDesk,
    NewSystem,
    issue_key,
    issue_system,
    key_hash,
    named,
    new_key,
    rotate,
    set_locked,
)
from gateway.ports import Caller, Credential, Terms
from gateway.store.sql import SqlStore
from gateway.vault import FileVault
from tests.kit.clock import ManualClock
from tests.kit.office import COMMUNE, DISTRICT, NODE, NOW, small_directory

BOTH = frozenset({DISTRICT, COMMUNE})


@pytest.fixture
def vault(tmp_path: Path) -> FileVault:
    return FileVault(tmp_path / "secrets.key")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    opened = SqlStore("sqlite://", tmp_path / "blobs", node=NODE, instance="one")
    yield opened
    await opened.close()


def system(**more: object) -> NewSystem:
    return NewSystem(system_id="vxp.h14", label="QLVB", agencies=BOTH, **more)  # type: ignore[arg-type]


def test_key_is_256_bits_that_a_scanner_recognises() -> None:
    key = new_key(lambda size: bytes(range(size)))
    assert key == "truc_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    assert new_key() != new_key()
    assert key_hash(key) == hashlib.sha256(key.encode()).hexdigest()


async def test_issued_key_is_kept_by_digest_only(store: SqlStore) -> None:
    key = await issue_key(store, "QLVB huyện", {DISTRICT}, NOW)
    kept = await store.credential(key_hash(key))
    assert kept is not None
    assert (kept.label, kept.agencies, kept.locked, kept.system_id) == ("QLVB huyện", {DISTRICT}, False, "")
    assert key not in repr(await store.credentials())


async def test_secret_of_a_system_is_kept_encrypted(store: SqlStore, vault: FileVault) -> None:
    credential, secret = await issue_system(store, vault, system(), NOW)
    (kept,) = await store.system("vxp.h14")
    assert (kept, secret in repr(kept)) == (credential, False)
    assert vault.open(kept.sealed_secret) == secret
    assert await store.credential(key_hash(secret)) is None  # it is no access key


async def test_system_that_moves_here_keeps_its_secret(store: SqlStore, vault: FileVault) -> None:
    _, secret = await issue_system(store, vault, system(secret="c2VjcmV0"), NOW)
    assert secret == "c2VjcmV0"


@pytest.mark.parametrize(
    "wanted",
    [
        NewSystem(system_id="", label="", agencies=BOTH),
        NewSystem(system_id="hệ thống", label="", agencies=BOTH),
        NewSystem(system_id="a\nb", label="", agencies=BOTH),
        NewSystem(system_id="x" * 101, label="", agencies=BOTH),
        NewSystem(system_id="a", label="", agencies=BOTH, secret=" a"),
    ],
)
async def test_id_that_headers_cannot_carry_is_refused(
    store: SqlStore, vault: FileVault, wanted: NewSystem
) -> None:
    with pytest.raises(Rejected) as refused:
        await issue_system(store, vault, wanted, NOW)
    assert refused.value.code == "TRUC-414"
    assert await store.credentials() == []


async def test_old_and_new_secret_live_at_once_for_a_while(store: SqlStore, vault: FileVault) -> None:
    clock = ManualClock(NOW)
    old, first = await issue_system(store, vault, system(may_register=True), NOW)
    new, second = await rotate(store, vault, old, NOW, timedelta(days=7))
    assert (new.agencies, new.may_register, first != second) == (BOTH, True, True)
    keyring = StoreKeyring(store, vault, clock, KeyLog())
    assert {key.secret for key in await keyring.system("vxp.h14")} == {first, second}
    clock.advance(timedelta(days=7))
    assert [key.secret for key in await keyring.system("vxp.h14")] == [second]


async def test_rotated_access_key_has_the_rights_of_the_old_one(store: SqlStore, vault: FileVault) -> None:
    old = await store.credential(
        key_hash(await issue_key(store, "giám sát", {DISTRICT}, NOW, is_operator=True))
    )
    assert old is not None
    new, key = await rotate(store, vault, old, NOW)
    assert (await store.credential(key_hash(key))) == new
    assert (new.agencies, new.is_operator, new.ends_at) == ({DISTRICT}, True, None)
    ending = await named(store, old.key_id)
    assert ending.ends_at == NOW + timedelta(days=7)


async def test_key_is_replaced_once(store: SqlStore, vault: FileVault) -> None:
    """Whoever has found an old key could else make new ones for ever."""
    old, _ = await issue_system(store, vault, system(), NOW)
    await rotate(store, vault, old, NOW, timedelta(hours=1))
    with pytest.raises(Rejected) as refused:
        await rotate(store, vault, await named(store, old.key_id), NOW, timedelta(days=7))
    assert refused.value.code == "TRUC-439"
    assert (await named(store, old.key_id)).ends_at == NOW + timedelta(hours=1)
    assert len(await store.credentials()) == 2


async def test_locked_key_is_not_replaced(store: SqlStore, vault: FileVault) -> None:
    old, _ = await issue_system(store, vault, system(), NOW)
    locked = await set_locked(store, old, True, NOW)
    with pytest.raises(Rejected) as refused:
        await rotate(store, vault, locked, NOW)
    assert refused.value.code == "TRUC-419"


async def test_lock_takes_what_was_given_out_in_place_of_a_key(store: SqlStore, vault: FileVault) -> None:
    first, _ = await issue_system(store, vault, system(), NOW)
    other, _ = await issue_system(store, vault, system(), NOW)
    second, _ = await rotate(store, vault, first, NOW)
    third, _ = await rotate(store, vault, second, NOW)
    assert (second.replaces, third.replaces) == (first.key_id, second.key_id)
    await set_locked(store, await named(store, first.key_id), True, NOW)
    standing = {key.key_id: key.locked for key in await store.credentials()}
    assert standing == {first.key_id: True, second.key_id: True, third.key_id: True, other.key_id: False}
    await set_locked(store, await named(store, third.key_id), False, NOW)
    assert not (await named(store, third.key_id)).locked


async def test_lock_counts_after_a_moment(store: SqlStore, vault: FileVault) -> None:
    clock = ManualClock(NOW)
    keyring = StoreKeyring(store, vault, clock, KeyLog())
    credential, _ = await issue_system(store, vault, system(), NOW)
    assert [key.credential.locked for key in await keyring.system("vxp.h14")] == [False]
    await set_locked(store, credential, True, NOW)
    clock.advance(timedelta(seconds=LOOK_SECONDS))
    assert [key.credential.locked for key in await keyring.system("vxp.h14")] == [True]


async def test_unknown_system_and_unknown_key_are_nobody(store: SqlStore, vault: FileVault) -> None:
    assert await StoreKeyring(store, vault, ManualClock(NOW), KeyLog()).system("vxp.nobody") == []
    with pytest.raises(Rejected) as refused:
        await named(store, "no such")
    assert refused.value.code == "TRUC-441"


# --- while the node runs ---------------------------------------------------------------------------

OPERATOR = Caller("op", frozenset(), is_operator=True)


@pytest.fixture
async def desk(store: SqlStore, vault: FileVault) -> KeyDesk:
    await store.set_directory(small_directory(), NOW)
    return KeyDesk(NODE, store, vault, ManualClock(NOW))


async def test_desk_gives_keys_to_agencies_of_this_node_only(desk: KeyDesk) -> None:
    made, key = await desk.issue(Credential("", "QLVB", frozenset({AgencyCode("h14.31")})))
    assert (made.agencies, key.startswith("truc_")) == ({DISTRICT}, True)
    with pytest.raises(Rejected) as refused:
        await desk.issue(Credential("", "QLVB", frozenset({AgencyCode("X99")})))
    assert refused.value.code == "TRUC-808"
    assert await desk.keys(OPERATOR) == [made]


async def test_desk_shows_and_changes_nobody_elses_key(desk: KeyDesk) -> None:
    mine, _ = await desk.issue(Credential("", "one", frozenset({DISTRICT})))
    other, _ = await desk.issue_system(system())
    assert await desk.keys(mine.caller) == [mine]
    with pytest.raises(Rejected):
        await desk.rotate(mine.caller, other.key_id, timedelta(0))
    newer, _ = await desk.rotate(mine.caller, mine.key_id, timedelta(0))
    assert newer.agencies == mine.agencies
    rotated, secret = await desk.rotate(OPERATOR, other.key_id, timedelta(days=1))
    assert (rotated.system_id, bool(secret)) == (other.system_id, True)


async def test_desk_lets_nobody_lock_himself_out(desk: KeyDesk) -> None:
    mine, _ = await desk.issue(Credential("", "op", frozenset({DISTRICT}), is_operator=True))
    with pytest.raises(Rejected):
        await desk.set_locked(mine.caller, mine.key_id, True)
    assert (await desk.set_locked(OPERATOR, mine.key_id, True)).locked
    assert not (await desk.set_locked(OPERATOR, mine.key_id, False)).locked


async def test_terms_are_kept_under_the_code_of_the_directory(desk: KeyDesk, store: SqlStore) -> None:
    assert await desk.terms("H14.31") == (DISTRICT, Terms())
    assert await desk.set_terms("H14.31", Terms(letters_per_day=5)) == DISTRICT
    assert await desk.terms(DISTRICT) == (DISTRICT, Terms(letters_per_day=5))
    assert (await store.ways())["office"][DISTRICT]["letters_per_day"] == 5
