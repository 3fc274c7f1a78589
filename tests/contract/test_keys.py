from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from gateway.ports import Credential
from gateway.store.sql import SqlStore
from tests.kit.builders import DEPARTMENT, PROVINCE_OFFICE
from tests.kit.clock import START

CLERK = Credential("k1", "Văn thư UBND", frozenset({PROVINCE_OFFICE, DEPARTMENT}))
OPERATOR = Credential("k2", "Quản trị", frozenset(), is_operator=True)
SYSTEM = Credential(
    "k3",
    "QLVB",
    frozenset({DEPARTMENT}),
    system_id="qlvb.h14",
    sealed_secret="sealed-1",
    may_register=True,
    certificate="ab" * 32,
)
LATER = START + timedelta(hours=1)


async def test_credential_is_found_by_the_hash_of_its_key(store: SqlStore) -> None:
    await asyncio.gather(
        store.add_credential(CLERK, "hash-1", START), store.add_credential(OPERATOR, "hash-2", START)
    )
    assert await store.credential("hash-1") == CLERK
    assert await store.credential("hash-2") == OPERATOR
    assert await store.credential("hash-3") is None
    assert await store.credentials() == [OPERATOR, CLERK]


async def test_credential_with_a_known_id_replaces_the_former(store: SqlStore) -> None:
    await store.add_credential(CLERK, "hash-1", START)
    locked = replace(CLERK, locked=True, agencies=frozenset({DEPARTMENT}))
    await store.add_credential(locked, "hash-1", START)
    assert await store.credentials() == [locked]


async def test_secrets_of_a_system_are_found_newest_first(store: SqlStore) -> None:
    await store.add_credential(SYSTEM, "of k3", START)
    newer = replace(SYSTEM, key_id="k0", sealed_secret="sealed-2")
    await store.add_credential(newer, "of k0", LATER)
    ending = replace(SYSTEM, ends_at=LATER, locked=True)
    await store.change_credential(ending, LATER)
    assert await store.system("qlvb.h14") == [newer, ending]
    assert await store.system("another") == []


async def test_no_system_is_not_the_system_of_all_others(store: SqlStore) -> None:
    await store.add_credential(CLERK, "hash-1", START)
    assert await store.system("") == []


async def test_change_leaves_the_key_and_replaces_all_the_rest(store: SqlStore) -> None:
    await store.add_credential(CLERK, "hash-1", START)
    changed = replace(
        CLERK,
        label="Văn thư Sở",
        agencies=frozenset({DEPARTMENT}),
        locked=True,
        ends_at=LATER,
        may_register=True,
        certificate="cd" * 32,
    )
    await store.change_credential(changed, LATER)
    assert await store.credential("hash-1") == changed
    assert [line.event for line in await store.journal(1, 10)] == ["credential.set"] * 2


async def test_change_of_an_unknown_key_adds_nothing(store: SqlStore) -> None:
    await store.change_credential(CLERK, START)
    assert await store.credentials() == []
    assert len(await store.journal(0, 10)) == 1  # the directory's


async def test_journal_names_the_key_id_and_never_the_hash_the_secret_or_the_person(store: SqlStore) -> None:
    await store.add_credential(SYSTEM, "hash-1", START)
    line = (await store.journal(0, 10))[-1]
    assert (line.event, line.target, line.detail["system"]) == ("credential.set", "k3", "qlvb.h14")
    assert not [secret for secret in ("hash-1", "sealed-1", "QLVB") if secret in str(line)]
