"""
Hop events: what a node says about one delivery of a letter, told to the letter's origin.

Spec: docs/protocol.md chapter 5.3
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.core.catalogue import FRAME_DAMAGED
from gateway.core.delivery import State, Target
from gateway.core.errors import Rejected, find
from gateway.core.model import LetterId, NodeId

MOST_ATTEMPTS = 2**31 - 1  # what a column of the store holds; a neighbour's number must fit


@dataclass(frozen=True, slots=True)
class HopEvent:
    """What a node says about one delivery of a letter: the material of tracking.

    `target` is a `Target.key`: `link:H14` (state TAKEN: that neighbour holds it) or `agency:000.00.00.H14`.
    `attempts` counts its tries so far; 0 where the node that tells does not say.
    """

    letter_id: LetterId
    node: NodeId
    target: str
    state: State
    at: datetime
    code: str = ""
    next_try_at: datetime | None = None
    attempts: int = 0


def write_hop(event: HopEvent) -> dict[str, Any]:
    """A hop event as plain JSON values, for the wire; `read_hop` gives it back."""
    return {
        "letter_id": event.letter_id,
        "node": event.node,
        "target": event.target,
        "state": event.state.value,
        "at": event.at.isoformat(),
        "code": event.code,
        "next_try_at": event.next_try_at.isoformat() if event.next_try_at else None,
        "attempts": event.attempts,
    }


def read_hop(told: Mapping[str, Any]) -> HopEvent:
    """The hop event that another node wrote down. Raises: Rejected (FRAME_DAMAGED) if it is none."""
    try:
        next_try_at = told.get("next_try_at")
        return HopEvent(
            letter_id=LetterId(_text(told["letter_id"])),
            node=NodeId(_text(told["node"])),
            target=Target.of_key(_text(told["target"])).key,
            state=State(told["state"]),
            at=_instant(told["at"]),
            code=_text(told.get("code", "")),
            next_try_at=None if next_try_at is None else _instant(next_try_at),
            attempts=_count(told.get("attempts", 0)),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise Rejected(find(FRAME_DAMAGED, detail=f"hop event: {error!r}")) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"not a text: {value!r}")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_ATTEMPTS:
        raise TypeError(f"not a count: {value!r}")
    return value


def _instant(value: object) -> datetime:
    """Aware UTC; a time without its zone would be compared with aware ones and fail far from its cause."""
    instant = datetime.fromisoformat(_text(value))
    if instant.tzinfo is None:
        raise ValueError(f"a time without zone: {value}")
    return instant.astimezone(UTC)
