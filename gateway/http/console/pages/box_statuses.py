"""
What receivers report about the documents of an agency: statuses that wait to be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.core.model import InReplyTo, Kind, LetterFacts, LetterId
from gateway.core.status_history import StatusEvent, StatusLine, history
from gateway.http.console.declared import Action, Chapter, Done, Leaf, Page
from gateway.http.console.forms import Form
from gateway.http.console.pages.box import CLERKS, PATH, own_agency
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import MailItem
from gateway.v1.request import is_letter_id

STATUSES_AT = f"{PATH}/statuses"
LINES = 50  # of one page, all of which are marked as read by one click
IDS = 40 * LINES  # characters of their ids in the form
READ = said("Đã đánh dấu %(number)s trạng thái là đã đọc.")


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One status as the table shows it."""

    item: MailItem
    line: StatusLine
    about: InReplyTo


async def open_statuses(view: View) -> Mapping[str, Any]:
    """What waits to be read, the oldest first."""
    items = await view.around.office.list(view.caller, kind=Kind.STATUS, limit=LINES + 1)
    rows = []
    for item in items[:LINES]:
        letter = await view.store.letter(item.letter_id)
        rows.append(_row(item, LetterFacts() if letter is None else letter.facts))
    return {
        "rows": rows,
        "has_more": len(items) > LINES,
        "ids": " ".join(row.item.letter_id for row in rows),
    }


def _row(item: MailItem, facts: LetterFacts) -> StatusRow:
    told = facts.extra
    event = StatusEvent(
        recipient=item.agency,
        code=item.status_code,
        reported_at=told.get("timestamp", ""),
        arrived_at=item.waiting_since,
        description=told.get("description", ""),
        staff=told.get("staff", ""),
    )
    about = next(iter(facts.in_reply_to), InReplyTo())
    return StatusRow(item, history([event])[0], about)


async def mark_as_read(view: View, form: Form) -> Done:
    """They wait no longer. What another click took meanwhile stays as it is."""
    ids = [LetterId(text) for text in form.text("ids", most=IDS).split() if is_letter_id(text)]
    form.check()
    office, waiting = view.around.office, await view.around.office.list(view.caller, kind=Kind.STATUS)
    still = {item.letter_id for item in waiting}
    read = [letter_id for letter_id in ids if letter_id in still]
    act = view.act(detail={"number": str(len(read))}, agency=own_agency(view))
    await view.store.note_act(act)
    for letter_id in read:
        await office.open(view.caller, letter_id)
        await office.ack(view.caller, letter_id)
    return Done(STATUSES_AT, READ, {"number": str(len(read))})


STATUSES = Page(
    path=STATUSES_AT,
    name="box_statuses",
    title=said("Trạng thái gửi về"),
    template="box_statuses.html",
    handler=open_statuses,
    roles=CLERKS,
    chapter=Chapter.MAILBOX,
    in_menu=False,
)

LEAF = Leaf(
    pages=(STATUSES,),
    actions=(
        Action(
            path=STATUSES_AT,
            name="statuses_read",
            handler=mark_as_read,
            page=STATUSES,
            roles=CLERKS,
            journals_itself=True,
        ),
    ),
)
