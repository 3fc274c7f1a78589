"""
The strict profile of a seal: the one shape that a signature file may have.

XML Signature allows a great deal; every attack on it lives in what a verifier tolerates. A seal may
look in one way only, down to the byte: known elements in known order, no transforms, no unsigned
properties, canonical form. What is left is what was signed.

Reads   the signature file, parsed by schemas.safe_xml
Gives   Form: what the file says, nothing of it believed yet
Never   computes a signature, trusts a certificate, opens a reference
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cryptography import x509
from lxml import etree

from schemas import safe_xml
from signing.certificates import UNREADABLE_CERTIFICATE, load_certificate, names_of
from signing.parts import is_member_name
from signing.policy import C14N, SHA256, Policy
from signing.seal import ASIC, DS, SIGNED_PROPERTIES, XADES
from signing.verdict import Objection, Reason


class NotInProfile(Exception):
    """The signature file is not a seal; `objections` say why."""

    def __init__(self, *objections: Objection) -> None:
        self.objections = objections
        super().__init__(", ".join(f"{o.reason}: {o.detail}" for o in objections))


@dataclass(frozen=True, slots=True)
class SealedReference:
    """One reference of the seal to a part: the name, and the digest that was sealed."""

    name: str
    digest: bytes
    mime: str


@dataclass(frozen=True, slots=True)
class Form:
    """What a signature file in the right shape says. Nothing here is verified."""

    root: etree._Element
    references: tuple[SealedReference, ...]
    method: str
    certificates: tuple[x509.Certificate, ...]
    certificate_digests: tuple[tuple[str, bytes], ...]
    signed_at: datetime


@dataclass(frozen=True)  # no slots: what is worked out of it is kept beside it
class _Rule:
    """How one element must look: `children` are (tag, least, most) in order."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    children: tuple[tuple[str, int, int], ...] = ()
    text: bool = False

    @cached_property
    def known(self) -> frozenset[str]:
        return self.required | self.optional


def _ds(name: str) -> str:
    return f"{{{DS}}}{name}"


def _xades(name: str) -> str:
    return f"{{{XADES}}}{name}"


_MANY = 1 << 16  # the number of references is bounded by the policy, with a reason of its own
_ROOT = f"{{{ASIC}}}XAdESSignatures"
_ALGORITHM = _Rule(required=frozenset({"Algorithm"}))
_TEXT = _Rule(text=True)

_SHAPE = {
    _ROOT: _Rule(children=((_ds("Signature"), 1, 1),)),
    _ds("Signature"): _Rule(
        required=frozenset({"Id"}),
        children=tuple((_ds(n), 1, 1) for n in ("SignedInfo", "SignatureValue", "KeyInfo", "Object")),
    ),
    _ds("SignedInfo"): _Rule(
        children=(
            (_ds("CanonicalizationMethod"), 1, 1),
            (_ds("SignatureMethod"), 1, 1),
            (_ds("Reference"), 3, _MANY),
        )
    ),
    _ds("CanonicalizationMethod"): _ALGORITHM,
    _ds("SignatureMethod"): _ALGORITHM,
    _ds("Reference"): _Rule(
        required=frozenset({"URI"}),
        optional=frozenset({"Id", "Type"}),
        children=((_ds("DigestMethod"), 1, 1), (_ds("DigestValue"), 1, 1)),
    ),
    _ds("DigestMethod"): _ALGORITHM,
    _ds("DigestValue"): _TEXT,
    _ds("SignatureValue"): _TEXT,
    _ds("KeyInfo"): _Rule(required=frozenset({"Id"}), children=((_ds("X509Data"), 1, 1),)),
    _ds("X509Data"): _Rule(children=((_ds("X509Certificate"), 1, _MANY),)),
    _ds("X509Certificate"): _TEXT,
    _ds("Object"): _Rule(children=((_xades("QualifyingProperties"), 1, 1),)),
    _xades("QualifyingProperties"): _Rule(
        required=frozenset({"Target"}), children=((_xades("SignedProperties"), 1, 1),)
    ),
    _xades("SignedProperties"): _Rule(
        required=frozenset({"Id"}),
        children=((_xades("SignedSignatureProperties"), 1, 1), (_xades("SignedDataObjectProperties"), 1, 1)),
    ),
    _xades("SignedSignatureProperties"): _Rule(
        children=((_xades("SigningTime"), 1, 1), (_xades("SigningCertificateV2"), 1, 1))
    ),
    _xades("SigningTime"): _TEXT,
    _xades("SigningCertificateV2"): _Rule(children=((_xades("Cert"), 1, _MANY),)),
    _xades("Cert"): _Rule(children=((_xades("CertDigest"), 1, 1),)),
    _xades("CertDigest"): _Rule(children=((_ds("DigestMethod"), 1, 1), (_ds("DigestValue"), 1, 1))),
    _xades("SignedDataObjectProperties"): _Rule(children=((_xades("DataObjectFormat"), 1, _MANY),)),
    _xades("DataObjectFormat"): _Rule(
        required=frozenset({"ObjectReference"}), children=((_xades("MimeType"), 1, 1),)
    ),
    _xades("MimeType"): _TEXT,
}

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
_ID = re.compile(r"[^\W\d][\w.-]*\Z")  # what XML calls an NCName, near enough
_IDS = frozenset({"id", "ID", "Id", "{http://www.w3.org/XML/1998/namespace}id"})
_XPATH = ("http://www.w3.org/TR/1999/REC-xpath-19991116", "http://www.w3.org/2002/06/xmldsig-filter2")
_XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"


