"""
The neighbours: how each link stands, whether it is held for maintenance, and a test of the connection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from aiohttp import web

from gateway.core.catalogue import FAULTS
from gateway.core.errors import find
from gateway.core.model import NodeId
from gateway.core.sentences import without_gaps
from gateway.core.whereabouts import LATEST
from gateway.http.console.declared import (
    IT,
    OPERATORS,
    ROOT,
    Action,
    Chapter,
    Done,
    Fragment,
    Leaf,
    Page,
    Shown,
)
from gateway.http.console.forms import Form
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.http.surroundings import Health
from gateway.ports import Heard, LinkStanding, Maintenance, Mode, SealCertificate, Tried

PATH = f"{ROOT}/partners"
LINES = 50  # of one page; a province has some 150 communes
SHORTEST_REASON = 10  # characters; whoever looks for a letter that waits reads it
LONGEST_REASON = 200
SILENT = timedelta(minutes=30)
"""A neighbour that says nothing for so long is worth a look: every hour of work has letters."""

MONTH = timedelta(days=30)  # before its end a certificate should be on order

HELD = said("Đường nối tới %(name)s đã tạm ngừng: không gửi văn bản cho tới khi mở lại.")
DRAINING = said("Đường nối tới %(name)s đang xả: gửi nốt văn bản đang trên đường rồi tạm ngừng.")
OPENED = said("Đường nối tới %(name)s đã mở lại.")
NOT_HELD = said("Đường nối tới %(name)s không tạm ngừng.")

TRIED: Mapping[Tried, str] = {
    Tried.NAME: said("Tên máy"),
    Tried.REACH: said("Máy và cổng"),
    Tried.TLS: said("Mã hóa (TLS) và chứng thư"),
    Tried.LOGIN: said("Đăng nhập"),
    Tried.ANSWER: said("Dịch vụ trả lời"),
    Tried.FOLDER: said("Thư mục"),
}


@dataclass(frozen=True, slots=True)
class Partner:
    """One neighbour as the pages show it; `usual` and `slowest` are seconds of its latest crossings."""

    id: NodeId
    name: str
    is_up: bool
    standing: LinkStanding
    waits_since: datetime | None  #: when the oldest came that the neighbour does not hold yet
    maintenance: Maintenance | None
    heard: Heard | None
    is_silent: bool
    certificate: SealCertificate | None
    usual: float | None
    slowest: float | None
    trouble: tuple[str, str]


async def open_partners(view: View) -> Mapping[str, Any]:
    """All links."""
    return await links(view)


async def links(view: View) -> Mapping[str, Any]:
    """The table of links."""
    now = view.around.clock.now()
    everybody, after = await _neighbours(view), view.query_number("after") or 0
    end = after + LINES
    return {
        "partners": await _partners(view, everybody[after:end]),
        "now": now,
        "soon": now + MONTH,
        "count": len(everybody),
        "is_first": not after,
        "following": f"{PATH}?after={end}" if end < len(everybody) else "",
    }


async def open_link(view: View) -> Mapping[str, Any]:
    """One neighbour."""
    neighbour = _named(view)
    (partner,) = await _partners(view, [neighbour])
    now = view.around.clock.now()
    row = view.around.directory.node(neighbour)
    return {
        "partner": partner,
        "row": row,
        "now": now,
        "soon": now + MONTH,
        "steps": None,
        "tried": TRIED,
        "shortest": SHORTEST_REASON,
    }


async def _neighbours(view: View) -> Sequence[NodeId]:
    """All neighbours, those first that are held or cannot be reached."""
    up, held = await _up(view), await view.lately("maintenance", view.store.maintenance, seconds=2.0)
    everybody = {*view.around.directory.neighbours(view.around.node), *up}
    return sorted(everybody, key=lambda each: (up.get(each, False) and each not in held, each))


async def _up(view: View) -> Mapping[NodeId, bool]:
    health: Health = await view.lately("health", view.around.health, seconds=2.0)
    return health.links


async def _partners(view: View, neighbours: Sequence[NodeId]) -> Sequence[Partner]:
    around, store, up = view.around, view.store, await _up(view)
    held, heard = await store.maintenance(), await store.heard()
    certificates = await store.seal_certificates()
    waits = await store.oldest_waiting(neighbours)
    taken = await store.crossings([(around.node, each) for each in neighbours], LATEST)
    now, partners = around.clock.now(), []
    for each in neighbours:
        row, seconds = around.directory.node(each), taken.get((around.node, each), ())
        standing = await store.link_standing(each)
        partners.append(
            Partner(
                id=each,
                name=row.name if row is not None and row.name else each,
                is_up=up.get(each, False),
                standing=standing,
                waits_since=waits.get(each),
                maintenance=held.get(each),
                heard=heard.get(each),
                is_silent=_is_silent(heard.get(each), now),
                certificate=certificates.get(each),
                usual=median(seconds) if seconds else None,
                slowest=max(seconds, default=None),
                trouble=_trouble(standing.last_code, each),
            )
        )
    return partners


def _is_silent(heard: Heard | None, now: datetime) -> bool:
    return heard is None or now - heard.at > SILENT


def _trouble(code: str, neighbour: NodeId) -> tuple[str, str]:
    """What a code means, in both languages; ("", "") for none."""
    fault = FAULTS.get(code)
    if fault is None:
        return "", ""
    finding = find(fault, neighbour=neighbour)
    return without_gaps(finding.vi), without_gaps(finding.en)


def _named(view: View) -> NodeId:
    """The neighbour that the address names. Raises: HTTPNotFound"""
    named = NodeId(view.request.match_info["node"])
    if named not in view.around.directory.neighbours(view.around.node):
        raise web.HTTPNotFound
    return named


async def hold(view: View, form: Form) -> Done:
    """Hold or drain it."""
    neighbour = _named(view)
    mode = form.choice("mode", Mode)
    reason = form.text("reason", most=LONGEST_REASON, least=SHORTEST_REASON)
    form.check()
    now = view.around.clock.now()
    wanted = Maintenance(neighbour, mode, reason, view.account.name, now)
    act = view.act(detail={"neighbour": neighbour, "mode": mode.value, "reason": reason})
    await view.store.hold_link(wanted, act)
    _look_anew(view)
    return Done(_at(neighbour), HELD if mode is Mode.HELD else DRAINING, {"name": neighbour})


async def reopen(view: View, form: Form) -> Done:
    """Let it send again."""
    neighbour = _named(view)
    was_held = await view.store.open_link(neighbour, view.act(detail={"neighbour": neighbour}))
    _look_anew(view)
    return Done(_at(neighbour), OPENED if was_held else NOT_HELD, {"name": neighbour})


async def test(view: View, form: Form) -> Shown:
    """Try the connection, beside those in use."""
    neighbour = _named(view)
    steps = await view.around.probe_link(neighbour)
    return Shown("partner.html", {**await open_link(view), "steps": steps})


def _look_anew(view: View) -> None:
    """What pages remember of links is no longer so."""
    view.around.remembered.forget("maintenance")


def _at(neighbour: NodeId) -> str:
    return f"{PATH}/links/{neighbour}"


PARTNERS = Page(
    path=PATH,
    name="partners",
    title=said("Nút kề và đơn vị"),
    template="partners.html",
    handler=open_partners,
    roles=IT,
    chapter=Chapter.PARTNERS,
)
LINK = Page(
    path=f"{PATH}/links/{{node}}",
    name="partner",
    title=said("Đường nối"),
    template="partner.html",
    handler=open_link,
    roles=IT,
    chapter=Chapter.PARTNERS,
    in_menu=False,
)
LEAF = Leaf(
    pages=(PARTNERS, LINK),
    actions=(
        Action(
            path=f"{LINK.path}/hold",
            name="link_hold",
            handler=hold,
            page=LINK,
            roles=OPERATORS,
            journals_itself=True,
        ),
        Action(
            path=f"{LINK.path}/open",
            name="link_open",
            handler=reopen,
            page=LINK,
            roles=OPERATORS,
            journals_itself=True,
        ),
        Action(path=f"{LINK.path}/test", name="link_test", handler=test, page=LINK, roles=OPERATORS),
    ),
    fragments=(Fragment(name="partners.links", template="partners_links.html", handler=links, roles=IT),),
)
