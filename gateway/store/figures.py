"""
Figures of a node, read from what was counted with the letters, or by steps through an index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, literal_column, select
from sqlalchemy.sql import Select

from gateway.core.delivery import FINAL, State
from gateway.core.model import NodeId
from gateway.core.whereabouts import Link
from gateway.ports import Figure, HourFigure, LinkFigures, Standing
from gateway.store.access import Access
from gateway.store.tables import deliveries, hops, hourly_figures
from gateway.store.transaction import hour_of

LIVING = tuple(state for state in State if state not in FINAL)
OF_NODE = ""
"""What stands in the place of a link for the whole node."""


# --- what stands where now -----------------------------------------------------------------------


def _standing() -> Select[tuple[object, ...]]:
    """
    For each target that there ever was: how many stand in each living state, and since when.

    Targets are found by steps from one to the next larger, states are named; so both databases only touch the
    entries of the index that belong to letters on their way, among however many that have arrived.
    """
    target = deliveries.c.target
    steps = select(func.min(target).label("target")).cte("targets", recursive=True)
    larger = select(func.min(target)).where(target > steps.c.target).scalar_subquery()
    targets = steps.union_all(select(larger).where(steps.c.target.is_not(None)))
    of_target = deliveries.c.target == targets.c.target
    columns = []
    for state in LIVING:
        here = (of_target, deliveries.c.state == literal_column(f"'{state.value}'"))
        for name, asked in (("number", func.count()), ("oldest", func.min(deliveries.c.since))):
            found = select(asked).select_from(deliveries).where(*here).correlate(targets)
            columns.append(found.scalar_subquery().label(f"{name}_{state.value}"))
    return select(targets.c.target, *columns).where(targets.c.target.is_not(None))


_STANDING = _standing()


def standing(connection: Connection) -> dict[tuple[str, State], Standing]:
    """Deliveries that have not ended, by target and state."""
    return {
        (row.target, state): Standing(number, getattr(row, f"oldest_{state.value}"))
        for row in connection.execute(_STANDING)
        for state in LIVING
        if (number := getattr(row, f"number_{state.value}"))
    }


# --- what was counted ----------------------------------------------------------------------------

_f = hourly_figures.c
_HOURLY = (
    select(_f.hour, _f.figure, _f.number)
    .where(
        _f.link == OF_NODE,
        _f.figure.in_(bindparam("figures", expanding=True)),
        _f.hour >= bindparam("since"),
    )
    .order_by(_f.hour)
)
_LATEST = (
    select(_f.hour, _f.number, _f.last_at, _f.last_code)
    .where(_f.link == bindparam("of"), _f.figure == bindparam("which"))
    .order_by(_f.hour.desc())
    .limit(1)
)
_WENT_LATELY = select(func.count()).where(
    deliveries.c.target == bindparam("to"),
    deliveries.c.state == literal_column(f"'{State.TAKEN.value}'"),
    deliveries.c.since >= bindparam("lately"),
)


def hourly(connection: Connection, since: datetime) -> list[HourFigure]:
    """The figures of the whole node from the hour of `since` on."""
    asked = {"figures": [figure.value for figure in Figure], "since": hour_of(since)}
    return [
        HourFigure(row.hour, Figure(row.figure), row.number) for row in connection.execute(_HOURLY, asked)
    ]


def link_figures(
    connection: Connection, neighbours: Iterable[NodeId], now: datetime, lately: datetime
) -> dict[NodeId, LinkFigures]:
    """The figures of these links."""
    return {neighbour: _of_link(connection, neighbour, now, lately) for neighbour in neighbours}


def _of_link(connection: Connection, neighbour: NodeId, now: datetime, lately: datetime) -> LinkFigures:
    numbers: dict[Figure, int] = {}
    moments: dict[Figure, datetime] = {}
    code = ""
    for figure in (Figure.CAME, Figure.WENT, Figure.FAILED):
        row = connection.execute(_LATEST, {"of": neighbour, "which": figure.value}).one_or_none()
        if row is None:
            continue
        moments[figure] = row.last_at
        numbers[figure] = row.number if row.hour == hour_of(now) else 0
        code = row.last_code if figure is Figure.FAILED else code
    asked = {"to": f"link:{neighbour}", "lately": lately}
    return LinkFigures(
        came=numbers.get(Figure.CAME, 0),
        went=numbers.get(Figure.WENT, 0),
        failed=numbers.get(Figure.FAILED, 0),
        went_lately=connection.execute(_WENT_LATELY, asked).scalar_one(),
        came_at=moments.get(Figure.CAME),
        went_at=moments.get(Figure.WENT),
        failed_at=moments.get(Figure.FAILED),
        code=code,
    )


# --- nodes further away --------------------------------------------------------------------------

_CROSSED = select(func.max(hops.c.at)).where(
    hops.c.node == bindparam("sender"),
    hops.c.target == bindparam("to_taker"),
    # written out: an index of these rows only can't serve a question that has a variable there
    hops.c.state == literal_column(f"'{State.TAKEN.value}'"),
)


def last_crossed(connection: Connection, links: Iterable[Link]) -> dict[Link, datetime]:
    """When each of these links last carried a letter of ours."""
    found: dict[Link, datetime] = {}
    for sender, taker in links:
        asked = {"sender": sender, "to_taker": f"link:{taker}"}
        at = connection.execute(_CROSSED, asked).scalar_one()
        if at is not None:
            found[sender, taker] = at
    return found


class FigureAccess(Access):
    """Everything that `ports.figures.FigureBook` promises."""

    async def standing(self) -> Mapping[tuple[str, State], Standing]:
        return await self._read(standing)

    async def hourly(self, since: datetime) -> list[HourFigure]:
        return await self._read(lambda c: hourly(c, since))

    async def link_figures(
        self, neighbours: Iterable[NodeId], now: datetime, lately: datetime
    ) -> Mapping[NodeId, LinkFigures]:
        wanted = list(neighbours)
        return await self._read(lambda c: link_figures(c, wanted, now, lately))

    async def last_crossed(self, links: Iterable[Link]) -> Mapping[Link, datetime]:
        wanted = list(links)
        return await self._read(lambda c: last_crossed(c, wanted))
