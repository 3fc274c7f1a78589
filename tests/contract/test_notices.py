from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.core.delivery import Acknowledged, Hold, Offered, Release, Target
from gateway.core.errors import Rejected
from gateway.core.model import Kind, Lane, LetterFacts
from gateway.ports import Channel, Notice, NoticeOutcome, NoticeState, Occasion, Subscription
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import DEPARTMENT, PROVINCE_OFFICE, letter_id, new_letter
from tests.kit.clock import START

HERE, SECOND = Target(agency=PROVINCE_OFFICE), Target(agency=DEPARTMENT)
SOON, LATER = START + timedelta(minutes=5), START + timedelta(hours=1)
HOOK = Subscription(id="hook", agency=PROVINCE_OFFICE, channel=Channel.WEBHOOK, address="https://a.example/")
MAIL = Subscription(
    id="mail",
    agency=PROVINCE_OFFICE,
    channel=Channel.MAIL,
    address="vanthu@a.example",
    occasions=frozenset({Occasion.DOCUMENT}),
)
HEARD = NoticeOutcome(True)


async def offer(store: SqlStore, number: int, *targets: Target, **of_letter: Any) -> None:
    """Lay the n-th letter at the doors of these agencies."""
    await store.add_letter(new_letter(number, *targets, **of_letter), START)
    await store.claim_due(None, None, START, letters=100, size=10**9)
    for target in targets:
        await store.record(letter_id(number), target, Offered(LATER), START)


async def listed(store: SqlStore, **narrower: Any) -> list[Notice]:
    asked = {"subscription_id": "", "state": None, "before": None, "limit": 100} | narrower
    return await store.notices(asked.pop("agencies", None), **asked)


async def claimed(
    store: SqlStore, channel: Channel = Channel.WEBHOOK, limit: int = 10, **options: Any
) -> list[Notice]:
    return await store.claim_notices(channel, START, SOON, limit, **options)


# --- owing ---------------------------------------------------------------------------------------


async def test_what_comes_to_the_door_is_told_to_whoever_wants_to_hear_of_it(store: SqlStore) -> None:
    for subscription in (
        HOOK,
        MAIL,
        replace(HOOK, id="asleep", is_active=False),
        replace(HOOK, id="other", agency=DEPARTMENT),
    ):
        await store.set_subscription(subscription, START)
    await offer(store, 1, HERE)
    await offer(store, 2, HERE, kind=Kind.STATUS, lane=Lane.CONTROL)
    told = [(notice.subscription.id, notice.occasion, notice.item) for notice in await listed(store)]
    assert [(name, occasion, item and item.letter_id) for name, occasion, item in told] == [
        ("hook", Occasion.STATUS, letter_id(2)),
        ("mail", Occasion.DOCUMENT, letter_id(1)),
        ("hook", Occasion.DOCUMENT, letter_id(1)),
    ]


