"""
Envelopes of every shape for hypothesis, as a strict message can hold them; and how two of them are compared.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from gateway.core.model import (
    Attachment,
    Business,
    Envelope,
    InReplyTo,
    Kind,
    Operation,
    Organ,
    ReceiverChange,
    Replacement,
    Staff,
    Trace,
)

CODES = st.from_regex(r"\A[A-H][0-9]{2}(\.[0-9]{2}){0,3}\Z") | st.from_regex(r"\A[0-9]{10}\Z")
TEXTS = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn", "Zl", "Zp")), max_size=30)
    .map(str.strip)
    .filter(lambda text: text.lower() not in ("n/a", "null"))
)
FULL_TEXTS = TEXTS.filter(bool)
DATES = st.just("") | st.dates(date(1945, 9, 2), date(2099, 12, 31)).map(lambda day: f"{day:%Y/%m/%d}")
TIMES = st.datetimes().filter(lambda at: at.year > 999).map(lambda at: f"{at:%Y/%m/%d %H:%M:%S}")
NUMBERS = st.just("") | st.integers(-1, 99_999).map(str)

ORGANS = st.builds(
    Organ,
    code=CODES,
    name=TEXTS,
    parent_agency=TEXTS,
    address=TEXTS,
    email=TEXTS,
    telephone=TEXTS,
    fax=TEXTS,
    website=TEXTS,
)
STAFF = st.builds(
    Staff, department=FULL_TEXTS, name=TEXTS, email=TEXTS, mobile=TEXTS, department_id=TEXTS, staff_id=TEXTS
)
REPLIES = st.builds(InReplyTo, organ=CODES, code=TEXTS, document_id=TEXTS, issue_date=DATES)


def _few(items: st.SearchStrategy[object], least: int = 0) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(items, min_size=least, max_size=3).map(tuple)


_NO_UPDATE = st.sampled_from([Operation.NEW, Operation.RECALL, Operation.REPLACE])
BUSINESSES = st.builds(
    Business,
    operation=_NO_UPDATE,
    document_id=TEXTS,
    reason=TEXTS,
    paper_copy=st.booleans(),
    replacements=_few(st.builds(Replacement, document_id=FULL_TEXTS, organs=_few(CODES))),
    staff=_few(STAFF),
) | st.builds(
    Business,
    operation=st.just(Operation.UPDATE),
    document_id=TEXTS,
    information_changed=st.booleans(),
    receivers_changed=st.booleans(),
    receivers=_few(st.builds(ReceiverChange, organ=CODES, added=st.booleans())),
)


@st.composite
def documents(draw: st.DrawFn) -> Envelope:
    """A document as a strict message can hold it."""
    names = draw(st.lists(TEXTS, max_size=3))
    attachments = tuple(
        Attachment(part, f"id-{part}", name, draw(TEXTS), draw(TEXTS)) for part, name in enumerate(names)
    )
    text = TEXTS
    return Envelope(
        kind=Kind.DOCUMENT,
        sender=draw(ORGANS),
        recipients=draw(_few(ORGANS, 1)),  # type: ignore[arg-type]
        document_id=draw(text),
        code_number=draw(text),
        code_notation=draw(text),
        issue_place=draw(text),
        issue_date=draw(DATES),
        type_code=draw(NUMBERS),
        type_detail=draw(NUMBERS),
        type_name=draw(text),
        subject=draw(text),
        content=draw(text),
        signing_capacity=draw(text),
        signer_position=draw(text),
        signer_name=draw(text),
        due_date=draw(DATES),
        listed_recipients=draw(_few(FULL_TEXTS)),  # type: ignore[arg-type]
        priority=draw(st.integers(0, 4)),
        circulation_note=draw(text),
        typer_notation=draw(text),
        issued_amount=draw(NUMBERS),
        page_amount=draw(NUMBERS),
        direction=draw(st.sampled_from(["", "true", "false"])),
        reply_fors=draw(text),
        reference_codes=draw(text),
        appendices=draw(_few(FULL_TEXTS)),  # type: ignore[arg-type]
        in_reply_to=draw(_few(REPLIES)),  # type: ignore[arg-type]
        steering_type=draw(NUMBERS),
        task_codes=draw(_few(FULL_TEXTS)),  # type: ignore[arg-type]
        application_type=draw(text),
        traces=draw(_few(st.builds(Trace, organ=TEXTS, timestamp=TIMES))),  # type: ignore[arg-type]
        business=draw(BUSINESSES),
        attachments=attachments,
    )


@st.composite
def statuses(draw: st.DrawFn) -> Envelope:
    """A status as a strict message can hold it."""
    reply = draw(REPLIES)
    return Envelope(
        kind=Kind.STATUS,
        sender=draw(ORGANS),
        recipients=(Organ(reply.organ),),
        in_reply_to=(reply,),
        status_code=draw(st.from_regex(r"\A[0-9]{2}\Z")),
        description=draw(TEXTS),
        timestamp=draw(st.just("") | TIMES),
        staff=draw(st.none() | STAFF),
    )


def without_places(envelope: Envelope) -> Envelope:
    """The envelope without the lines where things stood, which depend on how it was written."""
    return replace(
        envelope,
        sender=replace(envelope.sender, line=None),
        recipients=tuple(replace(organ, line=None) for organ in envelope.recipients),
        attachments=tuple(replace(attachment, line=None) for attachment in envelope.attachments),
    )
