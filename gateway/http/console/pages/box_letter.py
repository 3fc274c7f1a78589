"""
One document of an agency, received or sent: what it says, its files, its history.

To open it counts as a fetch, as it does for the system of an agency: what somebody has read can't be taken
back unread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.core.archives import PEEK, FileKind, kind_of
from gateway.core.business import Outcome, Relation
from gateway.core.catalogue import NO_SUCH_PAGE, UNKNOWN_ATTACHMENT
from gateway.core.deadlines import last_moment
from gateway.core.errors import Finding, Rejected, find
from gateway.core.lifecycle import (
    ARRIVED,
    ASSIGNED,
    CONSENT,
    FINISHED,
    IN_PROGRESS,
    REGISTERED,
    REJECTED,
    TAKE_BACK,
)
from gateway.core.model import Envelope, Kind, LetterId, issue_day
from gateway.core.tracking import RecipientTrack, Tracking
from gateway.core.whereabouts import where
from gateway.http.console.declared import Chapter, Leaf, Page
from gateway.http.console.pages.box import CLERKS, PATH, URGENCIES, Duty, own_agency
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.inside import FileInside, Inside
from gateway.ports import BoxLine, OpenLetter
from gateway.v1.ranges import attachment_called
from gateway.v1.request import letter_id_of
from gateway.v1.seals import VerificationShape
from gateway.v1.transfer import write_all

AT = f"{PATH}/letters/{{letter_id}}"
PDF = "application/pdf"

RECIPIENTS_SHOWN = 200  # rows of one table; where each of thousands is, the tracking page tells

# A file is its sender's, not ours: it may run nothing, load nothing and be framed by nobody, and belongs to
# no site. The viewer that shows a PDF is the browser's own, and needs its style sheet and the file itself.
FILE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)


@dataclass(frozen=True, slots=True)
class Moves:
    """What may be done with a document now. Spec: QCVN102/StatusCode"""

    receive: bool = False
    handle: tuple[str, ...] = ()  #: of 04, 05 and 06
    answer: bool = False  #: a request is open: 15 or 16
    take_back: bool = False
    further: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One recipient as the table shows it."""

    track: RecipientTrack
    where: tuple[str, str]


def letter_page(letter_id: str) -> str:
    """Where the page of a letter is."""
    return AT.replace("{letter_id}", letter_id)


def tracking_page(letter_id: str) -> str:
    """Where its way over the axis is shown."""
    return f"/console/letters/{letter_id}"


async def opened(view: View, letter_id: LetterId, *, file: str = "") -> tuple[OpenLetter, BoxLine | None]:
    """
    A document of the agency, and its line in the box if it came there. That somebody opened it is journaled.

    Raises: Rejected (UNKNOWN_LETTER) also for what is another agency's, or not at the door.
    """
    office, caller = view.around.office, view.caller
    letter = (await office.track(caller, letter_id)).letter
    if letter.routing.kind is not Kind.DOCUMENT:
        raise Rejected(find(NO_SUCH_PAGE))
    line = await view.store.box_line(letter_id, own_agency(view))
    await view.open_content(letter_id, view.agencies, "")
    detail = {"file": file} if file else {}
    await view.store.note_act(view.act("letter_opened", detail, agency=own_agency(view), letter_id=letter_id))
    return await (office.read if line is None else office.open)(caller, letter_id), line


async def open_letter(view: View) -> Mapping[str, Any]:
    """The page of one document."""
    letter_id = letter_id_of(view.request)
    letter, line = await opened(view, letter_id)
    inside = Inside(letter)
    envelope, files, remarks = await asyncio.to_thread(_contents, inside)
    tracking = await view.around.office.whereabouts(view.caller, letter_id)
    mine = next((track for track in tracking.recipients if line and track.code in view.agencies), None)
    is_sender = tracking.sender in view.agencies
    verdict = VerificationShape.of(await view.around.office.verification(view.caller, letter_id))
    return {
        "letter_id": letter_id,
        "at": letter_page(letter_id),
        "envelope": envelope,
        "issued": last_moment(issue_day(envelope.issue_date)),
        "due_on": last_moment(issue_day(envelope.due_date)),
        "urgency": URGENCIES.get(envelope.priority, URGENCIES[0]),
        "files": [(file, file.content_type == PDF) for file in files],
        "remarks": remarks,
        "tracking": tracking,
        "tracking_at": tracking_page(letter_id),
        "mine": mine,
        "duties": [Duty.of(item) for item in mine.deadlines] if mine else [],
        "is_sender": is_sender,
        "told": [Told(track, where(track)) for track in tracking.recipients[:RECIPIENTS_SHOWN]],
        "verdict": verdict,
        "moves": moves_of(tracking, mine, is_sender=is_sender),
        "relations": {relation.value: (relation.vi, relation.en) for relation in Relation},
        "warnings": line.item.findings if line else (),
    }


