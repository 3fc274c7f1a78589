"""
The strict writer: edXML as the national Java SDK writes it, and nothing else.

The same tree is the normalised rendering of a message that was read: what the strict schema is asked about.
Values that the standard cannot hold (an unreadable date, a word for a number) are left out of it; the reader
has told the sender of them.

Spec: QCVN102/edXML
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from lxml import etree

from gateway.core.edxml.forms import integer, written_date, written_timestamp
from gateway.core.edxml.names import CONTENT, NAMESPACE
from gateway.core.model import Attachment, Business, Envelope, InReplyTo, Kind, Operation, Organ, Staff, Trace

_DEFAULT: dict[str, str] = {None: NAMESPACE}  # type: ignore[dict-item]  # lxml: None is no prefix
_EDXML = {"edXML": NAMESPACE}
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_DECLARATION_ON_ONE_LINE = b'<?xml version="1.0" encoding="utf-8"?>'
# Text is escaped, so these bytes stand where the element ends and nowhere else; with or without its prefix.
_END_OF_CONTENT = re.compile(f"(</(?:edXML:)?{CONTENT}>)".encode())
_MULTIPLE = 3  # bytes that make a whole group of base64
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold; a notice of ours may quote them from anywhere."""


def write_document(envelope: Envelope, contents: Sequence[Iterable[bytes]]) -> Iterator[bytes]:
    """The document as edXML, in pieces; `contents` are the decoded bytes of its attachments, in their order.

    Raises: ValueError if there are more or fewer contents than attachments.
    """
    return write_tree(normalised(envelope), contents)


def write_tree(
    root: etree._Element, contents: Iterable[Iterable[bytes]], *, one_line: bool = False
) -> Iterator[bytes]:
    """The message under `root`, whose elements of content are empty, with `contents` in them, in pieces.

    Indented by two spaces, or without any white space between elements.

    Raises: ValueError if there are more or fewer contents than elements of content.
    """
    # lead, end of content, what follows it, end of content, …
    pieces = _END_OF_CONTENT.split(_serialised(root, one_line=one_line))
    yield (_DECLARATION_ON_ONE_LINE if one_line else _DECLARATION) + pieces[0]
    for content, end, piece in zip(contents, pieces[1::2], pieces[2::2], strict=True):
        yield from _base64(content)
        yield end + piece


def write_status(envelope: Envelope) -> bytes:
    """The status message as edXML."""
    return _DECLARATION + _serialised(normalised(envelope))


def normalised(envelope: Envelope, declared: Mapping[str, str] = MappingProxyType({})) -> etree._Element:
    """The root of the strict edXML of this message; the content of its attachments is empty.

    The strict schema of its kind (`edxml-document`, `edxml-status`) judges it. `declared` are namespaces by
    further prefixes, declared at the root.
    """
    root = etree.Element(f"{{{NAMESPACE}}}edXML", nsmap={**declared, **_DEFAULT})
    frame = etree.SubElement(root, f"{{{NAMESPACE}}}edXMLEnvelope", nsmap=_EDXML)
    header = _block(frame, "edXMLHeader")
    message = _block(header, "MessageHeader")
    _organ(message, "From", envelope.sender)
    if envelope.kind is Kind.STATUS:
        _status(message, envelope)
        return root
    _document(message, envelope)
    _trace_header_list(header, envelope)
    _manifest(_block(frame, "edXMLBody"), envelope.attachments)
    _attachments(root, envelope.attachments)
    return root


# --- the header ----------------------------------------------------------------------------------


def _status(message: etree._Element, envelope: Envelope) -> None:
    for reply in envelope.in_reply_to[:1]:
        _reply(message, reply)
    if envelope.staff is not None:
        _staff(message, envelope.staff)
    _text(message, "StatusCode", envelope.status_code)
    _text(message, "Description", envelope.description)
    _text(message, "Timestamp", written_timestamp(envelope.timestamp))


