"""
Documents that went on paper only: the axis cannot see them, so agencies report their number month by month.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from gateway.core.model import AgencyCode
from gateway.core.periods import read_period, year_of
from gateway.core.report import agencies_of
from gateway.http.console.declared import OPERATORS, Action, Chapter, Done, Leaf, Page
from gateway.http.console.forms import Form
from gateway.http.console.pages.reports import PATH as REPORTS
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import PaperOnly, Role

PATH = f"{REPORTS}/paper"
MOST_LINES = 20_000  # agencies × months of a large province
MOST_TEXT = 300_000
"""Characters: 10,000 lines and more; with three bytes for each they still fit what a form may hold."""

MOST = 10_000_000  # documents of one agency in one month: more is a slip of the pen

SAVED = said("Đã ghi %(number)s dòng số liệu văn bản chỉ gửi giấy.")
NO_AGENCY = said("Dòng %(line)s: nút này không có đơn vị %(agency)s.")
NO_MONTH = said("Dòng %(line)s: ghi tháng như 2026-11 hoặc 11/2026.")
NO_NUMBER = said("Dòng %(line)s: số văn bản phải là số từ 0 đến %(most)s.")
NO_LINE = said("Dòng %(line)s: ghi mã đơn vị; tháng; số văn bản.")
TOO_MANY = said("Quá %(most)s dòng.")
NOTHING = said("Chưa có dòng nào.")

_APART = re.compile(r"[;,\t]")


async def open_paper(view: View) -> Mapping[str, Any]:
    """What was reported in the year, month by month."""
    year = view.query_number("year") or view.around.reports.this_month().first.year
    try:
        period = year_of(year)
    except ValueError:
        period = year_of(view.around.reports.this_month().first.year)
    sums: dict[date, tuple[int, int]] = {}
    for row in await view.store.paper_only(period):
        if row.agency in view.agencies:
            agencies, number = sums.get(row.month, (0, 0))
            sums[row.month] = (agencies + 1, number + row.number)
    there = agencies_of(view.around.directory, view.around.node, period, view.agencies)
    return {
        "months": sorted(sums.items()),
        "year": period.first.year,
        "of": len(there),
        "most": MOST_TEXT,
    }


async def report(view: View, form: Form) -> Done:
    """Keep what was typed or pasted."""
    text = form.text("lines", most=MOST_TEXT)
    rows = _read(view, form, text)
    if not rows:
        form.fault("lines", NOTHING)
    form.check()
    months = sorted({row.month.isoformat()[:7] for row in rows})
    detail = {"rows": str(len(rows)), "months": f"{months[0]}…{months[-1]}"}
    agency = view.account.agency if view.role is Role.AGENCY else None
    await view.store.set_paper_only(rows, view.act(detail=detail, agency=agency))
    return Done(PATH, SAVED, {"number": str(len(rows))})


def _read(view: View, form: Form, text: str) -> list[PaperOnly]:
    """The lines; the first fault is told, with the number of its line. A line of titles is passed over."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MOST_LINES:
        form.fault("lines", TOO_MANY, most=MOST_LINES)
        return []
    agencies, rows = view.agencies, {}
    for number, line in lines:
        cells = [cell.strip().strip('"').lstrip("\ufeff") for cell in _APART.split(line)]
        if number == 1 and len(cells) == 3 and not any(sign.isdigit() for sign in cells[2]):
            continue
        if len(cells) != 3:
            form.fault("lines", NO_LINE, line=number)
            continue
        row = _row(view, form, number, cells, agencies)
        if row is not None:
            rows[row.agency, row.month] = row
    return list(rows.values())


def _row(
    view: View, form: Form, number: int, cells: list[str], agencies: frozenset[AgencyCode]
) -> PaperOnly | None:
    found = view.around.directory.find(cells[0])
    if found is None or found.code not in agencies:
        form.fault("lines", NO_AGENCY, line=number, agency=cells[0][:40])
        return None
    month = _month(cells[1])
    if month is None:
        form.fault("lines", NO_MONTH, line=number)
        return None
    amount = cells[2]
    if not (amount.isascii() and amount.isdigit() and len(amount) < 9 and int(amount) <= MOST):
        form.fault("lines", NO_NUMBER, line=number, most=MOST)
        return None
    return PaperOnly(found.code, month, int(amount))


def _month(text: str) -> date | None:
    month, slash, year = text.partition("/")
    try:
        period = read_period(f"{year}-{month.zfill(2)}" if slash else text)
    except ValueError:
        return None
    return period.first if period.name.count("-") == 1 and "Q" not in period.name else None


PAPER = Page(
    path=PATH,
    name="paper",
    title=said("Văn bản chỉ gửi giấy"),
    template="reports_paper.html",
    handler=open_paper,
    roles=OPERATORS | {Role.AGENCY},
    chapter=Chapter.REPORTS,
    in_menu=False,
)
LEAF = Leaf(
    pages=(PAPER,),
    actions=(
        Action(
            path=PATH,
            name="paper_only",
            handler=report,
            page=PAPER,
            roles=PAPER.roles,
            journals_itself=True,
            takes_files=True,  # read as a stream: thousands of lines are more than other forms may hold
        ),
    ),
)
