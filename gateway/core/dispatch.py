"""
Which deliveries a node owes once it holds a letter: one per neighbour that leads on, one per agency here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from gateway.core import catalogue
from gateway.core.calendar import today
from gateway.core.delivery import Delivery, State, Target
from gateway.core.directory import Directory
from gateway.core.directory_rows import Agency
from gateway.core.errors import Finding, find
from gateway.core.model import Addressee, AgencyCode, NodeId, Routing
from gateway.core.routing import next_hops, unroutable


@dataclass(frozen=True, slots=True)
class Dispatch:
    """
    What one node owes for a letter.

    `unreachable`: recipients it should serve but can't (code, reason). `astray`: recipients whose way this
    node does not know, or of whom it thinks that they lie where the letter came from; only the origin, which
    resolved them, can say whether the letter was sent here for their sake.
    """

    deliveries: tuple[Delivery, ...]
    unreachable: tuple[tuple[str, str], ...]
    astray: tuple[AgencyCode, ...] = ()


def dispatch(
    routing: Routing,
    size: int,
    directory: Directory,
    *,
    here: NodeId,
    came_from: NodeId | None,
    now: datetime,
) -> Dispatch:
    """
    What `here` owes for this letter.

    One copy crosses each link, however many recipients lie behind it. A recipient whose code was closed after
    the letter was sealed is served through its successor, if that successor is an agency of this node. Nodes
    may have different directories for a while: what one of them can't place is never dropped in silence.

    Spec: QD09 (closed codes have successors)
    """
    deliveries: dict[str, Delivery] = {}
    unreachable: list[tuple[str, str]] = []

    def owe(target: Target) -> None:
        deliveries.setdefault(
            target.key,
            Delivery(
                letter_id=routing.letter_id,
                target=target,
                state=State.QUEUED,
                lane=routing.lane,
                rank=routing.rank,
                size=size,
                since=now,
                due_at=now,
                expires_at=routing.expires_at,
            ),
        )

    for neighbour in next_hops(
        directory, here=here, came_from=came_from, origin=routing.origin, recipients=routing.recipients
    ):
        owe(Target(neighbour=neighbour))
    for addressee in routing.recipients:
        if addressee.node != here:
            continue
        agency = serving(directory, addressee, here, on=today(now))
        if isinstance(agency, Finding):
            unreachable.append((addressee.named, agency.code))
        else:
            owe(Target(agency=agency.code))
    lost = unroutable(directory, here=here, recipients=routing.recipients)
    if came_from is None:
        unreachable += [(addressee.named, catalogue.NO_ROUTE.code) for addressee in lost]
        lost = ()
    elif not deliveries and not unreachable:
        # nothing to do here: the neighbour thought otherwise, so its directory is another
        lost = routing.recipients
    return Dispatch(
        tuple(deliveries.values()), tuple(unreachable), tuple(addressee.code for addressee in lost)
    )


def serving(directory: Directory, addressee: Addressee, here: NodeId, *, on: date) -> Agency | Finding:
    """The agency of this node that gets what is addressed so (itself or its successor), or why none does."""
    answer = directory.resolve(addressee.code, on, "follow")
    if isinstance(answer, Finding):
        return answer
    if answer.agency.node != here:
        return find(catalogue.RECIPIENT_CLOSED, organ=addressee.named, successor=answer.agency.code)
    return answer.agency
