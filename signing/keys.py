"""
Keys that make seals: loaded from PEM or PKCS#12, held as plain values, many in one process.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, pkcs12

from signing.certificates import names_of
from signing.policy import ECDSA_SHA256, ECDSA_SHA384, POLICY, RSA_SHA256

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

MAX_KEY_FILE = 1 << 20
"""A key with its chain is some 10 KB; a larger file is not one."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyRefused(Exception):
    """A key cannot be used; `path` is its file (None for a key that came from elsewhere)."""

    def __init__(self, detail: str, path: Path | None = None) -> None:
        self.detail = detail
        self.path = path
        super().__init__(f"{path}: {detail}" if path else detail)


class OpenKeyFile(KeyRefused):
    """The key file may be read by others than its owner; `mode` is its permission bits."""

    def __init__(self, path: Path, mode: int) -> None:
        self.mode = mode
        super().__init__(f"permissions {mode:04o} let others read this key; run chmod 600", path)


class WrongPassphrase(KeyRefused):
    """The passphrase is missing or does not open the file."""


@dataclass(frozen=True, slots=True)
class SealKey:
    """A private key with the certificate that names its holder.

    `chain` holds the authorities above the certificate, nearest first, without the root.

    Raises: KeyRefused for a weak key, an unknown kind, or a certificate of another key.
    """

    private_key: PrivateKey = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    def __post_init__(self) -> None:
        method_for(self.private_key)
        ours, theirs = (
            key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            for key in (self.private_key.public_key(), self.certificate.public_key())
        )
        if ours != theirs:
            raise KeyRefused("the certificate belongs to another key")
        if len(self.chain) >= POLICY.max_certificates:
            raise KeyRefused(f"more than {POLICY.max_certificates} certificates in the chain")

    @property
    def method(self) -> str:
        """URI of the signature method this key seals with."""
        return method_for(self.private_key)


def method_for(key: object) -> str:
    """The signature method that fits a key's strength.

    Raises: KeyRefused unless RSA of 2048 bits and more, P-256 or P-384.
    """
    if isinstance(key, rsa.RSAPrivateKey):
        if not POLICY.min_rsa_bits <= key.key_size <= POLICY.max_rsa_bits:
            raise KeyRefused(f"RSA of {key.key_size} bits; at least {POLICY.min_rsa_bits} are needed")
        return RSA_SHA256
    if isinstance(key, ec.EllipticCurvePrivateKey):
        if key.curve.name not in POLICY.seal_curves:
            raise KeyRefused(f"curve {key.curve.name}; P-256 and P-384 are allowed")
        return ECDSA_SHA384 if key.curve.name == "secp384r1" else ECDSA_SHA256
    raise KeyRefused(f"{type(key).__name__} is no key for seals; RSA, P-256 and P-384 are")


def load_key(path: Path, *, certificates: Path | None = None, passphrase: bytes | None = None) -> SealKey:
    """Load the key of a seal from a file, PEM or PKCS#12 by its content.

    A PEM file holds the key and its certificates, or `certificates` names a second file with them
    (that one may be public).

    Raises: OpenKeyFile, WrongPassphrase, KeyRefused.
    """
    data = _read_private(path)
    try:
        if b"-----BEGIN" in data[:4096]:
            key, found = _from_pem(data, certificates, passphrase, path)
        else:
            key, found = _from_pkcs12(data, passphrase, path)
        return _seal_key(key, found)
    except KeyRefused as refusal:
        if refusal.path is None:
            raise KeyRefused(refusal.detail, path) from refusal
        raise


def _read_private(path: Path) -> bytes:
    """The bytes of a file that only its owner may read.

    The permissions are those of the opened file, not of the name: a swap in between changes nothing.
    """
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise KeyRefused("not a regular file", path)
            # Windows has no such bits; there the folder's access list is the guard.
            if os.name == "posix" and state.st_mode & _OTHERS:
                raise OpenKeyFile(path, stat.S_IMODE(state.st_mode))
            data = file.read(MAX_KEY_FILE + 1)
    except OSError as error:
        raise KeyRefused(error.strerror or "cannot be read", path) from error
    if len(data) > MAX_KEY_FILE:
        raise KeyRefused(f"larger than {MAX_KEY_FILE} bytes; not a key file", path)
    return data


def _from_pem(
    data: bytes, certificates: Path | None, passphrase: bytes | None, path: Path
) -> tuple[object, list[x509.Certificate]]:
    try:
        key = load_pem_private_key(data, passphrase)
    except TypeError as error:
        if passphrase is None:
            raise WrongPassphrase("the key is encrypted and no passphrase was given", path) from error
        key = load_pem_private_key(data, None)  # a passphrase for a key that needs none does no harm
    except (ValueError, UnsupportedAlgorithm) as error:
        if passphrase is not None:
            raise WrongPassphrase("the passphrase does not open the key", path) from error
        raise KeyRefused("no private key in PEM form found", path) from error
    source = certificates or path
    try:
        found = x509.load_pem_x509_certificates(data if certificates is None else certificates.read_bytes())
    except (OSError, ValueError) as error:
        raise KeyRefused("no certificate in PEM form found", source) from error
    return key, found


def _from_pkcs12(data: bytes, passphrase: bytes | None, path: Path) -> tuple[object, list[x509.Certificate]]:
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(data, passphrase)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise WrongPassphrase("not PKCS#12, or the passphrase does not open it", path) from error
    if key is None or certificate is None:
        raise KeyRefused("the PKCS#12 file holds no key with its certificate", path)
    return key, [certificate, *others]


def _seal_key(key: object, certificates: Sequence[x509.Certificate]) -> SealKey:
    """Put the key, its certificate and the authorities above it in order.

    Files list the chain in any order, some with the root: it is followed by issuer names.
    """
    method_for(key)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    own = next(
        (
            c
            for c in certificates
            if c.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == public
        ),
        None,
    )
    if own is None:
        raise KeyRefused("no certificate of this key among those in the file")
    by_subject = {names_of(c).subject_der: c for c in certificates if c != own}
    chain: list[x509.Certificate] = []
    above = by_subject.get(names_of(own).issuer_der)
    while above is not None and above not in chain and len(chain) < POLICY.max_certificates - 1:
        names = names_of(above)
        if names.subject_der == names.issuer_der:
            break  # the root: verifiers have it, and trust it only from their own hands
        chain.append(above)
        above = by_subject.get(names.issuer_der)
    return SealKey(key, own, tuple(chain))
