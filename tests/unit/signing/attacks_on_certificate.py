"""Parts and signature are good; the signer is not who may seal."""

from __future__ import annotations

import warnings
from base64 import b64encode
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import strategies as st
from lxml import etree

from signing.devpki import DevPki, Issued, KeyKind
from signing.policy import RSA_SHA256, SHA256
from signing.seal import DS, XADES, seal
from signing.trust import Trust
from signing.verdict import Reason
from tests.unit.signing.attack import Case, Draw, attack, forged, sealed
from tests.unit.signing.forger import Change, find, forge
from tests.unit.signing.letters import DAY, HOUR, NOW, People, letters


def _signer(issued: Issued, method: str | None = None, *, named: Issued | None = None) -> Change:
    """Puts another certificate into the seal; `named` is the one that SigningCertificateV2 names."""

    def change(root: etree._Element) -> None:
        data, about = find(root, "X509Data"), find(root, "SigningCertificateV2")
        for old in (*data, *about):
            old.getparent().remove(old)
        for certificate in (issued.certificate, *issued.chain):
            etree.SubElement(data, f"{{{DS}}}X509Certificate").text = b64encode(
                certificate.public_bytes(Encoding.DER)
            ).decode()
        claimed = named or issued
        for certificate in (claimed.certificate, *claimed.chain):
            digest = etree.SubElement(etree.SubElement(about, f"{{{XADES}}}Cert"), f"{{{XADES}}}CertDigest")
            etree.SubElement(digest, f"{{{DS}}}DigestMethod", Algorithm=SHA256)
            value = etree.SubElement(digest, f"{{{DS}}}DigestValue")
            value.text = b64encode(certificate.fingerprint(hashes.SHA256())).decode()
        if method:
            find(root, "SignatureMethod").set("Algorithm", method)

    return change


def _by(draw: Draw, people: People, issued: Issued, **judged: Any) -> Case:
    made = draw(letters())
    return Case(seal(made.parts, issued.seal_key, NOW), made.parts, **{"trust": people.trust(), **judged})


@attack(Reason.WEAK_KEY)
def rsa_1024(draw: Draw, people: People) -> Case:
    made, signed = sealed(draw, people)
    weak = people.issued(KeyKind.RSA_1024)
    forged_one = forge(signed, weak.private_key, _signer(weak, RSA_SHA256))
    return Case(forged_one, made.parts, people.trust())


@attack(Reason.DSA)
def dsa_key(draw: Draw, people: People) -> Case:
    made, signed = sealed(draw, people)
    private = dsa.generate_private_key(1024)
    issued = people.pki.issue("H14.31", NOW, key=private)  # type: ignore[arg-type]
    change = _signer(issued, "http://www.w3.org/2009/xmldsig11#dsa-sha256")
    return Case(forge(signed, private, change), made.parts, people.trust())


