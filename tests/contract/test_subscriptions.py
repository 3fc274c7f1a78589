from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from gateway.ports import Channel, NoticeState, Occasion, Subscription
from gateway.store import tables
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import DEPARTMENT, PROVINCE_OFFICE
from tests.kit.clock import START

HOOK = Subscription(
    id="s1",
    agency=PROVINCE_OFFICE,
    channel=Channel.WEBHOOK,
    address="https://qlvb.example/hook",
    occasions=frozenset({Occasion.DOCUMENT}),
    label="Nguyễn Văn A",
    sealed_secret="sealed-new",
    sealed_former="sealed-old",
    former_ends_at=START + timedelta(days=1),
)
MAIL = Subscription(
    id="s0", agency=DEPARTMENT, channel=Channel.MAIL, address="vanthu@so.example", shows_subject=True
)


async def test_subscriptions_are_listed_in_the_order_they_were_added(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await store.set_subscription(MAIL, START)
    assert await store.subscriptions(None) == [HOOK, MAIL]
    assert await store.subscriptions([DEPARTMENT]) == [MAIL]
    assert await store.subscriptions([]) == []


async def test_subscription_with_a_known_id_is_replaced_in_its_place(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await store.set_subscription(MAIL, START)
    changed = replace(
        HOOK, address="https://other.example", is_active=False, sealed_former="", former_ends_at=None
    )
    await store.set_subscription(changed, START)
    assert await store.subscriptions(None) == [changed, MAIL]


async def test_removed_subscription_is_gone_and_owes_nothing(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await store.owe_notice("s1", Occasion.PING, START)
    for _ in range(2):
        await store.remove_subscription("s1", START)
    assert await store.subscriptions(None) == []
    assert await store.next_notice(Channel.WEBHOOK) is None
    (notice,) = await store.notices(None, subscription_id="", state=None, before=None, limit=10)
    assert (notice.state, notice.due_at) == (NoticeState.DEAD, None)
    assert notice.subscription.address == HOOK.address  # what was owed to whom stays readable


async def test_secrets_of_a_removed_subscription_are_not_kept(store: SqlStore, database: Database) -> None:
    await store.set_subscription(HOOK, START)
    await store.remove_subscription("s1", START)
    (row,) = database.rows(select(tables.subscriptions))
    assert (row.sealed_secret, row.sealed_former, row.former_ends_at) == ("", "", None)


async def test_late_change_does_not_revive_what_was_removed(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await store.remove_subscription("s1", START)
    await store.set_subscription(HOOK, START)
    assert await store.subscriptions(None) == []


async def test_removing_what_never_was_changes_nothing(store: SqlStore) -> None:
    lines = await store.journal(0, 10)
    await store.remove_subscription("s9", START)
    assert await store.journal(0, 10) == lines


async def test_journal_names_neither_address_nor_secret_nor_person(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await store.remove_subscription("s1", START)
    lines = (await store.journal(0, 10))[1:]
    assert [(line.event, line.target, line.detail["subscription"]) for line in lines] == [
        ("subscription.set", f"agency:{PROVINCE_OFFICE}", "s1"),
        ("subscription.removed", f"agency:{PROVINCE_OFFICE}", "s1"),
    ]
    assert not [word for word in ("qlvb.example", "sealed", "Nguyễn") if word in str(lines)]
