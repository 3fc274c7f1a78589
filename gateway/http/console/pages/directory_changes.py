"""
Changes of the directory: files read in and shown before they count, what waits for its day, signed editions,
and who changed what. Export, too.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

from aiohttp import web

from gateway.core.calendar import today
from gateway.core.directory import Directory, check
from gateway.core.directory_change import What, applied, difference, lines
from gateway.core.errors import Finding, Misconfigured
from gateway.core.model import NodeId
from gateway.directory_files import read_files, to_csv, to_json, to_toml
from gateway.http.console.declared import (
    ADMINISTRATORS,
    IT,
    ROOT,
    Action,
    Chapter,
    Done,
    Leaf,
    Page,
    Shown,
)
from gateway.http.console.forms import Form
from gateway.http.console.posted import Posted
from gateway.http.console.proposals import Proposal, new_id
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import EditionState, JournalRow, JournalWish

PATH = f"{ROOT}/directory/changes"
PROPOSALS = f"{ROOT}/directory/proposals"
MOST_LINES = 500  # of a difference that are shown; the numbers are of all
MOST_EDITIONS = 100
MOST_ROWS = 30  # of the journal
TELLING = ("directory.", "edition.", "console.directory")
"""The beginnings of events that tell who changed the directory."""

NO_FILE = said("Hãy chọn ít nhất một tệp.")
NO_SUCH_NODE = said("Danh mục không có nút này.")
NOT_A_DAY = said("Hãy ghi một ngày sau hôm nay.")
NOTHING = said("Các tệp này không thay đổi gì.")
APPLIED = said("Danh mục nay là phiên bản %(version)s.")
PREPARED = said("Thay đổi số %(number)s sẽ có hiệu lực từ đầu ngày %(day)s.")
FORGOTTEN = said("Đã bỏ thay đổi vừa nạp; danh mục giữ nguyên.")
GONE = said("Bản xem trước không còn (quá 30 phút, hoặc nút đã khởi động lại): hãy nạp lại tệp.")
STALE = said("Danh mục đã thay đổi từ khi nạp tệp: hãy nạp lại để xem khác biệt mới.")
CANCELLED = said("Đã hủy thay đổi số %(number)s.")
NOT_THERE = said("Không có thay đổi số %(number)s.")

WHAT_NAMES: Mapping[What, tuple[str, str]] = {
    What.ADDED: ("good", said("Thêm")),
    What.CHANGED: ("move", said("Sửa")),
    What.CLOSED: ("stop", said("Đóng")),
    What.REMOVED: ("bad", said("Bỏ")),
}
STATE_NAMES: Mapping[EditionState, tuple[str, str]] = {
    EditionState.WAITING: ("wait", said("Chờ ngày hiệu lực")),
    EditionState.APPLIED: ("good", said("Đã áp dụng")),
    EditionState.REFUSED: ("bad", said("Không áp dụng")),
}
WRITERS: Mapping[str, tuple[Callable[[Directory], str], str]] = {
    "json": (to_json, "application/json"),
    "csv": (to_csv, "text/csv"),
    "toml": (to_toml, "application/toml"),
}


async def open_changes(view: View) -> Mapping[str, Any]:
    """All that has changed the directory, or will."""
    told, faults = await view.store.editions()
    latest = sorted(told, key=lambda line: line.taken_at, reverse=True)[:MOST_EDITIONS]
    return {
        "prepared": await view.store.prepared_directories(),
        "editions": latest,
        "edition_faults": faults[:MOST_EDITIONS],
        "edition_states": STATE_NAMES,
        "rows": await _journal(view),
        "version": view.around.directory.version,
        "formats": tuple(WRITERS),
        "node": view.around.node,
    }


async def _journal(view: View) -> Sequence[JournalRow]:
    pages = [await view.store.journal_back(JournalWish(events=each), MOST_ROWS) for each in TELLING]
    rows = {row.number: row for page in pages for row in page.rows}
    return [rows[number] for number in sorted(rows, reverse=True)[:MOST_ROWS]]


async def export(view: View) -> web.StreamResponse:
    """The whole directory as a file."""
    kind = view.query("format")
    if kind not in WRITERS:
        raise web.HTTPNotFound
    write, media_type = WRITERS[kind]
    directory = view.around.directory
    text = await asyncio.to_thread(write, directory)
    name = f"directory-{view.around.node}-{directory.version}.{kind}"
    response = web.Response(text=text, content_type=media_type, charset="utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.enable_compression()
    return response


# --- what files would change ---------------------------------------------------------------------


async def read_in(view: View, form: Form) -> Done | Shown:
    """Read files; what they would change is shown before anything happens."""
    assert isinstance(form, Posted), "the form is declared to take files"
    node = form.text("node", most=64)
    before = await view.store.directory()
    if node and before.node(NodeId(node)) is None:
        form.fault("node", NO_SUCH_NODE)
    if not form.files:
        form.fault("files", NO_FILE)
    form.check()
    named = [(file.name, _content(form, file.start, file.size)) for file in form.files]
    try:
        after, findings = await asyncio.to_thread(_made, named, before, node)
    except Misconfigured as unreadable:
        return Shown("directory_findings.html", {"findings": unreadable.findings})
    change = await asyncio.to_thread(difference, before, after)
    if not change:
        return Done(PATH, NOTHING)
    files, now = tuple(name for name, _ in named), view.around.clock.now()
    kept = Proposal(new_id(), view.account.name, now, files, before, after, change, findings)
    view.around.proposals.keep(kept)
    return Done(f"{PROPOSALS}/{kept.id}")


def _content(form: Posted, start: int, size: int) -> bytes:
    form.content.seek(start)
    return form.content.read(size)


def _made(
    named: Sequence[tuple[str, bytes]], before: Directory, node: str
) -> tuple[Directory, tuple[Finding, ...]]:
    """What files make of the directory, and what is wrong with that. Raises: Misconfigured"""
    wanted = read_files(named, before, node)
    after = applied(before, difference(before, wanted), wanted.version)
    return after, tuple(check(after))


async def open_proposal(view: View) -> Mapping[str, Any]:
    """What would change, line by line."""
    proposal = _proposal(view)
    if proposal is None:
        return {"proposal": None, "gone": GONE}
    told = await asyncio.to_thread(lambda: list(lines(proposal.before, proposal.change)))
    counts = Counter(line.what for line in told)
    return {
        "proposal": proposal,
        "lines": list(islice(told, MOST_LINES)),
        "count": len(told),
        "most": MOST_LINES,
        "counts": {what: counts[what] for what in What},
        "what_names": WHAT_NAMES,
        "is_stale": await _is_stale(view, proposal),
        "stale": STALE,
    }


def _proposal(view: View) -> Proposal | None:
    named, now = view.request.match_info["proposal"], view.around.clock.now()
    return view.around.proposals.get(named, view.account.name, now)


async def _is_stale(view: View, proposal: Proposal) -> bool:
    return (await view.store.directory()).version != proposal.before.version


async def apply(view: View, form: Form) -> Done:
    """Put it in force now, or prepare it for a day."""
    proposal, now = _proposal(view), view.around.clock.now()
    day = _day(form, today(now))
    form.check()
    if proposal is None:
        return Done(PATH, GONE)
    if proposal.findings or await _is_stale(view, proposal):
        return Done(f"{PROPOSALS}/{proposal.id}", STALE)
    detail = {"files": " ".join(proposal.files), "day": "" if day is None else day.isoformat()}
    await view.store.note_act(view.act(detail=detail))
    view.around.proposals.forget(proposal.id)
    if day is None:
        await view.store.set_directory(proposal.after, now)
        return Done(PATH, APPLIED, {"version": str(proposal.after.version)})
    number = await view.store.prepare_directory(proposal.change, day, now)
    return Done(PATH, PREPARED, {"number": str(number), "day": f"{day:%d/%m/%Y}"})


def _day(form: Form, on: date) -> date | None:
    text = form.text("day", most=20)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = on
    if day <= on:
        form.fault("day", NOT_A_DAY)
    return day


async def forget(view: View, form: Form) -> Done:
    """Leave the directory as it is."""
    proposal = _proposal(view)
    if proposal is not None:
        view.around.proposals.forget(proposal.id)
    return Done(PATH, FORGOTTEN)


async def cancel(view: View, form: Form) -> Done:
    """A change that waits shall not come in force."""
    text = view.request.match_info["number"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    await view.store.note_act(view.act(detail={"number": text[:20]}))
    was_there = await view.store.cancel_directory(number, view.around.clock.now())
    return Done(PATH, CANCELLED if was_there else NOT_THERE, {"number": text[:20]})


def _below(path: str, name: str, title: str, template: str, handler: Any) -> Page:
    return Page(
        path=path,
        name=name,
        title=title,
        template=template,
        handler=handler,
        roles=IT,
        chapter=Chapter.DIRECTORY,
        in_menu=False,
    )


CHANGES = _below(PATH, "directory_changes", said("Thay đổi danh mục"), "directory_changes.html", open_changes)
EXPORT = _below(f"{ROOT}/directory/export", "directory_export", said("Xuất danh mục"), "", export)
PROPOSAL = _below(
    f"{PROPOSALS}/{{proposal}}",
    "directory_proposal",
    said("Xem trước thay đổi"),
    "directory_proposal.html",
    open_proposal,
)


def _done(
    path: str,
    name: str,
    handler: Any,
    page: Page,
    *told: str,
    takes_files: bool = False,
    journals_itself: bool = False,
) -> Action:
    return Action(
        path=path,
        name=name,
        handler=handler,
        page=page,
        roles=ADMINISTRATORS,
        told=told,
        takes_files=takes_files,
        journals_itself=journals_itself,
    )


LEAF = Leaf(
    pages=(CHANGES, EXPORT, PROPOSAL),
    actions=(
        _done(f"{PATH}/import", "directory_import", read_in, CHANGES, "node", takes_files=True),
        _done(f"{PROPOSAL.path}/apply", "directory_apply", apply, PROPOSAL, journals_itself=True),
        _done(f"{PROPOSAL.path}/forget", "directory_forget", forget, PROPOSAL),
        _done(f"{PATH}/{{number}}/cancel", "directory_cancel", cancel, CHANGES, journals_itself=True),
    ),
)
