"""A report desk over the store of a small board, whose province got two documents in November 2026."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.config import ReportsSection
from gateway.core.calendar import Calendar
from gateway.core.deadlines import Reckoning
from gateway.reports.desk import ReportDesk
from tests.kit.board import SmallBoard, small_board
from tests.kit.clock import ManualClock
from tests.kit.office import NODE, NOW, PROVINCE, small_directory


@dataclass
class Reporting:
    """The desk and what it stands on."""

    board: SmallBoard
    desk: ReportDesk

    async def count(self) -> None:
        while await self.board.store.count_lines(Reckoning(self.desk.calendar, NOW), 100):
            pass


@asynccontextmanager
async def reporting() -> AsyncIterator[Reporting]:
    """Both, with everything counted."""
    settings = ReportsSection(indicators={"=CT.01": "received", "CT.02": "active_share"})
    async with small_board(clock=ManualClock(NOW)) as board:
        made = Reporting(
            board, ReportDesk(NODE, board.store, small_directory, board.clock, Calendar(), settings)
        )
        for _ in range(2):
            await board.arrive(PROVINCE)
        await made.count()
        yield made
