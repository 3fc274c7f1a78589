"""
Find a letter: among all of the node, or among those of one's own agency.

IT staff are shown routing data and no subject. By the words of a subject they may look only with the right to
content and a typed reason, and even then they see which letters those are, not what stands in them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from gateway.core.calendar import VIETNAM
from gateway.core.catalogue import BAD_REQUEST, CONTENT_CLOSED
from gateway.core.delivery import State
from gateway.core.diary import Column
from gateway.core.errors import Rejected, find
from gateway.core.finding import subject_words
from gateway.core.model import Kind, LetterId
from gateway.http.console.declared import EVERYBODY, IT, ROOT, Action, Chapter, Leaf, Page, Shown
from gateway.http.console.forms import Form, Misfilled
from gateway.http.console.pages.box import moment_of_day, own_agency
from gateway.http.console.rendering import STATE_NAMES
from gateway.http.console.view import REASON_SHORT, SHORTEST_REASON, View
from gateway.http.console.words import Words, said
from gateway.http.sheets import CSV, XLSX, csv_chunks, xlsx_chunks
from gateway.ports import FoundLetter, FoundPage, LetterWish, Role
from gateway.v1.transfer import write_stream

PATH = f"{ROOT}/letters"
LINES = 50  # of one page: two screens of an old PC
EXPORTED = 10_000
EXPORTED_AT_ONCE = 500
MOST_SHORT = 20
"""Of one file, stretches with too little that fits: a rare thing must not lead through a million letters."""

LONGEST_TEXT = 200

KINDS: Mapping[str, str] = {
    "": said("Tất cả"),
    Kind.DOCUMENT.value: said("Văn bản"),
    Kind.STATUS.value: said("Trạng thái"),
}
FORMS = {"csv": f"{CSV}; charset=utf-8", "xlsx": XLSX}
CUT_LINES = said("Tệp dừng ở đây vì đã đủ %(number)s dòng; hãy thu hẹp theo ngày, đơn vị hoặc loại.")
CUT_SHORT = said(
    "Tệp dừng ở đây: văn bản cũ hơn chưa được tìm vì quá ít văn bản khớp. "
    "Hãy thu hẹp theo ngày, hoặc tìm theo số hay đơn vị."
)
NO_WORD = said("Hãy gõ ít nhất một từ của trích yếu.")

COLUMNS: Sequence[tuple[str, int]] = (
    (said("Mã gửi (letter_id)"), 38),
    (said("Loại"), 12),
    (said("Số, ký hiệu"), 22),
    (said("Mã định danh văn bản"), 30),
    (said("Ngày ban hành"), 14),
    (said("Mã bên gửi"), 20),
    (said("Bên gửi"), 36),
    (said("Bên nhận"), 40),
    (said("Trục tiếp nhận lúc"), 20),
    (said("Dung lượng (byte)"), 16),
    (said("Tình trạng tại nút này"), 40),
)


async def open_letters(view: View) -> Mapping[str, Any]:
    """One page of what fits."""
    chosen = _chosen(view)
    found = await view.store.find(_wish(view, chosen), LINES)
    return _told(view, chosen, found)


def _chosen(view: View) -> dict[str, str]:
    names = ["text", "agency", "kind", "state", "since", "until"]
    if view.role is Role.AGENCY:
        names.append("subject")
    return {name: view.query(name)[:LONGEST_TEXT] for name in names}


def _wish(view: View, chosen: Mapping[str, str]) -> LetterWish:
    kind, state = chosen["kind"], chosen["state"]
    return LetterWish(
        text=chosen["text"],
        agency=_code(view, chosen["agency"]),
        kind=Kind(kind) if kind in list(Kind) else None,
        state=State(state) if state in list(State) else None,
        since=moment_of_day(chosen["since"]),
        until=moment_of_day(chosen["until"], is_end=True),
        subject=chosen.get("subject", ""),
        mine=own_agency(view) if view.role is Role.AGENCY else None,
        before=LetterId(view.query("before")) if view.query("before") else None,
    )


def _code(view: View, text: str) -> str:
    """The code under which letters know an agency, whichever of its codes was typed."""
    agency = view.around.directory.find(text) if text else None
    return text if agency is None else agency.code


def _told(view: View, chosen: Mapping[str, str], found: FoundPage) -> Mapping[str, Any]:
    kept = {name: value for name, value in chosen.items() if value}
    return {
        "found": found,
        "chosen": chosen,
        "kinds": KINDS,
        "is_first": not view.query("before"),
        "first": f"{PATH}?{urlencode(kept)}" if kept else PATH,
        "older": "" if found.before is None else f"{PATH}?{urlencode({**kept, 'before': found.before})}",
        "exports": {form: f"{PATH}/export?{urlencode({**kept, 'form': form})}" for form in FORMS},
        "exported": EXPORTED,
        "may_ask": view.role is not Role.AGENCY and view.account.reads_content,
        "asked": None,
    }


async def look_by_subject(view: View, form: Form) -> Shown:
    """Letters whose subject has these words; that somebody looked, and why, is in the journal."""
    subject = form.text("subject", most=LONGEST_TEXT, least=1)
    reason = form.text("reason", most=LONGEST_TEXT)
    if not view.account.reads_content:
        raise Rejected(find(CONTENT_CLOSED))
    if len(reason) < SHORTEST_REASON:
        raise Misfilled({"reason": (REASON_SHORT, {"least": SHORTEST_REASON})})
    if subject and not subject_words(subject):
        form.fault("subject", NO_WORD)
    form.check()
    before = form.text("before", most=64)
    chosen = _chosen(view)
    wish = replace(_wish(view, chosen), subject=subject, before=LetterId(before) if before else None)
    found = await view.store.find(wish, LINES)
    told = _told(view, chosen, FoundPage(found.letters, None, found.is_short))
    asked = {"subject": subject, "reason": reason, "before": found.before or ""}
    return Shown("letters.html", {**told, "asked": asked, "exports": {}, "is_first": not before})


# --- as a file -----------------------------------------------------------------------------------


async def export(view: View) -> web.StreamResponse:
    """What fits as a file, at most EXPORTED lines of it. Its last line says if there may be more."""
    form = view.query("form", "csv")
    if form not in FORMS:
        raise Rejected(find(BAD_REQUEST, element="form", detail=form))
    wish = replace(_wish(view, _chosen(view)), before=None)
    titles = [*COLUMNS, (said("Trích yếu"), 60)] if wish.mine is not None else COLUMNS
    columns = [Column(view.words(title), width) for title, width in titles]
    rows = _rows(view, wish)
    name = f"van-ban-{view.around.clock.now().astimezone(VIETNAM):%Y%m%d-%H%M}.{form}"
    headers = {"Content-Type": FORMS[form], "Content-Disposition": f'attachment; filename="{name}"'}
    response = web.StreamResponse(headers=headers)
    folder = view.around.uploads.folder
    title = view.words(said("Văn bản"))
    chunks = csv_chunks(columns, rows) if form == "csv" else xlsx_chunks(title, columns, rows, folder)
    async with aclosing(chunks):
        await write_stream(view.request, response, chunks)
    return response


async def _rows(view: View, wish: LetterWish) -> AsyncIterator[Sequence[Sequence[str]]]:
    left, short = EXPORTED, 0
    while left and short < MOST_SHORT:
        found = await view.store.find(wish, min(left, EXPORTED_AT_ONCE))
        yield [_cells(view.words, line, with_subject=wish.mine is not None) for line in found.letters]
        left, short = left - len(found.letters), short + found.is_short
        if found.before is None:
            return
        wish = replace(wish, before=found.before)
    yield [[view.words(CUT_SHORT) if left else view.words(CUT_LINES, number=EXPORTED)]]


def _cells(words: Words, line: FoundLetter, *, with_subject: bool) -> list[str]:
    states = (f"{words(STATE_NAMES[state][1])}: {number}" for state, number in line.states.items())
    cells = [
        line.letter_id,
        words(KINDS[line.kind.value]),
        line.code,
        line.document_id,
        line.issue_date,
        line.sender,
        line.sender_name,
        ", ".join(line.recipients),
        line.accepted_at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S"),
        str(line.size),
        "; ".join(states),
    ]
    if with_subject:
        cells.append(line.subject if line.is_readable else "")
    return cells


LETTERS = Page(
    path=PATH,
    name="letters",
    title=said("Tìm văn bản"),
    template="letters.html",
    handler=open_letters,
    roles=EVERYBODY,
    chapter=Chapter.LETTERS,
)
LEAF = Leaf(
    pages=(
        LETTERS,
        Page(
            path=f"{PATH}/export",
            name="letters_export",
            title=said("Kết xuất"),
            template="letters.html",
            handler=export,
            roles=EVERYBODY,
            chapter=Chapter.LETTERS,
            in_menu=False,
        ),
    ),
    actions=(
        Action(
            path=PATH,
            name="letters_searched",
            handler=look_by_subject,
            page=LETTERS,
            roles=IT,
            told=("reason",),
        ),
    ),
)