def read_form(data: bytes, policy: Policy) -> Form:
    """
    Read a signature file that has exactly the shape of a seal.

    Raises: NotInProfile with one objection or, where several sins stand side by side, all of them.
    """
    if not data:
        raise NotInProfile(Objection(Reason.NO_SEAL))
    if len(data) > policy.max_signature_bytes:
        raise NotInProfile(
            Objection(Reason.SEAL_TOO_LARGE, detail=f"{len(data)} > {policy.max_signature_bytes} bytes")
        )
    root = _parse(data, policy)
    sins = tuple(_sins(root, policy))
    if sins:
        raise NotInProfile(*sins)
    _check_shape(root)
    form = _read(root, policy)
    # Canonical to the byte: white space inside tags, other quotes, prefixes or base64 spellings would
    # be bytes of the evidence that no signature covers.
    if etree.tostring(root, method="c14n") != data:
        raise NotInProfile(Objection(Reason.SEAL_NOT_CANONICAL))
    return form


def _parse(data: bytes, policy: Policy) -> etree._Element:
    limits = safe_xml.Limits(
        depth=16,  # ours is 8 deep
        elements=5 * policy.max_parts + 500,  # five per part
        attribute_bytes=1024,
        text_bytes=2 * policy.max_certificate_bytes,  # the longest text is a certificate in base64
        envelope_bytes=policy.max_signature_bytes,
        document_bytes=policy.max_signature_bytes,
    )
    try:
        return safe_xml.parse(data, limits).root
    except safe_xml.UnsafeXml as error:
        reason = Reason.TOO_MANY_REFERENCES if error.reason == "too-many-elements" else Reason.SEAL_UNREADABLE
        raise NotInProfile(Objection(reason, detail=f"{error.reason} {error.detail}".strip())) from error


# --- sins that deserve their own name ----------------------------------------------------------


def _sins(root: etree._Element, policy: Policy) -> Iterator[Objection]:
    """Known attacks, wherever in the file they stand, before the shape says a general no."""
    signatures = list(root.iter(_ds("Signature")))
    if len(signatures) > 1:
        yield Objection(Reason.SECOND_SIGNATURE, detail=f"{len(signatures)} signatures in one file")
    ids = [str(v) for e in root.iter("*") for a, v in e.attrib.items() if a in _IDS]
    if len(set(ids)) != len(ids):
        yield Objection(Reason.DUPLICATE_ID)
    for odd in filter(lambda text: not _ID.match(text), ids):
        yield Objection(Reason.SEAL_MALFORMED, detail=f"the Id {odd[:80]!r}")
    for element in root.iter(_ds("SignatureMethod")):
        yield from _method_sin(element.get("Algorithm", ""), policy)
    for element in root.iter(_ds("CanonicalizationMethod")):
        if element.get("Algorithm") != C14N:
            yield Objection(Reason.ALGORITHM_REFUSED, detail=str(element.get("Algorithm")))
    for element in root.iter(_ds("DigestMethod")):
        yield from _digest_sin(element.get("Algorithm", ""), policy.digest_methods)
    references = list(root.iter(_ds("Reference")))
    if len(references) > policy.max_parts + 2:
        yield Objection(Reason.TOO_MANY_REFERENCES, detail=str(len(references)))
    for reference in references:
        yield from _reference_sins(reference)


