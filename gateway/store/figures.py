"""
Figures of a node, read from what was counted with the letters, or by steps through an index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection, bindparam, func, literal_column, select
from sqlalchemy.sql import Select

from gateway.core.delivery import FINAL, State
from gateway.core.model import NodeId
from gateway.core.whereabouts import Link
from gateway.ports import Figure, HourFigure, LinkFigures, Standing
from gateway.ports.figures import MOST_WAITING
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


def _standing_on_link() -> Select[tuple[object, ...]]:
    columns = []
    for state in LIVING:
        here = (
            deliveries.c.target == bindparam("to"),
            deliveries.c.state == literal_column(f"'{state.value}'"),
        )
        some = select(deliveries.c.since).where(*here).limit(MOST_WAITING + 1).subquery()
        for name, asked in (
            ("number", select(func.count()).select_from(some)),
            ("oldest", select(func.min(deliveries.c.since)).where(*here)),
        ):
            columns.append(asked.scalar_subquery().label(f"{name}_{state.value}"))
    return select(*columns)


_ON_LINK = _standing_on_link()
_listed = select(deliveries.c.seq).where(deliveries.c.mail_number.is_not(None)).limit(MOST_WAITING + 1)
_AT_DOORS = select(func.count()).select_from(_listed.subquery())


def standing_on_links(
    connection: Connection, neighbours: Iterable[NodeId]
) -> dict[NodeId, dict[State, Standing]]:
    """Deliveries over these links that have not ended, up to a number."""
    rows = {each: connection.execute(_ON_LINK, {"to": f"link:{each}"}).one() for each in neighbours}
    return {
        neighbour: {
            state: Standing(number, getattr(row, f"oldest_{state.value}"))
            for state in LIVING
            if (number := getattr(row, f"number_{state.value}"))
        }
        for neighbour, row in rows.items()
    }


def waiting_at_doors(connection: Connection) -> int:
    """What stands in mailboxes, up to a number."""
    number: int = connection.execute(_AT_DOORS).scalar_one()
    return number


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
_SUMS = (
    select(_f.figure, func.sum(_f.number))
    .where(
        _f.link == OF_NODE,
        _f.figure.in_([figure.value for figure in Figure]),
        _f.hour >= bindparam("since"),
        _f.hour < bindparam("until"),
    )
    .group_by(_f.figure)
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


def sums_between(connection: Connection, moments: Sequence[datetime]) -> list[dict[Figure, int]]:
    """The sums of the whole node from each moment to before the next."""
    return [
        {
            Figure(figure): int(number)
            for figure, number in connection.execute(_SUMS, {"since": since, "until": until})
        }
        for since, until in pairwise(moments)
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

    async def standing_on_links(
        self, neighbours: Iterable[NodeId]
    ) -> Mapping[NodeId, Mapping[State, Standing]]:
        wanted = list(neighbours)
        return await self._read(lambda c: standing_on_links(c, wanted))

    async def waiting_at_doors(self) -> int:
        return await self._read(waiting_at_doors)

    async def hourly(self, since: datetime) -> list[HourFigure]:
        return await self._read(lambda c: hourly(c, since))

    async def sums_between(self, moments: Sequence[datetime]) -> list[dict[Figure, int]]:
        return await self._read(lambda c: sums_between(c, moments))

    async def link_figures(
        self, neighbours: Iterable[NodeId], now: datetime, lately: datetime
    ) -> Mapping[NodeId, LinkFigures]:
        wanted = list(neighbours)
        return await self._read(lambda c: link_figures(c, wanted, now, lately))

    async def last_crossed(self, links: Iterable[Link]) -> Mapping[Link, datetime]:
        wanted = list(links)
        return await self._read(lambda c: last_crossed(c, wanted))
