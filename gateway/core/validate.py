"""
What the regulations and good sense ask of a message that could be read: every finding, never only the first.

Warnings travel with the letter, errors stop it. Nothing here changes the message; nothing here decides where
it goes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from lxml import etree

from gateway.core import catalogue
from gateway.core.archives import FileKind
from gateway.core.attachments import Look
from gateway.core.codes import normal, shape_ok
from gateway.core.directory import Directory
from gateway.core.edxml.names import NAMESPACE, clause_of, local_name
from gateway.core.edxml.notes import MOST_PER_FAULT, by_line, clip
from gateway.core.edxml.reader import Reading
from gateway.core.edxml.writer import normalised
from gateway.core.errors import Fault, Finding
from gateway.core.lengths import too_long
from gateway.core.lifecycle import STATUSES
from gateway.core.model import Attachment, Envelope, InReplyTo, Kind, Operation, Organ, issue_day
from gateway.core.secrecy import discreet, secrecy_marks
from gateway.core.split import PartSpec, Split
from schemas.catalog import violations

OPERATION_NAMES = {
    Operation.RECALL: "thu hồi · recall",
    Operation.UPDATE: "cập nhật · update",
    Operation.REPLACE: "thay thế · replace",
}
_TWO_DIGITS = re.compile(r"[0-9]{2}")
_IMAGES = frozenset({FileKind.IMAGE})
_OFFICE = frozenset({FileKind.OFFICE})
_WORD = frozenset({FileKind.OLE, FileKind.RTF, FileKind.OFFICE, FileKind.XML})
_ZIPS = frozenset({FileKind.ZIP, FileKind.OFFICE})
CONTENT_TYPES: dict[str, frozenset[FileKind]] = {
    "application/pdf": frozenset({FileKind.PDF}),
    "application/zip": _ZIPS,
    "application/x-zip-compressed": _ZIPS,
    "application/doc": _WORD,
    "application/msword": _WORD,
    "application/vnd.ms-excel": _WORD,
    "application/docx": _OFFICE,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _OFFICE,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _OFFICE,
    "image/png": _IMAGES,
    "image/jpeg": _IMAGES,
    "image/gif": _IMAGES,
    "image/tiff": _IMAGES,
    "text/plain": frozenset({FileKind.XML, FileKind.RTF}),
    "text/html": frozenset({FileKind.XML}),
    "application/x-rar-compressed": frozenset({FileKind.RAR}),
}
"""The kinds of bytes that fit a content type; other types are not judged."""
_ALWAYS_KNOWN = frozenset({"application/pdf", "application/zip", "application/x-zip-compressed"})
_ATTACHMENT = "AttachmentEncoded/Attachment"


def validate(
    reading: Reading,
    split: Split,
    *,
    today: date,
    directory: Directory | None = None,
    caller_codes: Collection[str] | None = None,
    looks: Sequence[Look] = (),
    recipients: Sequence[str] | None = None,
) -> tuple[Finding, ...]:
    """
    All that schema and rules find in a message, by the sender's line; what `read` found is not repeated.

    `directory` makes sender and recipients be looked up, as of `today` (the day in Việt Nam). `caller_codes`
    are all codes of the agencies that may send here, or None when nobody in particular sends. `looks` are
    those of the attachments, in their order. `recipients` are the codes to deliver to if they are not those
    that the message names. If it bears a mark of state secrecy, the other findings quote nothing of it.

    Spec: QCVN102/edXML, QD28/scope, ND30/VI
    """
    envelope = reading.envelope
    named = envelope.recipients if recipients is None else [Organ(code) for code in recipients]
    findings = [
        *_schema(reading),
        *_codes(reading),
        *_sender(reading, caller_codes, directory),
        *_recipients(reading, named, directory, today),
        *(_status(reading) if envelope.kind is Kind.STATUS else _document(reading, today)),
        *_attachments(reading, split, looks),
        *too_long(reading),
        *secrecy_marks(reading),
    ]
    return discreet(by_line(_bounded(findings)))


def _bounded(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, but of one kind of warning only the first `MOST_PER_FAULT`; errors are all told."""
    told: Counter[str] = Counter()
    for finding in findings:
        told[finding.code] += 1
        if finding.is_error or told[finding.code] <= MOST_PER_FAULT:
            yield finding