def _contents(inside: Inside) -> tuple[Envelope, tuple[FileInside, ...], tuple[Finding, ...]]:
    return inside.envelope, inside.attachments(), inside.reading.findings


def moves_of(tracking: Tracking, mine: RecipientTrack | None, *, is_sender: bool) -> Moves:
    """
    What the buttons offer: what usually follows the state of the document.

    The axis itself refuses no status for its order; who needs another one can tell it by a system of its own.
    """
    if mine is None:
        asked = [request for track in tracking.recipients for request in track.requests]
        is_asked = any(one.kind == TAKE_BACK and one.outcome is Outcome.OPEN for one in asked)
        return Moves(take_back=is_sender and not is_asked, further=is_sender)
    code = mine.status.code if mine.status is not None else ""
    own = [request for request in mine.requests if request.letter_id is None]
    answer = any(request.outcome is Outcome.OPEN for request in own)
    handling = [line.code for line in mine.statuses if line.code in HANDLING and not line.is_notice]
    last = max(handling, key=HANDLING.index, default="")
    is_over = code in (REJECTED, CONSENT) and not answer
    return Moves(
        receive=last in ("", ARRIVED) and not is_over,
        handle=() if is_over or last in ("", ARRIVED) else FOLLOWING[last],
        answer=answer,
        further=is_sender,
    )


HANDLING = ("", ARRIVED, REGISTERED, ASSIGNED, IN_PROGRESS, FINISHED)
FOLLOWING: Mapping[str, tuple[str, ...]] = {
    REGISTERED: (ASSIGNED, IN_PROGRESS, FINISHED),
    ASSIGNED: (ASSIGNED, IN_PROGRESS, FINISHED),
    IN_PROGRESS: (IN_PROGRESS, FINISHED),
    FINISHED: (),
}
"""Which states of handling follow one another. Spec: QCVN102/StatusCode"""


async def open_file(view: View) -> web.StreamResponse:
    """
    One file of a document: a PDF may be shown by the browser, anything else is only saved.

    What a file is called decides nothing: only what begins like a PDF is shown as one.
    """
    letter_id, text = letter_id_of(view.request), view.request.match_info["index"]
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Rejected(find(UNKNOWN_ATTACHMENT, letter_id=letter_id, index=text[:20]))
    index = int(text)
    letter, _ = await opened(view, letter_id, file=text)
    inside = Inside(letter)
    file = await asyncio.to_thread(inside.attachment, index)
    headers = {
        "Content-Type": file.content_type,
        "Content-Disposition": attachment_called(file.name),
        "Content-Security-Policy": FILE_POLICY,
    }
    if view.query("show") and file.content_type == PDF and await asyncio.to_thread(_is_pdf, inside, index):
        headers["Content-Disposition"] = headers["Content-Disposition"].replace("attachment", "inline", 1)
    response = web.StreamResponse(headers=headers)
    response.content_length = file.size
    await write_all(view.request, response, lambda: inside.chunks(index))
    return response


def _is_pdf(inside: Inside, index: int) -> bool:
    return kind_of(b"".join(inside.chunks(index, 0, PEEK))) is FileKind.PDF


LETTER = Page(
    path=AT,
    name="box_letter",
    title=said("Văn bản"),
    template="box_letter.html",
    handler=open_letter,
    roles=CLERKS,
    chapter=Chapter.MAILBOX,
    in_menu=False,
)

LEAF = Leaf(
    pages=(
        LETTER,
        Page(
            path=f"{AT}/files/{{index}}",
            name="box_file",
            title=said("Tệp đính kèm"),
            template="",
            handler=open_file,
            roles=CLERKS,
        ),
    )
)
