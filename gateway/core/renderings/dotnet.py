"""
The arrangement of the .NET SDK: the same elements in another order, with the attributes of a SOAP message.

What only Java knows (Direction, ReplyFors, task codes …) is written too: the XML readers of .NET pass over
what they do not know, and nothing gets lost.

Spec: QCVN102/MessageHeader, QCVN102/TraceHeaderList, QCVN102/Reference
"""

from __future__ import annotations

from types import MappingProxyType

from lxml import etree

from gateway.core.edxml import NAMESPACE, normalised
from gateway.core.edxml.names import CONTENT, XLINK, bare_id, local_name
from gateway.core.edxml.walk import elements_of
from gateway.core.model import Envelope, Kind

_DECLARED = MappingProxyType(
    {
        "xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsd": "http://www.w3.org/2001/XMLSchema",
    }
)
_DEFAULT: dict[str, str] = {None: NAMESPACE}  # type: ignore[dict-item]  # lxml: None is no prefix
_ACTOR = "http://schemas.xmlsoap.org/soap/actor/next"

_ORDERS = MappingProxyType(
    {
        name: {child: rank for rank, child in enumerate(children.split())}
        for name, children in {
            "MessageHeader": "From To Code PromulgationInfo DocumentType Subject Content SignerInfo DueDate"
            " ToPlaces OtherInfo ResponseFor SteeringType ResponseForTask ApplicationType"
            " StaffInfo StatusCode Description Timestamp DocumentId",
            "DocumentType": "Type TypeName TypeDetail",
            "ResponseFor": "OrganId Code PromulgationDate DocumentId",
            "Bussiness": "DocumentId BussinessDocType BussinessDocReason BussinessDocumentInfo"
            " ReplacementInfoList StaffInfo Paper",
            "StaffInfo": "Department DepartmentId Staff StaffId Mobile Email",
            "Reference": "Description AttachmentName ContentType ContentId",
            "Attachment": f"ContentType ContentId Description {CONTENT} AttachmentName",
        }.items()
    }
)
"""Blocks whose children .NET writes in an order of its own."""


def dotnet_tree(envelope: Envelope, message_id: str) -> etree._Element:
    """The message as the .NET SDK writes it; the content of its attachments is empty.

    `message_id` is that of the TraceHeaderList. Its DigitalSignature is always empty, so a signature is lost.
    """
    root = normalised(envelope, _DECLARED)
    for block in list(root.iter(*(f"{{{NAMESPACE}}}{name}" for name in _ORDERS))):
        ranks = _ORDERS[local_name(block.tag)]
        block[:] = sorted(block, key=lambda child: ranks[local_name(child.tag)])
    if envelope.kind is Kind.DOCUMENT:
        _mark_trace(_first(root, "TraceHeaderList"), message_id)
        etree.SubElement(_first(root, "edXMLHeader"), f"{{{NAMESPACE}}}DigitalSignature")
        _link_references(_first(root, "edXMLManifest"))
        for attachment in _first(root, "AttachmentEncoded"):
            _plain_attachment(attachment)
    return root


def _mark_trace(trace: etree._Element, message_id: str) -> None:
    for name, value in (("id", message_id), ("version", "1.0"), ("mustUnderstand", "1"), ("actor", _ACTOR)):
        trace.set(name, value)


def _link_references(manifest: etree._Element) -> None:
    for reference in list(elements_of(manifest)):
        # a declaration can be given to an element only when it is made
        linked = etree.SubElement(manifest, reference.tag, nsmap={"xlink": XLINK})
        linked.set(f"{{{XLINK}}}href", reference.findtext(f"{{{NAMESPACE}}}ContentId") or "")
        linked.set(f"{{{XLINK}}}role", "XLinkRole")
        linked.set(f"{{{XLINK}}}type", "simple")
        linked.extend(reference)
        manifest.remove(reference)


def _plain_attachment(attachment: etree._Element) -> None:
    """No `cid:` here, unlike in the Reference, and no prefix at the content."""
    for child in list(elements_of(attachment)):
        name = local_name(child.tag)
        if name == "ContentId":
            child.text = bare_id(child.text or "")
        elif name == CONTENT:
            plain = etree.Element(child.tag, nsmap=_DEFAULT)
            plain.text = ""  # keeps start and end tag apart
            attachment.replace(child, plain)


def _first(root: etree._Element, name: str) -> etree._Element:
    return next(root.iter(f"{{{NAMESPACE}}}{name}"))
