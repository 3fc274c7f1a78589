"""
Files the report of each month, quarter and year when it is over: a workbook in the node's data folder.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.core.catalogue import DISK_FULL
from gateway.core.errors import TrucError, Unavailable, find
from gateway.core.periods import Period, month_of, quarter_of, year_of
from gateway.core.statistics import NOTHING
from gateway.durable import sync_folder
from gateway.observe import Log
from gateway.reports.desk import ReportDesk
from gateway.reports.sheets import workbook

LOOK_SECONDS = 900.0  # a new month is noticed within a quarter of an hour
LINES_IN_MOTION = 1000
"""As many lines not counted yet belong to today; more, and the month before may not be counted whole."""

NAME = re.compile(r"bao-cao-(\d{4}(?:-(?:\d\d|Q[1-4]))?)\.xlsx", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One report that was filed."""

    name: str
    period: str
    size: int
    made_at: datetime


class Filing:
    """The folder of filed reports of one node, and the loop that fills it."""

    def __init__(self, desk: ReportDesk, folder: Path, log: Log) -> None:
        self._desk, self._folder, self._log = desk, folder, log

    async def run(self) -> None:
        """File what is missing, until cancelled."""
        while True:
            try:
                await self.step()
            except TrucError as failed:
                self._log.warning("loop.failed", loop="reports", code=failed.code)
            await self._desk.clock.sleep(LOOK_SECONDS)

    async def step(self) -> list[str]:
        """File the periods that are over and not filed yet; the names of the files."""
        missing = [p for p in ended(self._desk.this_month()) if not (self._folder / name_of(p)).exists()]
        if not missing or (await self._desk.store.counted()).lines_left > LINES_IN_MOTION:
            return []
        filed = []
        for period in missing:
            told = await self._desk.report(period)
            if told.report.total.figures == NOTHING:
                continue  # before the node was there
            data = await asyncio.to_thread(workbook, told, self._desk.settings.indicators, self._desk.node)
            await asyncio.to_thread(self._keep, name_of(period), data)
            self._log.info("report.filed", period=period.name, size=len(data))
            filed.append(name_of(period))
        return filed

    def has(self, period: Period) -> bool:
        """Whether the report of a period was filed."""
        return self.path_of(period.name).is_file()

    def path_of(self, period: str) -> Path:
        """Where the report of a period lies, if it was filed."""
        return self._folder / _named(period)

    def files(self) -> list[ReportFile]:
        """What was filed, the latest period first."""
        found = []
        for path in self._folder.glob("bao-cao-*.xlsx"):
            if match := NAME.fullmatch(path.name):
                facts = path.stat()
                made_at = datetime.fromtimestamp(facts.st_mtime, UTC)
                found.append(ReportFile(path.name, match[1], facts.st_size, made_at))
        return sorted(found, key=lambda file: file.period, reverse=True)

    def read(self, name: str) -> bytes | None:
        """A filed report by its name, None if there is no such file."""
        if NAME.fullmatch(name) is None:
            return None
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def _keep(self, name: str, data: bytes) -> None:
        """Whole or not at all: a report that breaks off would pass for one with few letters."""
        draft = self._folder / f".{name}.{os.getpid()}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._folder / name)
            sync_folder(self._folder)
        except OSError as error:
            draft.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Unavailable(find(DISK_FULL)) from error
            raise


def name_of(period: Period) -> str:
    """`bao-cao-2026-11.xlsx`."""
    return _named(period.name)


def _named(period: str) -> str:
    return f"bao-cao-{period}.xlsx"


def ended(this_month: Period) -> Iterator[Period]:
    """The month before this one, and the quarter and the year that ended with it."""
    month = month_of(this_month.first).before()
    yield month
    if quarter_of(month.first).end == month.end:
        yield quarter_of(month.first)
    if year_of(month.first.year).end == month.end:
        yield year_of(month.first.year)
