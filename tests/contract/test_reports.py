"""What reports read: sums of any period, what was reported, and samples."""

from __future__ import annotations

from datetime import date

from gateway.core.diary import Direction
from gateway.core.periods import Period, month_of
from gateway.ports import Act, PaperOnly
from gateway.store.sql import SqlStore
from tests.contract.counting import (
    DAY,
    MARCH,
    count,
    figures,
    offer,
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


async def test_sample_can_be_drawn_again_and_another_seed_draws_others(store: SqlStore) -> None:
    for number in range(1, 21):
        await send(store, number)
    await offer(store, 21)
    drawn = await store.sample(PROVINCE_OFFICE, MARCH, "seed", 5)
    assert len(drawn) == 5
    assert drawn == await store.sample(PROVINCE_OFFICE, MARCH, "seed", 5)
    assert drawn != await store.sample(PROVINCE_OFFICE, MARCH, "other", 5)
    everything = await store.sample(PROVINCE_OFFICE, MARCH, "seed", 100)
    assert len(everything) == 21
    assert [found.letter_id for found in everything if found.direction is Direction.IN] == [letter_id(21)]
    assert await store.sample(DEPARTMENT, MARCH, "seed", 5) == []
    assert await store.sample(PROVINCE_OFFICE, month_of(date(2026, 4, 1)), "seed", 5) == []