def _document(message: etree._Element, envelope: Envelope) -> None:
    for organ in envelope.recipients:
        _organ(message, "To", organ)
    _text(message, "DocumentId", envelope.document_id)
    _texts(message, "Code", CodeNumber=envelope.code_number, CodeNotation=envelope.code_notation)
    _texts(
        message,
        "PromulgationInfo",
        Place=envelope.issue_place,
        PromulgationDate=written_date(envelope.issue_date),
    )
    _texts(
        message,
        "DocumentType",
        Type=_number(envelope.type_code),
        TypeDetail=_number(envelope.type_detail),
        TypeName=envelope.type_name,
    )
    _text(message, "Subject", envelope.subject)
    _text(message, "Content", envelope.content)
    _texts(
        message,
        "SignerInfo",
        Competence=envelope.signing_capacity,
        Position=envelope.signer_position,
        FullName=envelope.signer_name,
    )
    _text(message, "DueDate", written_date(envelope.due_date))
    _other_info(message, envelope)
    for reply in envelope.in_reply_to:
        _reply(message, reply)
    _text(message, "SteeringType", _number(envelope.steering_type))
    _list(message, "ResponseForTask", "TaskCode", envelope.task_codes)
    _text(message, "ApplicationType", envelope.application_type)
    _list(message, "ToPlaces", "Place", envelope.listed_recipients)


def _other_info(message: etree._Element, envelope: Envelope) -> None:
    other = _block(message, "OtherInfo")
    _text(other, "Priority", str(envelope.priority))
    _text(other, "SphereOfPromulgation", envelope.circulation_note)
    _text(other, "TyperNotation", envelope.typer_notation)
    _text(other, "PromulgationAmount", _number(envelope.issued_amount))
    _text(other, "PageAmount", _number(envelope.page_amount))
    _text(other, "ReplyFors", envelope.reply_fors)
    _text(other, "Direction", _flag(envelope.direction))
    _text(other, "ReferenceCodes", envelope.reference_codes)
    _list(other, "Appendixes", "Appendix", envelope.appendices)


def _organ(parent: etree._Element, name: str, organ: Organ) -> None:
    _texts(
        parent,
        name,
        OrganId=organ.code,
        OrganizationInCharge=organ.parent_agency,
        OrganName=organ.name,
        OrganAdd=organ.address,
        Email=organ.email,
        Telephone=organ.telephone,
        Fax=organ.fax,
        Website=organ.website,
    )


def _reply(message: etree._Element, reply: InReplyTo) -> None:
    _texts(
        message,
        "ResponseFor",
        OrganId=reply.organ,
        Code=reply.code,
        DocumentId=reply.document_id,
        PromulgationDate=written_date(reply.issue_date),
    )


def _staff(parent: etree._Element, staff: Staff) -> None:
    _texts(
        parent,
        "StaffInfo",
        Department=staff.department,
        DepartmentId=staff.department_id,
        Staff=staff.name,
        StaffId=staff.staff_id,
        Email=staff.email,
        Mobile=staff.mobile,
    )


# --- trace and business --------------------------------------------------------------------------


def _trace_header_list(header: etree._Element, envelope: Envelope) -> None:
    trace = _block(header, "TraceHeaderList")
    for passed in envelope.traces:
        _trace(trace, passed)
    _business(_block(trace, "Bussiness"), envelope.business)


def _trace(parent: etree._Element, trace: Trace) -> None:
    moment = written_timestamp(trace.timestamp)
    if moment:  # the standard asks for one; a node without a time tells nothing
        _texts(parent, "TraceHeader", OrganId=trace.organ, Timestamp=moment)


