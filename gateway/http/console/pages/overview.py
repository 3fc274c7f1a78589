"""
The first page: how the links stand, and what passed today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.core.calendar import MIDNIGHT, VIETNAM
from gateway.core.delivery import FINAL, State, Target
from gateway.http.console.declared import EVERYBODY, IT, ROOT, Chapter, Fragment, Leaf, Page
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import Role, Traffic

COUNTED_EVERY = 10.0  # seconds: as often as the node itself counts for its metrics


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link as the table shows it."""

    neighbour: str
    name: str
    is_up: bool
    waiting: int  #: deliveries that the neighbour does not hold yet
    held: int  #: of those, what an operator must decide on


async def open_overview(view: View) -> Mapping[str, Any]:
    """The whole page: both parts of it."""
    return {**await links(view), **await today(view)}


async def links(view: View) -> Mapping[str, Any]:
    """The links; agencies' users do not see them."""
    if view.role is Role.AGENCY:
        return {"links": ()}
    health = await view.lately("health", view.around.health, seconds=2.0)
    counts = await view.lately("counts", view.store.counts, seconds=COUNTED_EVERY)
    return {"links": _rows(view, health.links, counts)}


def _rows(view: View, up: Mapping[Any, bool], counts: Mapping[tuple[str, State], int]) -> Sequence[LinkRow]:
    rows = []
    for neighbour, is_up in sorted(up.items()):
        key = Target(neighbour=neighbour).key
        standing = {state: counts.get((key, state), 0) for state in State if state not in FINAL}
        node = view.around.directory.node(neighbour)
        stopped = standing[State.HELD] + standing[State.QUARANTINED]
        name = node.name if node is not None else ""
        rows.append(LinkRow(neighbour, name or neighbour, is_up, sum(standing.values()), stopped))
    return rows


async def today(view: View) -> Mapping[str, Any]:
    """What the agencies that one may see sent and received since midnight."""
    now = view.around.clock.now()
    since = datetime.combine(now.astimezone(VIETNAM).date(), MIDNIGHT, VIETNAM)

    async def ask() -> Traffic:
        return await view.store.traffic(view.agencies, since, now + timedelta(seconds=1))

    whose = view.account.agency if view.role is Role.AGENCY else ""
    return {"traffic": await view.lately(("traffic", whose), ask, seconds=COUNTED_EVERY), "since": since}


LEAF = Leaf(
    pages=(
        Page(
            path=f"{ROOT}/",
            name="overview",
            title=said("Tổng quan"),
            template="overview.html",
            handler=open_overview,
            roles=EVERYBODY,
            chapter=Chapter.OVERVIEW,
        ),
    ),
    fragments=(
        Fragment(name="overview.links", template="overview_links.html", handler=links, roles=IT),
        Fragment(
            name="overview.today", template="overview_today.html", handler=today, roles=EVERYBODY, every=10.0
        ),
    ),
)