def _method_sin(algorithm: str, policy: Policy) -> Iterator[Objection]:
    name = algorithm.rpartition("#")[2].lower()
    if algorithm in policy.rsa_methods | policy.ecdsa_methods:
        return
    if "hmac" in name:
        yield Objection(Reason.HMAC, detail=algorithm)
    elif name.startswith("dsa"):
        yield Objection(Reason.DSA, detail=algorithm)
    else:
        yield Objection(_weak_hash(name), detail=algorithm)


def _digest_sin(algorithm: str, allowed: frozenset[str], member: str = "") -> Iterator[Objection]:
    if algorithm not in allowed:
        name = algorithm.rpartition("#")[2].lower()
        yield Objection(_weak_hash(name), member=member, detail=algorithm)


def _weak_hash(name: str) -> Reason:
    if "md5" in name:
        return Reason.MD5
    return Reason.SHA1 if "sha1" in name else Reason.ALGORITHM_REFUSED


def _reference_sins(reference: etree._Element) -> Iterator[Objection]:
    uri = reference.get("URI", "")
    outer = not uri.startswith("#") and uri != ""
    if outer and not is_member_name(uri):
        yield Objection(Reason.OUTSIDE_REFERENCE, detail=uri[:200])
    for transform in reference.iter(_ds("Transform")):
        algorithm = transform.get("Algorithm", "")
        if algorithm in _XPATH:
            reason = Reason.XPATH
        elif algorithm == _XSLT:
            reason = Reason.XSLT
        else:
            reason = Reason.TRANSFORM_ON_PART if outer else Reason.TRANSFORM_REFUSED
        yield Objection(reason, member=uri[:200] if outer else "", detail=algorithm[:200])


# --- the one shape -----------------------------------------------------------------------------


def _malformed(detail: str) -> NotInProfile:
    return NotInProfile(Objection(Reason.SEAL_MALFORMED, detail=detail))


def _check_shape(root: etree._Element) -> None:
    """Every element is where the one shape has it, with its attributes and nothing else."""
    if root.tag != _ROOT:
        raise _malformed(f"the root is {root.tag!s:.120}")
    waiting = [root]
    while waiting:
        element = waiting.pop()
        rule = _SHAPE[str(element.tag)]
        given = element.keys()
        if not (rule.required.issubset(given) and rule.known.issuperset(given)):
            raise _malformed(f"attributes of {_name(element)}: {sorted(map(str, given))}"[:200])
        if not rule.text and element.text:
            raise _malformed(f"text in {_name(element)}")
        children = list(element)
        _check_children(element, [str(c.tag) for c in children], rule)
        if any(child.tail for child in children):
            raise _malformed(f"text between the elements of {_name(element)}")
        waiting.extend(children)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _check_children(element: etree._Element, tags: list[str], rule: _Rule) -> None:
    position = 0
    for tag, least, most in rule.children:
        start = position
        while position < len(tags) and tags[position] == tag:
            position += 1
        if not least <= position - start <= most:
            raise _malformed(f"{position - start} of {etree.QName(tag).localname} in {_name(element)}")
    if position != len(tags):
        # Also comments and processing instructions, whose tag is no name.
        raise _malformed(f"{tags[position]:.120} in {_name(element)}")


# --- what it says ------------------------------------------------------------------------------


