"""
The dialects of edXML that are really sent, as renderings of one letter.

Each arranges the same content as one kind of software does; none of them is what the regulations print.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType

from gateway.core.model import Business, Envelope, Organ
from gateway.letters.blocks import (
    XMLNS,
    XMLNS_EDXML,
    Children,
    business,
    code,
    document_type,
    frame,
    header_in_java_order,
    issued,
    leaves,
    organ_block,
    other_info,
    pairs,
    replies,
    signer,
    to_places,
    trace_headers,
)
from gateway.letters.content import Letter
from gateway.letters.markup import Comment, Style, Tag, printed

_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
_TRACE = 'id="1a2b3c4d" version="1.0" mustUnderstand="1" actor="http://schemas.xmlsoap.org/soap/actor/next"'
_XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


class Dialect(StrEnum):
    """Whose software wrote a letter."""

    JAVA_SDK = "java-sdk"  # EdXML102: Bussiness first, cid:cid:
    JAVA_SAMPLE = "java-sample"  # the examples shipped with the SDK: trace first, a dummy signature
    DOTNET = "dotnet"  # one line, xlink, N/A, an empty DigitalSignature
    PVN = "pvn"  # an agency's own builder around the SDK
    HAND_MADE = "hand-made"  # tabs, CRLF, comments, prefixes that nobody declared
    BYTE_ORDER_MARK = "bom"
    TRAILING_LINE_END = "trailing-crlf"  # sendEdoc adds one to every file
    OTHER_DATES = "other-dates"  # dd/MM/yyyy, no prefix at all, base64 in lines


def render(letter: Letter, dialect: Dialect) -> Iterator[bytes]:
    """The letter as `dialect` writes it, in pieces."""
    arrange, style = _ARRANGED[dialect]
    return printed(arrange(as_written(letter, dialect)), style)


def as_written(letter: Letter, dialect: Dialect) -> Letter:
    """The letter as it reads once `dialect` has written it: some software leaves things out."""
    envelope = letter.envelope
    if dialect is Dialect.PVN:
        envelope = _without_what_pvn_leaves_out(envelope)
    if dialect is Dialect.OTHER_DATES:
        envelope = replace(
            envelope, issue_date=_turned(envelope.issue_date), due_date=_turned(envelope.due_date)
        )
    if dialect is Dialect.DOTNET:
        staff = tuple(
            replace(person, email="", mobile="", department="") for person in envelope.business.staff
        )
        envelope = replace(envelope, direction="", business=replace(envelope.business, staff=staff))
    if dialect is Dialect.HAND_MADE:
        envelope = replace(envelope, direction="")
    return replace(letter, envelope=envelope)


def _turned(written: str) -> str:
    return "/".join(reversed(written.split("/")))


def _without_what_pvn_leaves_out(envelope: Envelope) -> Envelope:
    def bare(organ: Organ) -> Organ:
        return Organ(organ.code, name=organ.name, parent_agency=organ.parent_agency)

    return replace(
        envelope,
        sender=bare(envelope.sender),
        recipients=tuple(bare(organ) for organ in envelope.recipients),
        type_detail="",
        due_date="",
        signing_capacity="",
        signer_position="",
        listed_recipients=(),
        appendices=(),
        traces=tuple(replace(trace, organ="") for trace in envelope.traces),
        business=Business(),
        attachments=tuple(replace(attachment, description="") for attachment in envelope.attachments),
    )


# --- the dialects --------------------------------------------------------------------------------


def _java(letter: Letter, ids: str, *, trace_first: bool, signature: Children = ()) -> Tag:
    v, e = letter.envelope, "edXML:"
    halves = (trace_headers(v, e), business(v, e))
    trace = Tag(f"{e}TraceHeaderList", (*halves[0], *halves[1]) if trace_first else (*halves[1], *halves[0]))
    references = tuple(
        Tag(
            f"{e}Reference",
            leaves(
                e,
                ContentId=ids + a.content_id,
                ContentType="application/zip",  # whatever the file is
                Description=a.description,
                AttachmentName=a.name,
            ),
        )
        for a in v.attachments
    )
    attachments = tuple(
        Tag(
            "Attachment",
            (
                *leaves(
                    "",
                    ContentId=ids + a.content_id,
                    AttachmentName=a.name,
                    Description=a.description,
                    ContentType=a.content_type,
                ),
                Tag(f"{e}ContentTransferEncoded", file, XMLNS_EDXML),
            ),
        )
        for a, file in pairs(letter)
    )
    header = (Tag(f"{e}MessageHeader", header_in_java_order(v, e)), trace, *signature)
    return frame(header, references, attachments)


def _java_sdk(letter: Letter) -> Tag:
    return _java(letter, "cid:cid:", trace_first=False)


def _java_sample(letter: Letter) -> Tag:
    return _java(letter, "cid:", trace_first=True, signature=(_dummy_signature(),))


def _dummy_signature() -> Tag:
    digest = Tag("DigestMethod", "", 'Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"')
    reference = Tag("Reference", (digest, Tag("DigestValue", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")), 'URI=""')
    certificate = (Tag("X509SubjectName", "CN=user05"), Tag("X509Certificate", "MIIFqTCCBJG"))
    return Tag(
        "Signature",
        (
            Tag("SignedInfo", (reference,)),
            Tag("SignatureValue", "AAAA"),
            Tag("KeyInfo", (Tag("X509Data", certificate),)),
        ),
    )


def _dotnet(letter: Letter) -> Tag:
    v, e = letter.envelope, "edXML:"
    kind = leaves(e, Type=v.type_code, TypeName=v.type_name, TypeDetail=v.type_detail)
    message = (
        *organ_block("From", v.sender, e),
        *(tag for organ in v.recipients for tag in organ_block("To", organ, e)),
        *code(v, e),
        *issued(v, e),
        Tag(f"{e}DocumentType", kind),
        *leaves(e, Subject=v.subject, Content=v.content),
        *signer(v, e),
        *leaves(e, DueDate=v.due_date),
        *to_places(v, e),
        *(other_info(v, e) if v.appendices else _other_with_empty_appendix(v, e)),
        *leaves(e, SteeringType=v.steering_type, DocumentId=v.document_id),
    )
    people = tuple(
        Tag(
            f"{e}StaffInfo",
            (Tag(f"{e}Department", "N/A"), Tag(f"{e}Staff", s.name), Tag(f"{e}Mobile"), Tag(f"{e}Email")),
        )
        for s in v.business.staff
    )
    work = leaves(e, BussinessDocType=str(int(v.business.operation)), BussinessDocReason=v.business.reason)
    operation = Tag(f"{e}Bussiness", (*work, *people, Tag(f"{e}Paper", "0")))
    trace = Tag(f"{e}TraceHeaderList", (*trace_headers(v, e), operation), _TRACE)
    references = tuple(
        Tag(
            f"{e}Reference",
            leaves(
                e,
                Description=a.description,
                AttachmentName=a.name,
                ContentType=a.content_type,
                ContentId=f"cid:{a.content_id}",
            ),
            f'{_XLINK} xlink:href="cid:{a.content_id}" xlink:role="XLinkRole" xlink:type="simple"',
        )
        for a in v.attachments
    )
    attachments = tuple(
        Tag(
            "Attachment",
            (
                *leaves("", ContentType=a.content_type, ContentId=a.content_id, Description=a.description),
                Tag("ContentTransferEncoded", file),
                Tag("AttachmentName", a.name),
            ),
        )
        for a, file in pairs(letter)
    )
    header = (Tag(f"{e}MessageHeader", message), trace, Tag(f"{e}DigitalSignature"))
    return frame(header, references, attachments, root=f"{_XSI} {XMLNS}")


def _other_with_empty_appendix(v: Envelope, e: str) -> Children:
    (other,) = other_info(v, e)
    assert isinstance(other.content, tuple)
    return (Tag(other.name, (*other.content, Tag(f"{e}Appendixes", (Tag(f"{e}Appendix"),)))),)


def _pvn(letter: Letter) -> Tag:
    v, e = letter.envelope, "edXML:"
    gateway = Tag(f"{e}Business", leaves(e, BusinessName="Gửi văn bản", BusinessCode="GW"))
    traces = tuple(
        Tag(f"{e}TraceHeader", (*leaves(e, Timestamp=trace.timestamp), gateway)) for trace in v.traces
    )
    references = tuple(
        Tag(
            f"{e}Reference",
            leaves(e, ContentId=f"cid:{a.content_id}", ContentType="text/plain", AttachmentName=a.name),
        )
        for a in v.attachments
    )
    attachments = tuple(
        Tag(
            "Attachment",
            (
                *leaves(
                    "",
                    ContentId=f"cid:{a.content_id}",
                    AttachmentName=a.name,
                    ContentType=a.content_type,
                ),
                Tag(f"{e}ContentTransferEncoded", file, XMLNS_EDXML),
            ),
        )
        for a, file in pairs(letter)
    )
    header = (Tag(f"{e}MessageHeader", header_in_java_order(v, e)), Tag(f"{e}TraceHeaderList", traces))
    return frame(header, references, attachments)


def _hand_made(letter: Letter) -> Tag:
    v, e = letter.envelope, "edXML:"
    nothing = tuple(Tag(f"{e}{name}") for name in ("OrganId", "Code", "PromulgationDate", "DocumentId"))
    message = (
        *organ_block("From", v.sender, e),
        *(tag for organ in v.recipients for tag in organ_block("To", organ, e)),
        *code(v, e),
        *issued(v, e),
        *document_type(v, e),
        *leaves(e, Subject=v.subject, Content=v.content),
        *signer(v, e),
        *leaves(e, DueDate=v.due_date),
        *to_places(v, e),
        *other_info(v, e),
        *(replies(v, e) or (Tag(f"{e}ResponseFor", nothing),)),
        *leaves(e, SteeringType=v.steering_type, DocumentId=v.document_id),
    )
    trace = Tag(f"{e}TraceHeaderList", (*trace_headers(v, e), *business(v, e)))
    references = tuple(
        Tag(
            f"{e}Reference",
            (
                *leaves(e, ContentId=f"cid:{a.content_id}"),
                *leaves(e, AttachmentName=a.name, Description=a.description),
            ),
            'xlink:href=""',  # a prefix that nobody declared
        )
        for a in v.attachments
    )
    attachments = tuple(
        Tag(
            f"{e}Attachment",  # outside the envelope, where its prefix is not declared either
            (
                *leaves(e, ContentId=f"cid:{a.content_id}", AttachmentName=a.name),
                *leaves(e, ContentType=a.content_type),
                Tag(f"{e}ContentTransferEncoded", file, XMLNS_EDXML),
            ),
        )
        for a, file in pairs(letter)
    )
    header = (Tag(f"{e}MessageHeader", message), trace)
    return frame(header, references, attachments, a=e, envelope=(Comment("XML 102"),))


def _other_dates(letter: Letter) -> Tag:
    v = letter.envelope
    trace = Tag("TraceHeaderList", (*trace_headers(v, ""), *business(v, "")))
    references = tuple(
        Tag(
            "Reference",
            leaves("", ContentId=a.content_id, Description=a.description, AttachmentName=a.name),
        )
        for a in v.attachments
    )
    attachments = tuple(
        Tag(
            "Attachment",
            (
                *leaves("", ContentId=a.content_id, AttachmentName=a.name, ContentType=a.content_type),
                Tag("ContentTransferEncoded", file),
            ),
        )
        for a, file in pairs(letter)
    )
    header = (Tag("MessageHeader", header_in_java_order(v, "")), trace)
    return frame(header, references, attachments, e="")


_SDK_STYLE = Style()
_TABS = Style(indent="\t", line_end="\r\n", closes_empty=True)
_ONE_LINE = Style(declaration='<?xml version="1.0" encoding="utf-8"?>', indent="", line_end="")
_ARRANGED: MappingProxyType[Dialect, tuple[Callable[[Letter], Tag], Style]] = MappingProxyType(
    {
        Dialect.JAVA_SDK: (_java_sdk, _SDK_STYLE),
        Dialect.JAVA_SAMPLE: (_java_sample, _SDK_STYLE),
        Dialect.DOTNET: (_dotnet, _ONE_LINE),
        Dialect.PVN: (_pvn, _SDK_STYLE),
        Dialect.HAND_MADE: (_hand_made, _TABS),
        Dialect.BYTE_ORDER_MARK: (_java_sample, Style(before=b"\xef\xbb\xbf")),
        Dialect.TRAILING_LINE_END: (_java_sdk, Style(after=b"\r\n")),
        Dialect.OTHER_DATES: (_other_dates, Style(line_end="\r\n", base64_width=76)),
    }
)
