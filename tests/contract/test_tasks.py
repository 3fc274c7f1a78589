from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.core.delivery import Offered, Target
from gateway.core.model import LetterFacts
from gateway.ports import Channel, Occasion, Subscription
from gateway.store.sql import SqlStore
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    DEPARTMENT,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
    small_axis,
)
from tests.kit.clock import START

HERE = Target(agency=PROVINCE_OFFICE)
TASK = "17_H23-NV-H14-2026-000000017"
HOOK = Subscription(
    id="hook",
    agency=PROVINCE_OFFICE,
    channel=Channel.WEBHOOK,
    address="https://a.example/",
    occasions=frozenset({Occasion.TASK_REPLIED}),
)
FROM_CENTRAL: dict[str, Any] = {"origin": CENTRAL, "sender": CENTRAL_OFFICE, "came_from": CENTRAL}


def about(*tasks: str) -> LetterFacts:
    return LetterFacts(document_id="D", task_codes=tasks)


async def arrive(store: SqlStore, number: int, facts: LetterFacts) -> None:
    await store.add_letter(new_letter(number, HERE, facts=facts, **FROM_CENTRAL), START)
    await store.claim_due(None, None, START, letters=100, size=10**9)
    await store.record(letter_id(number), HERE, Offered(START + timedelta(days=1)), START)


async def told(store: SqlStore) -> list[tuple[Occasion, str, tuple[str, ...]]]:
    owed = await store.notices(None, subscription_id="", state=None, before=None, limit=100)
    return [(n.occasion, n.item.letter_id, n.item.task_codes) for n in owed if n.item is not None]


async def test_answer_to_a_task_that_the_agency_wrote_about_is_told(store: SqlStore) -> None:
    await store.set_subscription(HOOK, START)
    await store.add_letter(new_letter(1, facts=about(TASK)), START)
    await arrive(store, 2, about("other", TASK.lower()))
    assert await told(store) == [(Occasion.TASK_REPLIED, letter_id(2), ("other", TASK.lower()))]


async def test_answer_to_a_task_that_names_the_agency_as_its_giver_is_told(store: SqlStore) -> None:
    axis = small_axis()
    rows = [
        replace(a, aliases=(*a.aliases, "H14")) if a.code == PROVINCE_OFFICE else a for a in axis.agency_rows
    ]
    await store.set_directory(replace(axis, version=axis.version + 1, agency_rows=tuple(rows)), START)
    await store.set_subscription(HOOK, START)
    await arrive(store, 1, about(TASK))
    assert [occasion for occasion, _, _ in await told(store)] == [Occasion.TASK_REPLIED]


@pytest.mark.parametrize("tasks", [(), ("18_H23-NV-G22-2026-000000018",), ("gibberish",)])
async def test_other_documents_are_no_answer(store: SqlStore, tasks: tuple[str, ...]) -> None:
    await store.set_subscription(HOOK, START)
    await store.add_letter(new_letter(1, facts=about(TASK)), START)
    await store.add_letter(new_letter(3, sender=DEPARTMENT, facts=about("gibberish")), START)
    await arrive(store, 2, about(*tasks))
    assert await told(store) == []


async def test_who_wants_to_hear_of_both_is_told_of_both_once(store: SqlStore) -> None:
    both = replace(HOOK, occasions=frozenset({Occasion.TASK_REPLIED, Occasion.DOCUMENT}))
    await store.set_subscription(both, START)
    await store.add_letter(new_letter(1, facts=about(TASK)), START)
    await arrive(store, 2, about(TASK))
    assert {occasion for occasion, _, _ in await told(store)} == {Occasion.DOCUMENT, Occasion.TASK_REPLIED}
    assert len(await told(store)) == 2
