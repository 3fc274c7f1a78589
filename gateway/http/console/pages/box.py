"""
The letter box of an agency without a document system: what came to it, the most pressing first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from gateway.core.calendar import MIDNIGHT, VIETNAM
from gateway.core.catalogue import NOT_ALLOWED
from gateway.core.deadlines import SENSIBLE_YEARS, Case, DueItem, Receipt, Reckoning, due, last_moment
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode, issue_day
from gateway.core.status_history import StatusLine, history, shown
from gateway.http.console.declared import ROOT, Chapter, Leaf, Page
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import BoxLine, BoxWish, Role

PATH = f"{ROOT}/box"
LINES = 25  # of one page: a screen of an old PC, and each line costs some questions

CLERKS = frozenset({Role.AGENCY})
"""Only users of the agency whose box it is: for them nothing in it is closed."""

URGENCIES: Mapping[int, str] = {
    0: said("Thường"),
    1: said("Khẩn"),
    2: said("Thượng khẩn"),
    3: said("Hỏa tốc"),
    4: said("Hỏa tốc hẹn giờ"),
}
"""OtherInfo/Priority in words; a code of no meaning is ordinary. Spec: QCVN102/Priority"""

SHELVES: Mapping[str, str] = {"waiting": said("Chờ tiếp nhận"), "all": said("Tất cả văn bản đến")}


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that is due, and the last second in which it is in time."""

    item: DueItem
    last: datetime | None

    @classmethod
    def of(cls, item: DueItem) -> Duty:
        """The same duty as people read it: not by midnight, but by the end of the day before."""
        return cls(item, None if item.due_at is None else item.due_at - timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class BoxRow:
    """One document as the table shows it."""

    line: BoxLine
    urgency: str
    issued: datetime | None  #: a moment of the day of issue, if it is one
    due: Duty | None  #: what is due next; of what is done the last
    status: StatusLine | None


def own_agency(view: View) -> AgencyCode:
    """The agency whose box is shown. Raises: Rejected (NOT_ALLOWED) for an account of none."""
    if view.account.agency is None:
        raise Rejected(find(NOT_ALLOWED))
    return view.account.agency


async def open_box(view: View) -> Mapping[str, Any]:
    """One page of what came."""
    chosen = {
        "shelf": view.query("shelf") if view.query("shelf") in SHELVES else "waiting",
        "text": view.query("text"),
        "sender": view.query("sender"),
        "urgent": "1" if view.query("urgent") else "",
        "since": view.query("since"),
        "until": view.query("until"),
    }
    waits, now = chosen["shelf"] == "waiting", view.around.clock.now()
    wish = BoxWish(
        agency=own_agency(view),
        waits=waits,
        text=chosen["text"],
        sender=chosen["sender"],
        urgent=bool(chosen["urgent"]),
        since=moment_of_day(chosen["since"]),
        until=moment_of_day(chosen["until"], is_end=True),
        skip=view.query_number("after") or 0 if waits else 0,
        before=None if waits else view.query_number("after"),
    )
    page = await view.store.box(wish, LINES)
    kept = {name: value for name, value in chosen.items() if value}
    more = "" if page.more is None else f"{PATH}?{urlencode({**kept, 'after': page.more})}"
    reckoning = Reckoning(view.around.calendar, now)
    return {
        "rows": [_row(line, reckoning) for line in page.lines],
        "chosen": chosen,
        "shelves": SHELVES,
        "more": more,
        "first": f"{PATH}?{urlencode(kept)}" if view.query("after") else "",
    }


def _row(line: BoxLine, reckoning: Reckoning) -> BoxRow:
    item, statuses = line.item, history(line.statuses)
    # when the axis took it only keeps impossible times of statuses out, so the node's own time will do
    case = Case(kind=item.kind, facts=line.facts, sender=item.sender, accepted_at=line.received_at)
    receipt = Receipt(
        agency=item.agency, arrived_at=line.offered_at, statuses=statuses, answered_at=line.answered_at
    )
    duties = [duty for duty in due(case, receipt, reckoning) if duty.by == item.agency]
    return BoxRow(
        line,
        URGENCIES.get(item.priority, URGENCIES[0]),
        last_moment(issue_day(item.issue_date)),
        most_pressing(duties),
        shown(statuses, line.facts.operation),
    )


def most_pressing(items: Sequence[DueItem]) -> Duty | None:
    """What is to be done next, by its time; if all is done, what was to be done last."""
    dated = sorted((item.due_at, place) for place, item in enumerate(items) if item.due_at is not None)
    still = [place for _, place in dated if items[place].fulfilled_at is None]
    if not dated:
        return None
    return Duty.of(items[still[0] if still else dated[-1][1]])


def day_of(text: str) -> date | None:
    """A day as a browser sends it; None for none, and for what is no day."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def moment_of_day(text: str, *, is_end: bool = False) -> datetime | None:
    """The midnight that begins (or ends) a day in Vietnam."""
    day = day_of(text)
    if day is None or day.year not in SENSIBLE_YEARS:
        return None
    return datetime.combine(day + timedelta(days=1) if is_end else day, MIDNIGHT, VIETNAM)


LEAF = Leaf(
    pages=(
        Page(
            path=PATH,
            name="box",
            title=said("Hộp văn bản"),
            template="box.html",
            handler=open_box,
            roles=CLERKS,
            chapter=Chapter.MAILBOX,
        ),
    )
)