def _finding(reading: Reading, fault: Fault, path: str, **params: str) -> Finding:
    return Finding(fault, reading.line_of(path), path, clause_of(path), params)


# --- schema --------------------------------------------------------------------------------------


def _schema(reading: Reading) -> Iterator[Finding]:
    """What the strict schema says of the normalised form, beyond what the other checks tell."""
    kind = "edxml-status" if reading.envelope.kind is Kind.STATUS else "edxml-document"
    root = normalised(_mended(reading.envelope))
    for violation in violations(kind, "1", root):
        path = _path_of(root, violation.path)
        yield _finding(reading, catalogue.SCHEMA, path, detail=clip(violation.message))


def _mended(envelope: Envelope) -> Envelope:
    """The message as if its addresses and status code were in order.

    Whether codes exist the directory decides, not their form; a bad one among many stops only itself; and a
    message may be addressed by the request that brings it.
    """
    fine = Organ("0")

    def organ(found: Organ) -> Organ:
        return found if shape_ok(found.code) else replace(found, code=fine.code)

    replies = envelope.in_reply_to
    if envelope.kind is Kind.STATUS:
        replies = tuple(
            reply if shape_ok(reply.organ) else replace(reply, organ=fine.code)
            for reply in replies or (InReplyTo(),)
        )
    return replace(
        envelope,
        sender=organ(envelope.sender),
        recipients=tuple(organ(found) for found in envelope.recipients) or (fine,),
        in_reply_to=replies,
        status_code=envelope.status_code if _TWO_DIGITS.fullmatch(envelope.status_code) else "01",
    )


def _path_of(root: etree._Element, xpath: str) -> str:
    """The path of the element that an error of the schema is about, as findings write it."""
    found = root.getroottree().xpath(xpath, namespaces={"edXML": NAMESPACE})
    if not isinstance(found, list) or not found or not isinstance(found[0], etree._Element):
        return "edXML"
    steps = [local_name(found[0].tag), *(local_name(e.tag) for e in found[0].iterancestors())][::-1]
    frame = ("edXML", "edXMLEnvelope", "edXMLHeader", "edXMLBody")
    return "/".join(step for step in steps if step not in frame) or steps[-1]


# --- who to whom ---------------------------------------------------------------------------------


def _codes(reading: Reading) -> Iterator[Finding]:
    """Codes that look like a typing error. Spec: QCVN102/OrganId (only the registry decides what exists)"""
    envelope = reading.envelope
    block = "ResponseFor" if envelope.kind is Kind.STATUS else "To"
    for name, organ in (("From", envelope.sender), *((block, organ) for organ in envelope.recipients)):
        if organ.code and not shape_ok(organ.code):
            path = f"MessageHeader/{name}/OrganId"
            params = {"found": clip(organ.code)}
            yield Finding(catalogue.CODE_SHAPE, organ.line, path, clause_of(path), params)


def _sender(
    reading: Reading, caller_codes: Collection[str] | None, directory: Directory | None
) -> Iterator[Finding]:
    sender, path = reading.envelope.sender, "MessageHeader/From/OrganId"
    if not sender.code:
        return
    agency = directory.find(sender.code) if directory is not None else None
    if directory is not None and agency is None:
        yield _finding(reading, catalogue.SENDER_UNKNOWN, path, organ=clip(sender.code))
    if caller_codes is None:
        return
    own = {normal(sender.code), *(agency.codes if agency is not None else ())}
    if own.isdisjoint(normal(code) for code in caller_codes):
        yield _finding(reading, catalogue.SENDER_NOT_CALLER, path, organ=clip(sender.code))


def _recipients(
    reading: Reading, named: Sequence[Organ], directory: Directory | None, today: date
) -> Iterator[Finding]:
    block = "ResponseFor" if reading.envelope.kind is Kind.STATUS else "To"
    path = f"MessageHeader/{block}/OrganId"

    def finding(fault: Fault, about: Organ, **params: str) -> Finding:
        return Finding(fault, about.line, path, clause_of(path), {"organ": clip(about.code), **params})

    seen: set[str] = set()
    for organ in named:
        agency = directory.find(organ.code) if directory is not None else None
        key = normal(agency.code if agency is not None else organ.code)
        if not key:
            continue
        if key in seen:
            yield finding(catalogue.RECIPIENT_TWICE, organ)
            continue
        seen.add(key)
        resolved = directory.resolve(organ.code, today) if directory is not None else None
        if isinstance(resolved, Finding):
            yield finding(resolved.fault, organ, **resolved.params)
        elif resolved is not None and resolved.followed_from is not None:
            yield finding(catalogue.RECIPIENT_FOLLOWED, organ, successor=resolved.agency.code)
    if not seen:
        yield _finding(reading, catalogue.NO_RECIPIENT, path)


