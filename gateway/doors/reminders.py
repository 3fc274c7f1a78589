"""
What hand-over tells agencies of the time: that a due date is near, that it is over.

Each word is told once: in the journal and to webhooks by the store, in the log and the metrics here.
"""

from __future__ import annotations

from gateway.core.calendar import Calendar
from gateway.core.catalogue import CALENDAR_PROVISIONAL
from gateway.core.deadlines import Reminder, Word
from gateway.doors.desk import Desk

SWEEP_ROWS = 500  # of each word in one transaction; what is left is told by the next sweep


class Reminders:
    """Looks at the due dates of what lies or lay at the doors of this node's agencies."""

    def __init__(self, desk: Desk, calendar: Calendar) -> None:
        self._desk, self._calendar = desk, calendar
        self._doubted: set[int] = set()

    async def sweep(self) -> None:
        """Tell what is due on the next working day, and what is late."""
        now = self._desk.clock.now()
        until = self._calendar.due_soon_until(now)
        for reminder in await self._desk.store.remind(now, until, SWEEP_ROWS):
            self._tell(reminder)
        self._doubt()

    def _tell(self, reminder: Reminder) -> None:
        told = {
            "letter_id": reminder.letter_id,
            "agency": reminder.agency,
            "what": reminder.rule.name,
            "due_at": reminder.due_at,
        }
        if reminder.word is Word.SOON:
            self._desk.log.info("letter.due_soon", **told)
        else:
            self._desk.log.warning("letter.overdue", **told)
        self._desk.metrics.reminded(reminder.word)

    def _doubt(self) -> None:
        """Say once of each year that its working days are only computed: deadlines go by them."""
        for year in self._calendar.provisional_years():
            if year not in self._doubted:
                self._doubted.add(year)
                self._desk.log.warning("calendar.provisional", year=year, code=CALENDAR_PROVISIONAL.code)
