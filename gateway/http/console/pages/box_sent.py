"""
What an agency sent, the latest first, with one line each about where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from gateway.core.model import LetterId
from gateway.core.tracking import Tracking
from gateway.http.console.declared import Chapter, Leaf, Page
from gateway.http.console.pages.box import CLERKS, LINES, PATH, moment_of_day, own_agency
from gateway.http.console.pages.box_letter import tracking_page
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import SentWish
from gateway.v1.request import is_letter_id

SENT_AT = f"{PATH}/sent"
NAMED = 3  # recipients that a line names


@dataclass(frozen=True, slots=True)
class SentRow:
    """One letter as the table shows it."""

    tracking: Tracking
    where: tuple[str, str]
    named: tuple[str, ...]
    others: int
    tracking_at: str


async def open_sent(view: View) -> Mapping[str, Any]:
    """One page of what was sent."""
    chosen = {name: view.query(name) for name in ("text", "since", "until")}
    after = view.query("after").lower()
    wish = SentWish(
        agency=own_agency(view),
        text=chosen["text"],
        since=moment_of_day(chosen["since"]),
        until=moment_of_day(chosen["until"], is_end=True),
        before=LetterId(after) if is_letter_id(after) else None,
    )
    page = await view.store.sent_box(wish, LINES)
    kept = {name: value for name, value in chosen.items() if value}
    more = "" if page.before is None else f"{SENT_AT}?{urlencode({**kept, 'after': page.before})}"
    return {
        "rows": [await _row(view, letter_id) for letter_id in page.letters],
        "chosen": chosen,
        "more": more,
        "first": f"{SENT_AT}?{urlencode(kept)}" if wish.before else "",
    }


async def _row(view: View, letter_id: LetterId) -> SentRow:
    traced = await view.whereabouts(view.caller, letter_id)
    tracking = traced.tracking
    named = tuple(track.name or track.named for track in tracking.recipients[:NAMED])
    return SentRow(
        tracking,
        traced.where,
        named,
        len(tracking.recipients) - len(named),
        tracking_page(letter_id),
    )


LEAF = Leaf(
    pages=(
        Page(
            path=SENT_AT,
            name="box_sent",
            title=said("Văn bản đi"),
            template="box_sent.html",
            handler=open_sent,
            roles=CLERKS,
            chapter=Chapter.MAILBOX,
            in_menu=False,
        ),
    )
)
