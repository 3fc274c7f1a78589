"""
Whom a verifier trusts: roots, authorities between, revocation lists; read from files, never fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

MAX_TRUST_FILE = 64 << 20
"""A revocation list with a million entries is some 40 MB."""

_Found = TypeVar("_Found", x509.Certificate, x509.CertificateRevocationList)


class TrustUnreadable(Exception):
    """A file of roots, authorities or revocation lists cannot be used; `path` says which."""

    def __init__(self, path: Path, detail: str) -> None:
        self.path = path
        self.detail = detail
        super().__init__(f"{path}: {detail}")


@dataclass(frozen=True, slots=True)
class GoodStanding:
    """A certificate stood well: its path is valid in this span, and no revocation is known up to a moment."""

    valid_from: datetime
    valid_until: datetime
    known_until: datetime

    def covers(self, at: datetime, until: datetime) -> bool:
        """Whether this answers a question about `at` with revocations counted up to `until`."""
        in_span = self.valid_from <= at <= self.valid_until
        return in_span and min(until, self.valid_until) <= self.known_until


class StandingMemory:
    """Remembers good standings by certificate; refusals and doubts are worked out afresh each time.

    Safe to share between threads: entries are replaced whole, and losing one costs milliseconds.
    """

    MAX_ENTRIES = 1024  # certificates seen under one trust; an axis has some hundred nodes

    def __init__(self) -> None:
        self._known: dict[Hashable, GoodStanding] = {}

    def recall(self, key: Hashable) -> GoodStanding | None:
        return self._known.get(key)

    def keep(self, key: Hashable, standing: GoodStanding) -> None:
        if len(self._known) >= self.MAX_ENTRIES:
            self._known.clear()
        self._known[key] = standing


@dataclass(frozen=True, slots=True, eq=False)
class Trust:
    """What certificates are judged by. Frozen: a new revocation list makes a new Trust.

    `memory` remembers which certificates stood well under exactly this trust, so that the next
    letter of the same node does not walk a long revocation list again; it dies with the Trust.
    """

    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...] = ()
    revocation_lists: tuple[x509.CertificateRevocationList, ...] = ()
    memory: StandingMemory = field(default_factory=StandingMemory, repr=False)


def load_trust(
    roots: Iterable[Path], *, intermediates: Iterable[Path] = (), revocation_lists: Iterable[Path] = ()
) -> Trust:
    """Read a Trust from files and folders, PEM or DER by their content.

    A folder gives every file directly in it but hidden ones; an empty list of roots trusts nobody.

    Raises: TrustUnreadable for the first file that is something else.
    """
    return Trust(
        roots=_load(roots, _certificates),
        intermediates=_load(intermediates, _certificates),
        revocation_lists=_load(revocation_lists, _lists),
    )


def _load(paths: Iterable[Path], read: Callable[[bytes], list[_Found]]) -> tuple[_Found, ...]:
    found: dict[bytes, _Found] = {}
    for file in _files(paths):
        try:
            if file.stat().st_size > MAX_TRUST_FILE:
                raise TrustUnreadable(file, f"larger than {MAX_TRUST_FILE} bytes")
            found.update((each.public_bytes(Encoding.DER), each) for each in read(file.read_bytes()))
        except OSError as error:
            raise TrustUnreadable(file, error.strerror or "cannot be read") from error
        except ValueError as error:
            raise TrustUnreadable(file, f"neither PEM nor DER of what is expected: {error}") from error
    return tuple(found.values())


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
        else:
            yield path


def _certificates(data: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN" in data:
        return x509.load_pem_x509_certificates(data)
    return [x509.load_der_x509_certificate(data)]


def _lists(data: bytes) -> list[x509.CertificateRevocationList]:
    begin, end = b"-----BEGIN X509 CRL-----", b"-----END X509 CRL-----"
    if begin not in data:
        return [x509.load_der_x509_crl(data)]
    return [x509.load_pem_x509_crl(begin + block.partition(end)[0] + end) for block in data.split(begin)[1:]]
