from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.ports import Account, Act, LockOut, LoginWait, Role, Session
from gateway.store.logins import KNOWN_FOR, place_of
from gateway.store.sql import SqlStore
from tests.kit.clock import START

LAN = Account(name="lan", role=Role.ADMINISTRATOR, password="hash")
LOCK_OUT = LockOut(3, timedelta(minutes=15))
MINUTE = timedelta(minutes=1)
HERE, THERE = "10.0.0.1", "2001:db8:1::7"


def act(event: str = "console.login", at: datetime = START) -> Act:
    return Act(event=event, by="lan", at=at, address=HERE)


def session(digest: str = "d1", at: datetime = START, address: str = HERE) -> Session:
    return Session(digest=digest, account="lan", began_at=at, seen_at=at, address=address)


async def may_try(store: SqlStore, address: str = HERE, at: datetime = START, name: str = "lan") -> bool:
    return await store.begin_login(name, address, at, LOCK_OUT) is not None


async def test_guesses_made_at_the_same_time_are_all_counted(store: SqlStore) -> None:
    await store.add_account(LAN, act())
    tries = await asyncio.gather(*(may_try(store) for _ in range(10)))
    assert sum(tries) == LOCK_OUT.failures
    assert not await may_try(store, at=START + 14 * MINUTE)


async def test_after_the_wait_there_are_as_many_tries_again(store: SqlStore) -> None:
    await store.add_account(LAN, act())
    for _ in range(LOCK_OUT.failures):
        await may_try(store)
    later = START + 15 * MINUTE
    assert [await may_try(store, at=later) for _ in range(4)] == [True, True, True, False]
    paused = [row for row in await store.journal(0, 20) if row.event == "console.login_paused"]
    assert [row.detail["address"] for row in paused] == [HERE, HERE]


async def test_who_guesses_at_one_place_locks_nobody_out_elsewhere_however_long(store: SqlStore) -> None:
    await store.add_account(LAN, act())
    at = START
    for _ in range(100):
        for _ in range(LOCK_OUT.failures + 1):
            await may_try(store, at=at)
        at += LOCK_OUT.wait
    assert await may_try(store, THERE, at)


async def test_who_guesses_at_many_places_is_slowed_but_not_where_somebody_has_logged_in(
    store: SqlStore,
) -> None:
    await store.add_account(LAN, act())
    assert await may_try(store, THERE)
    assert await store.finish_login("lan", None, session(address=THERE), act())
    places = [f"10.{number // 200}.{number % 200}.1" for number in range(1, 400)]
    tried = [await may_try(store, place) for place in places]
    assert sum(tried) == LOCK_OUT.everywhere
    assert await may_try(store, THERE)  # the right person comes in
    assert not await may_try(store, "192.0.2.9")
    later = START + LOCK_OUT.pause
    assert [await may_try(store, place, later) for place in ("192.0.2.9", "192.0.2.10")] == [True, False]


async def test_place_is_forgotten_as_known_after_a_while(store: SqlStore) -> None:
    await store.add_account(LAN, act())
    await may_try(store, THERE)
    await store.finish_login("lan", None, session(address=THERE), act())
    later = START + KNOWN_FOR
    for number in range(LOCK_OUT.everywhere):
        await may_try(store, f"10.0.0.{number}", later)
    assert not await may_try(store, THERE, later)


async def test_login_that_was_right_forgets_the_wrong_ones(store: SqlStore) -> None:
    await store.add_account(LAN, act())
    for _ in range(2):
        await may_try(store)
    assert await store.finish_login("lan", None, session(), act())
    account = await store.account("lan")
    assert account is not None
    assert (account.failures, account.last_login_at) == (0, START)
    assert await store.session("d1") == (session(), account)
    assert [await may_try(store) for _ in range(4)] == [True, True, True, False]


async def test_one_time_code_is_good_once(store: SqlStore) -> None:
    await store.add_account(LAN, act())
    assert await store.finish_login("lan", 100, session("d1"), act())
    assert not await store.finish_login("lan", 100, session("d2"), act())
    assert not await store.finish_login("lan", 99, session("d3"), act())
    assert await store.finish_login("lan", 101, session("d4"), act())
    assert await store.session("d2") is None


async def test_locked_account_may_not_try(store: SqlStore) -> None:
    await store.add_account(replace(LAN, locked=True), act())
    assert not await may_try(store)
    assert not await may_try(store, name="nobody")
    assert await store.login_waits(START) == []


async def test_who_waits_is_told_and_let_off_when_an_administrator_says_so(store: SqlStore) -> None:
    await store.add_account(LAN, act())
    for _ in range(LOCK_OUT.failures):
        await may_try(store, THERE)
    assert await store.login_waits(START) == [LoginWait("lan", "2001:db8:1::/64", START + LOCK_OUT.wait)]
    await store.change_account("lan", {"locked": False, "failures": 0, "locked_until": None}, act())
    assert await store.login_waits(START) == []
    assert await may_try(store, THERE)


async def test_places_are_swept_but_nobody_who_waits(store: SqlStore) -> None:
    await store.add_account(LAN, act())
    long = LockOut(2, timedelta(days=40))
    for address in (HERE, HERE, THERE):
        await store.begin_login("lan", address, START, long)
    await store.sweep_tries(START + KNOWN_FOR + MINUTE)
    assert [wait.place for wait in await store.login_waits(START)] == [HERE]
    later = START + KNOWN_FOR + MINUTE
    assert await store.begin_login("lan", HERE, later, long) is None


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("", ""),
        ("rubbish\0", ""),
    ],
)
def test_place_is_what_one_customer_of_a_provider_has(address: str, place: str) -> None:
    assert place_of(address) == place
