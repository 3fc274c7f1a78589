"""
The deadlines of a letter that is tracked: its sender's, and those of each recipient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from gateway.core.deadlines import Case, DueItem, Receipt, Reckoning, due
from gateway.core.delivery import State, Target
from gateway.core.directory import Directory
from gateway.core.lifecycle import same_organ_in
from gateway.core.model import AgencyCode
from gateway.core.time_limits import Owner
from gateway.core.tracking import RecipientTrack, Tracking, Trail

AT_THE_DOOR = frozenset({State.WAITING, State.DELIVERED})


class DatedTrail(Trail, Protocol):
    """
    All that a node knows of a letter, with two kinds of times.

    `offered`: when it laid the letter at the doors of its agencies, by target key. `answered`: when an agency
    replied to it by a document of its own.
    """

    @property
    def offered(self) -> Mapping[str, datetime]: ...
    @property
    def answered(self) -> Mapping[AgencyCode, datetime]: ...


def with_deadlines(
    tracking: Tracking, trail: DatedTrail, reckoning: Reckoning, directory: Directory
) -> Tracking:
    """The same with `deadlines`. `tracking` is what `trace` made of `trail`."""

    same_organ = same_organ_in(directory)
    letter = trail.letter
    case = Case(
        kind=letter.routing.kind,
        facts=letter.facts,
        sender=letter.routing.sender,
        accepted_at=letter.routing.accepted_at,
        signed_at=letter.routing.signed_at,
        deliver_by=letter.routing.deliver_by,
    )
    arrivals = _arrivals(trail)

    def of(track: RecipientTrack) -> tuple[DueItem, ...]:
        arrived_at = arrivals.get(Target(agency=track.code).key)
        receipt = Receipt(
            agency=track.code,
            arrived_at=arrived_at,
            statuses=track.statuses,
            answered_at=trail.answered.get(track.code),
        )
        found = due(case, receipt, reckoning, same_organ=same_organ)
        return tuple(item for item in found if item.rule.owner is not Owner.SENDER)

    return replace(
        tracking,
        deadlines=due(case, None, reckoning, same_organ=same_organ),
        recipients=tuple(replace(track, deadlines=of(track)) for track in tracking.recipients),
    )


def _arrivals(trail: DatedTrail) -> dict[str, datetime]:
    """When the letter first lay at each door: what this node did itself, else the first word of another."""
    arrivals = dict(trail.offered)
    for hop in sorted(trail.hops, key=lambda hop: hop.at):
        if hop.state in AT_THE_DOOR:
            arrivals.setdefault(hop.target, hop.at)
    return arrivals
