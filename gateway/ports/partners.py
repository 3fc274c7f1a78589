"""
The neighbours as an operator sees them: what is known of each link, and whether it is held.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.core.model import AgencyCode, NodeId
from gateway.ports.accounts import Act
from gateway.ports.keys import KeyUse

MOST_COUNTED = 1_000
"""A count on a page ends here: more is told as «more than», since counting a million rows takes seconds."""


class Mode(StrEnum):
    """How a link is kept from sending letters. Control messages pass in every mode."""

    DRAINING = "draining"  #: what is in the window is seen through, nothing new is begun; then it is HELD
    HELD = "held"  #: nothing is sent, and nothing offered again


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A link that an operator holds, and why."""

    neighbour: NodeId
    mode: Mode
    reason: str
    set_by: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """When a neighbour was last heard; `release` and `protocols` are those of its last hello, "" and ()
    while none was heard."""

    neighbour: NodeId
    at: datetime
    release: str = ""
    protocols: tuple[int, ...] = ()
    hello_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SealCertificate:
    """The certificate in the last good seal of a node that was looked at here."""

    node: NodeId
    fingerprint: str
    subject: str
    ends_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class LinkStanding:
    """
    What waits at this node for one neighbour; counts end at MOST_COUNTED.

    `ready` may be sent now, `sleeping` not before `next_try_at` (after a failed try), `window` is on its way
    and not confirmed by the neighbour. `last_code` is the trouble of what is tried next.
    """

    ready: int = 0
    sleeping: int = 0
    window: int = 0
    oldest: datetime | None = None
    next_try_at: datetime | None = None
    last_code: str = ""


@dataclass(frozen=True, slots=True)
class DoorStanding:
    """What lies at the door of one agency (`waiting` ends at MOST_COUNTED), and when it last fetched."""

    waiting: int = 0
    oldest: datetime | None = None
    last_fetch: datetime | None = None


class PartnerBook(Protocol):
    """What of the store is about neighbours and agencies as partners."""

    async def maintenance(self) -> Mapping[NodeId, Maintenance]:
        """The links that are held or drained."""

    async def hold_link(self, maintenance: Maintenance, act: Act) -> None:
        """Hold a link from now on, or drain it (journalled)."""

    async def open_link(self, neighbour: NodeId, act: Act) -> bool:
        """Let a link send again (journalled); whether it was held."""

    async def end_draining(self, neighbours: Collection[NodeId], now: datetime) -> Sequence[NodeId]:
        """Those of these draining links of which nothing is on its way any more become HELD (journalled)."""

    async def note_heard(self, heard: Iterable[Heard]) -> None:
        """Remember that neighbours were heard. What a former hello said stays if this brings none."""

    async def heard(self) -> Mapping[NodeId, Heard]:
        """The neighbours that were ever heard."""

    async def note_key_uses(self, uses: Iterable[KeyUse]) -> None:
        """Remember of each key the latest use."""

    async def key_uses(self, keys: Collection[str]) -> Mapping[str, KeyUse]:
        """The last use of those of these keys that were ever used."""

    async def note_certificate(self, certificate: SealCertificate) -> None:
        """Remember the certificate of a seal; of each node the last."""

    async def seal_certificates(self) -> Mapping[NodeId, SealCertificate]:
        """The certificates of the seals that were looked at here, by node."""

    async def link_standing(self, neighbour: NodeId) -> LinkStanding:
        """What waits for a neighbour; costs the same however much it is."""

    async def door_standings(self, agencies: Iterable[AgencyCode]) -> Mapping[AgencyCode, DoorStanding]:
        """What lies at the doors of these agencies; costs the same however much it is."""