@attack(Reason.SIGNER_NOT_NAMED)
def another_certificate_of_the_same_key(draw: Draw, people: People) -> Case:
    made, signed = sealed(draw, people)
    one, other = people.issued(), people.pki.issue("H15", NOW, key=people.keys[KeyKind.P256])
    change = _signer(other, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", named=one)
    return Case(forge(signed, one.private_key, change), made.parts, people.trust())


@attack(Reason.CERTIFICATE_NAME_TOO_LONG)
def name_of_ten_kilobytes(draw: Draw, people: People) -> Case:
    text = "n" * draw(st.integers(10_000, 11_000))
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        attribute = x509.NameAttribute(NameOID.COMMON_NAME, text, _validate=False)
        return _by(draw, people, people.issued(name=x509.Name([attribute])))


@attack(Reason.CERTIFICATE_UNREADABLE)
def certificate_of_rubbish(draw: Draw, people: People) -> Case:
    def change(root: etree._Element) -> None:
        find(root, "X509Certificate").text = b64encode(draw(st.binary(min_size=1, max_size=50))).decode()

    return forged(draw, people, change)


@attack(Reason.CERTIFICATE_EXPIRED)
def expired(draw: Draw, people: People) -> Case:
    ago = draw(st.timedeltas(2 * DAY / 86400, 300 * DAY))
    return _by(draw, people, people.issued(valid_from=NOW - 400 * DAY, valid_until=NOW - ago))


@attack(Reason.CERTIFICATE_NOT_YET_VALID)
def not_yet_valid(draw: Draw, people: People) -> Case:
    return _by(draw, people, people.issued(valid_from=NOW + draw(st.timedeltas(2 * DAY / 86400, 300 * DAY))))


@attack(Reason.CERTIFICATE_REVOKED)
def revoked_before(draw: Draw, people: People) -> Case:
    issued = people.issued()
    since = NOW - draw(st.timedeltas(DAY * 0, 300 * DAY))
    return _by(draw, people, issued, trust=people.trust(revoked={issued.certificate: since}))


@attack(Reason.CERTIFICATE_REVOKED)
def revoked_on_the_way(draw: Draw, people: People) -> Case:
    """The thief sets the date back; the revocation reached us before his letter did."""
    issued = people.issued()
    arrived = NOW + draw(st.timedeltas(HOUR, 5 * DAY))
    since = arrived - draw(st.timedeltas(DAY * 0, HOUR))
    trust = people.trust(revoked={issued.certificate: since})
    return _by(draw, people, issued, trust=trust, arrived_at=arrived)


@attack(Reason.CERTIFICATE_REVOKED)
def authority_revoked(draw: Draw, people: People) -> Case:
    since = NOW - draw(st.timedeltas(DAY * 0, 300 * DAY))
    trust = people.trust(revoked={people.pki.issuing.certificate: since})
    return _by(draw, people, people.issued(), trust=trust)


@attack(Reason.CERTIFICATE_UNKNOWN)
def no_root_of_ours(draw: Draw, people: People) -> Case:
    return _by(draw, people, people.issued(), trust=Trust(roots=()))


@attack(Reason.CERTIFICATE_UNKNOWN)
def self_signed(draw: Draw, people: People) -> Case:
    own = people.issued()
    alone = DevPki(own, Issued(own.private_key, own.certificate)).issue(
        "H14.31", NOW, key=people.keys[KeyKind.P256], name=own.certificate.subject
    )
    return _by(draw, people, Issued(own.private_key, alone.certificate))


@attack(Reason.CERTIFICATE_UNKNOWN)
def issued_by_a_stranger_of_the_same_name(draw: Draw, people: People) -> Case:
    """Same names all the way up, other keys."""
    return _by(draw, people, people.stranger.issue("H14.31", NOW, key=people.keys[KeyKind.P256]))


@attack(Reason.CERTIFICATE_PATH_INVALID)
def issued_by_a_node(draw: Draw, people: People) -> Case:
    """A node uses its own certificate as if it were an authority's."""
    node = people.issued()
    below = DevPki(people.pki.root, node).issue("H99", NOW, key=people.keys[KeyKind.P256])
    chain = (node.certificate, people.pki.issuing.certificate)
    return _by(draw, people, Issued(below.private_key, below.certificate, chain))


@attack(Reason.CERTIFICATE_WRONG_USAGE)
def wrong_usage(draw: Draw, people: People) -> Case:
    return _by(draw, people, draw(st.sampled_from(people.wrong_usages())))


@attack(Reason.REVOCATION_MISSING)
def no_revocation_list(draw: Draw, people: People) -> Case:
    return _by(draw, people, people.issued(), trust=people.trust_without_lists)


@attack(Reason.REVOCATION_STALE)
def stale_revocation_list(draw: Draw, people: People) -> Case:
    late = NOW + 7 * DAY + draw(st.timedeltas(DAY / 86400 * 3, 90 * DAY))
    return _by(draw, people, people.issued(), arrived_at=late)
