"""
The journal: what happened, newest first. Users of an agency see who opened the content of its letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from gateway.http.console.declared import ROOT, Chapter, Leaf, Page
from gateway.http.console.pages.box import moment_of_day, own_agency
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import JournalWish, Role

PATH = f"{ROOT}/journal"
LINES = 50  # of one page: two screens of an old PC

SUBJECTS: Mapping[str, str] = {
    "": said("Tất cả"),
    "letter.": said("Văn bản"),
    "delivery.": said("Chuyển văn bản"),
    "directory.": said("Danh mục"),
    "credential.": said("Khóa truy cập"),
    "console.": said("Bảng điều khiển"),
    "console.content_opened": said("Xem nội dung"),
    "console.login": said("Đăng nhập"),
}
"""What can be chosen: the beginnings of events, and what they are about."""

READERS = frozenset({Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR, Role.AGENCY})


async def open_journal(view: View) -> Mapping[str, Any]:
    """One page of it."""
    about, letter_id, target = view.query("about"), view.query("letter"), view.query("target")
    wish = JournalWish(
        events=about if about in SUBJECTS else "",
        letter_id=letter_id,
        target=target,
        agency=own_agency(view) if view.role is Role.AGENCY else None,
        until=moment_of_day(view.query("day"), is_end=True),
        before=view.query_number("before"),
    )
    found = await view.store.journal_back(wish, LINES)
    chosen = {"about": about, "letter": letter_id, "target": target, "day": view.query("day")}
    kept = {name: value for name, value in chosen.items() if value}
    earlier = urlencode({**kept, "before": found.before}) if found.before is not None else ""
    return {
        "rows": found.rows,
        "earlier": earlier and f"{PATH}?{earlier}",
        "chosen": chosen,
        "subjects": SUBJECTS,
        "is_first": wish.before is None,
    }


LEAF = Leaf(
    pages=(
        Page(
            path=PATH,
            name="journal",
            title=said("Nhật ký"),
            template="journal.html",
            handler=open_journal,
            roles=READERS,
            chapter=Chapter.JOURNAL,
        ),
    )
)
