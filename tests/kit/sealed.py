"""
Sealed letters for tests: as intake keeps them, as `truc seal` writes them, and as nobody honest would.
"""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509

from gateway.core.edxml import read
from gateway.core.model import LetterFacts, Part, Routing
from gateway.core.routing import routing_json
from gateway.core.seals import sealed_parts
from gateway.core.split import parts_json
from gateway.ports import Blobs, StoredLetter
from signing.asice import AGENCY_SIGNATURE, NODE_SIGNATURE, Content, write_container
from signing.devpki import DevPki, Issued, create, write_pem
from signing.keys import SealKey
from signing.seal import seal
from signing.trust import Trust
from tests.kit import builders
from tests.kit.messages import encoded, manifest, message
from tests.kit.sinks import take_apart

SVG = b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd"><svg/>'

Members = dict[str, bytes]
"""The parts of a letter by their names, in manifest order."""


@dataclass(frozen=True)
class Seals:
    """One infrastructure with a key for the origin node and one for the agency."""

    at: datetime
    pki: DevPki
    node: Issued
    agency: Issued

    def trust(self, *, revoked: Mapping[x509.Certificate, datetime] | None = None) -> Trust:
        """The root, with the revocation lists of this day."""
        lists = self.pki.revocation_lists(self.at, revoked=revoked)
        return Trust(roots=(self.pki.root.certificate,), revocation_lists=lists)

    @property
    def both(self) -> dict[str, SealKey]:
        return {NODE_SIGNATURE: self.node.seal_key, AGENCY_SIGNATURE: self.agency.seal_key}

    @property
    def node_only(self) -> dict[str, SealKey]:
        return {NODE_SIGNATURE: self.node.seal_key}

    @property
    def agency_only(self) -> dict[str, SealKey]:
        return {AGENCY_SIGNATURE: self.agency.seal_key}

    def write(self, folder: Path) -> None:
        """`root.pem`, `crl/*`, `node.pem` and `agency.pem` in a folder."""
        self.pki.write(folder, self.at)
        write_pem(folder / "node.pem", self.node)
        write_pem(folder / "agency.pem", self.agency)


def make_seals(at: datetime) -> Seals:
    """A new infrastructure whose certificates are good at `at`."""
    pki = create(at - timedelta(hours=1))
    return Seals(at, pki, pki.issue(builders.PROVINCE, at), pki.issue(builders.PROVINCE_OFFICE, at))


def drawing() -> bytes:
    """An edXML with two attachments: a drawing with a DOCTYPE, and text in no layout that could be kept."""
    items = ["<ContentId>a</ContentId>", "<ContentId>b</ContentId>"]
    attachments = encoded(*(f"{item}@" for item in items))
    attachments = attachments.replace("YWJj", b64encode(SVG).decode(), 1)
    attachments = attachments.replace("YWJj", "<![CDATA[YW Jj]]>", 1)
    return message(body=manifest(*items), attachments=attachments)


def label(edxml: bytes, at: datetime) -> Routing:
    """routing.json of this original, accepted at the province's node."""
    sha256 = hashlib.sha256(edxml).hexdigest()
    return replace(builders.routing(at=at), original_sha256=sha256, original_size=len(edxml))


def members_of(edxml: bytes, routing: Routing | None = None) -> Members:
    """The parts of a letter as intake makes them; without `routing` as an agency makes them."""
    apart = take_apart(edxml)
    envelope = read(apart.split.envelope, apart.split.parts).envelope
    members: Members = {} if routing is None else {"routing.json": routing_json(routing)}
    members["parts.json"] = parts_json(apart.split, envelope)
    members["envelope.xml"] = apart.split.envelope
    for spec, sink in zip(apart.split.parts, apart.sinks, strict=True):
        members[spec.member_name] = sink.blob
    return members


def as_parts(members: Members) -> list[Part]:
    """The members as the wire names them."""
    return [Part(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in members.items()]


def seals_over(members: Members, keys: Mapping[str, SealKey], at: datetime) -> dict[str, bytes]:
    """The signature file of each key: a node's over everything, an agency's over all but routing.json."""
    parts = as_parts(members)
    return {
        name: seal(sealed_parts(parts, with_routing=name == NODE_SIGNATURE), key, at)
        for name, key in keys.items()
    }


def packed(
    members: Members,
    keys: Mapping[str, SealKey],
    at: datetime,
    *,
    signatures: Mapping[str, bytes] | None = None,
) -> bytes:
    """An .asice of these members; `signatures` replaces the seals that the keys would make."""
    made = signatures if signatures is not None else seals_over(members, keys, at)
    out = io.BytesIO()
    contents = [
        Content(part, partial(_pieces, members[part.name])) for part in sealed_parts(as_parts(members))
    ]
    write_container(out, contents, made)
    return out.getvalue()


def _pieces(data: bytes) -> list[bytes]:
    return [data[at : at + 1000] for at in range(0, len(data), 1000)]


def stored(
    members: Members, routing: Routing, keys: Mapping[str, SealKey], at: datetime, blobs: Blobs
) -> StoredLetter:
    """The letter as a node keeps it: large parts as blobs, the seals behind the other parts."""
    whole = {**members, **seals_over(members, keys, at)}
    parts = tuple(blobs.put(name, data) for name, data in whole.items())
    return StoredLetter(routing, LetterFacts(), parts, came_from=None, hops=0, received_at=at)
