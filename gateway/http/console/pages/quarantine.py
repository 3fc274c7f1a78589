"""
Bytes that were not taken: frames in quarantine, and what programs handed in and was refused; with our answer.

The bytes may hold what a letter says: they are shown only with the right to content and a typed reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.core.catalogue import CONTENT_CLOSED, FAULTS, MOVED_ON, NO_SUCH_PAGE
from gateway.core.errors import Rejected, find
from gateway.core.model import LetterId
from gateway.http.console.declared import IT, ROOT, Action, Chapter, Leaf, Page, Shown
from gateway.http.console.forms import Form, Misfilled
from gateway.http.console.view import REASON_SHORT, SHORTEST_REASON, View
from gateway.http.console.words import said
from gateway.ports import Odd

PATH = f"{ROOT}/quarantine"
LINES = 30
SHOWN_BYTES = 16 * 1024  # as text; a frame may have a megabyte
DUMPED_BYTES = 1024  # as numbers
DUMP_WIDTH = 16
LONGEST_REASON = 200

FROM: Mapping[str, str] = {"frame": said("Từ đường nối"), "input": said("Từ phần mềm của đơn vị")}


async def open_quarantine(view: View) -> Mapping[str, Any]:
    """The latest of both kinds, or of one of them further back."""
    before = view.query_number("before")
    kind = view.query("kind")
    frames = [] if kind == "input" else await view.store.odd_frames(before, LINES)
    inputs = [] if kind == "frame" else await view.store.odd_input(before, LINES)
    return {
        "lists": {"frame": frames, "input": inputs},
        "kind": kind,
        "lines": LINES,
        "from_where": FROM,
        "faults_by_code": FAULTS,
    }


async def _found(view: View) -> Odd:
    kind, number = view.request.match_info["kind"], view.request.match_info["number"]
    if kind not in FROM or not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Rejected(find(NO_SUCH_PAGE))
    ask = view.store.odd_frame if kind == "frame" else view.store.odd_input_of
    odd = await ask(int(number))
    if odd is None:
        raise Rejected(find(NO_SUCH_PAGE))
    return odd


async def open_one(view: View) -> Mapping[str, Any]:
    """What came, without its bytes, and our answer."""
    odd = await _found(view)
    return {**_told(view, odd), "text": None, "dump": None}


def _told(view: View, odd: Odd) -> dict[str, Any]:
    kind = view.request.match_info["kind"]
    return {"odd": odd, "kind": kind, "from_where": FROM, "fault": FAULTS.get(odd.code), "shown": SHOWN_BYTES}


async def show_bytes(view: View, form: Form) -> Shown:
    """The bytes, as text and as numbers."""
    odd, address = await _found(view), view.request.match_info
    if any(form.text(name) != address[name] for name in ("kind", "number")):  # the journal has the form's
        raise Rejected(find(MOVED_ON))
    reason = form.text("reason", most=LONGEST_REASON)
    form.check()
    if not view.account.reads_content:
        raise Rejected(find(CONTENT_CLOSED))
    if len(reason) < SHORTEST_REASON:
        raise Misfilled({"reason": (REASON_SHORT, {"least": SHORTEST_REASON})})
    letter = await view.store.letter(LetterId(odd.letter_id)) if odd.letter_id else None
    if letter is not None:
        await view.open_content(letter.routing.letter_id, {letter.routing.sender}, reason)
    text = odd.data[:SHOWN_BYTES].decode("utf-8", "replace")
    return Shown("odd.html", {**_told(view, odd), "text": text, "dump": dump(odd.data[:DUMPED_BYTES])})


def dump(data: bytes) -> str:
    """Bytes as numbers, with their place and what is printable of them beside."""
    lines = []
    for start in range(0, len(data), DUMP_WIDTH):
        row = data[start : start + DUMP_WIDTH]
        signs = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in row)
        lines.append(f"{start:06x}  {row.hex(' '):<{DUMP_WIDTH * 3}} {signs}")
    return "\n".join(lines)


QUARANTINE = Page(
    path=PATH,
    name="quarantine",
    title=said("Dữ liệu không nhận được"),
    template="quarantine.html",
    handler=open_quarantine,
    roles=IT,
    chapter=Chapter.FAILURES,
    in_menu=False,
)
ONE = Page(
    path=f"{PATH}/{{kind}}/{{number}}",
    name="odd",
    title=said("Dữ liệu không nhận được"),
    template="odd.html",
    handler=open_one,
    roles=IT,
    chapter=Chapter.FAILURES,
    in_menu=False,
)
LEAF = Leaf(
    pages=(QUARANTINE, ONE),
    actions=(
        Action(
            path=ONE.path,
            name="odd_opened",
            handler=show_bytes,
            page=ONE,
            roles=IT,
            told=("kind", "number", "reason"),
        ),
    ),
)