# --- documents and statuses ----------------------------------------------------------------------


def _document(reading: Reading, today: date) -> Iterator[Finding]:
    envelope = reading.envelope
    issued, due = issue_day(envelope.issue_date), issue_day(envelope.due_date)
    if issued is not None and issued > today:
        path = "MessageHeader/PromulgationInfo/PromulgationDate"
        yield _finding(reading, catalogue.ISSUED_AHEAD, path, issued=envelope.issue_date)
    if issued is not None and due is not None and due < issued:
        params = {"due": envelope.due_date, "issued": envelope.issue_date}
        yield _finding(reading, catalogue.DUE_BEFORE_ISSUE, "MessageHeader/DueDate", **params)
    operation = envelope.business.operation
    if operation is not Operation.NEW and not _names_target(envelope):
        path = "TraceHeaderList/Bussiness/BussinessDocType"
        yield _finding(reading, catalogue.OPERATION_TARGET, path, operation=OPERATION_NAMES[operation])


def _names_target(envelope: Envelope) -> bool:
    """Whether a recall, update or replacement says of which document.

    Official samples name it in ResponseFor (recall), Bussiness/DocumentId (update) or ReplacementInfoList.
    """
    answered = any(reply.document_id or reply.code for reply in envelope.in_reply_to)
    replaced = any(replacement.document_id for replacement in envelope.business.replacements)
    return answered or replaced or bool(envelope.business.document_id)


def _status(reading: Reading) -> Iterator[Finding]:
    """Spec: QCVN102/StatusCode (an unknown code is relayed; order is never a reason to refuse)"""
    envelope, path = reading.envelope, "MessageHeader/StatusCode"
    code = envelope.status_code
    known = STATUSES.get(code)
    if code and known is None:
        yield _finding(reading, catalogue.STATUS_UNKNOWN, path, found=clip(code))
    if known is not None and known.needs_reason and not envelope.description:
        yield _finding(reading, catalogue.REASON_MISSING, path, code=code)
    if not any(reply.document_id or reply.code for reply in envelope.in_reply_to):
        name = f"trạng thái · status {code}"
        yield _finding(reading, catalogue.OPERATION_TARGET, "MessageHeader/ResponseFor", operation=name)


# --- attachments ---------------------------------------------------------------------------------


def _attachments(reading: Reading, split: Split, looks: Sequence[Look]) -> Iterator[Finding]:
    for number, attachment in enumerate(reading.envelope.attachments):
        look = looks[number] if number < len(looks) else None
        yield from _attachment(attachment, split.parts[attachment.part], look)


def _attachment(attachment: Attachment, part: PartSpec, look: Look | None) -> Iterator[Finding]:
    name = clip(attachment.name or f"#{attachment.part + 1}")

    def finding(fault: Fault, **params: str) -> Finding:
        return Finding(fault, attachment.line, _ATTACHMENT, clause_of(_ATTACHMENT), {"name": name, **params})

    if not part.decodable:
        yield finding(catalogue.NOT_BASE64)
        return
    if part.content_size == 0:
        yield finding(catalogue.ATTACHMENT_EMPTY)
        return
    if look is None:
        return
    for found in look.findings:
        yield replace(found, line=attachment.line, element=_ATTACHMENT, clause=clause_of(_ATTACHMENT))
    if look.wrapped:
        yield finding(catalogue.ATTACHMENT_WRAPPED)
    if not _fits(attachment.content_type, look.kind):
        yield finding(catalogue.CONTENT_TYPE_WRONG, found=clip(attachment.content_type))


def _fits(content_type: str, kind: FileKind) -> bool:
    """Whether bytes of this kind may be called so; what is not known of either side fits."""
    declared = content_type.partition(";")[0].strip().lower()
    kinds = CONTENT_TYPES.get(declared)
    if kinds is None or kind in kinds:
        return True
    return kind is FileKind.UNKNOWN and declared not in _ALWAYS_KNOWN
