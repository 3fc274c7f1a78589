"""
Editions of the directory as the store keeps them: what came, what it became, and what was refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.core.editions import Edition
from gateway.core.model import NodeId


class EditionState(StrEnum):
    """What became of an edition at this node."""

    WAITING = "waiting"  #: for its day
    APPLIED = "applied"
    REFUSED = "refused"  #: authentic, but it may not or cannot be applied; judged again by another directory


@dataclass(frozen=True, slots=True)
class NewEdition:
    """
    An edition whose seal is good: `content` is what its `seal` covers.

    `came_from` is the neighbour that gave it; None if this node has signed it.
    """

    edition: Edition
    content: bytes
    seal: bytes
    came_from: NodeId | None


@dataclass(frozen=True, slots=True)
class EditionBytes:
    """Some bytes of an edition as it travels: its seal (`seal_size` bytes) and its content, `size` in all."""

    seal_size: int
    size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class EditionLine:
    """An edition in a list; `refused` says why it is REFUSED."""

    signer: NodeId
    number: int
    sha256: str
    published_at: datetime
    valid_from: datetime
    taken_at: datetime
    came_from: str
    state: EditionState
    refused: str


@dataclass(frozen=True, slots=True)
class EditionFault:
    """
    An edition that was not taken: what a neighbour offered, and why not (a code of the catalogue, and words).

    `sha256` is of all its bytes with the seal; "" if only its digest was named.
    """

    neighbour: NodeId
    signer: NodeId
    number: int
    sha256: str
    code: str
    detail: str
    at: datetime
