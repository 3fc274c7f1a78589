from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import update

from gateway.core.calendar import Calendar
from gateway.core.periods import month_of
from gateway.observe import Metrics
from gateway.reports.counting import IDLE_SECONDS, LINES, Counting, judged_until
from gateway.store.tables import letters
from gateway.store.transaction import Transaction
from tests.kit.board import SmallBoard, small_board
from tests.kit.clock import ManualClock
from tests.kit.office import NOW, PROVINCE

CALENDAR = Calendar()


@pytest_asyncio.fixture
async def board() -> AsyncIterator[SmallBoard]:
    async with small_board(clock=ManualClock(NOW)) as small:
        yield small


def counting(board: SmallBoard) -> Counting:
    return Counting(board.store, CALENDAR, board.clock, board.log, Metrics())


async def test_step_counts_what_is_new_and_judges_what_is_over(board: SmallBoard) -> None:
    await board.arrive(PROVINCE)
    keeper = counting(board)
    assert await keeper.step() is False
    assert (await board.store.counted()).lines_left == 0
    assert (await board.store.counted()).judged_until is not None
    board.clock.advance(timedelta(days=10))
    await keeper.step()
    assert (await board.store.counted()).judged_until is None


async def test_long_backlog_is_counted_in_rounds(board: SmallBoard) -> None:
    for _ in range(LINES // 3 + 1):  # each is a line of acceptance, one of a claim, one of the offer
        await board.arrive(PROVINCE)
    keeper = counting(board)
    assert await keeper.step() is True
    while await keeper.step():
        pass
    assert (await board.store.counted()).lines_left == 0


async def test_loop_goes_on_by_itself(board: SmallBoard) -> None:

    await board.arrive(PROVINCE)
    running = asyncio.create_task(counting(board).run())
    await board.clock.run(1)
    await board.arrive(PROVINCE)
    await board.clock.run(IDLE_SECONDS)
    running.cancel()
    assert (await board.store.counted()).lines_left == 0


def damage(transaction: Transaction, ids: Sequence[str]) -> list[None]:
    """What stands in the rows of these letters is no routing any more."""
    damaged = update(letters).where(letters.c.letter_id.in_(ids)).values(routing="{")
    transaction.connection.execute(damaged)
    return [None] * len(ids)


async def test_one_line_that_our_code_fails_on_does_not_stop_the_counting(board: SmallBoard) -> None:
    await board.arrive(PROVINCE)
    bad = (await board.store.journal(0, 100))[-1]
    await board.arrive(PROVINCE)
    await board.store._do(damage, bad.letter_id)
    metrics = Metrics()
    keeper = Counting(board.store, CALENDAR, board.clock, board.log, metrics)
    await keeper.step()
    (found,) = await board.store.figures_of(month_of(NOW.date()), None)
    named = [line for line in board.logged("internal.error") if "number" in line]

    assert (await board.store.counted()).lines_left == 0
    assert found.figures.received == 1, "nothing of the line that failed was counted"
    assert named[-1]["number"] == bad.number, "the one before is that of its acceptance"
    assert {(line["loop"], line["letter_id"], line["error"]) for line in named} == {
        ("statistics", bad.letter_id, "Rejected")
    }
    counted = metrics.registry.get_sample_value("truc_internal_errors_total", {"where": "statistics"})
    assert counted == len(named)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        # Monday 23 November: Thursday's letters had to be presented by the end of Friday, and a day passed
        (datetime(2026, 11, 23, 1, tzinfo=UTC), datetime(2026, 11, 19, 17, tzinfo=UTC)),
        # Wednesday: those of Monday could be presented until the end of Tuesday, less than a day ago
        (datetime(2026, 11, 25, 10, tzinfo=UTC), datetime(2026, 11, 22, 17, tzinfo=UTC)),
        # after a week of Tết, what came before it is still open
        (datetime(2026, 2, 23, 1, tzinfo=UTC), datetime(2026, 2, 12, 17, tzinfo=UTC)),
    ],
)
def test_duties_are_judged_when_the_next_working_day_is_over_too(now: datetime, until: datetime) -> None:
    assert judged_until(CALENDAR, now) == until


def test_what_may_be_judged_never_goes_back() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    before = judged_until(CALENDAR, now)
    for _ in range(200):
        now += timedelta(hours=13)
        until = judged_until(CALENDAR, now)
        assert before <= until < now
        before = until
