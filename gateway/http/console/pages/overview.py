"""
The first page: the axis around this node, how its links stand, what passed today, by the hour, by the day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.core.calendar import MIDNIGHT, VIETNAM
from gateway.core.catalogue import FAULTS
from gateway.core.delivery import State
from gateway.core.errors import find
from gateway.core.model import NodeId
from gateway.core.routing import next_hop
from gateway.core.sentences import without_gaps
from gateway.http.console.axis_map import AxisMap, axis_map
from gateway.http.console.charts import bar_chart
from gateway.http.console.declared import EVERYBODY, IT, ROOT, Chapter, Fragment, Leaf, Page
from gateway.http.console.link_log import LinkState
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import Figure, HourFigure, LinkFigures, Role, Standing, Traffic
from gateway.ports.figures import MOST_WAITING

COUNTED_EVERY = 5.0  # seconds
LATELY = timedelta(minutes=5)
"""The span of «văn bản/phút»: shorter, and a quiet link jumps between nothing and much."""

HOURS, DAYS = 24, 30
HOUR = timedelta(hours=1)

COUNTED: Mapping[Figure, str] = {
    Figure.SENT: said("Văn bản gửi"),
    Figure.RECEIVED: said("Văn bản nhận"),
    Figure.CAME: said("Gói tin từ nút kề"),
    Figure.REFUSED: said("Gói tin không hợp lệ"),
    Figure.RETURNED: said("Trục trả lại bên gửi"),
    Figure.LATE: said("Quá hạn xử lý"),
}
"""What is counted of the whole node."""

DRAWN = (Figure.SENT, Figure.RECEIVED, Figure.CAME)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link of this node."""

    neighbour: NodeId
    name: str
    level: str
    state: LinkState
    waiting: int  #: deliveries that the neighbour does not hold yet; over MOST_WAITING are «more»
    held: int  #: of those, what an operator must decide on
    oldest: timedelta | None  #: how long the oldest of them has waited
    figures: LinkFigures
    trouble: str  #: the last failure in words

    @property
    def rate(self) -> float:
        """Letters that the neighbour took, per minute."""
        return self.figures.went_lately / (LATELY / timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class FarRow:
    """A node further away: what the directory says, and when a letter of ours was last heard of there."""

    node: NodeId
    name: str
    level: str
    through: NodeId | None
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in an hour or on a day."""

    at: datetime
    numbers: Mapping[Figure, int]


async def open_overview(view: View) -> Mapping[str, Any]:
    """The whole page, all parts of it."""
    if view.role is Role.AGENCY:
        return await today(view)
    return {**await axis(view), **await today(view), **await charts(view)}


# --- links and the map ---------------------------------------------------------------------------


async def axis(view: View) -> Mapping[str, Any]:
    """The map and its links; agencies' users do not see them."""
    rows = await links(view)
    by_trouble = sorted(rows, key=lambda row: (row.state.is_up, -row.waiting))
    drawn = axis_map(view.around.directory, view.around.node, [row.neighbour for row in by_trouble])
    far = await _far(view, drawn, {view.around.node, *(row.neighbour for row in rows)})
    return {
        "links": rows,
        "paused": await view.lately("maintenance", view.store.maintenance, seconds=2.0),
        "drawn": drawn,
        "near": {row.neighbour: row for row in rows},
        "far": far,
        "far_by_node": {row.node: row for row in far},
        "further": max(0, len(view.around.directory.nodes) - 1 - len(rows) - len(far)),
        "at_doors": await _at_doors(view),
        "most": MOST_WAITING,
        "own_name": _name_of(view, view.around.node),
    }


async def links(view: View) -> Sequence[LinkRow]:
    """The links of this node as they are now."""
    around, now = view.around, view.around.clock.now()
    health = await view.lately("health", around.health, seconds=2.0)
    states = around.link_log.note(health.links, now)
    standing = await _standing(view)

    async def ask() -> Mapping[NodeId, LinkFigures]:
        return await view.store.link_figures(sorted(states), now, now - LATELY)

    async def ask_oldest() -> Mapping[NodeId, datetime]:
        return await view.store.oldest_waiting(sorted(states))

    figures = await view.lately("link_figures", ask, seconds=COUNTED_EVERY)
    waits = await view.lately("oldest_waiting", ask_oldest, seconds=COUNTED_EVERY)
    return [
        _link_row(
            view,
            neighbour,
            state,
            standing.get(neighbour, {}),
            figures.get(neighbour, LinkFigures()),
            waits.get(neighbour),
        )
        for neighbour, state in sorted(states.items())
    ]


async def _standing(view: View) -> Mapping[NodeId, Mapping[State, Standing]]:
    health = await view.lately("health", view.around.health, seconds=2.0)

    async def ask() -> Mapping[NodeId, Mapping[State, Standing]]:
        return await view.store.standing_on_links(sorted(health.links))

    found: Mapping[NodeId, Mapping[State, Standing]] = await view.lately(
        "standing", ask, seconds=COUNTED_EVERY
    )
    return found


async def _at_doors(view: View) -> int:
    found: int = await view.lately("at_doors", view.store.waiting_at_doors, seconds=COUNTED_EVERY)
    return found


def _link_row(
    view: View,
    neighbour: NodeId,
    state: LinkState,
    here: Mapping[State, Standing],
    figures: LinkFigures,
    waits: datetime | None,
) -> LinkRow:
    # the standing of what failed begins anew with each try, so of what waits its coming counts
    oldest = min(
        (*(each.oldest for each in here.values()), *([] if waits is None else [waits])), default=None
    )
    node = view.around.directory.node(neighbour)
    return LinkRow(
        neighbour=neighbour,
        name=_name_of(view, neighbour),
        level="" if node is None else node.level,
        state=state,
        waiting=sum(each.number for each in here.values()),
        held=sum(each.number for of, each in here.items() if of in (State.HELD, State.QUARANTINED)),
        oldest=None if oldest is None else view.around.clock.now() - oldest,
        figures=figures,
        trouble=_trouble(view, figures.code, neighbour),
    )


def _trouble(view: View, code: str, neighbour: NodeId) -> str:
    """A code in words; a code that this release does not know stands for itself."""
    fault = FAULTS.get(code)
    if fault is None:
        return code
    finding = find(fault, neighbour=neighbour)
    return without_gaps(view.words.choose(finding.vi, finding.en))


def _name_of(view: View, node: NodeId) -> str:
    row = view.around.directory.node(node)
    return (row.name if row is not None else "") or node


async def _far(view: View, drawn: AxisMap, near: Collection[NodeId]) -> Sequence[FarRow]:
    """The nodes of the map that are not `near`, with what is known of them."""
    directory, here = view.around.directory, view.around.node
    nodes = [node for node in drawn.nodes() if node not in near]
    crossed = [
        link
        for node in nodes
        for other in directory.neighbours(node)
        for link in ((other, node), (node, other))  # it took a letter of ours, or passed one on
    ]

    async def ask() -> Mapping[tuple[NodeId, NodeId], datetime]:
        return await view.store.last_crossed(crossed)

    found = await view.lately(("crossed", directory.version), ask, seconds=COUNTED_EVERY)
    heard: dict[NodeId, datetime] = {}
    for link, at in found.items():
        for node in link:
            heard[node] = max(at, heard.get(node, at))
    return [
        FarRow(
            node=node,
            name=_name_of(view, node),
            level=directory.nodes[node].level,
            through=next_hop(directory, here, node),
            heard_at=heard.get(node),
        )
        for node in nodes
    ]


# --- figures -------------------------------------------------------------------------------------


async def today(view: View) -> Mapping[str, Any]:
    """What passed since midnight: of the whole node, or of the one agency whose user looks."""
    since = _midnight(view)
    if view.role is Role.AGENCY:
        return {"since": since, "traffic": await _traffic(view, since)}
    counted: Counter[Figure] = Counter()
    for line in await _hourly(view):
        if line.hour >= since:
            counted[line.figure] += line.number
    standing = await _standing(view)
    on_links = sum(each.number for here in standing.values() for each in here.values())
    return {
        "since": since,
        "figures": [(sentence, counted[figure]) for figure, sentence in COUNTED.items()],
        "at_doors": await _at_doors(view),
        "on_links": on_links,
        "most": MOST_WAITING,
    }


async def _traffic(view: View, since: datetime) -> Traffic:
    """Of one agency, counted from its letters of today: those are few."""

    async def ask() -> Traffic:
        return await view.store.traffic(view.agencies, since, view.around.clock.now() + timedelta(seconds=1))

    found: Traffic = await view.lately(("traffic", view.account.agency), ask, seconds=COUNTED_EVERY)
    return found


def _midnight(view: View) -> datetime:
    return datetime.combine(view.around.clock.now().astimezone(VIETNAM).date(), MIDNIGHT, VIETNAM)


def _this_hour(view: View) -> datetime:
    return view.around.clock.now().astimezone(VIETNAM).replace(minute=0, second=0, microsecond=0)


async def _hourly(view: View) -> Sequence[HourFigure]:
    """The figures of the last HOURS hours, which are never less than today's."""
    since = _this_hour(view) - (HOURS - 1) * HOUR

    async def ask() -> Sequence[HourFigure]:
        return await view.store.hourly(since)

    found: Sequence[HourFigure] = await view.lately(("hourly", since), ask, seconds=COUNTED_EVERY)
    return found


async def _daily(view: View) -> Sequence[Counted]:
    """The sums of the last DAYS days, today among them."""
    midnights = [_midnight(view) + timedelta(days=each) for each in range(1 - DAYS, 2)]

    async def ask() -> Sequence[Mapping[Figure, int]]:
        return await view.store.sums_between(midnights)

    found: Sequence[Mapping[Figure, int]] = await view.lately(("daily", *midnights), ask, COUNTED_EVERY)
    return [_counted(day, sums) for day, sums in zip(midnights, found, strict=False)]


async def charts(view: View) -> Mapping[str, Any]:
    """The last day by the hour and the last month by the day, drawn and as tables."""
    hours: dict[datetime, dict[Figure, int]] = {
        _this_hour(view) - each * HOUR: {} for each in reversed(range(HOURS))
    }
    for line in await _hourly(view):
        if (hour := line.hour.astimezone(VIETNAM)) in hours:  # a clock that was ahead has counted later ones
            hours[hour][line.figure] = line.number
    by_hour = [_counted(hour, numbers) for hour, numbers in hours.items()]
    by_day = await _daily(view)
    return {
        "by_hour": by_hour,
        "by_day": by_day,
        "hours_drawn": bar_chart([f"{each.at:%H}" for each in by_hour], *_series(by_hour)),
        "days_drawn": bar_chart([f"{each.at:%d/%m}" for each in by_day], *_series(by_day)),
        "counted": COUNTED,
        "drawn_figures": [COUNTED[figure] for figure in DRAWN],
    }


def _counted(at: datetime, numbers: Mapping[Figure, int]) -> Counted:
    return Counted(at, {figure: numbers.get(figure, 0) for figure in COUNTED})


def _series(counted: Sequence[Counted]) -> Sequence[Sequence[int]]:
    return [[each.numbers[figure] for each in counted] for figure in DRAWN]


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
        Fragment(name="overview.map", template="overview_map.html", handler=axis, roles=IT, every=2.0),
        Fragment(name="overview.links", template="overview_links.html", handler=axis, roles=IT),
        Fragment(name="overview.today", template="overview_today.html", handler=today, roles=EVERYBODY),
        Fragment(
            name="overview.charts", template="overview_charts.html", handler=charts, roles=IT, every=30.0
        ),
        Fragment(
            name="overview.counted", template="overview_counted.html", handler=charts, roles=IT, every=30.0
        ),
    ),
)
