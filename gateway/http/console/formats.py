"""
Moments, numbers and sizes as people here read them: the time of Vietnam, dots between thousands.

Written out, since the full tables of the world's languages weigh 30 MB and two languages need these lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from gateway.core.calendar import MIDNIGHT, VIETNAM
from gateway.http.console.words import FIRST, Words, said

MINUTE, HOUR, DAY = 60, 3600, 86400


class Formats:
    """How one language writes what is not words."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._is_first = words.language == FIRST

    def filters(self) -> Mapping[str, Callable[..., str]]:
        """The filters of the templates, by name."""
        return {
            "moment": self.moment,
            "day": self.day,
            "due": self.due,
            "clock": self.clock,
            "number": self.number,
            "share": self.share,
            "size": self.size,
            "span": self.span,
        }

    def moment(self, at: datetime | None, *, seconds: bool = False) -> str:
        """`02/03/2026 08:30`, in the time of Vietnam; «—» for none."""
        if at is None:
            return "—"
        return f"{self.day(at)} {self.clock(at, seconds=seconds)}"

    def due(self, at: datetime | None) -> str:
        """A moment from which on it is late; midnight as the last minute of the day that it ends."""
        if at is not None and at.astimezone(VIETNAM).time() == MIDNIGHT:
            at -= timedelta(minutes=1)
        return self.moment(at)

    def day(self, at: date | None) -> str:
        """`02/03/2026`; English readers get the month as a word, since 02/03 means two days to them."""
        if at is None:
            return "—"
        local = at.astimezone(VIETNAM) if isinstance(at, datetime) else at
        if self._is_first:
            return f"{local:%d/%m/%Y}"
        return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"

    def clock(self, at: datetime | None, *, seconds: bool = False) -> str:
        """`08:30`."""
        if at is None:
            return "—"
        local = at.astimezone(VIETNAM)
        return f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"

    def number(self, value: float, digits: int = 0) -> str:
        """`1.234,5`, in English `1,234.5`."""
        text = f"{value:,.{digits}f}"
        return text.translate(_SWAPPED) if self._is_first else text

    def share(self, value: float, digits: int = 1) -> str:
        """A share of one in percent: `98,5 %`."""
        return f"{self.number(value * 100, digits)} %"

    def size(self, octets: int) -> str:
        """`1,5 MB`, counted by 1024 as file managers do."""
        amount, unit = float(octets), "B"
        for larger in ("KB", "MB", "GB", "TB"):
            if amount < 1024:
                break
            amount, unit = amount / 1024, larger
        return f"{self.number(amount, 0 if unit == 'B' else 1)} {unit}"

    def span(self, length: timedelta | float) -> str:
        """`3 phút`, by its largest unit."""
        seconds = length.total_seconds() if isinstance(length, timedelta) else length
        for unit, sentence in _UNITS:
            if seconds >= unit:
                return self._words(sentence, number=self.number(seconds // unit))
        return self._words(_SECONDS, number=self.number(max(0, seconds)))


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SWAPPED = str.maketrans(",.", ".,")
_SECONDS = said("%(number)s giây")
_UNITS = (
    (DAY, said("%(number)s ngày")),
    (HOUR, said("%(number)s giờ")),
    (MINUTE, said("%(number)s phút")),
)
