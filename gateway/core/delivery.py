"""
The life of one delivery: one letter on its way to one neighbour or one local agency.

LEGAL is the whole law. `decide` is the only function that changes a delivery's state; the store
calls it inside the transaction that writes the new state and its journal row, so that the state, the
record of it and what follows from it (commands) survive or vanish together.

    QUEUED ──Claimed──▶ TRYING ──Confirmed──▶ SENT ──Taken──▶ TAKEN            (to a neighbour)
                        TRYING ──Offered────▶ WAITING ──Acknowledged──▶ DELIVERED   (to an agency)

SENT never expires by itself: only the neighbour knows whether it holds the letter. When its time has
passed the sender is told «not confirmed», and the neighbour answers the next offer with TAKEN or with
refused(expired); only a refusal leads to RETURNED. The same holds for what was sent once and is QUEUED again
because its offers fail (`confirmed`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import get_args

from gateway.core.catalogue import EXPIRED, LINK_DOWN, NOT_CONFIRMED, NOT_PICKED_UP, STOPPED
from gateway.core.model import AgencyCode, Lane, LetterId, NodeId


class State(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"  #: waits in the store for its turn or its next try
    TRYING = "trying"  #: claimed by a running instance
    SENT = "sent"  #: every frame confirmed by the broker; the neighbour has not spoken yet
    TAKEN = "taken"  #: the neighbour holds the letter (end)
    WAITING = "waiting"  #: at the agency's door, not fetched and acknowledged yet
    DELIVERED = "delivered"  #: the agency acknowledged it (end)
    HELD = "held"  #: held by an operator
    QUARANTINED = "quarantined"  #: could not be processed; kept with the reason
    RETURNED = "returned"  #: given back to the sender with the reason (end)
    STOPPED = "stopped"  #: taken back by its sender on the way (end)

    @property
    def is_final(self) -> bool:
        return self in FINAL


FINAL = frozenset({State.TAKEN, State.DELIVERED, State.RETURNED, State.STOPPED})


@dataclass(frozen=True, slots=True)
class Target:
    """Where a delivery goes: over the link to a neighbour, or to an agency of this node."""

    neighbour: NodeId | None = None
    agency: AgencyCode | None = None

    def __post_init__(self) -> None:
        if (self.neighbour is None) == (self.agency is None):
            raise ValueError("a target is a neighbour or an agency, not both and not neither")

    @property
    def key(self) -> str:
        """`link:H14` or `agency:000.00.00.H14`; the form the store and the journal use."""
        return f"link:{self.neighbour}" if self.neighbour is not None else f"agency:{self.agency}"

    @classmethod
    def of_key(cls, key: str) -> Target:
        kind, _, name = key.partition(":")
        return cls(neighbour=NodeId(name)) if kind == "link" else cls(agency=AgencyCode(name))


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of the deliveries table."""

    letter_id: LetterId
    target: Target
    state: State
    lane: Lane
    rank: int
    size: int
    since: datetime
    due_at: datetime
    expires_at: datetime
    attempts: int = 0
    failures: int = 0
    last_code: str = ""
    confirmed: bool = False  #: every frame was confirmed since the last try: only offer, do not send again
    held: str = ""  #: the ranges that the neighbour said it holds; those are never sent again
    warned: bool = False  #: «not confirmed» or «not picked up» was told once


# --- events: what happened --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claimed:
    """An instance took the delivery up (again: its former claim ended)."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The broker confirmed every frame; unless the neighbour speaks, offer it again at `offer_again_at`."""

    offer_again_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """The neighbour's receipt: it holds the letter."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The neighbour's answer to an offer: it holds only `held` (form: broker/ranges), send the rest."""

    held: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The neighbour will never take this letter, and says why."""

    code: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The try did not succeed and may succeed later."""

    code: str


@dataclass(frozen=True, slots=True)
class Offered:
    """The letter lies at the agency's door; told about it if nobody fetches it until `fetch_by`."""

    fetch_by: datetime


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The agency says that it has the letter."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """`due_at` has passed in a state where time alone changes nothing but the sender should know."""

    next_due_at: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """`expires_at` has passed while the letter was still ours to move."""


@dataclass(frozen=True, slots=True)
class Unwelcome:
    """The letter may not be handed over here (seal, recipient, origin): give it back with the reason."""

    code: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Processing it fails again and again, or an operator wants it looked at."""

    code: str


