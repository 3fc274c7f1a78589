"""Letters to seal, the people who seal them, and the trust that judges them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from cryptography import x509
from hypothesis import strategies as st

from signing.asice import Content
from signing.devpki import DevPki, Issued, KeyKind, Usage, create, make_key
from signing.keys import PrivateKey
from signing.parts import SealedPart
from signing.trust import Trust

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

SVG = b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd"><svg/>'


@dataclass(frozen=True)
class Letter:
    """The bytes of a letter's parts, in manifest order."""

    bytes_of: Mapping[str, bytes]

    @property
    def parts(self) -> tuple[SealedPart, ...]:
        return tuple(part_of(name, data) for name, data in self.bytes_of.items())

    @property
    def contents(self) -> list[Content]:
        return [Content(part, partial(blocks, self.bytes_of[part.name])) for part in self.parts]


def part_of(name: str, data: bytes, mime: str = "application/octet-stream") -> SealedPart:
    return SealedPart(name, hashlib.sha256(data).hexdigest(), len(data), mime)


def blocks(data: bytes, size: int = 1000) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def letter(attachments: Sequence[bytes] = (SVG, b"%PDF-1.7\n\x00\xff"), *, about: bytes = b"A") -> Letter:
    named = {f"parts/{i:04}": data for i, data in enumerate(attachments, 1)}
    return Letter(
        {
            "envelope.xml": b"<edXML>" + about + b"</edXML>",
            "parts.json": b'{"about":"' + about + b'"}',
            **named,
            "routing.json": b'{"letter_id":"' + about + b'"}',
        }
    )


def letters() -> st.SearchStrategy[Letter]:
    """Letters with up to four attachments; no part is empty, no two are alike."""
    contents = st.lists(st.binary(min_size=1, max_size=200), max_size=4, unique=True)
    return contents.map(lambda found: letter([b"#" + data for data in found]))


@dataclass(frozen=True)
class People:
    """One infrastructure, one key of each kind, and certificates for good and for ill."""

    pki: DevPki
    stranger: DevPki
    keys: Mapping[KeyKind, PrivateKey]

    def issued(self, kind: KeyKind = KeyKind.P256, **wishes: object) -> Issued:
        return self.pki.issue("H14.31", NOW, key=self.keys[kind], **wishes)  # type: ignore[arg-type]

    def trust(
        self, *, revoked: Mapping[x509.Certificate, datetime] | None = None, made_at: datetime = NOW
    ) -> Trust:
        return Trust(
            roots=(self.pki.root.certificate,),
            revocation_lists=self.pki.revocation_lists(made_at, revoked=revoked),
        )

    @property
    def trust_without_lists(self) -> Trust:
        return Trust(roots=(self.pki.root.certificate,))

    def wrong_usages(self) -> tuple[Issued, ...]:
        return tuple(self.issued(usage=usage) for usage in Usage if usage is not Usage.SEAL)


def make_people() -> People:
    return People(
        pki=create(NOW),
        stranger=create(NOW, name="Truc dev"),
        keys={kind: make_key(kind) for kind in KeyKind},
    )
