"""
The directory: agencies to look for and to leaf through, and the tree of the nodes that serve them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from gateway.core.calendar import today
from gateway.core.directory import Agency, Directory
from gateway.core.directory_index import MOST_FOUND, DirectoryIndex
from gateway.core.model import NodeId
from gateway.http.console.declared import EVERYBODY, ROOT, Chapter, Leaf, Page
from gateway.http.console.view import View
from gateway.http.console.words import said

PATH = f"{ROOT}/directory"
LINES = 50  # of one page: two screens of an old PC
LONGEST_SEARCH = 200


class Standing(StrEnum):
    """What an agency is on a day."""

    OPEN = "open"
    LOCKED = "locked"
    CLOSED = "closed"
    COMING = "coming"


STANDINGS: Mapping[Standing, tuple[str, str]] = {
    Standing.OPEN: ("good", said("Đang hoạt động")),
    Standing.LOCKED: ("stop", said("Tạm khóa, không nhận văn bản mới")),
    Standing.CLOSED: ("bad", said("Mã đã đóng")),
    Standing.COMING: ("wait", said("Chưa đến ngày hiệu lực")),
}
"""Of each standing the kind of its badge, and its words."""


def standing_of(agency: Agency, on: date) -> Standing:
    """What an agency is on that day."""
    if agency.is_closed(on):
        return Standing.CLOSED
    if agency.is_not_yet_open(on):
        return Standing.COMING
    return Standing.LOCKED if agency.locked else Standing.OPEN


async def index_of(directory: Directory) -> DirectoryIndex:
    """The index of a directory; the first who asks waits half a second for it, and nobody else does."""
    return await asyncio.to_thread(lambda: directory.index)


async def open_directory(view: View) -> Mapping[str, Any]:
    """What fits: by words, tier, node and standing."""
    directory, on = view.around.directory, today(view.around.clock.now())
    index = await index_of(directory)
    chosen = {name: view.query(name)[:LONGEST_SEARCH] for name in ("q", "tier", "node", "standing")}

    def keep(agency: Agency) -> bool:
        return (
            (not chosen["tier"] or agency.tier == chosen["tier"])
            and (not chosen["node"] or agency.node == chosen["node"])
            and (not chosen["standing"] or standing_of(agency, on) == chosen["standing"])
        )

    after = view.query_number("after") or 0
    rows, following, found = await asyncio.to_thread(_page, index, chosen["q"], keep, after)
    kept = {name: value for name, value in chosen.items() if value}
    return {
        "rows": [(row, standing_of(row, on)) for row in rows],
        "standings": STANDINGS,
        "chosen": chosen,
        "tiers": sorted(tier for tier in index.tiers if tier),
        "version": directory.version,
        "total": len(directory.agency_rows),
        "found": found,
        "most": MOST_FOUND,
        "is_first": not after,
        "following": "" if following is None else f"{PATH}?{urlencode({**kept, 'after': following})}",
        "first": f"{PATH}?{urlencode(kept)}",
    }


def _page(
    index: DirectoryIndex, text: str, keep: Any, after: int
) -> tuple[Sequence[Agency], int | None, int | None]:
    """One page, where the next begins (None: nowhere), and how many were found (None: not counted)."""
    if text:
        found = index.search(text, keep)
        end = after + LINES
        return found[after:end], end if end < len(found) else None, len(found)
    listed = list(islice(index.rows_from(after, keep), LINES + 1))
    following = listed[LINES][0] if len(listed) > LINES else None
    return [row for _, row in listed[:LINES]], following, None


async def open_tree(view: View) -> Mapping[str, Any]:
    """One node of the tree: the way to it, the nodes below it, the agencies that it serves."""
    directory = view.around.directory
    named = NodeId(view.query("node"))
    row = directory.node(named) if named else directory.node(_root(directory))
    if row is None:
        raise web.HTTPNotFound
    on = today(view.around.clock.now())
    served = directory.served_by(row.id)
    after = view.query_number("after") or 0
    end = after + LINES
    more = f"{PATH}/tree?{urlencode({'node': row.id, 'after': end})}"
    return {
        "row": row,
        "above": _above(directory, row.id),
        "below": [directory.nodes[child] for child in directory.children(row.id)],
        "served": [(each, standing_of(each, on)) for each in served[after:end]],
        "count": len(served),
        "standings": STANDINGS,
        "following": more if end < len(served) else "",
    }


def _root(directory: Directory) -> NodeId:
    return next((row.id for row in directory.node_rows if not row.parent), NodeId(""))


def _above(directory: Directory, node: NodeId) -> Sequence[Any]:
    """The nodes from the root to the one above this; a loop, which `check` would find, ends it."""
    rows: list[Any] = []
    row = directory.node(node)
    while row is not None and row.parent and len(rows) < 10:
        row = directory.node(row.parent)
        if row is not None:
            rows.append(row)
    return rows[::-1]


DIRECTORY = Page(
    path=PATH,
    name="directory",
    title=said("Danh mục đơn vị"),
    template="directory.html",
    handler=open_directory,
    roles=EVERYBODY,
    chapter=Chapter.DIRECTORY,
)
TREE = Page(
    path=f"{PATH}/tree",
    name="directory_tree",
    title=said("Cây các nút"),
    template="directory_tree.html",
    handler=open_tree,
    roles=EVERYBODY,
    chapter=Chapter.DIRECTORY,
    in_menu=False,
)
LEAF = Leaf(pages=(DIRECTORY, TREE))