@dataclass(frozen=True, slots=True)
class Hold:
    """An operator holds it."""


@dataclass(frozen=True, slots=True)
class SendAgain:
    """An operator does not want it to wait for its next try, or for the word of a silent neighbour."""


@dataclass(frozen=True, slots=True)
class Release:
    """An operator lets it go on."""


@dataclass(frozen=True, slots=True)
class GiveBack:
    """An operator returns it to its sender."""

    code: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Its sender took it back while it was still on its way."""


Event = (
    Claimed
    | Confirmed
    | Taken
    | Missing
    | Refused
    | Failed
    | Offered
    | Acknowledged
    | Overdue
    | Expired
    | Unwelcome
    | Unreadable
    | Hold
    | SendAgain
    | Release
    | GiveBack
    | TakenBack
)

EVENTS: tuple[type[Event], ...] = get_args(Event)

Q, T, S = State.QUEUED, State.TRYING, State.SENT
LEGAL: dict[State, dict[type[Event], State]] = {
    Q: {
        Claimed: T,
        Taken: State.TAKEN,  # a late receipt, after the offer was queued again
        Missing: Q,
        Refused: State.RETURNED,
        Expired: State.RETURNED,
        Overdue: Q,  # sent once, and its offers fail: told, and offered on until the neighbour speaks
        Hold: State.HELD,
        SendAgain: Q,
        Unreadable: State.QUARANTINED,
        GiveBack: State.RETURNED,
        TakenBack: State.STOPPED,
    },
    T: {
        Claimed: T,  # the former instance is gone
        Confirmed: S,
        Offered: State.WAITING,
        Acknowledged: State.DELIVERED,  # an adapter that pushes gets offer and answer in one
        Taken: State.TAKEN,  # the receipt may overtake the last confirm
        Missing: Q,
        Refused: State.RETURNED,
        Failed: Q,
        Expired: State.RETURNED,
        Unwelcome: State.RETURNED,
        Unreadable: State.QUARANTINED,
        TakenBack: T,  # too late: whoever it is being given to may have it already
    },
    S: {
        Taken: State.TAKEN,
        Missing: Q,
        Refused: State.RETURNED,
        Claimed: T,  # offered again
        SendAgain: Q,  # only the offer: the neighbour may hold all of it
        Overdue: S,
        TakenBack: S,  # too late: the neighbour decides
    },
    State.WAITING: {
        Acknowledged: State.DELIVERED,
        Overdue: State.WAITING,
        Hold: State.HELD,
        GiveBack: State.RETURNED,
        Unreadable: State.QUARANTINED,
        TakenBack: State.STOPPED,
    },
    State.HELD: {Release: Q, GiveBack: State.RETURNED, TakenBack: State.STOPPED, Taken: State.TAKEN},
    State.QUARANTINED: {Release: Q, GiveBack: State.RETURNED, TakenBack: State.STOPPED},
    State.TAKEN: {Taken: State.TAKEN, Missing: State.TAKEN, Refused: State.TAKEN, Confirmed: State.TAKEN},
    State.DELIVERED: {Acknowledged: State.DELIVERED},
    State.RETURNED: {Refused: State.RETURNED},
    State.STOPPED: {TakenBack: State.STOPPED},
}


# --- commands: what follows from a move -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TellSender:
    """The node owes the sender a notice with this code of the catalogue."""

    code: str


@dataclass(frozen=True, slots=True)
class ReportHop:
    """Tracking at the origin must hear of the new state."""

    state: State
    code: str = ""


@dataclass(frozen=True, slots=True)
class NoteArrival:
    """The agency has the letter: where its own system sends no 01, the node makes one."""


Command = TellSender | ReportHop | NoteArrival


class IllegalMove(Exception):
    """This event may not happen to a delivery in this state; the caller drops or logs it."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{type(event).__name__} in state {state.value}")
        self.state, self.event = state, event


FAILURES_BEFORE_QUARANTINE = 5  # an unknown fault of ours: five tries, then a person looks at it


