"""
The blocks of an edXML that every dialect has, for whatever prefix it writes.

A leaf without a text is left out, and so is a block without a leaf.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.core.edxml.names import NAMESPACE
from gateway.core.model import (
    Attachment,
    Business,
    Envelope,
    InReplyTo,
    Operation,
    Organ,
    Replacement,
    Staff,
)
from gateway.letters.content import Letter
from gateway.letters.files import File
from gateway.letters.markup import Comment, Tag

XMLNS = f'xmlns="{NAMESPACE}"'
XMLNS_EDXML = f'xmlns:edXML="{NAMESPACE}"'

Children = tuple[Tag, ...]


def leaves(prefix: str, **texts: str) -> Children:
    """The leaves that have a text, in the order given."""
    return tuple(Tag(prefix + name, text) for name, text in texts.items() if text)


def block(name: str, *children: Children | Tag) -> Children:
    """A block of these children; nothing if it would be empty."""
    flat = tuple(tag for group in children for tag in (group if isinstance(group, tuple) else (group,)))
    return (Tag(name, flat),) if flat else ()


def organ_block(name: str, organ: Organ, e: str) -> Children:
    return block(
        f"{e}{name}",
        leaves(
            e,
            OrganId=organ.code,
            OrganizationInCharge=organ.parent_agency,
            OrganName=organ.name,
            OrganAdd=organ.address,
            Email=organ.email,
            Telephone=organ.telephone,
            Fax=organ.fax,
            Website=organ.website,
        ),
    )


def code(v: Envelope, e: str) -> Children:
    return block(f"{e}Code", leaves(e, CodeNumber=v.code_number, CodeNotation=v.code_notation))


def issued(v: Envelope, e: str) -> Children:
    return block(f"{e}PromulgationInfo", leaves(e, Place=v.issue_place, PromulgationDate=v.issue_date))


def document_type(v: Envelope, e: str) -> Children:
    return block(
        f"{e}DocumentType",
        leaves(e, Type=v.type_code, TypeDetail=v.type_detail, TypeName=v.type_name),
    )


def signer(v: Envelope, e: str) -> Children:
    return block(
        f"{e}SignerInfo",
        leaves(e, Competence=v.signing_capacity, Position=v.signer_position, FullName=v.signer_name),
    )


def other_info(v: Envelope, e: str) -> Children:
    return block(
        f"{e}OtherInfo",
        leaves(
            e,
            Priority=str(v.priority),
            SphereOfPromulgation=v.circulation_note,
            TyperNotation=v.typer_notation,
            PromulgationAmount=v.issued_amount,
            PageAmount=v.page_amount,
            Direction=v.direction,
        ),
        block(f"{e}Appendixes", tuple(Tag(f"{e}Appendix", text) for text in v.appendices)),
    )


def replies(v: Envelope, e: str) -> Children:
    return tuple(tag for reply in v.in_reply_to for tag in _reply(reply, e))


def _reply(reply: InReplyTo, e: str) -> Children:
    return block(
        f"{e}ResponseFor",
        leaves(
            e,
            OrganId=reply.organ,
            Code=reply.code,
            DocumentId=reply.document_id,
            PromulgationDate=reply.issue_date,
        ),
    )


def to_places(v: Envelope, e: str) -> Children:
    return block(f"{e}ToPlaces", tuple(Tag(f"{e}Place", text) for text in v.listed_recipients))


def _staff(staff: Staff, e: str) -> Children:
    return block(
        f"{e}StaffInfo",
        leaves(e, Department=staff.department, Staff=staff.name, Email=staff.email, Mobile=staff.mobile),
    )


def trace_headers(v: Envelope, e: str) -> Children:
    return tuple(
        Tag(f"{e}TraceHeader", leaves(e, OrganId=trace.organ, Timestamp=trace.timestamp))
        for trace in v.traces
    )


def business(v: Envelope, e: str) -> Children:
    work = v.business
    return block(
        f"{e}Bussiness",
        leaves(
            e,
            DocumentId=work.document_id,
            BussinessDocType=str(int(work.operation)),
            BussinessDocReason=work.reason,
            Paper=str(int(work.paper_copy)),
        ),
        _what_changed(work, e),
        block(f"{e}ReplacementInfoList", *(_replaced(one, e) for one in work.replacements)),
        *(_staff(person, e) for person in work.staff),
    )


def _what_changed(work: Business, e: str) -> Children:
    """Of an update: whether the information or the list of receivers changed, and who came and went."""
    if work.operation is not Operation.UPDATE:
        return ()
    receivers = (
        block(f"{e}Receiver", leaves(e, OrganId=change.organ, ReceiverType=str(int(change.added))))
        for change in work.receivers
    )
    flags = leaves(
        e,
        DocumentInfo=str(int(work.information_changed)),
        DocumentReceiver=str(int(work.receivers_changed)),
    )
    return block(f"{e}BussinessDocumentInfo", flags, block(f"{e}ReceiverList", *receivers))


def _replaced(one: Replacement, e: str) -> Children:
    organs = (Tag(f"{e}OrganId", organ) for organ in one.organs)
    return block(
        f"{e}ReplacementInfo", leaves(e, DocumentId=one.document_id), block(f"{e}OrganIdList", *organs)
    )


def header_in_java_order(v: Envelope, e: str) -> Children:
    return (
        *organ_block("From", v.sender, e),
        *(tag for organ in v.recipients for tag in organ_block("To", organ, e)),
        *leaves(e, DocumentId=v.document_id),
        *code(v, e),
        *issued(v, e),
        *document_type(v, e),
        *leaves(e, Subject=v.subject, Content=v.content),
        *signer(v, e),
        *leaves(e, DueDate=v.due_date),
        *other_info(v, e),
        *replies(v, e),
        *leaves(e, SteeringType=v.steering_type),
        *to_places(v, e),
    )


def frame(
    header: Sequence[Tag],
    references: Children,
    attachments: Children,
    *,
    e: str = "edXML:",
    a: str = "",
    root: str = XMLNS,
    envelope: Sequence[Tag | Comment] = (),
) -> Tag:
    """Root, envelope, body and attachments; `e` and `a` are the prefixes inside and beside the envelope."""
    manifest = Tag(f"{e}edXMLManifest", references, 'version="1.0"')
    inside = (Tag(f"{e}edXMLHeader", tuple(header)), Tag(f"{e}edXMLBody", (manifest,)))
    return Tag(
        "edXML",
        (
            Tag(f"{e}edXMLEnvelope", (*envelope, *inside), XMLNS_EDXML if e else ""),
            Tag(f"{a}AttachmentEncoded", attachments),
        ),
        root,
    )


def pairs(letter: Letter) -> Iterator[tuple[Attachment, File]]:
    return zip(letter.envelope.attachments, letter.files, strict=True)
