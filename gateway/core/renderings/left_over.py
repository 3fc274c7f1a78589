"""
What a message holds beside its Envelope, and a rewriting of it still shows: a signature, and empty blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from gateway.core.edxml.names import (
    BUSSINESS,
    ENVELOPE,
    MESSAGE_HEADER,
    ROOT,
    TRACE_HEADER_LIST,
    Shape,
    known_name,
    local_name,
)
from gateway.core.edxml.walk import elements_of
from schemas.safe_xml import Limits, parse

_HEADER = ENVELOPE.by_name["edXMLHeader"]


@dataclass(frozen=True, slots=True)
class LeftOver:
    """`signature` as it stands in the header, the names of the empty blocks of MessageHeader, in order."""

    signature: etree._Element | None = None
    empty_blocks: tuple[str, ...] = ()
    has_business: bool = False


def left_over(envelope_xml: bytes, limits: Limits) -> LeftOver:
    """What else is in a message that the tolerant reader has read.

    Raises: UnsafeXml if the reader would have refused it
    """
    envelope = _child(parse(envelope_xml, limits).root, ROOT, ENVELOPE.name)
    header = _child(envelope, ENVELOPE, _HEADER.name)
    message = _child(header, _HEADER, MESSAGE_HEADER.name)
    trace = _child(header, _HEADER, TRACE_HEADER_LIST.name)
    return LeftOver(
        _child(header, _HEADER, "Signature"),
        () if message is None else tuple(_empty_blocks(message)),
        _child(trace, TRACE_HEADER_LIST, BUSSINESS.name) is not None,
    )


def _child(parent: etree._Element | None, shape: Shape, name: str) -> etree._Element | None:
    """The first child of that name, however its sender spelt it."""
    if parent is None:
        return None
    return next((c for c in elements_of(parent) if known_name(local_name(c.tag), shape) == name), None)


def _empty_blocks(message: etree._Element) -> list[str]:
    found = []
    for child in elements_of(message):
        name = known_name(local_name(child.tag), MESSAGE_HEADER)
        is_block = name is not None and MESSAGE_HEADER.by_name[name].children
        if name and is_block and not any((e.text or "").strip() for e in child.iter(etree.Element)):
            found.append(name)
    return found