def _business(block: etree._Element, business: Business) -> None:
    _text(block, "DocumentId", business.document_id)
    _text(block, "BussinessDocType", str(int(business.operation)))
    _text(block, "BussinessDocReason", business.reason)
    _text(block, "Paper", str(int(business.paper_copy)))
    says_what_changed = business.information_changed or business.receivers_changed or business.receivers
    if business.operation is Operation.UPDATE or says_what_changed:
        info = _block(block, "BussinessDocumentInfo")
        _text(info, "DocumentInfo", str(int(business.information_changed)))
        _text(info, "DocumentReceiver", str(int(business.receivers_changed)))
        changes = [change for change in business.receivers if change.organ]
        receivers = _block(info, "ReceiverList") if changes else info
        for change in changes:
            kind = str(int(change.added))
            _texts(receivers, "Receiver", OrganId=change.organ, ReceiverType=kind)
    replaced = [replacement for replacement in business.replacements if replacement.document_id]
    replacements = _block(block, "ReplacementInfoList") if replaced else block
    for replacement in replaced:
        entry = _block(replacements, "ReplacementInfo")
        _text(entry, "DocumentId", replacement.document_id)
        _list(entry, "OrganIdList", "OrganId", replacement.organs)
    for person in business.staff:
        _staff(block, person)


# --- attachments ---------------------------------------------------------------------------------


def _manifest(body: etree._Element, attachments: Sequence[Attachment]) -> None:
    manifest = _block(body, "edXMLManifest")
    manifest.set("version", "1.0")
    for number, attachment in enumerate(attachments):
        _texts(
            manifest,
            "Reference",
            ContentId=_content_id(attachment, number),
            ContentType=attachment.content_type,
            Description=attachment.description,
            AttachmentName=attachment.name,
        )


def _attachments(root: etree._Element, attachments: Sequence[Attachment]) -> None:
    block = _block(root, "AttachmentEncoded")
    for number, attachment in enumerate(attachments):
        entry = _block(block, "Attachment")
        _text(entry, "ContentId", _content_id(attachment, number))
        _text(entry, "AttachmentName", attachment.name)
        _text(entry, "Description", attachment.description)
        _text(entry, "ContentType", attachment.content_type)
        # the SDK writes this one child with the prefix; "" keeps start and end tag apart
        etree.SubElement(entry, f"{{{NAMESPACE}}}{CONTENT}", nsmap=_EDXML).text = ""


def _content_id(attachment: Attachment, number: int) -> str:
    return f"cid:{attachment.content_id or f'attachment-{number + 1}'}"


# --- elements and values -------------------------------------------------------------------------


def _block(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")


def _text(parent: etree._Element, name: str, text: str) -> None:
    if legal := _legal(text):
        _block(parent, name).text = legal


def _texts(parent: etree._Element, name: str, **texts: str) -> None:
    """A block of leaves; no block if there is nothing to write in it."""
    if any(_legal(text) for text in texts.values()):
        block = _block(parent, name)
        for leaf, text in texts.items():
            _text(block, leaf, text)


def _list(parent: etree._Element, name: str, leaf: str, texts: Iterable[str]) -> None:
    if kept := [text for text in texts if _legal(text)]:
        block = _block(parent, name)
        for text in kept:
            _text(block, leaf, text)


def _legal(text: str) -> str:
    """The text as XML can hold it; "" if only white space is left, which the standard does not count."""
    return _NOT_XML.sub("", text).strip()


def _number(text: str) -> str:
    number = integer(text)
    return "" if number is None else str(number)


def _flag(text: str) -> str:
    return text.lower() if text.lower() in ("true", "false") else ""


def _serialised(root: etree._Element, *, one_line: bool = False) -> bytes:
    if not one_line:
        etree.indent(root)
    return etree.tostring(root, encoding="UTF-8")


def _base64(content: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of `content` in base64 without line breaks; flat memory whatever the size of its pieces."""
    rest = b""
    for piece in content:
        rest += piece
        whole = len(rest) - len(rest) % _MULTIPLE
        if whole:
            yield base64.b64encode(rest[:whole])
            rest = rest[whole:]
    if rest:
        yield base64.b64encode(rest)
