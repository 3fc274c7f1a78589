"""
Failures by their cause, and what people at the console do about a whole group of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.core.delivery import State, Target
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.ports.accounts import Act

MOST_COUNTED = 1_000
"""Of one group, each time that somebody looks; above it is said to be more: a page costs the same any day."""

MOST_PLANNED = 10_000  # the same for who has something done with the group, once


class Trouble(StrEnum):
    """Why a person may want to look at a delivery."""

    RETRYING = "retrying"  #: its last try failed, or its neighbour is silent; it is tried again by itself
    HELD = "held"  #: an operator holds it
    QUARANTINED = "quarantined"  #: it could not be processed and waits for a person


@dataclass(frozen=True, slots=True)
class TroubleGroup:
    """Deliveries to one target (a link, or an agency here) that one cause keeps back."""

    trouble: Trouble
    code: str
    target: Target
    number: int = 0  #: at most MOST_COUNTED, and one more if there are more
    since: datetime | None = None  #: the first of them came; or was put there by hand, where not RETRYING


@dataclass(frozen=True, slots=True)
class TroubleLine:
    """One delivery of a group."""

    seq: int
    letter_id: LetterId
    target: Target
    state: State
    since: datetime
    due_at: datetime
    expires_at: datetime
    attempts: int
    kind: Kind
    sender: AgencyCode
    document_id: str
    code: str
    size: int


class RepairAction(StrEnum):
    """What is done with each letter of a group."""

    SEND_AGAIN = "send_again"
    HOLD = "hold"
    RELEASE = "release"
    GIVE_BACK = "give_back"


class RepairState(StrEnum):
    """How far a repair is."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    UNDONE = "undone"  #: called off; what it had done by then stays done


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """
    One action on one group, done piece by piece from `runs_at` on; till then nothing has happened.

    `number` 0: it was not asked for yet. `wanted` is how many the group had then (at most MOST_PLANNED + 1),
    `done` how many have moved.
    """

    action: RepairAction
    group: TroubleGroup
    asked_by: str
    asked_at: datetime
    runs_at: datetime | None
    reason: str = ""
    number: int = 0
    state: RepairState = RepairState.PLANNED
    wanted: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class Odd:
    """
    Bytes that were not taken, with the reason. `caller`: who handed them in, "" for what came over a link.

    `data` is empty in a list; `size` is always told.
    """

    number: int
    at: datetime
    code: str
    size: int
    caller: str = ""
    neighbour: str = ""
    lane: str = ""
    letter_id: str = ""
    data: bytes = b""


class RepairBook(Protocol):
    """What of the store tells of failures and mends them."""

    async def troubles(self, limit: int) -> Sequence[TroubleGroup]:
        """The groups that there are, at most `limit`; costs what the groups cost, not what the node holds."""

    async def trouble_lines(self, group: TroubleGroup, after: int, limit: int) -> Sequence[TroubleLine]:
        """Deliveries of a group beyond the cursor `after` (a seq), in the order they came."""

    async def plan_repair(self, repair: Repair, act: Act) -> int:
        """Note an action on all that the group holds now (journalled); its number."""

    async def call_off_repair(self, number: int, act: Act) -> bool:
        """Do no more of it (journalled); False if it has ended."""

    async def repairs(self, limit: int) -> Sequence[Repair]:
        """The latest first."""

    async def repair(self, number: int) -> Repair | None:
        """The one of this number."""

    async def run_repairs(self, now: datetime, limit: int) -> int:
        """Go on with what is due, at most `limit` letters (each move journalled); how many were looked at."""

    async def odd_frames(self, before: int | None, limit: int) -> Sequence[Odd]:
        """What came over links and was put in quarantine, without its bytes, the latest first."""

    async def odd_frame(self, number: int) -> Odd | None:
        """One of them with its bytes."""

    async def odd_input(self, before: int | None, limit: int) -> Sequence[Odd]:
        """What programs handed in and was refused, without its bytes, the latest first."""

    async def odd_input_of(self, number: int) -> Odd | None:
        """One of them with its bytes."""