def _read(root: etree._Element, policy: Policy) -> Form:
    signature = root[0]
    signed_info, value, key_info, qualifying = signature[0], signature[1], signature[2], signature[3][0]
    signed_properties = qualifying[0]
    if qualifying.get("Target") != f"#{signature.get('Id')}":
        raise _malformed("QualifyingProperties of another signature")
    references = list(signed_info)[2:]
    _check_inner(references[-2], f"#{signed_properties.get('Id')}", SIGNED_PROPERTIES)
    _check_inner(references[-1], f"#{key_info.get('Id')}", None)
    _bytes_of(value)
    signature_properties, data_properties = signed_properties[0], signed_properties[1]
    time_text = signature_properties[0].text or ""
    if not _TIME.match(time_text):
        raise _malformed(f"SigningTime {time_text[:40]!r}")
    try:
        signed_at = datetime.fromisoformat(time_text)
    except ValueError as error:
        raise _malformed(f"SigningTime {time_text!r}") from error
    return Form(
        root=root,
        references=_outer(references[:-2], data_properties),
        method=str(signed_info[1].get("Algorithm")),
        certificates=_certificates(key_info[0], policy),
        certificate_digests=tuple(
            (str(cert[0][0].get("Algorithm")), _bytes_of(cert[0][1])) for cert in signature_properties[1]
        ),
        signed_at=signed_at,
    )


def _check_inner(reference: etree._Element, uri: str, kind: str | None) -> None:
    """SignedProperties and KeyInfo are referenced last, in this order, by the Id of that very element."""
    if (reference.get("URI"), reference.get("Type"), reference.get("Id")) != (uri, kind, None):
        raise NotInProfile(Objection(Reason.INNER_REFERENCE, detail=f"{reference.get('URI')!s:.120}"))
    _bytes_of(reference[1])


def _outer(references: list[etree._Element], data_properties: etree._Element) -> tuple[SealedReference, ...]:
    """The references to parts, each with the DataObjectFormat that names its Id."""
    if len(references) != len(data_properties):
        raise _malformed("not one DataObjectFormat for each part")
    found = []
    for reference, about in zip(references, data_properties, strict=True):
        uri = str(reference.get("URI"))
        if not is_member_name(uri):
            raise NotInProfile(Objection(Reason.INNER_REFERENCE, detail=uri[:120]))
        if reference.get("Type") is not None or not reference.get("Id"):
            raise _malformed(f"attributes of the reference to {uri}")
        if about.get("ObjectReference") != f"#{reference.get('Id')}":
            raise _malformed(f"the DataObjectFormat of {uri} is about something else")
        # The digests we compare with are SHA-256: any other, however strong, could not be compared.
        for sin in _digest_sin(str(reference[0].get("Algorithm")), frozenset({SHA256}), uri):
            raise NotInProfile(sin)
        found.append(SealedReference(uri, _bytes_of(reference[1]), about[0].text or ""))
    return tuple(found)


def _certificates(data: etree._Element, policy: Policy) -> tuple[x509.Certificate, ...]:
    if len(data) > policy.max_certificates:
        raise _malformed(f"{len(data)} certificates")
    found = []
    for element in data:
        der = _bytes_of(element)
        try:
            if len(der) > policy.max_certificate_bytes:
                raise NotInProfile(
                    Objection(Reason.CERTIFICATE_UNREADABLE, detail=f"{len(der)} bytes in one certificate")
                )
            certificate = load_certificate(der)
            longest = names_of(certificate).longest
        except UNREADABLE_CERTIFICATE as error:
            raise NotInProfile(Objection(Reason.CERTIFICATE_UNREADABLE, detail=str(error)[:200])) from error
        if longest > policy.max_name_bytes:
            raise NotInProfile(Objection(Reason.CERTIFICATE_NAME_TOO_LONG, detail=f"{longest} bytes"))
        found.append(certificate)
    return tuple(found)


def _bytes_of(element: etree._Element) -> bytes:
    """The bytes behind base64 text that has one spelling only.

    A decoder forgives line breaks and loose last bits; those would be bytes nobody signed.
    """
    text = element.text or ""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed(f"base64 of {etree.QName(element).localname}") from error
    if not data or b64encode(data).decode() != text:
        raise _malformed(f"base64 of {etree.QName(element).localname}")
    return data