def decide(
    delivery: Delivery, event: Event, now: datetime, retry: Callable[[Delivery], timedelta] | None = None
) -> tuple[Delivery, tuple[Command, ...]]:
    """
    The delivery after `event`, and what follows from it.

    A letter whose frames were all confirmed may be in the neighbour's hands, whatever its state says here:
    nobody here may then say that it goes back, neither an operator nor time.

    Raises: IllegalMove if LEGAL has no such move.
    """
    new_state = LEGAL[delivery.state].get(type(event))
    may_be_there = delivery.confirmed and delivery.target.neighbour is not None
    if new_state is None or (may_be_there and isinstance(event, GiveBack | Expired)):
        raise IllegalMove(delivery.state, event)
    moved = replace(
        delivery, state=new_state, since=now if new_state is not delivery.state else delivery.since
    )
    if delivery.state.is_final:
        return delivery, ()
    moved = _with_times(moved, event, now, retry or retry_after)
    return moved, _commands(delivery, moved, event)


def _with_times(
    moved: Delivery, event: Event, now: datetime, retry: Callable[[Delivery], timedelta]
) -> Delivery:
    match event:
        case Claimed():
            return replace(moved, attempts=moved.attempts + 1)
        case Confirmed(offer_again_at=at):
            code = LINK_DOWN.code if moved.confirmed else ""  # it was only offered: the neighbour is silent
            return replace(moved, due_at=at, failures=0, last_code=code, confirmed=True)
        case Taken():
            return replace(moved, last_code="")
        case Offered(fetch_by=at):
            return replace(moved, due_at=at, failures=0, last_code="")
        case Overdue(next_due_at=at):
            return replace(moved, due_at=at, warned=True)
        case Missing(held=held):
            return replace(moved, due_at=now, last_code="", confirmed=False, held=held)
        case SendAgain() | Release():
            return replace(moved, due_at=now, failures=0)
        case Failed(code=code):
            failed = replace(moved, failures=moved.failures + 1, last_code=code)
            return replace(failed, due_at=now + retry(failed))
        case Refused(code=code) | Unwelcome(code=code) | Unreadable(code=code) | GiveBack(code=code):
            return replace(moved, last_code=code)
        case Expired():
            return replace(moved, last_code=EXPIRED.code)
        case TakenBack() if moved.state is State.STOPPED:
            return replace(moved, last_code=STOPPED.code)
        case _:
            return moved


def _commands(old: Delivery, new: Delivery, event: Event) -> tuple[Command, ...]:
    commands: list[Command] = []
    if isinstance(event, Overdue) and not old.warned:
        code = NOT_PICKED_UP.code if old.state is State.WAITING else NOT_CONFIRMED.code
        commands += [TellSender(code), ReportHop(new.state, code)]
    if new.state is old.state:
        return tuple(commands)
    if new.state is State.RETURNED:
        commands.append(TellSender(_return_code(event)))
    if new.state is State.STOPPED:
        commands.append(TellSender(STOPPED.code))
    if new.state is State.DELIVERED:
        commands.append(NoteArrival())
    # The origin hears of where a letter rests, not of every breath: TRYING, SENT and the sending of what the
    # neighbour lacks pass in a moment. A letter that is stuck it hears of at once, and that it went on.
    is_breath = new.state in (State.TRYING, State.SENT) or (
        old.state is State.TRYING and isinstance(event, Missing)
    )
    was_stuck = new.state is State.SENT and (old.confirmed or old.failures > 0)
    if was_stuck or not is_breath:
        commands.append(ReportHop(new.state, new.last_code))
    return tuple(commands)


def _return_code(event: Event) -> str:
    match event:
        case Refused(code=code) | Unwelcome(code=code) | GiveBack(code=code):
            return code
        case _:
            return EXPIRED.code


# First retries come soon, since most cuts are short; later ones rarely, so that a dead link costs nothing
# (RFC 5321 4.5.4.1 has the same shape). Urgent mail retries four times as often.
RETRY_FIRST = timedelta(seconds=20)
RETRY_LONGEST = timedelta(minutes=30)
URGENT_DIVISOR = 4


def retry_after(
    delivery: Delivery, first: timedelta = RETRY_FIRST, longest: timedelta = RETRY_LONGEST
) -> timedelta:
    """How long to wait after the latest of `delivery.failures` failures: doubling, urgent lanes sooner."""
    doubled: timedelta = first * int(2 ** min(max(delivery.failures - 1, 0), 12))
    wait = min(doubled, longest)
    return wait if delivery.lane is Lane.NORMAL else wait / URGENT_DIVISOR
