"""
The exchange diary of an agency: what the axis carried for it, beside its own registers, also as a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from gateway.core.diary import COLUMNS, Direction, cells
from gateway.http.accounts import SPAN
from gateway.http.console.declared import Chapter, Leaf, Page
from gateway.http.console.pages.box import CLERKS, PATH, moment_of_day
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.http.diary import BATCH, csv_file, xlsx_file
from gateway.ports import DiaryPage

DIARY_AT = f"{PATH}/diary"
LINES = 50  # of one page

DIRECTIONS: Mapping[str, str] = {
    Direction.IN.value: said("Văn bản đến"),
    Direction.OUT.value: said("Văn bản đi"),
}
TITLES = (
    *(said("Ngày đến"), said("Số đến"), said("Tác giả"), said("Số, ký hiệu văn bản")),
    *(said("Ngày tháng văn bản"), said("Tên loại và trích yếu nội dung văn bản"), said("Người ký")),
    *(said("Đơn vị hoặc người nhận"), said("Ngày chuyển"), said("Ký nhận"), said("Ghi chú")),
    *(said("Nơi nhận văn bản"), said("Đơn vị, người nhận bản lưu"), said("Số lượng bản")),
    *(said("Mã văn bản trên trục"), said("Mã định danh đơn vị"), said("Thời điểm trên trục")),
    said("Trạng thái gần nhất"),
)
"""The titles of the columns (core/diary.py), for the catalogue."""


def _wanted(view: View) -> DiaryPage:
    """The part of the diary that the query names: by default what came, of the last thirty days."""
    direction = Direction.OUT if view.query("direction") == Direction.OUT.value else Direction.IN
    until = moment_of_day(view.query("until"), is_end=True) or view.around.clock.now()
    since = moment_of_day(view.query("since")) or until - SPAN
    return DiaryPage(direction=direction, since=since, until=until, limit=BATCH)


async def open_diary(view: View) -> Mapping[str, Any]:
    """One page of it."""
    wanted = _wanted(view)
    page = replace(wanted, after=view.query("after"), limit=LINES)
    lines = await view.around.office.diary(view.caller, page)
    chosen = {"direction": wanted.direction.value, "since": view.query("since"), "until": view.query("until")}
    kept = {name: value for name, value in chosen.items() if value}
    more = urlencode({**kept, "after": lines[-1].cursor}) if len(lines) >= LINES else ""
    return {
        "columns": COLUMNS[wanted.direction],
        "rows": [(line.letter_id, cells(line, wanted.direction)) for line in lines],
        "directions": DIRECTIONS,
        "chosen": chosen,
        "page_of": wanted,
        "kept": urlencode(kept),
        "more": more and f"{DIARY_AT}?{more}",
        "first": f"{DIARY_AT}?{urlencode(kept)}" if view.query("after") else "",
    }


async def as_csv(view: View) -> web.StreamResponse:
    """All of it as CSV."""
    return await csv_file(view.request, view.around.office, view.caller, _wanted(view))


async def as_xlsx(view: View) -> web.StreamResponse:
    """All of it as a workbook."""
    folder = view.around.uploads.folder
    return await xlsx_file(view.request, view.around.office, view.caller, _wanted(view), folder)


def _file(kind: str, handler: Any) -> Page:
    return Page(
        path=f"{DIARY_AT}.{kind}",
        name=f"box_diary_{kind}",
        title=said("Nhật ký gửi nhận trên trục"),
        template="",
        handler=handler,
        roles=CLERKS,
    )


LEAF = Leaf(
    pages=(
        Page(
            path=DIARY_AT,
            name="box_diary",
            title=said("Nhật ký gửi nhận trên trục"),
            template="box_diary.html",
            handler=open_diary,
            roles=CLERKS,
            chapter=Chapter.MAILBOX,
            in_menu=False,
        ),
        _file("csv", as_csv),
        _file("xlsx", as_xlsx),
    )
)
