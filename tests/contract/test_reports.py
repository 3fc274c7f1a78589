"""What reports read: sums of any period, what was reported, and samples."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from gateway.core.diary import Direction
from gateway.core.model import Kind
from gateway.core.periods import Period, month_of
from gateway.ports import Act, Drawn, PaperOnly
from gateway.store import reports
from gateway.store.sql import SqlStore
from tests.contract.counting import (
    DAY,
    MARCH,
    count,
    figures,
    offer,
    report,
    send,
)
from tests.kit.builders import (
    DEPARTMENT,
    PROVINCE_OFFICE,
    letter_id,
)
from tests.kit.clock import START


async def test_days_and_months_add_up_to_the_same(store: SqlStore) -> None:
    for number, day in enumerate((0, 1, 29, 30, 60), 1):
        await send(store, number, at=START + day * DAY)
    await count(store)
    whole = Period(date(2026, 3, 1), date(2026, 6, 1))
    odd = Period(date(2026, 3, 2), date(2026, 5, 2))
    assert (await figures(store, whole))[PROVINCE_OFFICE].sent == 5
    assert (await figures(store, odd))[PROVINCE_OFFICE].sent == 5
    assert (await figures(store, month_of(date(2026, 4, 1))))[PROVINCE_OFFICE].sent == 1
    for period in (whole, odd):
        for monthly in (False, True):
            days = await store.figures_by_day(period, None, monthly=monthly)
            assert sum(found.sent for found in days.values()) == 5
    assert await store.figures_of(whole, [DEPARTMENT]) == []


async def test_paper_only_is_kept_by_month_and_replaced_by_a_later_report(store: SqlStore) -> None:
    act = Act(event="console.paper_only", by="an", at=START)
    month = date(2026, 3, 1)
    await store.set_paper_only([PaperOnly(PROVINCE_OFFICE, month, 4), PaperOnly(DEPARTMENT, month, 1)], act)
    await store.set_paper_only([PaperOnly(PROVINCE_OFFICE, month, 5)], act)
    found = await store.paper_only(MARCH)
    assert {(row.agency, row.number) for row in found} == {(PROVINCE_OFFICE, 5), (DEPARTMENT, 1)}
    assert await store.paper_only(Period(date(2026, 3, 2), date(2026, 3, 9))) == []
    assert [row.event for row in await store.journal(0, 99)].count("console.paper_only") == 2


async def drawn(store: SqlStore, seed: str = "seed", number: int = 5, period: Period = MARCH) -> list[str]:
    """The ids of a sample of the province's office."""
    found = await store.sample(PROVINCE_OFFICE, period, seed, number)
    return [each.letter_id for each in found.letters]


async def test_sample_can_be_drawn_again_and_another_seed_draws_others(store: SqlStore) -> None:
    for number in range(1, 21):
        await send(store, number)
    await offer(store, 21)
    assert len(await drawn(store)) == 5
    assert await drawn(store) == await drawn(store)
    assert await drawn(store) != await drawn(store, "other")
    everything = await store.sample(PROVINCE_OFFICE, MARCH, "seed", 100)
    assert len(everything.letters) == everything.whole == 21
    came = [found.letter_id for found in everything.letters if found.direction is Direction.IN]
    assert came == [letter_id(21)]
    assert await store.sample(DEPARTMENT, MARCH, "seed", 5) == Drawn([], 0)
    assert await drawn(store, period=month_of(date(2026, 4, 1))) == []


async def test_every_document_of_a_period_is_drawn_as_often_as_any_other(store: SqlStore) -> None:
    """Whether many came in one moment, as from a system that sends at night, or one by one."""
    for number in range(1, 7):
        await send(store, number)
    for number in range(7, 11):
        await send(store, number, at=START + number * DAY / 24)
    times = Counter([one for seed in range(300) for one in await drawn(store, f"{seed}", 3)])
    assert set(times) == {letter_id(number) for number in range(1, 11)}
    assert all(60 < number < 120 for number in times.values()), times  # 90 each, and five deviations


async def test_sample_has_no_status_and_nothing_of_another_period(store: SqlStore) -> None:
    await send(store, 1)
    await send(store, 2, at=START + 40 * DAY)
    await offer(store, 3, kind=Kind.STATUS)
    await report(store, 4, "03", START)
    assert await drawn(store) == [letter_id(1)]


async def test_sample_of_too_many_documents_is_none_and_says_so(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_DRAWN_FROM", 3)
    for number in range(1, 4):
        await send(store, number)
    assert len(await drawn(store)) == 3
    await offer(store, 4)
    assert await store.sample(PROVINCE_OFFICE, MARCH, "seed", 5) == Drawn([], 3, is_too_many=True)
