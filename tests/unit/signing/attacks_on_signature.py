"""The parts are good; the signature file is not."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from hypothesis import strategies as st
from lxml import etree

from signing.devpki import KeyKind
from signing.policy import SHA512
from signing.seal import DS, XADES, seal
from signing.verdict import Reason
from tests.unit.signing.attack import KINDS, Case, Draw, attack, forged, sealed
from tests.unit.signing.forger import MD5, SHA1, Change, find, references, text, tree
from tests.unit.signing.letters import HOUR, NOW, People, letters


def _attribute(element: str, name: str, value: str) -> Change:
    return lambda root: find(root, element).set(name, value)


def _method(draw: Draw, people: People, fragment: str, kind: KeyKind) -> Case:
    base = f"{DS}" if fragment.endswith("sha1") else "http://www.w3.org/2001/04/xmldsig-more#"
    return forged(draw, people, _attribute("SignatureMethod", "Algorithm", base + fragment), kind)


@attack(Reason.SHA1)
def signed_with_sha1(draw: Draw, people: People) -> Case:
    kind = draw(KINDS)
    return _method(draw, people, "rsa-sha1" if kind is KeyKind.RSA_2048 else "ecdsa-sha1", kind)


@attack(Reason.MD5)
def signed_with_md5(draw: Draw, people: People) -> Case:
    return _method(draw, people, "rsa-md5", KeyKind.RSA_2048)


@attack(Reason.HMAC)
def hmac_with_the_public_key(draw: Draw, people: People) -> Case:
    return _method(
        draw, people, draw(st.sampled_from(["hmac-sha1", "hmac-sha256", "hmac-sha512"])), draw(KINDS)
    )


@attack(Reason.ALGORITHM_REFUSED)
def unknown_method(draw: Draw, people: People) -> Case:
    return forged(
        draw, people, _attribute("SignatureMethod", "Algorithm", "urn:none#ecdsa-sha256"), KeyKind.P256
    )


def _weak_digest(draw: Draw, people: People, algorithm: str) -> Case:
    name = algorithm.rpartition("#")[2]

    def change(root: etree._Element) -> None:
        reference = draw(st.sampled_from(references(root)))
        find(reference, "DigestMethod").set("Algorithm", algorithm)
        find(reference, "DigestValue").text = b64encode(hashlib.new(name, b"#").digest()).decode()

    return forged(draw, people, change)


@attack(Reason.SHA1)
def digest_with_sha1(draw: Draw, people: People) -> Case:
    return _weak_digest(draw, people, SHA1)


@attack(Reason.MD5)
def digest_with_md5(draw: Draw, people: People) -> Case:
    return _weak_digest(draw, people, MD5)


def _transform(draw: Draw, people: People, algorithm: str, *, inner: bool, body: str = "") -> Case:
    def change(root: etree._Element) -> None:
        among = references(root)[-2:] if inner else references(root)[:-2]
        one = f'<Transform Algorithm="{algorithm}">{body}</Transform>'
        transforms = tree(f'<Transforms xmlns="{DS}">{one}</Transforms>'.encode())
        draw(st.sampled_from(among)).insert(0, transforms)

    return forged(draw, people, change)


_HARMLESS = st.sampled_from(
    [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
        f"{DS}enveloped-signature",
        f"{DS}base64",
        "urn:a-transform-nobody-knows",  # signxml skips it in silence
    ]
)


@attack(Reason.TRANSFORM_ON_PART)
def transform_on_a_part(draw: Draw, people: People) -> Case:
    return _transform(draw, people, draw(_HARMLESS), inner=False)


@attack(Reason.TRANSFORM_REFUSED)
def transform_on_signed_properties_or_key(draw: Draw, people: People) -> Case:
    return _transform(draw, people, draw(_HARMLESS), inner=True)


@attack(Reason.XPATH)
def xpath(draw: Draw, people: People) -> Case:
    name = draw(
        st.sampled_from(
            ["http://www.w3.org/TR/1999/REC-xpath-19991116", "http://www.w3.org/2002/06/xmldsig-filter2"]
        )
    )
    return _transform(draw, people, name, inner=draw(st.booleans()), body="<XPath>//*</XPath>")


@attack(Reason.XSLT)
def xslt(draw: Draw, people: People) -> Case:
    sheet = '<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="1.0"/>'
    name = "http://www.w3.org/TR/1999/REC-xslt-19991116"
    return _transform(draw, people, name, inner=draw(st.booleans()), body=sheet)


@attack(Reason.OUTSIDE_REFERENCE)
def reference_outside(draw: Draw, people: People) -> Case:
    uri = draw(
        st.sampled_from(
            [
                "file:///etc/passwd",
                "http://127.0.0.1:9/x",
                "/etc/passwd",
                "../routing.json",
                "parts/../../x",
                "META-INF/signatures002.xml",
                "mimetype",
                "parts/%2e%2e/x",
                "parts\\0001",
            ]
        )
    )

    def change(root: etree._Element) -> None:
        draw(st.sampled_from(references(root)[:-2])).set("URI", uri)

    return forged(draw, people, change)


@attack(Reason.INNER_REFERENCE)
def reference_to_the_file_itself(draw: Draw, people: People) -> Case:
    def change(root: etree._Element) -> None:
        reference = draw(st.sampled_from(references(root)[:-2]))
        reference.set("URI", draw(st.sampled_from(["", "#Seal", "#KeyInfo"])))

    return forged(draw, people, change)


@attack(Reason.INNER_REFERENCE)
def signed_properties_or_key_not_referenced(draw: Draw, people: People) -> Case:
    def change(root: etree._Element) -> None:
        reference = draw(st.sampled_from(references(root)[-2:]))
        signed_info = find(root, "SignedInfo")
        signed_info.remove(reference)
        if draw(st.booleans()):
            signed_info.insert(2, reference)

    return forged(draw, people, change)


@attack(Reason.SECOND_SIGNATURE)
def second_signature(draw: Draw, people: People) -> Case:
    def change(root: etree._Element) -> None:
        twin = tree(text(root))[0]
        for element in twin.iter():
            if "Id" in element.attrib:
                element.set("Id", "Twin-" + element.get("Id", ""))
        place = draw(st.sampled_from(["beside", "before", "inside"]))
        if place == "beside":
            root.append(twin)
        elif place == "before":
            root.insert(0, twin)
        else:
            find(root, "Object").append(twin)

    return forged(draw, people, change)


@attack(Reason.DUPLICATE_ID)
def duplicate_id(draw: Draw, people: People) -> Case:
    def change(root: etree._Element) -> None:
        kind = draw(st.sampled_from(["Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id"]))
        value = draw(st.sampled_from(["Seal-SignedProperties", "KeyInfo", "Seal", "Part-1"]))
        find(root, draw(st.sampled_from(["QualifyingProperties", "SignatureValue", "X509Data"]))).set(
            kind, value
        )

    return forged(draw, people, change)


@attack(Reason.SEAL_MALFORMED)
def signed_properties_moved_aside(draw: Draw, people: People) -> Case:
    """Signature wrapping: the signed element is kept where nobody looks, a forged one takes its place."""

    def change(root: etree._Element) -> None:
        signed = find(root, "SignedProperties")
        forged_one = tree(text(signed))
        forged_one.set("Id", "Forged")
        find(forged_one, "SigningTime").text = "2020-01-01T00:00:00Z"
        parent = signed.getparent()
        assert parent is not None
        parent.replace(signed, forged_one)
        aside = etree.SubElement(find(root, "Signature"), f"{{{DS}}}Object")
        aside.append(signed)

    return forged(draw, people, change)


def _anywhere(draw: Draw, people: People, change: Change) -> Case:
    """Something beyond the one shape, in any element that holds others."""
    return forged(
        draw, people, lambda root: change(draw(st.sampled_from([e for e in root.iter() if len(e)])))
    )


@attack(Reason.SEAL_MALFORMED)
def one_attribute_more(draw: Draw, people: People) -> Case:
    return _anywhere(draw, people, lambda element: element.set("Extra", "1"))


@attack(Reason.SEAL_MALFORMED)
def one_element_more(draw: Draw, people: People) -> Case:
    name = draw(st.sampled_from(["Object", "KeyValue", "Manifest", "RetrievalMethod"]))
    return _anywhere(
        draw, people, lambda element: etree.SubElement(element, f"{{{DS}}}{name}").set("Id", "X")
    )


@attack(Reason.SEAL_MALFORMED)
def text_before_an_element(draw: Draw, people: People) -> Case:
    def change(element: etree._Element) -> None:
        element.text = "\n"

    return _anywhere(draw, people, change)


@attack(Reason.SEAL_MALFORMED)
def text_after_an_element(draw: Draw, people: People) -> Case:
    def change(element: etree._Element) -> None:
        element[0].tail = " "

    return _anywhere(draw, people, change)


@attack(Reason.SEAL_MALFORMED)
def a_comment(draw: Draw, people: People) -> Case:
    return _anywhere(draw, people, lambda element: element.append(etree.Comment("x")))


@attack(Reason.SEAL_MALFORMED)
def properties_of_another_signature(draw: Draw, people: People) -> Case:
    return forged(draw, people, _attribute("QualifyingProperties", "Target", "#Other"))


@attack(Reason.SEAL_MALFORMED)
def type_of_another_part(draw: Draw, people: People) -> Case:
    """Two parts exchange their media types by name, not by place."""

    def change(root: etree._Element) -> None:
        first, second, *_ = root.findall(f".//{{{XADES}}}DataObjectFormat")
        first.set("ObjectReference", "#Part-2")
        second.set("ObjectReference", "#Part-1")

    return forged(draw, people, change)


@attack(Reason.ALGORITHM_REFUSED)
def part_under_a_digest_we_did_not_take(draw: Draw, people: People) -> Case:
    """SHA-512 is strong, but it cannot be compared with the SHA-256 of our own."""

    def change(root: etree._Element) -> None:
        reference = draw(st.sampled_from(references(root)[:-2]))
        find(reference, "DigestMethod").set("Algorithm", SHA512)

    return forged(draw, people, change)


@attack(Reason.SEAL_MALFORMED)
def something_less(draw: Draw, people: People) -> Case:
    def change(root: etree._Element) -> None:
        element = find(
            root,
            draw(
                st.sampled_from(
                    ["SigningTime", "SigningCertificateV2", "MimeType", "DataObjectFormat", "X509Data"]
                )
            ),
        )
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return forged(draw, people, change)


@attack(Reason.SEAL_NOT_CANONICAL)
def written_another_way(draw: Draw, people: People) -> Case:
    """The same information set in other bytes: bytes that no signature would cover."""
    made, signed = sealed(draw, people)
    how = draw(
        st.sampled_from(
            [
                lambda s: b'<?xml version="1.0" encoding="UTF-8"?>' + s,
                lambda s: s + b"\n",
                lambda s: s.replace(b"<ds:SignedInfo>", b"<ds:SignedInfo >"),
                lambda s: s.replace(b'Id="Seal"', b"Id='Seal'"),
                lambda s: (
                    s.replace(b"</ds:SignedInfo>", b"<!-- x --></ds:SignedInfo>").replace(b"<!-- x -->", b"")
                    + b"<!-- x -->"
                ),
                lambda s: s.replace(b"envelope.xml", b"&#101;nvelope.xml"),
            ]
        )
    )
    return Case(how(signed), made.parts, people.trust())


@attack(Reason.SEAL_UNREADABLE)
def doctype_entity_or_no_xml(draw: Draw, people: People) -> Case:
    made, signed = sealed(draw, people)
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    before = draw(st.sampled_from([b"<!DOCTYPE x>", entity, b"<?x?>", b"<", b"\x00"]))
    return Case(before + signed, made.parts, people.trust())


@attack(Reason.SEAL_TOO_LARGE)
def seal_of_two_megabytes(draw: Draw, people: People) -> Case:
    made, signed = sealed(draw, people)
    return Case(signed + b" " * (2 << 20), made.parts, people.trust())


@attack(Reason.NO_SEAL)
def no_seal(draw: Draw, people: People) -> Case:
    return Case(b"", draw(letters()).parts, people.trust())


@attack(Reason.TOO_MANY_REFERENCES)
def a_thousand_references_too_many(draw: Draw, people: People) -> Case:
    def change(root: etree._Element) -> None:
        first = references(root)[0]
        for number in range(1200):
            twin = etree.fromstring(text(first))
            twin.set("Id", f"More-{number}")
            twin.set("URI", f"more/{number}")
            first.addnext(twin)

    return forged(draw, people, change)


@attack(Reason.SIGNATURE_INVALID)
def value_of_another_signature(draw: Draw, people: People) -> Case:
    made, signed = sealed(draw, people)
    key = people.issued(KeyKind.P256).seal_key
    signed, other = seal(made.parts, key, NOW), seal(made.parts, key, NOW + HOUR)
    root = tree(signed)
    find(root, "SignatureValue").text = find(tree(other), "SignatureValue").text
    return Case(text(root), made.parts, people.trust())


@attack(Reason.SIGNATURE_INVALID)
def time_set_back_without_signing_again(draw: Draw, people: People) -> Case:
    made, signed = sealed(draw, people)
    return Case(signed.replace(b"2026-11-22T05", b"2026-11-21T05"), made.parts, people.trust())


@attack(Reason.SIGNATURE_INVALID)
def method_of_another_kind_of_key(draw: Draw, people: People) -> Case:
    return _method(draw, people, "rsa-sha256", KeyKind.P256)
