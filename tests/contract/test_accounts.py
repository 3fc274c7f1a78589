from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.core.model import AgencyCode
from gateway.ports import Account, Act, Role, Session
from gateway.store.sql import SqlStore
from tests.kit.builders import PROVINCE_OFFICE
from tests.kit.clock import START

LAN = Account(name="lan", role=Role.ADMINISTRATOR, full_name="Nguyễn Thị Lan", password="hash")
CLERK = Account(name="clerk", role=Role.AGENCY, agency=PROVINCE_OFFICE, subject="https://sso 1")
MINUTE = timedelta(minutes=1)


def act(event: str = "console.account_add", at: datetime = START, **more: str) -> Act:
    return Act(event=event, by="root", at=at, address="::1", detail=more)


def session(digest: str = "d1", account: str = "lan", at: datetime = START) -> Session:
    return Session(digest=digest, account=account, began_at=at, seen_at=at, address="::1", agent="Firefox")


async def test_account_reads_back_as_it_was_added(store: SqlStore) -> None:
    assert await store.add_account(LAN, act())
    assert await store.add_account(CLERK, act())
    assert await store.account("lan") == LAN
    assert await store.accounts() == [CLERK, LAN]
    assert await store.account("nobody") is None


async def test_name_belongs_to_who_had_it_first(store: SqlStore) -> None:
    await store.add_account(LAN, act())
    assert not await store.add_account(replace(LAN, role=Role.VIEWER), act())
    assert await store.account("lan") == LAN
    assert len([row for row in await store.journal(0, 10) if row.event.startswith("console.")]) == 1


async def test_person_of_a_provider_is_found_by_subject_and_nobody_by_none(store: SqlStore) -> None:
    await store.add_account(LAN, act())
    await store.add_account(CLERK, act())
    assert await store.account_of("https://sso 1") == CLERK
    assert await store.account_of("https://sso 2") is None
    assert await store.account_of("") is None


async def test_change_is_journaled_with_who_and_from_where_and_without_secrets(store: SqlStore) -> None:
    await store.add_account(LAN, act())
    changes = {"password": "another hash", "must_change": True}
    assert await store.change_account("lan", changes, act("console.account_reset", account="lan"))
    changed = await store.account("lan")
    assert changed == replace(LAN, password="another hash", must_change=True)
    row = (await store.journal(0, 10))[-1]
    assert row.event == "console.account_reset"
    assert row.detail == {"account": "lan", "by": "root", "address": "::1"}
    assert not await store.change_account("nobody", changes, act())


async def test_sessions_end_one_by_one_all_together_or_by_age(store: SqlStore) -> None:
    await store.add_account(LAN, act())
    for number in range(4):
        await store.add_session(session(f"d{number}", at=START + number * MINUTE))
    await store.touch_session("d0", START + 10 * MINUTE)
    assert [each.digest for each in await store.sessions("lan")] == ["d0", "d3", "d2", "d1"]
    await store.end_sessions("lan", {"d2"}, None)
    await store.sweep_sessions(START + 2 * MINUTE, START + timedelta(seconds=1))
    assert [each.digest for each in await store.sessions("lan")] == ["d3"]
    await store.end_sessions("lan", None, act("console.logout"))
    assert await store.sessions("lan") == []
    assert (await store.journal(0, 20))[-1].event == "console.logout"


async def test_act_for_an_agency_names_it_as_the_target(store: SqlStore) -> None:
    opened = act("console.content_opened", reason="Đơn vị báo thiếu tệp")
    await store.note_act(replace(opened, agency=AgencyCode("A"), letter_id="l1"))
    row = (await store.journal(0, 10))[-1]
    assert (row.target, row.letter_id, row.detail["reason"]) == ("agency:A", "l1", "Đơn vị báo thiếu tệp")
