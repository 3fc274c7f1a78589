"""
edXML for people to read: one element to a line, each level further in.
"""

from __future__ import annotations

from lxml import etree

from schemas.safe_xml import UnsafeXml, parse

LONGEST = 512 * 1024  # characters that are shown; nobody reads on, and browsers of old PCs stand still


def pretty(envelope: bytes) -> str:
    """An envelope in lines; as it is if it can't be read as XML. What is over LONGEST is left out."""
    try:
        root = parse(envelope).root
    except UnsafeXml:
        return _short(envelope.decode("utf-8", "replace"))
    etree.indent(root, space="  ")
    return _short(etree.tostring(root, encoding="unicode"))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n…"
