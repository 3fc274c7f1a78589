"""
The network: links to the neighbours of a node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.core.model import Lane, NodeId
from gateway.ports.probing import Step

LINKS = "links"
"""What is rung when a link comes up or goes down (Bell)."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A frame from a neighbour, not acknowledged yet. `tag` belongs to the broker."""

    neighbour: NodeId
    lane: Lane
    data: bytes
    tag: Any
    redelivered: bool = False


class Inbox(Protocol):
    """The receiving end of one link and lane."""

    async def get(self, limit: int, size: int) -> list[Incoming]:
        """Wait for at least one frame, then give what has come, up to `limit` frames and `size` bytes."""

    async def ack(self, frames: Sequence[Incoming]) -> None:
        """These frames are durable here; the broker forgets them."""

    async def nack(self, frames: Sequence[Incoming]) -> None:
        """Put these frames back; they come again."""


class Broker(Protocol):
    """Links to the neighbours of one node. Delivers at least once, in any order."""

    async def publish(self, neighbour: NodeId, lane: Lane, data: bytes) -> None:
        """Return when the broker has confirmed that it keeps the frame.

        Raises: Unavailable (LINK_DOWN, BROKER_REFUSED). The outcome is then unknown: send again, same bytes.
        """

    def inbox(self, neighbour: NodeId, lane: Lane) -> Inbox:
        """The frames of one neighbour on one lane."""

    async def parked(self) -> list[Incoming]:
        """Frames the broker itself gave up on, if any; acknowledged like others once quarantined."""

    async def ack_parked(self, frames: Sequence[Incoming]) -> None:
        """These parked frames are kept in quarantine."""

    def neighbours_up(self) -> Mapping[NodeId, bool]:
        """Whether the link to each neighbour works, as far as the broker knows."""

    async def probe(self, neighbour: NodeId) -> Sequence[Step]:
        """Try a new connection to the link's broker: the steps up to the first that fails."""

    async def close(self) -> None:
        """Stop receiving and sending; unacknowledged frames come again."""
