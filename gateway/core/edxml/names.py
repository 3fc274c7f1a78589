"""
The words of edXML: every element, where it stands, in which order the national SDK writes it.

One table serves the reader (which names are known), the writer and the normalised rendering (which order).
The misspelling `Bussiness` is the name; the right spelling is an alias.

Spec: QCVN102 (the frame and its elements), in the order of the Java SDK
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
XLINK = "http://www.w3.org/1999/xlink"
CONTENT = "ContentTransferEncoded"


@dataclass(frozen=True)
class Shape:
    """An element and its known children, in the order of the Java SDK; a leaf has none.

    `any_order` marks the one block that official writers themselves order in two ways.
    """

    name: str
    children: tuple[Shape, ...] = ()
    many: bool = False
    any_order: bool = False

    @cached_property
    def by_name(self) -> dict[str, Shape]:
        return {child.name: child for child in self.children}

    @cached_property
    def ranks(self) -> dict[str, int]:
        return {child.name: rank for rank, child in enumerate(self.children)}

    @cached_property
    def by_lower_name(self) -> dict[str, str]:
        return {child.name.lower(): child.name for child in self.children}


def _leaf(name: str) -> Shape:
    return Shape(name)


def _leaves(names: str) -> tuple[Shape, ...]:
    return tuple(Shape(name) for name in names.split())


_ORGAN = _leaves("OrganId OrganizationInCharge OrganName OrganAdd Email Telephone Fax Website")
_STAFF = _leaves("Department DepartmentId Staff StaffId Email Mobile")
_REPLY = _leaves("OrganId Code DocumentId PromulgationDate")

MESSAGE_HEADER = Shape(
    "MessageHeader",
    (
        Shape("From", _ORGAN),
        Shape("To", _ORGAN, many=True),
        _leaf("DocumentId"),
        Shape("Code", _leaves("CodeNumber CodeNotation")),
        Shape("PromulgationInfo", _leaves("Place PromulgationDate")),
        Shape("DocumentType", _leaves("Type TypeDetail TypeName")),
        _leaf("Subject"),
        _leaf("Content"),
        Shape("SignerInfo", _leaves("Competence Position FullName")),
        _leaf("DueDate"),
        Shape(
            "OtherInfo",
            (
                *_leaves("Priority SphereOfPromulgation TyperNotation PromulgationAmount PageAmount"),
                *_leaves("ReplyFors Direction ReferenceCodes"),
                Shape("Appendixes", (Shape("Appendix", many=True),)),
            ),
        ),
        Shape("ResponseFor", _REPLY, many=True),
        _leaf("SteeringType"),
        Shape("ResponseForTask", (Shape("TaskCode", many=True),), many=True),
        _leaf("ApplicationType"),
        Shape("ToPlaces", (Shape("Place", many=True),)),
        # of a status message only
        Shape("StaffInfo", _STAFF),
        _leaf("StatusCode"),
        _leaf("Description"),
        _leaf("Timestamp"),
    ),
)

BUSSINESS = Shape(
    "Bussiness",
    (
        *_leaves("DocumentId BussinessDocType BussinessDocReason Paper"),
        Shape(
            "BussinessDocumentInfo",
            (
                *_leaves("DocumentInfo DocumentReceiver"),
                Shape("ReceiverList", (Shape("Receiver", _leaves("OrganId ReceiverType"), many=True),)),
            ),
            many=True,
        ),
        Shape(
            "ReplacementInfoList",
            (
                Shape(
                    "ReplacementInfo",
                    (_leaf("DocumentId"), Shape("OrganIdList", (Shape("OrganId", many=True),))),
                    many=True,
                ),
            ),
        ),
        Shape("StaffInfo", _STAFF, many=True),
    ),
)

TRACE_HEADER_LIST = Shape(
    "TraceHeaderList",
    (
        Shape("TraceHeader", _leaves("OrganId Timestamp"), many=True),
        BUSSINESS,
        # The Java SDK puts these here at times; they belong to Bussiness.
        _leaf("Paper"),
        Shape("StaffInfo", _STAFF, many=True),
    ),
    any_order=True,
)
MISPLACED_IN_TRACE = ("Paper", "StaffInfo")

MANIFEST = Shape(
    "edXMLManifest",
    (Shape("Reference", _leaves("ContentId ContentType Description AttachmentName"), many=True),),
)
ATTACHMENT_ENCODED = Shape(
    "AttachmentEncoded",
    (
        Shape(
            "Attachment",
            _leaves(f"ContentId AttachmentName Description FieldName MimeType Format ContentType {CONTENT}"),
            many=True,
        ),
    ),
)
SIGNATURE_NAMES = ("Signature", "DigitalSignature")
ENVELOPE = Shape(
    "edXMLEnvelope",
    (
        Shape(
            "edXMLHeader",
            (MESSAGE_HEADER, TRACE_HEADER_LIST, *(Shape(name) for name in SIGNATURE_NAMES)),
        ),
        Shape("edXMLBody", (MANIFEST,)),
    ),
)
ROOT = Shape("edXML", (ENVELOPE, Shape(ATTACHMENT_ENCODED.name)))

OPAQUE = frozenset({*SIGNATURE_NAMES, ATTACHMENT_ENCODED.name})
"""Blocks not walked with the rest: signatures are not edXML, attachments are read with the manifest."""

# Annex VI of NĐ 30/2020 has nearly the same names; a DMS that maps them by hand lets some through.
_ALIASES = {
    "IssuedAmount": "PromulgationAmount",
    "IssuedDate": "PromulgationDate",
    "Appendices": "Appendixes",
    "Manifest": "edXMLManifest",
}
_BUSINESS = re.compile(r"bus+ines+", re.IGNORECASE)


def known_name(local: str, parent: Shape) -> str | None:
    """The name of `parent`'s child that a sender wrote as `local`, or None if it is not in the standard.

    The right spelling `Business…`, other misspellings of it and another case are understood.
    """
    if local in parent.by_name:
        return local
    candidate = _BUSINESS.sub("Bussiness", _ALIASES.get(local, local))
    return parent.by_lower_name.get(candidate.lower())


def local_name(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def namespace_of(tag: str) -> str:
    """The namespace of an element, or ""."""
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def bare_id(content_id: str) -> str:
    """A ContentId without all its `cid:`; the national SDK adds one with every parse and rebuild.

    Spec: QCVN102/Reference
    """
    return _CID.sub("", content_id.strip())


_CID = re.compile(r"^(?:cid:\s*)+", re.IGNORECASE)

_CLAUSES = MappingProxyType(
    {
        **{child.name: child.name for child in MESSAGE_HEADER.children},
        **{name: name for name in ("MessageHeader", "TraceHeaderList", "Bussiness", "Paper", "Priority")},
        **dict.fromkeys(SIGNATURE_NAMES, "Signature"),
        "TraceHeader": "TraceHeaderList",
        MANIFEST.name: "Reference",
        ATTACHMENT_ENCODED.name: "Attachment",
        CONTENT: "Attachment",
    }
)
_NUMBER = re.compile(r"\[[0-9]+\]")


def clause_of(path: str) -> str:
    """The clause of schemas/CLAUSES.tsv for an element path such as `MessageHeader/From/OrganId`."""
    steps = _NUMBER.sub("", path).split("/")
    for step in (steps[-1], *steps):
        if step in _CLAUSES and step not in ("MessageHeader", "TraceHeaderList"):
            return f"QCVN102/{_CLAUSES[step]}"
    return f"QCVN102/{_CLAUSES.get(steps[0], 'edXML')}"
