"""
A throw-away public-key infrastructure for demos and tests: root, issuing authority, certificates,
revocation lists. Never for letters that matter: its keys lie in plain files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signing.keys import PrivateKey, SealKey

_DAY = timedelta(days=1)
_YEAR = timedelta(days=365)


class KeyKind(StrEnum):
    """Kinds of keys; the last one is too weak and must be refused."""

    P256 = "p-256"
    P384 = "p-384"
    RSA_2048 = "rsa-2048"
    RSA_1024 = "rsa-1024"


class Usage(StrEnum):
    """What a certificate is for; only the first may seal."""

    SEAL = "seal"
    ENCRYPTION = "encryption"
    WEB_SERVER = "web-server"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key, also when the key is one that no seal may use."""

    private_key: PrivateKey = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def seal_key(self) -> SealKey:
        """Raises: KeyRefused for a key that is too weak."""
        return SealKey(self.private_key, self.certificate, self.chain)


@dataclass(frozen=True, slots=True)
class DevPki:
    """A root and one issuing authority below it."""

    root: Issued
    issuing: Issued

    def issue(
        self,
        common_name: str,
        at: datetime,
        *,
        kind: KeyKind = KeyKind.P256,
        usage: Usage = Usage.SEAL,
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
        key: PrivateKey | None = None,
        name: x509.Name | None = None,
    ) -> Issued:
        """A certificate for a node or an agency, good from a day before `at` for a year.

        `valid_from`, `valid_until` make expired and not yet valid ones; `name` replaces the subject.
        """
        private_key = key or make_key(kind)
        certificate = _certificate(
            name or _name(common_name),
            private_key,
            self.issuing,
            usage=usage,
            valid_from=valid_from or at - _DAY,
            valid_until=valid_until or at + _YEAR,
        )
        return Issued(private_key, certificate, (self.issuing.certificate,))

    def revocation_lists(
        self,
        at: datetime,
        *,
        revoked: Mapping[x509.Certificate, datetime] | None = None,
        valid_for: timedelta = timedelta(days=7),
    ) -> tuple[x509.CertificateRevocationList, ...]:
        """The lists of root and issuing authority, made at `at`; `revoked` says which and since when."""
        return tuple(
            revocation_list(authority, at, revoked=revoked, valid_for=valid_for)
            for authority in (self.root, self.issuing)
        )

    def write(self, folder: Path, at: datetime) -> None:
        """Write `root.pem`, `issuing.pem` and `crl/*.crl` below a folder; keys stay in memory."""
        (folder / "crl").mkdir(parents=True, exist_ok=True)
        (folder / "root.pem").write_bytes(self.root.certificate.public_bytes(Encoding.PEM))
        (folder / "issuing.pem").write_bytes(self.issuing.certificate.public_bytes(Encoding.PEM))
        for name, crl in zip(("root", "issuing"), self.revocation_lists(at), strict=True):
            (folder / "crl" / f"{name}.crl").write_bytes(crl.public_bytes(Encoding.DER))


def create(at: datetime, *, kind: KeyKind = KeyKind.P256, name: str = "Truc dev") -> DevPki:
    """A new root, good for ten years from a year before `at`, and an issuing authority below it."""
    start, end = at - _YEAR, at + 9 * _YEAR
    root_key, issuing_key = make_key(kind), make_key(kind)
    root_name = _name(f"{name} root")
    unsigned = Issued(root_key, _self_signed(root_name, root_key, start, end))
    issuing = _certificate(
        _name(f"{name} issuing"),
        issuing_key,
        unsigned,
        usage=Usage.AUTHORITY,
        valid_from=start,
        valid_until=end,
    )
    return DevPki(unsigned, Issued(issuing_key, issuing))


def make_key(kind: KeyKind) -> PrivateKey:
    """A fresh private key."""
    match kind:
        case KeyKind.P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyKind.P384:
            return ec.generate_private_key(ec.SECP384R1())
        case KeyKind.RSA_2048:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        case KeyKind.RSA_1024:
            return rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505


def revocation_list(
    authority: Issued,
    at: datetime,
    *,
    revoked: Mapping[x509.Certificate, datetime] | None = None,
    valid_for: timedelta = timedelta(days=7),
) -> x509.CertificateRevocationList:
    """The authority's list made at `at`, naming those of `revoked` that it issued."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(at)
        .next_update(at + valid_for)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.private_key.public_key()), False
        )
    )
    for certificate, since in (revoked or {}).items():
        if certificate.issuer == authority.certificate.subject:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(certificate.serial_number)
                .revocation_date(since)
                .build()
            )
    return builder.sign(authority.private_key, hashes.SHA256())


def write_pem(path: Path, issued: Issued) -> None:
    """Write key and chain as PEM, readable by the owner alone."""
    blocks: Iterable[bytes] = (
        issued.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        *(c.public_bytes(Encoding.PEM) for c in (issued.certificate, *issued.chain)),
    )
    _write_private(path, b"".join(blocks))


def write_pkcs12(path: Path, issued: Issued, passphrase: bytes) -> None:
    """Write key and chain as PKCS#12 under a passphrase, readable by the owner alone."""
    data = pkcs12.serialize_key_and_certificates(
        b"seal",
        issued.private_key,
        issued.certificate,
        list(issued.chain),
        BestAvailableEncryption(passphrase),
    )
    _write_private(path, data)


def _write_private(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    # Made with these bits rather than changed to them: there is no moment in which others can read it.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Truc dev, not for real letters"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _self_signed(name: x509.Name, key: PrivateKey, start: datetime, end: datetime) -> x509.Certificate:
    return _finish(_builder(name, name, key, key, start, end), key, Usage.AUTHORITY)


def _certificate(
    name: x509.Name,
    key: PrivateKey,
    issuer: Issued,
    *,
    usage: Usage,
    valid_from: datetime,
    valid_until: datetime,
) -> x509.Certificate:
    builder = _builder(name, issuer.certificate.subject, key, issuer.private_key, valid_from, valid_until)
    return _finish(builder, issuer.private_key, usage)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: PrivateKey,
    issuer_key: PrivateKey,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
    )


def _finish(builder: x509.CertificateBuilder, issuer_key: PrivateKey, usage: Usage) -> x509.Certificate:
    authority = usage is Usage.AUTHORITY
    signs = usage in (Usage.SEAL, Usage.WEB_SERVER)
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), True)
    builder = builder.add_extension(
        x509.KeyUsage(
            digital_signature=signs,
            content_commitment=usage is Usage.SEAL,
            key_encipherment=usage in (Usage.ENCRYPTION, Usage.WEB_SERVER),
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=authority,
            crl_sign=authority,
            encipher_only=False,
            decipher_only=False,
        ),
        True,
    )
    if usage is Usage.WEB_SERVER:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    return builder.sign(issuer_key, hashes.SHA256())
