"""
Keeps the figures up to date, patiently: a few lines of the journal at a time, so that letters go first.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.core.calendar import ONE_DAY, Calendar, end_of, today
from gateway.core.deadlines import Reckoning
from gateway.core.errors import Misconfigured, TrucError, Unavailable
from gateway.observe import Log, Metrics
from gateway.ports import Clock, StatisticsBook

LINES = 300
"""Lines counted in one transaction: some 20 ms of the writer, which a letter waits for at most."""

DUTIES = 100  # judged in one transaction, each with its statuses

BREATH = 0.2  # seconds between two rounds: a long backlog takes a tenth of the writer's time, not all of it
IDLE_SECONDS = 20.0  # how old the figures of a page may be

ON_ITS_WAY = timedelta(days=1)
"""So long after a duty fell due its status may still be travelling; only then it is judged."""

LONGEST_HOLIDAY = 40  # days without an end of a working day: no calendar has that many


class Counting:
    """The loop that counts."""

    def __init__(
        self, store: StatisticsBook, calendar: Calendar, clock: Clock, log: Log, metrics: Metrics
    ) -> None:
        self._store, self._calendar, self._clock = store, calendar, clock
        self._log, self._metrics = log, metrics

    async def run(self) -> None:
        """Count and judge until cancelled."""
        while True:
            try:
                is_more = await self.step()
            except TrucError as failed:
                self._log.warning("loop.failed", loop="statistics", code=failed.code)
                is_more = False
            await self._clock.sleep(BREATH if is_more else IDLE_SECONDS)

    async def step(self) -> bool:
        """One round of each; whether there may be more to do at once."""
        now = self._clock.now()
        reckoning = Reckoning(self._calendar, now)
        lines = await self._count(reckoning)
        until = judged_until(self._calendar, now)
        duties = await self._store.judge_duties(reckoning, until, DUTIES)
        return lines == LINES or duties == DUTIES

    async def _count(self, reckoning: Reckoning) -> int:
        """
        Count a round of lines; how many lines are behind us.

        When our code fails on one of them each goes alone, and the one that fails is passed over: the reports
        are then short by one line, which the log names, and not by all that came after it.
        """
        try:
            return await self._store.count_lines(reckoning, LINES)
        except (Unavailable, Misconfigured):
            raise
        except Exception as fault:
            self._log.exception("internal.error", loop="statistics", error=type(fault).__name__)
        for counted in range(LINES):
            line = await self._store.count_line(reckoning)
            if line is None:
                return counted
            if line.fault is not None:
                told = {"loop": "statistics", "number": line.number, "letter_id": line.letter_id}
                self._log.error("internal.error", **told, exc_info=line.fault)
                self._metrics.fault("statistics")
        return LINES


def judged_until(calendar: Calendar, now: datetime) -> datetime:
    """
    Duties that fell due by this moment may be judged: what began on their day has its limit behind it, too.

    What came on a day is to be presented by the end of the next working one.
    """
    day = today(now)
    for _ in range(LONGEST_HOLIDAY):
        day -= ONE_DAY
        if calendar.next_working_day_end(end_of(day) - timedelta(seconds=1)) + ON_ITS_WAY <= now:
            break
    return end_of(day)
