"""
What people do with a document: take it, refuse it, say how far it is, answer a request, ask to have it back,
send it to further recipients.

Each is a sealed letter like any that a document system sends, by way of the office. None is refused for its
order; one that says again what was said last is not sent twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from gateway.core.business import Outcome
from gateway.core.errors import Rejected
from gateway.core.lifecycle import (
    ASSIGNED,
    CONSENT,
    FINISHED,
    IN_PROGRESS,
    REFUSAL,
    REGISTERED,
    REJECTED,
    TAKE_BACK,
)
from gateway.core.model import LetterId
from gateway.http.console.declared import Action, Acts, Done, Leaf
from gateway.http.console.forms import LONGEST, Form, Misfilled
from gateway.http.console.pages.box import CLERKS, own_agency
from gateway.http.console.pages.box_letter import AT, LETTER, letter_page
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.v1.request import letter_id_of
from gateway.v1.transfer import in_threads

SHORTEST_REASON = 5  # characters: "sai" tells the other side nothing
MOST_FURTHER = 4_000  # characters of codes: some two hundred of them

RECEIVED = said("Đã tiếp nhận văn bản và báo cho bên gửi.")
REFUSED = said("Đã từ chối tiếp nhận và báo lý do cho bên gửi.")
TOLD = said("Đã báo trạng thái cho bên gửi.")
TOLD_BEFORE = said("Trạng thái này đã được báo từ trước; không gửi lần nữa.")
ANSWERED = said("Đã trả lời yêu cầu của bên gửi.")
ASKED = said("Đã gửi yêu cầu lấy lại tới các đơn vị nhận.")
ASKED_BEFORE = said("Yêu cầu lấy lại đang chờ trả lời; không gửi lần nữa.")
SENT_FURTHER = said("Đã gửi bổ sung văn bản; đây là lượt gửi mới.")
SENT_FURTHER_IN_PART = said("Đã gửi bổ sung, trừ những nơi không gửi được: %(failed)s.")
HAVE_IT = said("Các đơn vị này đã được gửi văn bản này từ trước; không gửi lần nữa.")


class Handling(StrEnum):
    """What a receiver tells of its work."""

    ASSIGNED = ASSIGNED
    IN_PROGRESS = IN_PROGRESS
    FINISHED = FINISHED


class Reply(StrEnum):
    """What a receiver says to a request."""

    CONSENT = CONSENT
    REFUSAL = REFUSAL


async def receive(view: View, form: Form) -> Done:
    """Tiếp nhận: it is the agency's now (whereupon the node tells 01 if need be), and registered (03)."""
    letter_id = letter_id_of(view.request)
    note = form.text("note", most=LONGEST)
    form.check()
    await _note(view, letter_id, REGISTERED)
    await _take(view, letter_id)
    return await _tell(view, letter_id, REGISTERED, note, RECEIVED)


async def refuse(view: View, form: Form) -> Done:
    """Từ chối tiếp nhận (02), with a reason. The letter was seen, so it waits no longer."""
    letter_id = letter_id_of(view.request)
    reason = form.text("refusal", least=SHORTEST_REASON, most=LONGEST)
    form.check()
    await _note(view, letter_id, REJECTED)
    await _take(view, letter_id)
    return await _tell(view, letter_id, REJECTED, reason, REFUSED)


async def handle(view: View, form: Form) -> Done:
    """Phân công (04), đang xử lý (05), hoàn thành (06)."""
    letter_id = letter_id_of(view.request)
    code, note = form.choice("code", Handling), form.text("handling", most=LONGEST)
    form.check()
    await _note(view, letter_id, code)
    await _take(view, letter_id)
    return await _tell(view, letter_id, code, note, TOLD)


async def answer(view: View, form: Form) -> Done:
    """Đồng ý (15) or từ chối (16, with a reason) to give back, to update, to replace."""
    letter_id = letter_id_of(view.request)
    code = form.choice("reply", Reply)
    reason = form.text("answer", least=SHORTEST_REASON if code is Reply.REFUSAL else 0, most=LONGEST)
    form.check()
    await _note(view, letter_id, code)
    await _take(view, letter_id)
    return await _tell(view, letter_id, code, reason, ANSWERED)


