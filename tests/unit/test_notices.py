"""
The board of notices: what is owed comes from the store, secrets are shown once, agencies see their own only.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.core.callbacks import Reach
from gateway.core.catalogue import BAD_REQUEST, RECEIVER_GONE, UNKNOWN_NOTICE, UNKNOWN_SUBSCRIPTION
from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode, Kind
from gateway.notices import CLAIMED_FOR, FORMER_LIVES, SUBSCRIPTIONS_EACH
from gateway.ports import Channel, Notice, NoticeOutcome, NoticeState, Occasion
from tests.kit.board import OPERATOR, SmallBoard, caller_of, small_board
from tests.kit.office import COMMUNE, DISTRICT

MAIL = "vanthu@truongha.gov.vn"
THIRTY_TWO = "whsec_" + base64.b64encode(bytes(32)).decode()


@pytest.fixture
async def small() -> AsyncIterator[SmallBoard]:
    async with small_board() as opened:
        yield opened


async def claimed(small: SmallBoard, channel: Channel = Channel.WEBHOOK) -> list[Notice]:
    return list(await small.board.claim(channel, 100))


# --- subscribing ---------------------------------------------------------------------------------


async def test_webhook_gets_a_secret_that_only_the_vault_can_open(small: SmallBoard) -> None:
    made, secret = await small.subscribe(COMMUNE)
    assert made.id.startswith("sub_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret not in made.sealed_secret
    assert small.vault.open(made.sealed_secret) == secret
    assert secret not in repr(made)
    assert await small.board.subscriptions(caller_of(COMMUNE)) == [made]


async def test_mail_needs_no_secret(small: SmallBoard) -> None:
    made, secret = await small.subscribe(COMMUNE, MAIL)
    assert (made.channel, made.sealed_secret, secret) == (Channel.MAIL, "", "")


async def test_receiver_may_bring_the_secret_it_has(small: SmallBoard) -> None:
    made, _ = await small.subscribe(COMMUNE)
    again, secret = await small.board.subscribe(caller_of(COMMUNE), made, THIRTY_TWO)
    assert (secret, small.vault.open(again.sealed_secret)) == (THIRTY_TWO, THIRTY_TWO)
    assert again.id != made.id


@pytest.mark.parametrize(
    "secret", ["matkhau", "whsec_", "whsec_ngắn", "whsec_AAAA", THIRTY_TWO[6:], "whsec_" + "A" * 200]
)
async def test_secret_of_another_form_is_refused(small: SmallBoard, secret: str) -> None:
    made, _ = await small.subscribe(COMMUNE)
    with pytest.raises(Rejected) as refused:
        await small.board.subscribe(caller_of(COMMUNE), made, secret)
    assert (refused.value.code, refused.value.first.element) == (BAD_REQUEST.code, "secret")
    assert secret not in str(refused.value) or secret == "whsec_"


async def test_secret_for_mail_is_refused(small: SmallBoard) -> None:
    made, _ = await small.subscribe(COMMUNE, MAIL)
    with pytest.raises(Rejected, match="secret"):
        await small.board.subscribe(caller_of(COMMUNE), made, THIRTY_TWO)


@pytest.mark.parametrize(
    ("element", "wrong"),
    [
        ("address", {"address": "http://10.0.0.1/"}),
        ("address", {"address": "https://ten:mk@qlvb.vn/"}),
        ("address", {"address": "https://169.254.169.254/"}),
        ("address", {"address": ""}),
        ("address", {"channel": Channel.MAIL}),
        ("occasions", {"occasions": frozenset()}),
        ("occasions", {"occasions": frozenset({Occasion.PING})}),
        ("label", {"label": "hai\ndòng"}),
        ("label", {"label": "x" * 201}),
        ("agency", {"agency": AgencyCode("không.có")}),
        ("agency", {"agency": DISTRICT}),
    ],
)
async def test_wrong_wish_is_refused_with_its_field(
    small: SmallBoard, element: str, wrong: dict[str, object]
) -> None:
    made, _ = await small.subscribe(COMMUNE)
    with pytest.raises(Rejected) as refused:
        await small.board.subscribe(caller_of(COMMUNE), replace(made, **wrong))  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.first.element) == (BAD_REQUEST.code, element)
    assert await small.board.subscriptions(OPERATOR) == [made]


async def test_operator_subscribes_any_agency_also_by_another_code_of_it(small: SmallBoard) -> None:
    wanted, _ = await small.subscribe(COMMUNE)
    made, _ = await small.board.subscribe(OPERATOR, replace(wanted, agency=AgencyCode("H14.31")))
    assert made.agency == DISTRICT


async def test_agency_cannot_have_subscriptions_without_end(small: SmallBoard) -> None:
    for _ in range(SUBSCRIPTIONS_EACH):
        await small.subscribe(COMMUNE)
    with pytest.raises(Rejected, match="agency"):
        await small.subscribe(COMMUNE)
    await small.subscribe(DISTRICT)


async def test_settings_of_the_node_widen_what_may_be_called() -> None:
    async with small_board(reach=Reach(allow_http=True)) as small:
        made, _ = await small.subscribe(COMMUNE, "http://10.0.0.1/truc")
        assert made.is_active


# --- changing ------------------------------------------------------------------------------------


async def test_change_keeps_secret_agency_and_channel(small: SmallBoard) -> None:
    made, _ = await small.subscribe(COMMUNE)
    wish = replace(
        made,
        address="https://khac.vn/",
        label="QLVB mới",
        is_active=False,
        agency=DISTRICT,
        channel=Channel.MAIL,
        sealed_secret="",
    )
    changed = await small.board.change(caller_of(COMMUNE), wish)
    assert changed == replace(made, address="https://khac.vn/", label="QLVB mới", is_active=False)
    assert await small.board.subscriptions(OPERATOR) == [changed]


async def test_change_to_a_forbidden_address_changes_nothing(small: SmallBoard) -> None:
    made, _ = await small.subscribe(COMMUNE)
    with pytest.raises(Rejected, match="address"):
        await small.board.change(caller_of(COMMUNE), replace(made, address="https://[fe80::1]/"))
    assert await small.board.subscriptions(OPERATOR) == [made]


async def test_rotated_secret_leaves_the_former_one_for_a_day(small: SmallBoard) -> None:
    made, first = await small.subscribe(COMMUNE)
    rotated, second = await small.board.rotate(caller_of(COMMUNE), made.id)
    assert second != first
    assert small.vault.open(rotated.sealed_secret) == second
    assert small.vault.open(rotated.sealed_former) == first
    assert rotated.former_ends_at == small.clock.now() + FORMER_LIVES


async def test_mail_has_nothing_to_rotate(small: SmallBoard) -> None:
    made, _ = await small.subscribe(COMMUNE, MAIL)
    with pytest.raises(Rejected, match="channel"):
        await small.board.rotate(caller_of(COMMUNE), made.id)


async def test_two_changes_at_once_both_count(small: SmallBoard) -> None:
    made, first = await small.subscribe(COMMUNE)
    (_, second), _ = await asyncio.gather(
        small.board.rotate(OPERATOR, made.id), small.board.change(OPERATOR, replace(made, label="mới"))
    )
    (now,) = await small.board.subscriptions(OPERATOR)
    assert now.label == "mới"
    assert [small.vault.open(s) for s in (now.sealed_secret, now.sealed_former)] == [second, first]


async def test_subscription_of_another_agency_looks_like_none(small: SmallBoard) -> None:
    made, _ = await small.subscribe(COMMUNE)
    stranger, board = caller_of(DISTRICT), small.board
    assert await board.subscriptions(stranger) == []
    for act in (
        board.change(stranger, made),
        board.rotate(stranger, made.id),
        board.unsubscribe(stranger, made.id),
        board.ping(stranger, made.id),
        board.notices(stranger, subscription_id=made.id),
    ):
        with pytest.raises(Rejected) as refused:
            await act
        assert refused.value.code == UNKNOWN_SUBSCRIPTION.code
    assert await board.subscriptions(OPERATOR) == [made]


# --- what is owed --------------------------------------------------------------------------------


async def test_arrived_letter_is_owed_to_those_who_want_to_hear_of_it(small: SmallBoard) -> None:
    both, _ = await small.subscribe(COMMUNE)
    statuses, _ = await small.subscribe(COMMUNE, occasions=frozenset({Occasion.STATUS}))
    await small.subscribe(DISTRICT)
    paused, _ = await small.subscribe(COMMUNE)
    await small.board.change(OPERATOR, replace(paused, is_active=False))
    await small.arrive(COMMUNE)
    await small.arrive(COMMUNE, kind=Kind.STATUS)
    owed = [(n.subscription.id, n.occasion) for n in await claimed(small)]
    assert owed == [
        (both.id, Occasion.DOCUMENT),
        (both.id, Occasion.STATUS),
        (statuses.id, Occasion.STATUS),
    ]


async def test_claimed_notice_is_given_to_nobody_else_until_its_claim_ends(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    (first,) = await claimed(small)
    assert first.attempts == 1
    assert await claimed(small) == []
    small.clock.advance(CLAIMED_FOR)
    (second,) = await claimed(small)
    assert (second.number, second.attempts) == (first.number, 2)


async def test_notices_of_a_busy_receiver_stay_on_the_board(small: SmallBoard) -> None:
    busy, _ = await small.subscribe(COMMUNE)
    idle, _ = await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    (taken,) = await small.board.claim(Channel.WEBHOOK, 10, [busy.id])
    assert taken.subscription.id == idle.id
    (left,) = await small.board.claim(Channel.WEBHOOK, 10)
    assert (left.subscription.id, left.attempts) == (busy.id, 1)


async def test_heard_notice_is_done_and_a_failed_one_is_due_later(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    await small.arrive(COMMUNE)
    one, two = await claimed(small)
    later = small.clock.now() + timedelta(seconds=5)
    await small.board.ended(one, NoticeOutcome(heard=True))
    await small.board.ended(
        two, NoticeOutcome(heard=False, code="TRUC-707", detail="HTTP 500", retry_at=later)
    )
    assert (await small.notice(one.number)).state is NoticeState.SENT
    failed = await small.notice(two.number)
    assert (failed.state, failed.due_at, failed.detail) == (NoticeState.DUE, later, "HTTP 500")
    assert await claimed(small) == []
    small.clock.advance(5)
    assert [n.number for n in await claimed(small)] == [two.number]


async def test_receiver_that_is_gone_is_told_nothing_more(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    (notice,) = await claimed(small)
    await small.board.ended(notice, NoticeOutcome(heard=False, code=RECEIVER_GONE.code))
    (subscription,) = await small.board.subscriptions(OPERATOR)
    assert not subscription.is_active
    await small.arrive(COMMUNE)
    assert await claimed(small) == []
    assert (await small.notice(notice.number)).state is NoticeState.DEAD


async def test_address_that_was_changed_meanwhile_is_not_stopped(small: SmallBoard) -> None:
    made, _ = await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    (notice,) = await claimed(small)
    changed = await small.board.change(OPERATOR, replace(made, address="https://moi.vn/"))
    await small.board.ended(notice, NoticeOutcome(heard=False, code=RECEIVER_GONE.code))
    assert await small.board.subscriptions(OPERATOR) == [changed]


async def test_ended_subscription_is_owed_nothing_any_more(small: SmallBoard) -> None:
    made, _ = await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    await small.board.unsubscribe(caller_of(COMMUNE), made.id)
    assert await claimed(small) == []
    (notice,) = await small.board.notices(caller_of(COMMUNE))
    assert notice.state is NoticeState.DEAD
    with pytest.raises(Rejected) as refused:
        await small.board.again(caller_of(COMMUNE), notice.number)
    assert refused.value.code == UNKNOWN_SUBSCRIPTION.code


async def test_ping_is_owed_at_once_even_to_one_that_is_paused(small: SmallBoard) -> None:
    made, _ = await small.subscribe(COMMUNE)
    await small.board.change(OPERATOR, replace(made, is_active=False))
    pinged = await small.board.ping(caller_of(COMMUNE), made.id)
    assert (pinged.occasion, pinged.item, pinged.state) == (Occasion.PING, None, NoticeState.DUE)
    assert [n.number for n in await claimed(small)] == [pinged.number]


async def test_dead_notice_can_be_sent_again(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    (notice,) = await claimed(small)
    await small.board.ended(notice, NoticeOutcome(heard=False, code="TRUC-707"))
    (dead,) = await small.board.notices(caller_of(COMMUNE), state=NoticeState.DEAD)
    renewed = await small.board.again(caller_of(COMMUNE), dead.number)
    assert (renewed.state, renewed.attempts) == (NoticeState.DUE, 0)
    assert [n.number for n in await claimed(small)] == [notice.number]


@pytest.mark.parametrize("number", [0, -1, 2, 10**17])
async def test_unknown_number_cannot_be_sent_again(small: SmallBoard, number: int) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    with pytest.raises(Rejected) as refused:
        await small.board.again(OPERATOR, number)
    assert refused.value.code == UNKNOWN_NOTICE.code


async def test_notice_of_another_agency_looks_like_none(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.arrive(COMMUNE)
    assert await small.board.notices(caller_of(DISTRICT)) == []
    with pytest.raises(Rejected) as refused:
        await small.board.again(caller_of(DISTRICT), 1)
    assert refused.value.code == UNKNOWN_NOTICE.code


async def test_notices_are_paged_newest_first(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    for _ in range(3):
        await small.arrive(COMMUNE)
    first = [n.number for n in await small.board.notices(OPERATOR, limit=2)]
    rest = [n.number for n in await small.board.notices(OPERATOR, before=first[-1], limit=2)]
    assert (first, rest) == ([3, 2], [1])


async def test_who_waits_is_woken_by_an_arrival(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE)
    await small.board.wait(Channel.WEBHOOK)  # the first wait returns at once, by the bell's promise
    waiting = asyncio.ensure_future(small.board.wait(Channel.WEBHOOK))
    await asyncio.sleep(0)
    await small.arrive(COMMUNE)
    async with asyncio.timeout(2):
        await waiting
