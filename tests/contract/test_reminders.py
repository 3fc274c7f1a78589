"""What senders are told of the times of their letters: each word once, until it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.core.deadlines import NEAR, Watch, Word
from gateway.core.delivery import State, Target
from gateway.core.model import LetterFacts
from gateway.core.time_limits import CARRIED, SENT
from gateway.core.tracking import HopEvent
from gateway.ports import Channel, Occasion, Subscription
from gateway.store.sql import SqlStore
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, PROVINCE_OFFICE, letter_id, new_letter
from tests.kit.clock import START

DAY = timedelta(days=1)
HOUR = START + timedelta(hours=5)
FACTS = LetterFacts(document_id="id-1", code="1/UBND-VP", issue_date="2026/03/02")
HOOK = Subscription(
    id="hook",
    agency=PROVINCE_OFFICE,
    channel=Channel.WEBHOOK,
    address="https://a.example/",
    occasions=frozenset({Occasion.LETTER_DUE_SOON, Occasion.LETTER_OVERDUE}),
)


async def told(store: SqlStore, now: datetime) -> list[tuple[str, Word, datetime]]:
    return [(r.rule.name, r.word, r.due_at) for r in await store.remind(now, now + DAY, 10)]


async def hand_in(store: SqlStore, *watches: Watch) -> None:
    """A letter of the province, with these watches, that is on its way to central."""
    new = new_letter(1, facts=FACTS, sender=PROVINCE_OFFICE, to=[(CENTRAL_OFFICE, CENTRAL)])
    await store.add_letter(replace(new, watches=watches), START)


async def test_letter_that_was_sent_late_is_told_once_to_its_sender(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await hand_in(store, Watch(SENT, START - DAY, Word.OVERDUE))
    assert await told(store, START) == [("sent", Word.OVERDUE, START - DAY)]
    assert await told(store, START + DAY) == []
    (notice,) = await store.notices(None, subscription_id="", state=None, before=None, limit=10)
    assert (notice.occasion, notice.what, notice.deadline) == (Occasion.LETTER_OVERDUE, "sent", START - DAY)
    assert notice.is_to_sender
    assert notice.item is not None
    assert (notice.item.letter_id, notice.item.agency) == (letter_id(1), PROVINCE_OFFICE)


async def test_hour_is_told_when_it_is_near_and_when_it_is_over(store: SqlStore) -> None:
    await hand_in(store, Watch(CARRIED, HOUR, Word.SOON))
    assert await told(store, HOUR - NEAR - timedelta(microseconds=1)) == []
    assert await told(store, HOUR - NEAR) == [("carried", Word.SOON, HOUR)]
    assert await told(store, HOUR - timedelta(microseconds=1)) == []
    assert await told(store, HOUR) == [("carried", Word.OVERDUE, HOUR)]


@pytest.mark.parametrize(
    ("state", "is_told"), [(State.WAITING, False), (State.DELIVERED, False), (State.HELD, True)]
)
async def test_letter_that_lies_at_its_door_has_kept_its_hour(
    store: SqlStore, state: State, is_told: bool
) -> None:
    await hand_in(store, Watch(CARRIED, HOUR, Word.SOON))
    hop = HopEvent(letter_id(1), CENTRAL, Target(agency=CENTRAL_OFFICE).key, state, START)
    await store.add_hops([hop])
    assert (await told(store, HOUR) != []) is is_told
