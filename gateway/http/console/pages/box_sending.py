"""
Writing and sending a document: a form, a look at what is wrong with it, and the sending itself.

What was checked is kept as the very message that will be sent, so that nothing changes between the look and
the sending, and two clicks are one letter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from gateway.core.calendar import today
from gateway.core.catalogue import UNKNOWN_LETTER
from gateway.core.errors import Finding, Rejected, find
from gateway.core.model import InReplyTo, LetterId, issue_day
from gateway.http.composing import Form as Composition
from gateway.http.composing import composed
from gateway.http.console.declared import Action, Chapter, Done, Leaf, Page, Shown
from gateway.http.console.forms import Form, Misfilled
from gateway.http.console.pages.box import CLERKS, PATH, URGENCIES, day_of, own_agency
from gateway.http.console.pages.box_letter import letter_page
from gateway.http.console.pages.box_moves import named_in
from gateway.http.console.pages.letter import may_read
from gateway.http.console.posted import Posted
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.http.sending import TO_ITS_PARTIES
from gateway.ports import Accepted, StoredLetter
from gateway.v1.metadata import LetterMetadata, ReplyWish
from gateway.v1.request import is_letter_id
from gateway.v1.transfer import in_threads

SEND_AT = f"{PATH}/send"
AGENCIES_AT = f"{PATH}/agencies"

DRAFTS = 5  # looked at and not sent yet, of one person; the oldest goes
MOST_CODES = 400_000  # characters: 10,000 recipients
FOUND = 30  # agencies that a search shows

SENT = said("Trục đã nhận văn bản để gửi.")
SENT_BEFORE = said("Văn bản này đã được gửi từ trước; không gửi lần nữa.")
NO_DAY = said("Hãy chọn một ngày.")
NO_FILE = said("Hãy chọn ít nhất một tệp.")
UNFIT = said("Có ký tự không ghi được vào văn bản, hoặc dài quá mức cho phép.")
NO_RECIPIENT = said("Hãy ghi ít nhất một nơi nhận.")

PLACES: Sequence[tuple[str, str]] = (
    ("MessageHeader/To", "recipients"),
    ("MessageHeader/Code/CodeNumber", "code_number"),
    ("MessageHeader/Code", "code_notation"),
    ("MessageHeader/PromulgationInfo", "issue_date"),
    ("MessageHeader/Subject", "subject"),
    ("MessageHeader/Content", "subject"),  # which is written into it, too
    ("MessageHeader/DocumentType", "type_name"),
    ("MessageHeader/DueDate", "due_date"),
    ("MessageHeader/SignerInfo", "signer_name"),
    ("MessageHeader/OtherInfo/Priority", "urgency"),
    ("Attach", "files"),
    ("Manifest", "files"),
    ("edXMLManifest", "files"),
    ("edXMLBody", "files"),
    ("recipients", "recipients"),
)
"""Beside which field a finding about an element is told; beside the button what fits none."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The document that is answered, as the form shows it."""

    letter_id: LetterId
    reference: InReplyTo
    subject: str
    sender_name: str


async def open_send(view: View) -> Mapping[str, Any]:
    """The empty form; for a reply with what is known of it."""
    answered = await _answered(view)
    quotas = await view.around.office.quota(view.caller)
    return {
        "answered": answered,
        "query": "" if answered is None else f"?reply={answered.letter_id}",
        "urgencies": [(str(number), URGENCIES[number]) for number in range(4)],
        "groups": list(view.around.directory.heads),
        "largest": view.around.document_bytes,
        "quotas": quotas,
        "today": today(view.around.clock.now()).isoformat(),
        "agency": view.around.directory.find(own_agency(view)),
    }


async def _answered(view: View) -> Answered | None:
    text = view.query("reply").lower()
    if not is_letter_id(text):
        return None
    record = await view.around.office.track(view.caller, LetterId(text))
    letter: StoredLetter = record.letter
    if not await may_read(view, letter.routing.letter_id, letter.routing.sender):
        raise Rejected(find(UNKNOWN_LETTER, letter_id=text))
    facts, sender = letter.facts, letter.facts.sender_code or letter.routing.sender
    reference = InReplyTo(sender, facts.code, facts.document_id, facts.issue_date)
    return Answered(letter.routing.letter_id, reference, facts.subject, facts.sender_name)


async def check(view: View, form: Form) -> Shown:
    """Make the message, let the office look at it, and show what it finds; nothing is sent."""
    assert isinstance(form, Posted), "declared with `takes_files`"
    metadata = _metadata(form, await _answered(view))
    around, caller = view.around, view.caller
    composition = Composition(metadata, form.files, form.content)
    day = today(around.clock.now())
    counted = _Counted()
    try:
        message = composed(composition, caller, around.directory, day)
        accepted = await around.office.accept(counted.count(message), caller, dry_run=True)
    except Rejected as refused:
        raise _misfilled(view, refused.findings) from refused
    await around.uploads.make_room(caller.name, DRAFTS - 1)
    upload = await around.uploads.create(caller.name, counted.size)
    message = composed(composition, caller, around.directory, day)
    upload = await around.uploads.append(upload, 0, message)
    return Shown(
        "box_review.html",
        {
            "upload": upload.id,
            "said": metadata,
            "urgency": URGENCIES[int(metadata.urgency)],
            "files": form.files,
            "recipients": _named(view, accepted),
            "unreachable": [one for one in accepted.recipients if one.code],
            "warnings": accepted.findings,
            "size": counted.size,
        },
    )


