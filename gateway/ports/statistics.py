"""
Statistics of a node: figures per day, month, agency and level, kept beside the letters and read for reports.

They are counted from the journal, whose numbers are given in the order of commits: where counting has come to
is written with what it counted, so a crash or a second instance counts nothing twice and leaves nothing out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from gateway.core.deadlines import Reckoning
from gateway.core.diary import Direction
from gateway.core.model import AgencyCode, LetterId
from gateway.core.periods import Period
from gateway.core.statistics import Figures
from gateway.ports.accounts import Act


class Side(StrEnum):
    """Whose refusals: those that an agency met with what it sent, or those that it made itself."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class AgencyFigures:
    """Figures of one agency at the level it had when they were counted."""

    agency: AgencyCode
    level: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How often for one reason: a class of `core.refusal_reasons`, or a code of the axis."""

    agency: AgencyCode
    level: str
    side: Side
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class AgencyTimes:
    """How long documents took to the door of an agency, by the classes of `core.statistics`."""

    agency: AgencyCode
    level: str
    classes: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class PaperOnly:
    """How many documents an agency sent on paper only in a month, as somebody reported it."""

    agency: AgencyCode
    month: date  #: its first day
    number: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How far counting has come. `lines_left`: lines of the journal that are not counted yet."""

    lines_left: int
    judged_until: datetime | None  #: duties that fell due before this are judged; None: none yet


@dataclass(frozen=True, slots=True)
class Sampled:
    """One letter of a sample."""

    letter_id: LetterId
    direction: Direction
    at: datetime  #: accepted here, or laid at the agency's door
    sender: AgencyCode
    size: int


MOST_DRAWN_FROM = 50_000
"""
Documents of one agency in one period from which a sample is drawn: to walk along them in the index takes some
ten milliseconds. The busiest registry of a ministry has fewer in a month.
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample, and of how many documents. `is_too_many`: of more than MOST_DRAWN_FROM, so none was drawn."""

    letters: Sequence[Sampled]
    whole: int
    is_too_many: bool = False


@dataclass(frozen=True, slots=True)
class LineCounted:
    """A line of the journal that counting has behind it; with a `fault` it was passed over."""

    number: int
    letter_id: str
    fault: Exception | None = None


class StatisticsBook(Protocol):
    """What reports ask of the store, and what keeps the figures."""

    async def count_lines(self, reckoning: Reckoning, limit: int) -> int:
        """Count what the next `limit` lines of the journal tell; how many lines those were."""

    async def count_line(self, reckoning: Reckoning) -> LineCounted | None:
        """Count the next line alone, or pass it over if our code fails on it; None if there is none."""

    async def judge_duties(self, reckoning: Reckoning, until: datetime, limit: int) -> int:
        """Judge at most `limit` duties that fell due before `until`, each once; how many those were."""

    async def counted(self) -> Counted:
        """How far counting has come."""

    async def figures_of(
        self, period: Period, agencies: Collection[AgencyCode] | None
    ) -> Sequence[AgencyFigures]:
        """The figures of these agencies (None: all), by agency and level."""

    async def figures_by_day(
        self, period: Period, agencies: Collection[AgencyCode] | None, *, monthly: bool
    ) -> Mapping[date, Figures]:
        """The sums of every day (or month) of a period on which there was anything."""

    async def refusals_of(
        self, period: Period, agencies: Collection[AgencyCode] | None
    ) -> Sequence[RefusalCount]:
        """What was refused, by agency, level, side and reason."""

    async def times_of(
        self, period: Period, agencies: Collection[AgencyCode] | None
    ) -> Sequence[AgencyTimes]:
        """How long documents took to the doors of these agencies."""

    async def paper_only(self, period: Period) -> Sequence[PaperOnly]:
        """What was reported for the months of a period."""

    async def set_paper_only(self, reported: Sequence[PaperOnly], act: Act) -> None:
        """Replace what was reported before for the same agencies and months, journalled as `act`."""

    async def sample(self, agency: AgencyCode, period: Period, seed: str, number: int) -> Drawn:
        """
        Documents that an agency sent or got in a period, drawn by `seed`, in the order of their time. Each
        has the same chance, and none is read that is not drawn.

        The same seed draws the same ones for as long as the period's documents are the same.
        """