async def test_notice_shows_the_letter_as_the_mailbox_does(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await offer(store, 1, SECOND, HERE, facts=LetterFacts(code="1/UBND", subject="Trích yếu", priority=2))
    (notice,) = await listed(store)
    (item,) = await store.waiting([PROVINCE_OFFICE], kind=None, after=0, limit=10)
    assert notice == Notice(notice.number, HOOK, Occasion.DOCUMENT, START, item, due_at=START)


async def test_letter_is_told_of_once_however_often_it_is_offered(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await offer(store, 1, HERE)
    await store.record(letter_id(1), HERE, Hold(), START)
    await store.record(letter_id(1), HERE, Release(), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), HERE, Offered(LATER), START)
    await store.record(letter_id(1), HERE, Acknowledged(), START)
    assert await store.offer_again([PROVINCE_OFFICE], START, START) == 1
    assert len(await listed(store)) == 1


async def test_what_was_pushed_is_told_of_too_and_lies_in_no_mailbox(store: SqlStore) -> None:
    await store.set_subscription(MAIL, START)
    await store.add_letter(new_letter(1, HERE), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(1), HERE, Acknowledged(), START)
    (notice,) = await listed(store)
    assert notice.item is not None
    assert (notice.item.number, notice.item.waiting_since) == (0, START)


async def test_offer_and_acknowledgement_in_one_commit_owe_one_notice(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await store.add_letter(new_letter(1, HERE), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await asyncio.gather(
        store.record(letter_id(1), HERE, Offered(LATER), START),
        store.record(letter_id(1), HERE, Acknowledged(), START),
    )
    assert len(await listed(store)) == 1


async def test_ping_is_owed_at_once_also_to_one_that_is_asleep(store: SqlStore) -> None:
    await store.set_subscription(replace(HOOK, is_active=False), START)
    ping = await store.owe_notice("hook", Occasion.PING, START)
    await store.owe_notice("hook", Occasion.PING, START)
    assert (ping.occasion, ping.item, ping.state, ping.due_at) == (
        Occasion.PING,
        None,
        NoticeState.DUE,
        START,
    )
    assert (await listed(store))[1] == ping


async def test_nothing_is_owed_to_a_subscription_that_is_not_there(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await store.remove_subscription("hook", START)
    for name in ("hook", "never"):
        with pytest.raises(Rejected) as refused:
            await store.owe_notice(name, Occasion.PING, START)
        assert refused.value.code == "TRUC-442"


async def test_each_channel_has_its_bell(database: Database) -> None:
    rung: set[str] = set()
    store = database.open(on_change=rung.update)
    await store.set_subscription(HOOK, START)
    await store.set_subscription(MAIL, START)
    await store.add_letter(new_letter(1, HERE), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    rung.clear()
    await store.record(letter_id(1), HERE, Offered(LATER), START)
    assert rung >= {"notices:webhook", "notices:mail"}
    rung.clear()
    ping = await store.owe_notice("mail", Occasion.PING, START)
    assert rung == {"notices:mail"}
    rung.clear()
    await store.renew_notice(ping.number, START)
    assert rung == {"notices:mail"}


# --- sending -------------------------------------------------------------------------------------


async def test_claimed_notice_is_nobody_elses_until_its_time(database: Database) -> None:
    one, two = database.open("one"), database.open("two")
    await one.set_subscription(HOOK, START)
    for _ in range(3):
        await one.owe_notice("hook", Occasion.PING, START)
    first, second = await asyncio.gather(claimed(one, limit=2), claimed(two, limit=2))
    numbers = [notice.number for notice in (*first, *second)]
    assert len(numbers) == len(set(numbers)) == 3
    assert {(notice.attempts, notice.due_at) for notice in (*first, *second)} == {(1, SOON)}
    assert await claimed(one) == []
    assert await one.next_notice(Channel.WEBHOOK) == SOON
    again = await two.claim_notices(Channel.WEBHOOK, SOON, LATER, 10)
    assert [notice.attempts for notice in again] == [2, 2, 2]


async def test_notices_are_given_oldest_first_and_by_channel(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await store.set_subscription(MAIL, START)
    late = await store.owe_notice("hook", Occasion.PING, START)
    early = await store.owe_notice("hook", Occasion.PING, START - timedelta(minutes=1))
    future = await store.owe_notice("hook", Occasion.PING, LATER)
    await store.owe_notice("mail", Occasion.PING, START)
    assert [notice.number for notice in await claimed(store)] == [early.number, late.number]
    assert future.number not in {notice.number for notice in await claimed(store)}
    assert len(await claimed(store, Channel.MAIL)) == 1


async def test_subscriptions_that_have_enough_are_passed_over(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await store.set_subscription(replace(HOOK, id="busy"), START)
    await store.owe_notice("busy", Occasion.PING, START)
    await store.owe_notice("hook", Occasion.PING, START)
    given = await claimed(store, limit=1, passing_over={"busy", "unknown"})
    assert [notice.subscription.id for notice in given] == ["hook"]
    assert [notice.subscription.id for notice in await claimed(store)] == ["busy"]


async def test_failed_notice_is_due_again_and_at_last_given_up(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    ping = await store.owe_notice("hook", Occasion.PING, START)
    await claimed(store)
    await store.notice_ended(ping.number, NoticeOutcome(False, "TRUC-504", "503", LATER), START)
    (notice,) = await listed(store)
    assert (notice.state, notice.due_at, notice.code, notice.detail, notice.attempts) == (
        NoticeState.DUE,
        LATER,
        "TRUC-504",
        "503",
        1,
    )
    await store.notice_ended(ping.number, NoticeOutcome(False, "TRUC-504", "410"), START)
    (notice,) = await listed(store, state=NoticeState.DEAD)
    assert (notice.due_at, notice.detail) == (None, "410")
    assert await store.next_notice(Channel.WEBHOOK) is None


async def test_notice_that_was_heard_is_not_sent_again(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    ping = await store.owe_notice("hook", Occasion.PING, START)
    await claimed(store)
    await store.notice_ended(ping.number, HEARD, START)
    (notice,) = await listed(store, state=NoticeState.SENT)
    assert notice.number == ping.number
    assert await store.claim_notices(Channel.WEBHOOK, LATER, LATER, 10) == []


async def test_notice_given_up_while_it_was_tried_stays_so(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    ping = await store.owe_notice("hook", Occasion.PING, START)
    await claimed(store)
    await store.remove_subscription("hook", START)
    await store.notice_ended(ping.number, NoticeOutcome(False, "TRUC-504", "", LATER), START)
    assert [notice.state for notice in await listed(store)] == [NoticeState.DEAD]


async def test_renewed_notice_is_due_with_its_tries_counted_anew(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    ping = await store.owe_notice("hook", Occasion.PING, START)
    await claimed(store)
    await store.notice_ended(ping.number, HEARD, START)
    await store.renew_notice(ping.number, START)
    (notice,) = await claimed(store)
    assert (notice.number, notice.attempts) == (ping.number, 1)


async def test_notice_of_an_ended_subscription_is_not_renewed(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    ping = await store.owe_notice("hook", Occasion.PING, START)
    await store.remove_subscription("hook", START)
    await store.renew_notice(ping.number, START)
    await store.renew_notice(ping.number + 1, START)  # there is none
    assert await claimed(store) == []


# --- reading -------------------------------------------------------------------------------------


async def test_notices_are_listed_newest_first_page_by_page(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await store.set_subscription(replace(MAIL, agency=DEPARTMENT), START)
    pings = [await store.owe_notice(name, Occasion.PING, START) for name in ("hook", "mail", "hook")]
    numbers = [ping.number for ping in pings]
    assert [notice.number for notice in await listed(store, limit=2)] == numbers[:0:-1]
    assert [notice.number for notice in await listed(store, before=numbers[1])] == numbers[:1]
    assert [notice.number for notice in await listed(store, agencies=[DEPARTMENT])] == numbers[1:2]
    assert [notice.number for notice in await listed(store, subscription_id="hook")] == numbers[::-2]
    assert await listed(store, agencies=[DEPARTMENT], subscription_id="hook") == []
    assert await listed(store, agencies=[]) == await listed(store, state=NoticeState.SENT) == []
