"""
The arrangement of the national Java SDK, and of the axis that runs on it.

The strict writer has their order and spelling already; here is what else their output shows. The SDK knows no
namespaces: it finds elements by the name that stands in the text, so the prefixes are part of the form.

Spec: QCVN102/MessageHeader, QCVN102/TraceHeaderList, QCVN102/Signature
"""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from gateway.core.edxml import NAMESPACE, normalised
from gateway.core.edxml.forms import integer
from gateway.core.edxml.names import BUSSINESS, MESSAGE_HEADER, TRACE_HEADER_LIST, local_name
from gateway.core.edxml.walk import elements_of
from gateway.core.model import Envelope, Kind, Trace
from gateway.core.renderings.left_over import LeftOver

_DEFAULT: dict[str, str] = {None: NAMESPACE}  # type: ignore[dict-item]  # lxml: None is no prefix


def java_tree(envelope: Envelope, rest: LeftOver) -> etree._Element:
    """The message as the SDK writes it; the content of its attachments is empty.

    A signature of the header is kept as the SDK and the axis keep one: every name of it in the namespace of
    edXML. It says no longer that it is XML-DSig, which is true of what was written anew.
    """
    root = normalised(_with_what_java_always_writes(envelope))
    message = _below(root, "edXMLEnvelope/edXMLHeader/MessageHeader")
    if envelope.kind is Kind.STATUS:
        _add_further_replies(message, envelope)
        return root
    trace = _below(root, "edXMLEnvelope/edXMLHeader/TraceHeaderList")
    trace.insert(0, _below(trace, BUSSINESS.name))  # EdXML102 0.0.3 writes it before the TraceHeaders
    if rest.signature is not None:
        _copy_signature(rest.signature, _below(root, "edXMLEnvelope/edXMLHeader"))
    return root


def axis_tree(envelope: Envelope, rest: LeftOver, trace: Trace) -> etree._Element:
    """The message as the national axis writes it anew: a `trace` of its own, empty blocks left standing.

    Where no business was told, none is made up. A status has no traces.
    """
    root = java_tree(replace(envelope, traces=(*envelope.traces, trace)), rest)
    _leave_empty_blocks(_below(root, "edXMLEnvelope/edXMLHeader/MessageHeader"), rest)
    if envelope.kind is Kind.DOCUMENT and not rest.has_business:
        traces = _below(root, f"edXMLEnvelope/edXMLHeader/{TRACE_HEADER_LIST.name}")
        traces.remove(_below(traces, BUSSINESS.name))
    return root


def _with_what_java_always_writes(envelope: Envelope) -> Envelope:
    """SteeringType, at which its reader throws unless it is a number, and Direction."""
    steering, direction = envelope.steering_type, envelope.direction.lower()
    return replace(
        envelope,
        steering_type="0" if integer(steering) is None else steering,
        direction=direction if direction in ("true", "false") else "false",
    )


def _add_further_replies(message: etree._Element, envelope: Envelope) -> None:
    """Keep every ResponseFor of a status, though its form has one.

    Left with the first alone, the organ of another would read of a document that is not its own.
    """
    last = message.find(f"{{{NAMESPACE}}}ResponseFor")
    for reply in envelope.in_reply_to[1:]:
        alone = normalised(replace(envelope, in_reply_to=(reply,)))
        block = alone.find(f".//{{{NAMESPACE}}}ResponseFor")
        if last is not None and block is not None:
            last.addnext(block)
            last = block


def _leave_empty_blocks(message: etree._Element, rest: LeftOver) -> None:
    there = {local_name(child.tag) for child in elements_of(message)}
    for name in rest.empty_blocks:
        if name not in there or MESSAGE_HEADER.by_name[name].many:
            etree.SubElement(message, f"{{{NAMESPACE}}}{name}")
            there.add(name)
    message[:] = sorted(message, key=lambda child: MESSAGE_HEADER.ranks[local_name(child.tag)])


def _copy_signature(source: etree._Element, parent: etree._Element) -> None:
    """Copy `source` and all below it to the end of `parent`, in the namespace of edXML, without prefixes."""
    copy = etree.SubElement(parent, f"{{{NAMESPACE}}}{local_name(source.tag)}", nsmap=_DEFAULT)
    copy.text = source.text
    for name, value in source.attrib.items():
        copy.set(name, value)
    for child in elements_of(source):
        _copy_signature(child, copy)
    if len(copy) and not (copy.text or "").strip():
        copy.text = None  # the indentation of the source


def _below(parent: etree._Element, path: str) -> etree._Element:
    found = parent.find("/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/")))
    assert found is not None, path
    return found
