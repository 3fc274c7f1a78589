"""
What a notice is called wherever it goes, and what a webhook says.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gateway.ports import Channel, Notice, NoticeState, Occasion, Subscription
from gateway.v1.subscriptions import NoticePage, NoticeShape, WebhookMessage, notice_id
from tests.kit.office import COMMUNE, NOW

SUBSCRIPTION = Subscription(id="sub_1", agency=COMMUNE, channel=Channel.WEBHOOK, address="https://qlvb.vn/")
NOTICE = Notice(7, SUBSCRIPTION, Occasion.PING, NOW, due_at=NOW)


def test_id_is_the_same_whatever_became_of_the_notice() -> None:
    later = replace(
        NOTICE,
        attempts=3,
        state=NoticeState.DEAD,
        due_at=None,
        code="TRUC-707",
        subscription=replace(SUBSCRIPTION, address="https://moi.vn/"),
    )
    assert notice_id(later) == notice_id(NOTICE)


def test_id_is_never_that_of_another_notice() -> None:
    others = [
        replace(NOTICE, number=8),
        replace(NOTICE, at=NOW + timedelta(microseconds=1)),  # after a store was restored from a backup
        replace(NOTICE, subscription=replace(SUBSCRIPTION, id="sub_2")),
    ]
    assert len({notice_id(notice) for notice in (NOTICE, *others)}) == 4


def test_notice_tells_its_next_try_only_while_there_is_one() -> None:
    assert NoticeShape.of(NOTICE).due_at == NOW
    assert NoticeShape.of(replace(NOTICE, state=NoticeState.SENT)).due_at is None


def test_page_that_is_not_full_is_the_last() -> None:
    assert NoticePage.of([NOTICE], 2).next is None
    assert NoticePage.of([NOTICE], 1).next == 7


def test_message_is_the_same_bytes_each_time_and_can_be_read_back() -> None:
    text = WebhookMessage.of(NOTICE, "").as_json()
    assert WebhookMessage.of(NOTICE, "").as_json() == text
    read = WebhookMessage.read(text)
    assert read is not None
    assert (read.type, read.timestamp) == (Occasion.PING, NOW)
