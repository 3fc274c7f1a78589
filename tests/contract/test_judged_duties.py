"""Duties of receivers are judged and counted once, when their time is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.core.statistics import NOTHING
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.contract.counting import (
    LATER,
    MARCH,
    PLAIN,
    count,
    figures,
    offer,
    reckoning,
    report,
)
from tests.kit.builders import (
    PROVINCE_OFFICE,
    small_axis,
)
from tests.kit.clock import START


async def test_crash_in_the_midst_of_judging_judges_nothing_twice(database: Database) -> None:
    store = database.open()
    await store.set_directory(small_axis(), START)
    await offer(store, 1)

    crashes = ["C6"]

    def crash(point: str) -> None:
        if point in crashes:
            crashes.remove(point)
            raise ConnectionError("the power went")

    dying = database.open("two", point=crash)
    with pytest.raises(ConnectionError):
        await dying.judge_duties(reckoning(LATER), LATER, 100)
    assert await store.judge_duties(reckoning(LATER), LATER, 100) == 1
    assert await store.judge_duties(reckoning(LATER), LATER, 100) == 0
    assert (await figures(store))[PROVINCE_OFFICE].told_late == 1


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((), {"told_late": 1, "presented_no_data": 1, "handled_late": 1}),
        (("01",), {"told_met": 1, "presented_no_data": 1, "handled_late": 1}),
        (("03", "04", "06"), {"told_met": 1, "presented_met": 1, "handled_met": 1}),
        (("02",), {"told_met": 1}),
    ],
)
async def test_duties_are_judged_once_their_time_is_over(
    store: SqlStore, codes: Sequence[str], expected: dict[str, int]
) -> None:
    await offer(store, 1, replace(PLAIN, due_date="2026/03/10"))
    for number, code in enumerate(codes, 5):
        await report(store, number, code, START + timedelta(hours=1))
    assert await store.judge_duties(reckoning(LATER), START, 100) == 0
    assert await store.judge_duties(reckoning(LATER), LATER, 1) == 1
    assert await store.judge_duties(reckoning(LATER), LATER, 100) == 1
    assert (await figures(store))[PROVINCE_OFFICE] == replace(NOTHING, **expected)
    days = await store.figures_by_day(MARCH, None, monthly=False)
    assert set(days) <= {date(2026, 3, 2), date(2026, 3, 10)}


async def test_due_date_that_is_no_date_is_no_data(store: SqlStore) -> None:
    await offer(store, 1, replace(PLAIN, due_date="sớm"))
    await count(store)
    await store.judge_duties(reckoning(LATER), LATER, 100)
    found = (await figures(store))[PROVINCE_OFFICE]
    assert (found.handled_no_data, found.handled_met, found.handled_late) == (1, 0, 0)
    assert found.in_time("handled") is None