def _metadata(form: Posted, answered: Answered | None) -> LetterMetadata:
    named = named_in(form.text("recipients", most=MOST_CODES))
    if not named:
        form.fault("recipients", NO_RECIPIENT)
    told: dict[str, Any] = {
        "recipients": tuple(named),
        "code_number": form.text("code_number", least=1, most=64),
        "code_notation": form.text("code_notation", least=1, most=64),
        "issue_date": _day(form, "issue_date", is_needed=True),
        "subject": form.text("subject", least=1, most=2_000),
        "type_name": form.text("type_name", most=500),
        "signer_name": form.text("signer_name", most=500),
        "signer_position": form.text("signer_position", most=500),
        "due_date": _day(form, "due_date"),
        "urgency": _urgency(form),
        "paper_copy": form.flag("paper_copy"),
    }
    if answered is not None:
        told["in_reply_to"] = (_reply(answered.reference),)
    if not form.files:
        form.fault("files", NO_FILE)
    form.check()
    try:
        return LetterMetadata.model_validate(told)
    except ValidationError as error:
        raise Misfilled({str(one["loc"][0]): (UNFIT, {}) for one in error.errors()}) from error


def _reply(reference: InReplyTo) -> ReplyWish:
    return ReplyWish(
        organ=reference.organ,
        code=reference.code,
        document_id=reference.document_id,
        issue_date=issue_day(reference.issue_date),
    )


def _day(form: Form, name: str, *, is_needed: bool = False) -> date | None:
    text = form.text(name, least=1 if is_needed else 0, most=10)
    day = day_of(text)
    if text and day is None:
        form.fault(name, NO_DAY)
    return day


def _urgency(form: Form) -> int:
    text = form.text("urgency", most=1)
    return int(text) if text in ("1", "2", "3") else 0


def _misfilled(view: View, findings: Iterable[Finding]) -> Misfilled:
    """Each finding beside the field that it is about."""
    told: dict[str, list[str]] = {}
    seen: set[tuple[str, str]] = set()
    for finding in findings:
        place = _place(finding)
        is_new = place != "subject" or (place, finding.code) not in seen
        seen.add((place, finding.code))
        if finding.is_error and is_new:
            vi = f"{finding.vi}. {finding.fault.next_vi}. ({finding.code})"
            en = f"{finding.en}. {finding.fault.next_en}. ({finding.code})"
            told.setdefault(place, []).append(view.words.choose(vi, en))
    return Misfilled({place: (" ".join(all_of), {}) for place, all_of in told.items()})


def _place(finding: Finding) -> str:
    if finding.fault in TO_ITS_PARTIES:
        return "recipients"
    return next((field for path, field in PLACES if finding.element.startswith(path)), "check")


def _named(view: View, accepted: Accepted) -> Sequence[tuple[str, str]]:
    """Code and name of each recipient that will get it."""
    directory = view.around.directory
    served = [one for one in accepted.recipients if not one.code]
    agencies = ((one.named, directory.find(one.served)) for one in served)
    return [(named, "" if agency is None else agency.name) for named, agency in agencies]


class _Counted:
    """Counts the bytes of a message that goes by."""

    def __init__(self) -> None:
        self.size = 0

    async def count(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self.size += len(chunk)
            yield chunk


async def send(view: View, form: Form) -> Done:
    """Send what was looked at. The same draft again is the same letter."""
    around, caller = view.around, view.caller
    upload = await around.uploads.find(caller.name, form.text("upload", most=100))
    pieces = around.uploads.pieces(upload)
    accepted = await around.office.accept(in_threads(lambda: pieces), caller, idempotency_key=upload.id)
    await around.uploads.sent(upload)
    act = view.act("letter_sent", agency=own_agency(view), letter_id=accepted.letter_id)
    await view.store.note_act(act)
    return Done(letter_page(accepted.letter_id), SENT_BEFORE if accepted.repeated else SENT)


async def open_agencies(view: View) -> Mapping[str, Any]:
    """A search for recipients by code or name."""
    text = view.query("q")[:100]
    found = view.around.directory.search(text, FOUND)
    day = today(view.around.clock.now())
    return {
        "text": text,
        "found": [agency for agency in found if agency.is_open(day) and not agency.locked],
        "groups": list(view.around.directory.heads),
    }


def _page(path: str, name: str, title: str, template: str, handler: Any) -> Page:
    return Page(
        path=path,
        name=name,
        title=title,
        template=template,
        handler=handler,
        roles=CLERKS,
        chapter=Chapter.MAILBOX,
        in_menu=False,
    )


SEND = _page(SEND_AT, "box_send", said("Soạn và gửi văn bản"), "box_send.html", open_send)

LEAF = Leaf(
    pages=(
        SEND,
        _page(AGENCIES_AT, "box_agencies", said("Tra nơi nhận"), "box_agencies.html", open_agencies),
    ),
    actions=(
        Action(
            path=SEND_AT,
            name="letter_check",
            handler=check,
            page=SEND,
            roles=CLERKS,
            told=("code_number", "code_notation"),
            takes_files=True,
        ),
        Action(
            path=f"{SEND_AT}/now",
            name="letter_send",
            handler=send,
            page=SEND,
            roles=CLERKS,
            told=("upload",),
        ),
    ),
)
