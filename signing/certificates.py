"""
Reading certificates that strangers bring: decoding them, and the names in them.

Names are read with asn1crypto: cryptography warns at every attribute longer than 64 bytes of UTF-8,
and the name of a Vietnamese agency often is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

_SHORT = {
    "common_name": "CN",
    "organization_name": "O",
    "organizational_unit_name": "OU",
    "locality_name": "L",
    "state_or_province_name": "ST",
    "country_name": "C",
    "serial_number": "SERIALNUMBER",
    "user_id": "UID",
    "email_address": "EMAIL",
    "title": "T",
}


UNREADABLE_CERTIFICATE = (
    ValueError,
    TypeError,
    KeyError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the two libraries raise when a stranger's certificate is broken; not all are ValueErrors."""


@lru_cache(maxsize=1024)  # of the same signers as below; what is decoded never changes
def load_certificate(der: bytes) -> x509.Certificate:
    """
    Decode a certificate.

    Raises: one of UNREADABLE_CERTIFICATE.
    """
    # RFC 5280 4.1.2.2; cryptography only warns of it yet, once for each letter that brings one.
    if asn1_x509.Certificate.load(der).serial_number <= 0:
        raise ValueError("a serial number that is not positive")
    return x509.load_der_x509_certificate(der)


@dataclass(frozen=True, slots=True)
class Names:
    """Whom a certificate names, for screens and logs; `subject` and `issuer` begin with the CN.

    `common_name` is empty when there is none or more than one, so that none is chosen by luck.
    `subject_der` and `issuer_der` are what is compared to build a chain.
    """

    subject: str
    issuer: str
    common_name: str
    subject_der: bytes
    issuer_der: bytes

    @property
    def longest(self) -> int:
        """Bytes of the longer of the two names."""
        return max(len(self.subject_der), len(self.issuer_der))


@lru_cache(maxsize=1024)  # a node sees the few hundred signers of its axis again and again
def names_of(certificate: x509.Certificate) -> Names:
    """
    The names of a certificate.

    Raises: one of UNREADABLE_CERTIFICATE for names that cannot be decoded.
    """
    parsed = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    subject, issuer = parsed.subject, parsed.issuer
    common = [value for kind, value in _attributes(subject) if kind == "common_name"]
    return Names(
        subject=_printed(subject),
        issuer=_printed(issuer),
        common_name=common[0] if len(common) == 1 else "",
        subject_der=subject.dump(),
        issuer_der=issuer.dump(),
    )


def _attributes(name: asn1_x509.Name) -> list[tuple[str, str]]:
    return [
        (str(pair["type"].native), _visible(str(pair["value"].native)))
        for relative in name.chosen
        for pair in relative
    ]


def _printed(name: asn1_x509.Name) -> str:
    """The usual one line, most telling attribute first (RFC 4514 turns the order round as well)."""
    return ", ".join(f"{_SHORT.get(kind, kind)}={value}" for kind, value in reversed(_attributes(name)))


def _visible(text: str) -> str:
    """Without control characters, which could rewrite the line of a log they are shown in."""
    return "".join(c if c.isprintable() else "?" for c in text)
