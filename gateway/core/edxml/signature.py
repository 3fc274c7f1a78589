"""
The XML signature in an edXML header: nearly always a dummy, told apart from one that could be verified.
"""

from __future__ import annotations

import base64
import binascii

from lxml import etree

from gateway.core import catalogue
from gateway.core.edxml.names import SIGNATURE_NAMES, XMLDSIG, namespace_of
from gateway.core.edxml.notes import Notes
from gateway.core.edxml.walk import Node


def note_signature(header: Node, notes: Notes) -> bool:
    """Whether the header bears an XML signature that could be verified; the usual dummies are noted.

    Spec: QCVN102/Signature
    """
    found = [node for name in SIGNATURE_NAMES for node in header.children.get(name, ())]
    real = [node for node in found if node.element is not None and _could_be_verified(node.element)]
    if found and not real:
        notes.add(catalogue.DUMMY_SIGNATURE, "Signature", found[0].line)
    return bool(real)


def _could_be_verified(signature: etree._Element) -> bool:
    """Whether it is XML-DSig with a value and a whole certificate.

    The samples of the SDK carry a certificate cut off after eleven characters, in the namespace of edXML.
    """
    if namespace_of(signature.tag) != XMLDSIG:
        return False
    value = "".join((signature.findtext(f"{{{XMLDSIG}}}SignatureValue") or "").split())
    certificate = "".join((signature.findtext(f".//{{{XMLDSIG}}}X509Certificate") or "").split())
    try:
        der = base64.b64decode(certificate, validate=True)
    except (binascii.Error, ValueError):
        return False
    # a DER SEQUENCE with two bytes of length, and all of them there
    whole = der[:2] == b"\x30\x82" and len(der) == 4 + int.from_bytes(der[2:4], "big")
    return bool(value) and whole
