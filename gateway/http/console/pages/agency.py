"""
One agency: its codes old and new, who came before and after it; and, of one that this node serves, how it is
reached, by which keys it speaks, and what waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from gateway.core.calendar import today
from gateway.core.directory import Agency, Directory
from gateway.core.directory_index import folded
from gateway.core.model import AgencyCode
from gateway.http.console.declared import EVERYBODY, IT, OPERATORS, ROOT, Action, Chapter, Leaf, Page, Shown
from gateway.http.console.forms import Form
from gateway.http.console.pages.directory import STANDINGS, index_of, standing_of
from gateway.http.console.pages.partners import TRIED
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import OFFICE, DoorStanding, KeyUse, Notice, Role, Step

PATH = f"{ROOT}/directory/agencies"
SERVED_PATH = f"{ROOT}/partners/agencies"
LINES = 50
MOST_RELATIVES = 200
NOTICES = 50
SECRETS = ("secret", "sealed", "password", "token")
"""What the name of a setting has whose value is shown to nobody."""


async def open_agency(view: View) -> Mapping[str, Any]:
    """The page of one agency."""
    agency, directory = _named(view), view.around.directory
    index, on = await index_of(directory), today(view.around.clock.now())
    is_here = agency.node == view.around.node and _may_see(view, agency)
    return {
        "agency": agency,
        "standing": standing_of(agency, on),
        "standings": STANDINGS,
        "node": view.around.node,
        "served_by": directory.node(agency.node),
        "above": _above(directory, agency),
        "below": list(index.below(agency))[:MOST_RELATIVES],
        "before": list(index.before(agency))[:MOST_RELATIVES],
        "heirs": _heirs(directory, agency),
        "partner": await _partner(view, agency) if is_here else None,
        "steps": None,
        "tried": TRIED,
        "now": view.around.clock.now(),
    }


def _named(view: View) -> Agency:
    agency = view.around.directory.find(view.request.match_info["code"])
    if agency is None:
        raise web.HTTPNotFound
    return agency


def _may_see(view: View, agency: Agency) -> bool:
    return view.role is not Role.AGENCY or view.account.agency == agency.code


def _above(directory: Directory, agency: Agency) -> Sequence[Agency]:
    """The agencies over it, the highest first; a loop, which `check` would find, ends it."""
    rows: list[Agency] = []
    above = directory.find(agency.parent) if agency.parent else None
    while above is not None and above not in rows and above.code != agency.code:
        rows.append(above)
        above = directory.find(above.parent) if above.parent else None
    return rows[::-1]


def _heirs(directory: Directory, agency: Agency) -> Sequence[Agency]:
    """Who followed it, and who followed that one."""
    rows: list[Agency] = []
    heir = directory.successor_of(agency.code)
    while heir is not None and heir not in rows and heir.code != agency.code:
        rows.append(heir)
        heir = directory.successor_of(heir.code)
    return rows


async def _partner(view: View, agency: Agency) -> Mapping[str, Any]:
    store, code = view.store, agency.code
    ways = await view.lately("ways", store.ways)
    keys = await view.lately("credentials", store.credentials)
    standing = (await store.door_standings([code]))[code]
    mine = [key for key in keys if code in key.agencies]
    return {
        "ways": {
            name: _shown(agencies[code])
            for name, agencies in sorted(ways.items())
            if name != OFFICE and code in agencies
        },
        "terms": view.around.office.terms(code),
        "keys": mine,
        "uses": await store.key_uses([key.key_id for key in mine]),
        "subscriptions": await store.subscriptions([code]),
        "told": await _last_told(view, code),
        "standing": standing,
    }


async def _last_told(view: View, code: AgencyCode) -> Mapping[str, Notice]:
    """The latest notice of each subscription, as far as the last NOTICES of the agency reach."""
    latest: dict[str, Notice] = {}
    for notice in await view.store.notices(
        [code], subscription_id="", state=None, before=None, limit=NOTICES
    ):
        latest.setdefault(notice.subscription.id, notice)
    return latest


def _shown(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is set, without what is secret."""
    return {
        name: "•••" if any(word in name.lower() for word in SECRETS) else value
        for name, value in settings.items()
    }


async def test(view: View, form: Form) -> Shown:
    """Try every way by which something is sent to the agency."""
    agency = _named(view)
    if agency.node != view.around.node:
        raise web.HTTPNotFound
    steps: list[Step] = []
    for name, adapter in view.around.adapters.items():
        if name == agency.delivery or name in ("webhook", "mail"):
            steps += await adapter.probe(agency.code)
    return Shown("agency.html", {**await open_agency(view), "steps": steps})


async def open_served(view: View) -> Mapping[str, Any]:
    """The agencies of this node as partners: how each is reached, what waits, when it last came."""
    text, after = view.query("q")[:200], view.query_number("after") or 0
    served = view.around.directory.served_by(view.around.node)
    if text:
        words = folded(text).split()
        served = tuple(row for row in served if _fits(row, words))
    rows = served[after : after + LINES]
    standings = await _standings(view, [row.code for row in rows])
    uses = await _uses(view, [row.code for row in rows])
    on, end = today(view.around.clock.now()), after + LINES
    more = urlencode({"q": text, "after": end})
    return {
        "rows": [(row, standing_of(row, on), standings[row.code], uses.get(row.code)) for row in rows],
        "standings": STANDINGS,
        "count": len(served),
        "q": text,
        "now": view.around.clock.now(),
        "is_first": not after,
        "following": f"{SERVED_PATH}?{more}" if end < len(served) else "",
    }


def _fits(row: Agency, words: Sequence[str]) -> bool:
    line = folded(" ".join((row.name, *row.codes)))
    return all(word in line for word in words)


async def _standings(view: View, codes: Sequence[AgencyCode]) -> Mapping[AgencyCode, DoorStanding]:
    async def ask() -> Mapping[AgencyCode, DoorStanding]:
        return await view.store.door_standings(codes)

    told: Mapping[AgencyCode, DoorStanding] = await view.lately(("doors", *codes), ask)
    return told


async def _uses(view: View, codes: Sequence[AgencyCode]) -> Mapping[AgencyCode, KeyUse]:
    """Of each agency the latest use of any of its keys."""
    keys = await view.lately("credentials", view.store.credentials)
    mine = {code: [key.key_id for key in keys if code in key.agencies] for code in codes}
    uses = await view.store.key_uses({key_id for several in mine.values() for key_id in several})
    found = {code: [uses[key_id] for key_id in several if key_id in uses] for code, several in mine.items()}
    return {code: max(several, key=lambda use: use.at) for code, several in found.items() if several}


AGENCY = Page(
    path=f"{PATH}/{{code}}",
    name="agency",
    title=said("Đơn vị"),
    template="agency.html",
    handler=open_agency,
    roles=EVERYBODY,
    chapter=Chapter.DIRECTORY,
    in_menu=False,
)
SERVED = Page(
    path=SERVED_PATH,
    name="agencies_served",
    title=said("Đơn vị của nút này"),
    template="agencies_served.html",
    handler=open_served,
    roles=IT,
    chapter=Chapter.PARTNERS,
    in_menu=False,
)
LEAF = Leaf(
    pages=(AGENCY, SERVED),
    actions=(
        Action(path=f"{AGENCY.path}/test", name="agency_test", handler=test, page=AGENCY, roles=OPERATORS),
    ),
)