async def take_back(view: View, form: Form) -> Done:
    """Yêu cầu lấy lại (13), with a reason, to each recipient."""
    letter_id = letter_id_of(view.request)
    reason = form.text("take_back", least=SHORTEST_REASON, most=LONGEST)
    form.check()
    await _note(view, letter_id, TAKE_BACK)
    tracking = await view.around.office.whereabouts(view.caller, letter_id)
    asked = [request for track in tracking.recipients for request in track.requests]
    if any(one.kind == TAKE_BACK and one.outcome is Outcome.OPEN for one in asked):
        return Done(letter_page(letter_id), ASKED_BEFORE)
    await view.around.office.status(view.caller, letter_id, TAKE_BACK, description=reason, staff=_who(view))
    return Done(letter_page(letter_id), ASKED)


async def send_further(view: View, form: Form) -> Done:
    """Gửi bổ sung: the very same document to recipients that have not got it."""
    letter_id, office = letter_id_of(view.request), view.around.office
    named = named_in(form.text("further", least=1, most=MOST_FURTHER))
    form.check()
    act = view.act(detail={"to": ", ".join(named)}, agency=own_agency(view), letter_id=letter_id)
    await view.store.note_act(act)
    letter = await office.read(view.caller, letter_id)
    try:
        accepted = await office.accept(in_threads(letter.chunks), view.caller, to=named)
    except Rejected as refused:
        told = [view.words.choose(finding.vi, finding.en) for finding in refused.findings if finding.is_error]
        raise Misfilled({"further": (". ".join(told or [refused.first.vi]) + ".", {})}) from refused
    page = letter_page(accepted.letter_id)
    if accepted.repeated:
        return Done(page, HAVE_IT)
    failed = ", ".join(one.named for one in accepted.recipients if one.code)
    return (
        Done(page, SENT_FURTHER_IN_PART, {"failed": failed[:LONGEST]}) if failed else Done(page, SENT_FURTHER)
    )


def named_in(text: str) -> Sequence[str]:
    """Recipients as people type them: codes and groups between commas, semicolons, spaces or lines."""
    return list(dict.fromkeys(text.replace(",", " ").replace(";", " ").split()))


def _who(view: View) -> str:
    return view.account.full_name or view.account.name


async def _note(view: View, letter_id: LetterId, code: str) -> None:
    """The line in the journal, before anything is done; not the reason, which may speak of the content."""
    detail = {"status": code}
    await view.store.note_act(view.act(detail=detail, agency=own_agency(view), letter_id=letter_id))


async def _take(view: View, letter_id: LetterId) -> None:
    """Acknowledge the letter, which lies before somebody's eyes: fetched, whether or not the page was."""
    await view.around.office.open(view.caller, letter_id)
    await view.around.office.ack(view.caller, letter_id)


async def _tell(view: View, letter_id: LetterId, code: str, reason: str, sentence: str) -> Done:
    office, page = view.around.office, letter_page(letter_id)
    if await _was_told(view, letter_id, code, reason):
        return Done(page, TOLD_BEFORE)
    await office.status(view.caller, letter_id, code, description=reason, staff=_who(view))
    return Done(page, sentence)


async def _was_told(view: View, letter_id: LetterId, code: str, reason: str) -> bool:
    """Whether the last word of this agency says exactly that: a form that was sent twice."""
    line = await view.store.box_line(letter_id, own_agency(view))
    spoken = [event for event in line.statuses if event.staff] if line is not None else []
    return bool(spoken) and (spoken[-1].code, spoken[-1].description) == (code, reason)


def _action(name: str, last: str, handler: Acts) -> Action:
    return Action(
        path=f"{AT}/{last}",
        name=f"letter_{name}",
        handler=handler,
        page=LETTER,
        roles=CLERKS,
        journals_itself=True,
    )


LEAF = Leaf(
    actions=(
        _action("received", "receive", receive),
        _action("refused", "refuse", refuse),
        _action("handled", "handle", handle),
        _action("answered", "answer", answer),
        _action("wanted_back", "take-back", take_back),
        _action("sent_further", "further", send_further),
    )
)
