"""
Figures of a node: what passed in each hour, what stands where now, when a link was last heard.

They are kept up to date by the transactions that they count, so that looking at them costs the same among a
thousand and among a million letters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.core.delivery import State
from gateway.core.model import NodeId
from gateway.core.whereabouts import Link

MOST_WAITING = 10_000
"""Deliveries of a link in one state, and at all doors, that are counted each time somebody looks; one more
stands for «more»: a page costs the same behind a dead link."""


class Figure(StrEnum):
    """What is counted in each hour. Those of a link are counted for that link alone."""

    SENT = "sent"  #: documents that agencies of this node handed in
    RECEIVED = "received"  #: documents that reached the doors of agencies here, once for each of them
    REFUSED = "refused"  #: messages that intake did not take
    RETURNED = "returned"  #: deliveries, or recipients, that came to nothing at this node
    LATE = "late"  #: letters that an agency here was told are overdue
    CAME = "came"  #: of a link, and of all together: letters that neighbours brought, statuses too
    WENT = "went"  #: of a link: letters that the neighbour took
    FAILED = "failed"  #: of a link: tries that failed


@dataclass(frozen=True, slots=True)
class Standing:
    """Deliveries that stand in one place: how many, and since when the oldest."""

    number: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class HourFigure:
    """What was counted in the hour that begins at `hour`."""

    hour: datetime
    figure: Figure
    number: int


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """What passed over one link and what last failed on it; numbers of this hour, `went_lately` of a span."""

    came: int = 0
    went: int = 0
    failed: int = 0
    went_lately: int = 0
    came_at: datetime | None = None  #: when the neighbour last brought a letter
    went_at: datetime | None = None  #: when it last took one
    failed_at: datetime | None = None
    code: str = ""  #: of the last failure


class FigureBook(Protocol):
    """What of the store tells how the node does."""

    async def standing(self) -> Mapping[tuple[str, State], Standing]:
        """Deliveries that have not ended, by target and state; costs what those cost, not what has ended."""

    async def standing_on_links(
        self, neighbours: Iterable[NodeId]
    ) -> Mapping[NodeId, Mapping[State, Standing]]:
        """The same of these links alone, counted up to MOST_WAITING and one more if there are more."""

    async def waiting_at_doors(self) -> int:
        """What waits to be fetched by the agencies of this node, counted up to the same number."""

    async def hourly(self, since: datetime) -> Sequence[HourFigure]:
        """The figures of the whole node from the hour of `since` on; hours without any are left out."""

    async def sums_between(self, moments: Sequence[datetime]) -> Sequence[Mapping[Figure, int]]:
        """The sums of the whole node from each moment to before the next; each begins an hour."""

    async def link_figures(
        self, neighbours: Iterable[NodeId], now: datetime, lately: datetime
    ) -> Mapping[NodeId, LinkFigures]:
        """The figures of these links: of the hour of `now`, and what went since `lately`."""

    async def last_crossed(self, links: Iterable[Link]) -> Mapping[Link, datetime]:
        """When each of these links last carried a letter of ours, as far as nodes told us."""
