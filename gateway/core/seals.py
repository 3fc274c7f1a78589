"""
What a seal covers, and what its verdict means for a letter that is to be handed over.

The verdict says whether the seal is intact and its signer's certificate good. Whether that signer may speak
for this sender, and whether this letter is for this agency, only the directory and routing.json can say.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from gateway.core import catalogue
from gateway.core.calendar import Calendar
from gateway.core.directory import Agency, Directory
from gateway.core.errors import Finding, find
from gateway.core.model import AgencyCode, Routing
from signing.asice import AGENCY_SIGNATURE, NODE_SIGNATURE
from signing.parts import SealedPart
from signing.report import REASONS
from signing.verdict import Outcome, Reason, Verdict

SEALS = (NODE_SIGNATURE, AGENCY_SIGNATURE)
ROUTING = "routing.json"

# Clocks of two offices differ by seconds, not by minutes; a letter from further ahead waits until its time.
CLOCK_TOLERANCE = timedelta(minutes=5)

_TYPES = {".xml": "application/xml", ".json": "application/json", ".b64": "text/plain"}


class Sized(Protocol):
    """A part as the wire or the store names it."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...


def sealed_parts(parts: Iterable[Sized], *, with_routing: bool = True) -> tuple[SealedPart, ...]:
    """The parts that a seal covers, in manifest order: all but the seals; an agency's not routing.json."""
    return tuple(
        SealedPart(part.name, part.sha256, part.size, _type(part.name))
        for part in parts
        if part.name not in SEALS and (with_routing or part.name != ROUTING)
    )


def _type(name: str) -> str:
    return next((kind for end, kind in _TYPES.items() if name.endswith(end)), "application/octet-stream")


def seal_objection(verdict: Verdict) -> Finding | None:
    """Why a seal is not good enough, if it is not; an undetermined one may become so."""
    if verdict.outcome is Outcome.PASSED:
        return None
    if any(objection.reason is Reason.NO_SEAL for objection in verdict.objections):
        return find(catalogue.NO_SEAL)
    told = "; ".join(
        f"{o.member + ': ' if o.member else ''}{REASONS[o.reason].vi} · {REASONS[o.reason].en} [{o.reason}]"
        for o in verdict.objections[:3]
    )
    undetermined = verdict.outcome is Outcome.UNDETERMINED
    return find(catalogue.SEAL_UNDETERMINED if undetermined else catalogue.SEAL_FAILED, detail=told)


def certificate_remark(agency: Agency | None, verdict: Verdict) -> Finding | None:
    """That an agency sealed with another certificate than those that the directory has for it, if so."""
    if agency is None or not agency.certificates or verdict.facts.fingerprint in agency.certificates:
        return None
    return find(catalogue.AGENCY_CERTIFICATE, organ=agency.code)


def time_objection(
    routing: Routing, arrived_at: datetime, calendar: Calendar, ttl_days: int, *, now: datetime
) -> Finding | None:
    """
    Why the time at which a letter says it was accepted cannot be judged at, if so.

    In the future it cannot be judged yet, whenever it arrived (a clock was set back); further back than
    letters live when it arrived, somebody kept it to use it now.
    """
    if routing.accepted_at > now + CLOCK_TOLERANCE:
        return find(catalogue.FROM_THE_FUTURE, at=routing.accepted_at.isoformat())
    if calendar.expires_at(routing.accepted_at, ttl_days) < arrived_at:
        return find(catalogue.EXPIRED, expires_at=routing.expires_at.isoformat())
    return None


def entitlement_objection(
    routing: Routing, agency: AgencyCode, signer: str, directory: Directory
) -> Finding | None:
    """Why this signer's letter may not be handed to this agency, if so.

    `signer` is the name in the certificate: that of the origin node, which the directory must name for the
    sender. The agency must stand in routing.json, or be the successor of one that does.
    """
    sender = directory.find(routing.sender)
    if signer != routing.origin or sender is None or sender.node != routing.origin:
        return find(catalogue.NOT_ENTITLED, node=signer or routing.origin, organ=routing.sender)
    # Successors last: they take two look-ups for each recipient, and a letter may have thousands.
    is_addressed = agency in routing.addressed or any(
        directory.is_successor(a.code, agency) for a in routing.recipients
    )
    return None if is_addressed else find(catalogue.NOT_ADDRESSED, organ=agency)
