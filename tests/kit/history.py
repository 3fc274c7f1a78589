"""
The history of a run, and the checker that holds it against what the axis promises.

Clients write down what they were told and what they saw, in the order in which it happened to them; the
checker knows nothing else, so a fault of the axis can't hide in the axis' own books.

    lost       accepted, and not in its recipient's hands (fetched and acknowledged)
    doubled    shown again to an agency after its acknowledgement, or shown to it under a second id
    changed    fetched with other bytes than were sent
    astray     shown to an agency to which nobody sent it
    mute       refused without a code of the catalogue
    broken     an audit log whose chain of hashes does not verify
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Accepted:
    """A client was told that the axis has its letter. `sha256` is of the bytes it sent."""

    letter_id: str
    sender: str
    recipient: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A call was answered with a refusal; `code` is empty if it named none of the catalogue."""

    caller: str
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """An agency saw a letter in its mailbox."""

    agency: str
    letter_id: str
    is_status: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """An agency fetched a letter, complete. `about`: what a status reports of which document, else empty."""

    agency: str
    letter_id: str
    sha256: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The axis answered that it has noted an agency's acknowledgement."""

    agency: str
    letter_id: str


@dataclass(frozen=True, slots=True)
class Owed:
    """From now on the axis owes an agency a status of its own making."""

    agency: str
    about: str


Event = Accepted | Refused | Listed | Fetched | Acknowledged | Owed
Kind = TypeVar("Kind", bound=Event)


@dataclass(slots=True)
class History:
    """What happened to the clients of one run, in order; `clock` gives seconds, which only people read."""

    clock: Callable[[], float] = lambda: 0.0
    events: list[Event] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def note(self, event: Event) -> None:
        """Write an event down."""
        self.events.append(event)
        self.times.append(self.clock())

    def of(self, kind: type[Kind]) -> list[Kind]:
        """All events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def last(self, kind: type[Event]) -> float:
        """When the last event of a kind happened; 0 if there is none."""
        return max((at for at, e in zip(self.times, self.events, strict=True) if type(e) is kind), default=0)

    def lines(self) -> Iterable[str]:
        """The history as JSON lines, for whoever looks into a run that failed."""
        for at, event in zip(self.times, self.events, strict=True):
            told = {"at": round(at, 3), "event": type(event).__name__, **asdict(event)}
            yield json.dumps(told, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker found. The lists name letters (or refusals, or nodes), for the reader of a failure."""

    seed: int
    accepted: int
    delivered: int
    lost: Sequence[str] = ()
    doubled: Sequence[str] = ()
    changed: Sequence[str] = ()
    astray: Sequence[str] = ()
    mute: Sequence[str] = ()
    broken: Sequence[str] = ()

    @property
    def faults(self) -> Mapping[str, Sequence[str]]:
        """Everything that must be empty, by its name."""
        return {
            "lost": self.lost,
            "doubled": self.doubled,
            "changed": self.changed,
            "astray": self.astray,
            "mute": self.mute,
            "broken": self.broken,
        }

    @property
    def holds(self) -> bool:
        """Whether the axis kept what it promised; a run in which nothing was accepted proves nothing."""
        return self.accepted > 0 and not any(self.faults.values())

    @property
    def exit_code(self) -> int:
        return 0 if self.holds else 1

    @property
    def line(self) -> str:
        """The verdict in one line."""
        counted = ", ".join(f"{name} {len(found)}" for name, found in self.faults.items())
        return f"seed {self.seed}, accepted {self.accepted}, delivered {self.delivered}, {counted}"


def check(events: Sequence[Event], *, seed: int = 0, broken: Sequence[str] = ()) -> Verdict:
    """
    The verdict over a history.

    `broken` are the nodes whose audit log does not verify, which only their stores can tell.
    """
    sent: dict[tuple[str, str], Accepted] = {}
    for event in events:
        if isinstance(event, Accepted):
            sent[event.recipient, event.letter_id] = event
    desks = _Desks(sent)
    for event in events:
        desks.see(event)
    return Verdict(
        seed=seed,
        accepted=len(sent),
        delivered=len(sent.keys() & desks.delivered),
        lost=(
            *(f"{letter_id} for {agency}" for agency, letter_id in sorted(sent.keys() - desks.delivered)),
            *(f"status «{about}» for {agency}" for agency, about in sorted(desks.owed - desks.reported)),
        ),
        doubled=tuple(desks.doubled),
        changed=tuple(desks.changed),
        astray=tuple(desks.astray),
        mute=tuple(desks.mute),
        broken=tuple(broken),
    )


class _Desks:
    """The agencies' view of a run, event by event. Keys are (agency, letter_id)."""

    def __init__(self, sent: Mapping[tuple[str, str], Accepted]) -> None:
        self._sent = sent
        self._fetched: set[tuple[str, str]] = set()
        self._acknowledged: set[tuple[str, str]] = set()
        self._first: dict[tuple[str, str], str] = {}
        self.owed: set[tuple[str, str]] = set()
        self.reported: set[tuple[str, str]] = set()
        self.doubled: list[str] = []
        self.changed: list[str] = []
        self.astray: list[str] = []
        self.mute: list[str] = []

    @property
    def delivered(self) -> set[tuple[str, str]]:
        return self._fetched & self._acknowledged

    def see(self, event: Event) -> None:
        """Take in the next event."""
        match event:
            case Listed(agency, letter_id, is_status):
                self._shown(agency, letter_id, is_status=is_status)
            case Fetched(agency, letter_id, sha256, about):
                self._taken(agency, letter_id, sha256, about)
            case Acknowledged(agency, letter_id):
                self._acknowledged.add((agency, letter_id))
            case Owed(agency, about):
                self.owed.add((agency, about))
            case Refused(caller, code="", detail=detail):
                self.mute.append(f"{caller}: {detail}")
            case _:
                pass

    def _shown(self, agency: str, letter_id: str, *, is_status: bool) -> None:
        key = (agency, letter_id)
        if key in self._acknowledged:
            self.doubled.append(f"{letter_id} shown to {agency} after its acknowledgement")
        if not is_status and key not in self._sent:
            # no client was ever told of it; when it is a twin of one that was, its fetch will say so too
            self.astray.append(f"{letter_id} shown to {agency}")

    def _taken(self, agency: str, letter_id: str, sha256: str, about: str) -> None:
        key = (agency, letter_id)
        self._fetched.add(key)
        if about:
            self.reported.add((agency, about))
        first = self._first.setdefault((agency, about or sha256), letter_id)
        if first != letter_id:
            self.doubled.append(f"{letter_id} for {agency} is {first} once more ({about or sha256[:12]})")
        promised = self._sent.get(key)
        if promised is not None and promised.sha256 != sha256:
            self.changed.append(f"{letter_id} at {agency}: {sha256[:12]}, sent {promised.sha256[:12]}")
