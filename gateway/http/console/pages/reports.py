"""
Reports: figures of a period by level and agency, who was silent, what was refused; files to take along.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from gateway.core.catalogue import NO_SUCH_PAGE
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode
from gateway.core.refusal_reasons import words_of
from gateway.core.report import Row
from gateway.core.statistics import DUTIES
from gateway.core.time_limits import LABEL_EN, LABEL_VI, RULES
from gateway.http.console import reading_period
from gateway.http.console.charts import bar_chart
from gateway.http.console.declared import EVERYBODY, IT, ROOT, Chapter, Leaf, Page
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.http.sheets import CSV, XLSX, csv_chunks
from gateway.ports import Role
from gateway.reports.desk import Told
from gateway.reports.sheets import columns, text_rows, workbook

PATH = f"{ROOT}/reports"
LINES = 100  # agencies of one page
ASKED_EVERY = 15.0  # seconds: the figures themselves are counted about as often
BEHIND = 1_000  # lines of the journal; fewer are those of this moment

SIDES = {
    "sent": said("Văn bản gửi đi bị từ chối hoặc Trục trả lại"),
    "received": said("Văn bản đến bị đơn vị từ chối tiếp nhận"),
}


async def told_of(view: View, now: reading_period.Chosen) -> Told:
    """The report of whom one may see, at most some seconds old."""
    whose: Collection[AgencyCode] | None = view.agencies if view.role is Role.AGENCY else None
    key = ("report", now.period, "" if whose is None else tuple(sorted(whose)))

    async def ask() -> Told:
        return await view.around.reports.report(now.period, whose)

    told: Told = await view.lately(key, ask, seconds=ASKED_EVERY)
    return told


async def open_reports(view: View) -> Mapping[str, Any]:
    """The figures of one period."""
    now = reading_period.chosen(view)
    told, level, page = await told_of(view, now), view.query("level"), view.query_number("page") or 1
    rows = [row for row in told.report.by_agency if level in ("", _key(row.level))]
    return {
        **_common(view, now),
        "told": told,
        "report": told.report,
        "is_behind": told.counted.lines_left > BEHIND,
        "level": level,
        "levels": [(_key(row.level), row.level) for row in told.report.by_level],
        "duties": [
            (view.words.choose(RULES[name].vi, RULES[name].en), name, _duty(told.report.total, name))
            for name in DUTIES
        ],
        "label": view.words.choose(LABEL_VI, LABEL_EN),
        "refusals": [
            (SIDES[side], view.words.choose(*words_of(reason)), number)
            for (side, reason), number in told.report.refusals.items()
        ],
        "course": _course(told),
        "chart": _chart(told),
        "files": () if view.role is Role.AGENCY else view.around.filing.files(),
        **_paged(rows, page, {**now.query, "level": level}),
    }


async def open_silent(view: View) -> Mapping[str, Any]:
    """The agencies that neither sent nor received."""
    now = reading_period.chosen(view)
    told, level, page = await told_of(view, now), view.query("level"), view.query_number("page") or 1
    silent = [each for each in told.report.silent if level in ("", _key(each.level))]
    return {
        **_common(view, now),
        "level": level,
        "levels": [(_key(row.level), row.level) for row in told.report.by_level],
        **_paged(silent, page, {**now.query, "level": level}),
    }


async def as_xlsx(view: View) -> web.StreamResponse:
    """The report as a workbook."""
    now = reading_period.chosen(view)
    told = await told_of(view, now)
    codes = view.around.reports.settings.indicators
    return _file(await asyncio.to_thread(workbook, told, codes, view.around.node), XLSX, now, "xlsx")


async def as_csv(view: View) -> web.StreamResponse:
    """Its figures as CSV."""
    now = reading_period.chosen(view)
    rows = text_rows(await told_of(view, now))

    async def batches() -> AsyncIterator[list[list[str]]]:
        yield rows

    pieces = [piece async for piece in csv_chunks(columns(), batches())]
    return _file(b"".join(pieces), CSV, now, "csv")


async def open_file(view: View) -> web.StreamResponse:
    """A report that was filed. Raises: Rejected (NO_SUCH_PAGE)."""
    name = view.request.match_info["name"]
    data = await asyncio.to_thread(view.around.filing.read, name)
    if data is None:
        raise Rejected(find(NO_SUCH_PAGE))
    return _download(data, XLSX, name)


# --- what the templates need ---------------------------------------------------------------------


def _key(level: str) -> str:
    """A level as a value of the query; "" is every level there."""
    return level or "-"


def _common(view: View, now: reading_period.Chosen) -> dict[str, Any]:
    return {
        "chosen": now,
        "period_words": reading_period.words_of(now.period, view.words),
        "periods": reading_period.choices(view, now),
        "query": urlencode(now.query),
    }


def _paged(rows: Sequence[Any], page: int, query: Mapping[str, str]) -> dict[str, Any]:
    """One page of rows, and the ways to the pages beside it."""
    begin = max(0, page - 1) * LINES
    more = begin + LINES < len(rows)
    kept = {name: value for name, value in query.items() if value}
    return {
        "rows": rows[begin : begin + LINES],
        "number": len(rows),
        "earlier": urlencode({**kept, "page": page - 1}) if begin else "",
        "further": urlencode({**kept, "page": page + 1}) if more else "",
    }


def _duty(row: Row, name: str) -> tuple[int, int, int, float | None]:
    """How often in time, late, and without data; the share in time of what could be judged."""
    met, late, no_data = (getattr(row.figures, f"{name}_{state}") for state in ("met", "late", "no_data"))
    return met, late, no_data, row.figures.in_time(name)


def _course(told: Told) -> list[tuple[str, int, int]]:
    form = "%m/%Y" if told.is_monthly else "%d/%m"
    return [(day.strftime(form), f.sent, f.received) for day, f in sorted(told.course.items())]


def _chart(told: Told) -> Any:
    course = _course(told)
    return bar_chart([day for day, _, _ in course], [s for _, s, _ in course], [r for _, _, r in course])


def _file(data: bytes, media_type: str, now: reading_period.Chosen, kind: str) -> web.Response:
    period = now.period
    return _download(data, media_type, f"bao-cao-{period.first:%Y%m%d}-{period.last:%Y%m%d}.{kind}")


def _download(data: bytes, media_type: str, name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    charset = "utf-8" if media_type == CSV else None
    return web.Response(body=data, headers=headers, content_type=media_type, charset=charset)


# --- declared ------------------------------------------------------------------------------------


def _below(
    path: str, name: str, title: str, handler: Any, roles: Any, template: str = "reports.html"
) -> Page:
    return Page(
        path=f"{PATH}/{path}",
        name=name,
        title=title,
        template=template,
        handler=handler,
        roles=roles,
        chapter=Chapter.REPORTS,
        in_menu=False,
    )


LEAF = Leaf(
    pages=(
        Page(
            path=PATH,
            name="reports",
            title=said("Báo cáo"),
            template="reports.html",
            handler=open_reports,
            roles=EVERYBODY,
            chapter=Chapter.REPORTS,
        ),
        _below(
            "silent",
            "reports_silent",
            said("Đơn vị không gửi, nhận"),
            open_silent,
            IT,
            "reports_silent.html",
        ),
        _below("report.xlsx", "reports_xlsx", said("Báo cáo"), as_xlsx, EVERYBODY),
        _below("report.csv", "reports_csv", said("Báo cáo"), as_csv, EVERYBODY),
        _below("files/{name}", "reports_file", said("Báo cáo"), open_file, IT),
    )
)
