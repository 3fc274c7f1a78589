"""
Letters for tests: everything has a likely value, a test names only what it is about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from gateway.core.delivery import Delivery, State, Target
from gateway.core.directory import Agency, Directory, NodeRow
from gateway.core.model import Addressee, AgencyCode, Kind, Lane, LetterFacts, LetterId, NodeId, Routing
from gateway.core.routing import PROTOCOL, routing_json
from gateway.ports import NewLetter, StoredLetter, StoredPart
from tests.kit.clock import START

CENTRAL, PROVINCE, COMMUNE, OTHER_PROVINCE = map(NodeId, ("G22", "H14", "H14.31.01", "H21"))
CENTRAL_OFFICE, PROVINCE_OFFICE, COMMUNE_OFFICE, OTHER_OFFICE = (
    AgencyCode(code) for code in ("000.00.00.G22", "000.00.00.H14", "01.31.H14", "000.00.00.H21")
)
DEPARTMENT = AgencyCode("000.00.01.H14")
"""A second agency of the province's node, whose own system sends 01."""

KEEPING_TIME = timedelta(days=5)


def letter_id(number: int) -> LetterId:
    """The n-th letter id of a test."""
    return LetterId(f"01957000-0000-7000-8000-{number:012x}")


def small_axis(version: int = 1) -> Directory:
    """Central with two provinces, a commune under one of them, an office at each node."""
    organs = {CENTRAL: "AX.G22", PROVINCE: "AX.H14", COMMUNE: "AX.01.H14", OTHER_PROVINCE: "AX.H21"}
    parents = {CENTRAL: NodeId(""), PROVINCE: CENTRAL, COMMUNE: PROVINCE, OTHER_PROVINCE: CENTRAL}
    offices = {
        CENTRAL_OFFICE: CENTRAL,
        PROVINCE_OFFICE: PROVINCE,
        DEPARTMENT: PROVINCE,
        COMMUNE_OFFICE: COMMUNE,
        OTHER_OFFICE: OTHER_PROVINCE,
    }
    return Directory(
        version,
        tuple(NodeRow(id=n, parent=parents[n], organ_code=organ) for n, organ in organs.items()),
        (
            *(
                Agency(code=code, name=f"Cơ quan {code}", node=node, sends_arrived=code == DEPARTMENT)
                for code, node in offices.items()
            ),
            *(Agency(code=AgencyCode(organ), name=f"Trục {n}", node=n) for n, organ in organs.items()),
        ),
    )


def routing(
    number: int = 1,
    *,
    kind: Kind = Kind.DOCUMENT,
    origin: NodeId = PROVINCE,
    sender: AgencyCode = PROVINCE_OFFICE,
    to: Sequence[tuple[AgencyCode, NodeId]] = ((CENTRAL_OFFICE, CENTRAL),),
    lane: Lane = Lane.NORMAL,
    rank: int = 0,
    at: datetime = START,
) -> Routing:
    """routing.json of the n-th letter."""
    return Routing(
        protocol=PROTOCOL,
        letter_id=letter_id(number),
        kind=kind,
        origin=origin,
        sender=sender,
        recipients=tuple(Addressee(code, code, node) for code, node in to),
        directory_version=1,
        lane=lane,
        rank=rank,
        accepted_at=at,
        expires_at=at + KEEPING_TIME,
        original_sha256=hashlib.sha256(b"original %d" % number).hexdigest(),
        original_size=1000,
    )


def inline_part(name: str, data: bytes) -> StoredPart:
    return StoredPart(name, len(data), hashlib.sha256(data).hexdigest(), data)


def stored_letter(
    number: int = 1,
    *,
    facts: LetterFacts | None = None,
    came_from: NodeId | None = None,
    parts: Sequence[StoredPart] = (),
    **of_routing: Any,
) -> StoredLetter:
    """The n-th letter as a node holds it."""
    label = routing(number, **of_routing)
    told = facts or LetterFacts(document_id=f"id-{number}", code=f"{number}/VPCP-TTĐT", subject="Trích yếu")
    kept = (
        inline_part("routing.json", routing_json(label)),
        inline_part("envelope.xml", b"<edXML>%d</edXML>" % number),
        *parts,
    )
    hops = 0 if came_from is None else 1
    return StoredLetter(label, told, kept, came_from, hops, received_at=label.accepted_at)


def delivery(letter: StoredLetter, target: Target, **changed: Any) -> Delivery:
    """A delivery of the letter that is due at once."""
    label = letter.routing
    fresh = Delivery(
        letter_id=label.letter_id,
        target=target,
        state=State.QUEUED,
        lane=label.lane,
        rank=label.rank,
        size=letter.size,
        since=letter.received_at,
        due_at=letter.received_at,
        expires_at=label.expires_at,
    )
    return replace(fresh, **changed)


def new_letter(
    number: int = 1,
    *targets: Target,
    sameness: str = "",
    letter: StoredLetter | None = None,
    **of_letter: Any,
) -> NewLetter:
    """The n-th letter with a delivery to each target (to central, if none is named)."""
    held = letter or stored_letter(number, **of_letter)
    places = targets or (Target(neighbour=CENTRAL),)
    return NewLetter(held, tuple(delivery(held, target) for target in places), sameness=sameness)
