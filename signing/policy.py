"""
What a seal may be made of: algorithms, keys, certificates, sizes.

Frozen rules, no behaviour. Everything that is not named here is refused, so a new algorithm of a
library never becomes acceptable by upgrading it.
"""

from __future__ import annotations

from dataclasses import dataclass

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
RSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
ECDSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
ECDSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"

SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
"""Inclusive canonical XML 1.0 without comments: also what XML Signature assumes for a reference
that names no transform, so one algorithm rules the whole file."""

EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
ANY_PURPOSE = "2.5.29.37.0"
DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"
MICROSOFT_DOCUMENT_SIGNING = "1.3.6.1.4.1.311.10.3.12"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one kind of seal. Sizes are bytes, key sizes bits."""

    rsa_methods: frozenset[str] = frozenset({RSA_SHA256, RSA_SHA384, RSA_SHA512})
    ecdsa_methods: frozenset[str] = frozenset({ECDSA_SHA256, ECDSA_SHA384, ECDSA_SHA512})

    digest_methods: frozenset[str] = frozenset({SHA256, SHA384, SHA512})
    """For what the signature file itself holds; the parts' digests are SHA-256, taken by us."""

    min_rsa_bits: int = 2048
    max_rsa_bits: int = 8192
    """Above it one verification costs milliseconds: a letter must not choose how long we compute."""

    seal_curves: frozenset[str] = frozenset({"secp256r1", "secp384r1"})
    authority_curves: frozenset[str] = frozenset({"secp256r1", "secp384r1", "secp521r1"})
    """Authorities are chosen by the operator as trust, so P-521 may stand above a seal."""

    extended_usages: frozenset[str] = frozenset(
        {EMAIL_PROTECTION, CLIENT_AUTH, ANY_PURPOSE, DOCUMENT_SIGNING, MICROSOFT_DOCUMENT_SIGNING}
    )
    """Public-duty certificates (chứng thư chữ ký số chuyên dùng công vụ) carry e-mail protection and
    client authentication or none; one that is only for a web server or for time-stamps may not seal."""

    max_parts: int = 1100
    """1000 attachments, envelope.xml, parts.json, routing.json and room; the wire has the same bound."""

    max_signature_bytes: int = 1 << 20
    """1100 parts with names of 30 bytes need 0.5 MiB; one frame of the wire is 1 MiB."""

    max_certificates: int = 5
    """A signer and four authorities: public-duty chains have three links."""

    max_certificate_bytes: int = 16 * 1024
    max_name_bytes: int = 1024
    """DER of subject or issuer. X.520 bounds each attribute to 64 characters; a 10 KB name is an
    attack on logs and screens, not a name."""

    max_member_name: int = 128


POLICY = Policy()
"""The node's seal and the agency's: both carry the same legal duty to be verifiable."""
