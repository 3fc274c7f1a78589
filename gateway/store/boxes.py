"""
Which boxes hold mail: so that a thousand systems that ask every few seconds for nothing cost next to nothing.

A box that this process fills is known at once, since its writer tells the topics of what it committed. What
another instance fills is seen at the next look, within LOOK_SECONDS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Connection, func, null, select

from gateway.core.model import AgencyCode
from gateway.store.places import MAIL
from gateway.store.tables import deliveries

LOOK_SECONDS = 1.0

_d = deliveries.c
_first = select(func.min(_d.agency)).where(_d.mail_number.is_not(None), _d.agency.is_not(None))
_box = select(_first.scalar_subquery().label("agency")).cte("box", recursive=True)
_next = (
    select(func.min(_d.agency))
    .where(_d.mail_number.is_not(None), _d.agency > _box.c.agency)
    .correlate(_box)
    .scalar_subquery()
)
_FULL = select(_box.union_all(select(_next).where(_box.c.agency.is_not(null()))).c.agency)
"""One step in the index for each box that holds mail, however much each holds (a DISTINCT reads it all)."""


class FullBoxes:
    """The agencies that may have mail. `note` is called from the writer's thread."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._looked_at: float | None = None
        self._full: frozenset[str] = frozenset()
        self._rung: set[str] = set()

    def note(self, topics: Iterable[str]) -> None:
        """Remember which boxes were filled by what this process has just committed."""
        for topic in topics:
            if topic.startswith(MAIL):
                self._rung.add(topic.removeprefix(MAIL))

    @property
    def is_stale(self) -> bool:
        """Whether it is time to look again."""
        return self._looked_at is None or self._seconds() - self._looked_at >= LOOK_SECONDS

    def look(self, connection: Connection) -> None:
        """Ask the database. What is filled meanwhile is noted beside, and not lost."""
        self._rung, at = set(), self._seconds()
        found = connection.execute(_FULL).scalars()
        self._full, self._looked_at = frozenset(code for code in found if code is not None), at

    def among(self, agencies: Sequence[AgencyCode]) -> list[AgencyCode]:
        """Those of these agencies that may have mail; the others have none."""
        return [code for code in agencies if code in self._full or code in self._rung]
