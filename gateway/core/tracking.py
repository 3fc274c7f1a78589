"""
Where a letter is: for each recipient the hops it crossed, who has it now, and what its clerks reported.

Pure reading of what is known. Two kinds of reports meet here: this node's own deliveries (always current)
and the hop events that other nodes sent to the origin (each as old as its link). Nothing here is guessed:
a hop whose report got lost is shown as crossed, without a time, once a later node speaks of the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Protocol

from gateway.core.business import Linked, Request
from gateway.core.catalogue import (
    FAULTS,
    NO_SEAL,
    NOT_ADDRESSED,
    NOT_ENTITLED,
    SEAL_FAILED,
    SEAL_UNDETERMINED,
)
from gateway.core.deadlines import DueItem
from gateway.core.delivery import Delivery, State, Target
from gateway.core.directory import Directory
from gateway.core.errors import Unavailable, find
from gateway.core.hop_events import HopEvent as HopEvent
from gateway.core.hop_events import read_hop as read_hop
from gateway.core.hop_events import write_hop as write_hop
from gateway.core.model import Addressee, AgencyCode, Kind, LetterFacts, LetterId, NodeId, Routing
from gateway.core.routing import path
from gateway.core.sentences import without_gaps
from gateway.core.stages import STAGE_OF
from gateway.core.stages import Stage as Stage
from gateway.core.status_history import StatusEvent as StatusEvent
from gateway.core.status_history import StatusLine as StatusLine
from gateway.core.status_history import history, shown
from signing.verdict import Outcome

# --- what is shown -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Crossing:
    """One link crossed. `at` is when the next node held it; `seconds` since the node before held it.

    Both are None where a report is missing. Clocks of two nodes may differ: `seconds` is never negative.
    """

    from_node: NodeId
    to_node: NodeId
    at: datetime | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class RecipientTrack:
    """Where a letter is for one recipient.

    `named` is the code the sender wrote, `code` the agency that is served (its successor perhaps).
    `way` is the whole way of nodes, `crossings` the part of it that is behind the letter. It is at node `at`,
    and `holder` (a node, or the agency once handed over) has it since `since`. `last_code` is the last
    trouble. Node `at` got it at `held_since`, has tried `attempts` times (0: not told) and has to pass it on
    to `next_node`, None at the end of the way. `seal` is the verdict at hand-over, None while nobody looked.
    `expected_at` is when it should arrive, see `whereabouts.estimated`; `deadlines` what the recipient owes
    by law, see `tracked_deadlines`.
    `status` is the business status to show: the highest, or an open request to give the document back.
    """

    named: str
    code: AgencyCode
    name: str
    way: tuple[NodeId, ...]
    crossings: tuple[Crossing, ...]
    stage: Stage
    at: NodeId
    holder: str
    holder_name: str
    since: datetime | None
    next_try_at: datetime | None
    last_code: str
    last_code_vi: str
    last_code_en: str
    status: StatusLine | None
    statuses: tuple[StatusLine, ...]
    held_since: datetime | None = None
    next_node: NodeId | None = None
    attempts: int = 0
    seal: Outcome | None = None
    expected_at: datetime | None = None
    deadlines: tuple[DueItem, ...] = ()
    is_paused: bool = False  #: node `at` holds the link to `next_node`, see `whereabouts.with_pauses`
    requests: tuple[Request, ...] = ()  #: what it was asked to do with the document, see `tracked_links`

    @property
    def is_final(self) -> bool:
        """Whether the axis has nothing left to do for this recipient."""
        return self.stage.is_final


@dataclass(frozen=True, slots=True)
class Tracking:
    """Where a letter is, for each of its recipients."""

    letter_id: LetterId
    kind: Kind
    sender: AgencyCode
    sender_name: str
    document_id: str
    code: str
    issue_date: str
    subject: str
    status_code: str
    origin: NodeId
    accepted_at: datetime
    expires_at: datetime
    size: int
    recipients: tuple[RecipientTrack, ...]
    deadlines: tuple[DueItem, ...] = ()  #: what the sender owes by law
    links: tuple[Linked, ...] = ()  #: the documents that belong to it, as far as the caller may see them

    @property
    def is_final(self) -> bool:
        return all(recipient.is_final for recipient in self.recipients)


class Held(Protocol):
    """A letter as this node holds it."""

    @property
    def routing(self) -> Routing: ...
    @property
    def facts(self) -> LetterFacts: ...
    @property
    def received_at(self) -> datetime: ...


class Trail(Protocol):
    """All that a node knows about where a letter is."""

    @property
    def letter(self) -> Held: ...
    @property
    def deliveries(self) -> Sequence[Delivery]: ...
    @property
    def hops(self) -> Sequence[HopEvent]: ...
    @property
    def statuses(self) -> Sequence[StatusEvent]: ...


def trace(trail: Trail, *, here: NodeId, directory: Directory) -> Tracking:
    """
    Where the letter is for each recipient, as node `here` can know it.

    The origin sees the whole way. Another node sees what it holds itself, and what passed it by.
    """
    routing, facts = trail.letter.routing, trail.letter.facts
    reports = _Reports(trail, here)
    return Tracking(
        letter_id=routing.letter_id,
        kind=routing.kind,
        sender=routing.sender,
        sender_name=facts.sender_name,
        document_id=facts.document_id,
        code=facts.code,
        issue_date=facts.issue_date,
        subject=facts.subject,
        status_code=facts.status_code,
        origin=routing.origin,
        accepted_at=routing.accepted_at,
        expires_at=routing.expires_at,
        size=routing.original_size,
        recipients=tuple(
            _recipient(trail, addressee, reports, directory) for addressee in routing.recipients
        ),
    )


class _Reports:
    """The latest word of every node about every target, this node's own deliveries first.

    Sorted once: a letter to 10,000 agencies is traced for each of them.
    """

    def __init__(self, trail: Trail, here: NodeId) -> None:
        self.here, self.received_at = here, trail.letter.received_at
        self._latest: dict[tuple[NodeId, str], HopEvent] = {}
        for event in trail.hops:
            key = (event.node, event.target)
            if key not in self._latest or _is_later(event, self._latest[key]):
                self._latest[key] = event
        for d in trail.deliveries:
            retry_at = d.due_at if d.last_code else None
            self._latest[here, d.target.key] = HopEvent(
                d.letter_id, here, d.target.key, d.state, d.since, d.last_code, retry_at, d.attempts
            )
        self._doors: dict[NodeId, list[AgencyCode]] = {}
        for node, target in self._latest:
            if (agency := Target.of_key(target).agency) is not None:
                self._doors.setdefault(node, []).append(agency)
        self._statuses: dict[str, list[StatusEvent]] = {}
        for status in trail.statuses:
            self._statuses.setdefault(status.recipient, []).append(status)

    def get(self, node: NodeId, target: Target) -> HopEvent | None:
        return self._latest.get((node, target.key))

    def doors(self, node: NodeId) -> Sequence[AgencyCode]:
        """The agencies whose door this node spoke of."""
        return self._doors.get(node, ())

    def statuses(self, *recipients: str) -> tuple[StatusLine, ...]:
        return history(s for code in dict.fromkeys(recipients) for s in self._statuses.get(code, ()))


def _is_later(event: HopEvent, known: HopEvent) -> bool:
    """Whether `event` is the newer word of a node. Nothing follows an end, whatever a clock set back says."""
    return (event.state.is_final, event.at) >= (known.state.is_final, known.at)


def _recipient(trail: Trail, addressee: Addressee, reports: _Reports, directory: Directory) -> RecipientTrack:
    routing = trail.letter.routing
    way = _way(directory, routing.origin, addressee.node)
    served, door = _served(addressee, reports, directory)
    words = [*(reports.get(node, Target(neighbour=after)) for node, after in pairwise(way)), door]
    position = _position(way, words, reports)
    crossings, held_since = _crossings(routing, way[: position + 1], words, reports)
    word, at = words[position], way[position]
    stage = Stage.ON_THE_WAY if word is None else STAGE_OF[word.state]
    code = "" if word is None else word.code
    if word is not None and word.state is State.QUEUED and code:
        stage = Stage.RETRYING
    holder, holder_name = str(at), _node_name(directory, at)
    if stage is Stage.DELIVERED:
        holder, holder_name = str(served), _agency_name(directory, served)
    vi, en = _sentences(code, addressee, word, routing)
    statuses = reports.statuses(served, addressee.code)
    return RecipientTrack(
        named=addressee.named,
        code=served,
        name=_agency_name(directory, served),
        way=way,
        crossings=crossings,
        stage=stage,
        at=at,
        holder=holder,
        holder_name=holder_name,
        since=held_since if word is None else word.at,
        next_try_at=word.next_try_at if word is not None and _is_tried_again(word) else None,
        last_code=code,
        last_code_vi=vi,
        last_code_en=en,
        status=shown(statuses, trail.letter.facts.operation),
        statuses=statuses,
        held_since=held_since,
        next_node=way[position + 1] if position + 1 < len(way) else None,
        attempts=0 if word is None else word.attempts,
        seal=_verdict(door),
    )


def _is_tried_again(word: HopEvent) -> bool:
    """Whether its time for a next try is one: of a letter that waits, or that a silent neighbour was sent."""
    return word.state is State.QUEUED or (word.state is State.SENT and word.code != "")


_VERDICTS = {
    SEAL_FAILED.code: Outcome.FAILED,
    NO_SEAL.code: Outcome.FAILED,
    SEAL_UNDETERMINED.code: Outcome.UNDETERMINED,
    NOT_ENTITLED.code: Outcome.PASSED,  # asked only about a signer whose seal is good
    NOT_ADDRESSED.code: Outcome.PASSED,
}


def _verdict(door: HopEvent | None) -> Outcome | None:
    """What the serving node found the seal to be, as far as its words tell; it hands over only good ones."""
    if door is None:
        return None
    if door.state in (State.WAITING, State.DELIVERED):
        return Outcome.PASSED
    return _VERDICTS.get(door.code)


def _way(directory: Directory, origin: NodeId, node: NodeId) -> tuple[NodeId, ...]:
    """The nodes from origin to destination; only the two ends where today's directory knows no way."""
    try:
        return path(directory.nodes, origin, node)
    except Unavailable:
        return (origin, node)


def _served(
    addressee: Addressee, reports: _Reports, directory: Directory
) -> tuple[AgencyCode, HopEvent | None]:
    """The agency at the end of the way and the last word about its door.

    A code that was closed while the letter travelled is served through its successor.
    """
    word = reports.get(addressee.node, Target(agency=addressee.code))
    if word is None and directory.successor_of(addressee.code) is not None:
        for code in reports.doors(addressee.node):
            if directory.is_successor(addressee.code, code):
                return code, reports.get(addressee.node, Target(agency=code))
    return addressee.code, word


def _position(way: Sequence[NodeId], words: Sequence[HopEvent | None], reports: _Reports) -> int:
    """The index of the farthest node of the way that is known to have held the letter."""
    position = way.index(reports.here) if reports.here in way else 0
    for index, word in enumerate(words):
        if word is not None:
            position = max(position, index + 1 if word.state is State.TAKEN else index)
    return min(position, len(way) - 1)


def _crossings(
    routing: Routing, behind: Sequence[NodeId], words: Sequence[HopEvent | None], reports: _Reports
) -> tuple[tuple[Crossing, ...], datetime | None]:
    """The links behind the letter, and since when the last node of them holds it."""
    crossings: list[Crossing] = []
    held_since: datetime | None = routing.accepted_at
    for index, (node, after) in enumerate(pairwise(behind)):
        word = words[index]
        at = word.at if word is not None and word.state is State.TAKEN else None
        if after == reports.here:
            at = reports.received_at
        seconds = None if at is None or held_since is None else max(0.0, (at - held_since).total_seconds())
        crossings.append(Crossing(node, after, at, seconds))
        held_since = at
    return tuple(crossings), held_since


def _node_name(directory: Directory, node: NodeId) -> str:
    row = directory.node(node)
    return row.name if row is not None and row.name else node


def _agency_name(directory: Directory, code: AgencyCode) -> str:
    agency = directory.find(code)
    return agency.name if agency is not None else ""


def _sentences(code: str, addressee: Addressee, word: HopEvent | None, routing: Routing) -> tuple[str, str]:
    """The last trouble in Vietnamese and English, with as much filled in as tracking knows."""
    fault = FAULTS.get(code)
    if fault is None or word is None:
        return ("", "")
    target = Target.of_key(word.target)
    finding = find(
        fault,
        organ=addressee.named,
        node=addressee.node,
        origin=routing.origin,
        neighbour=target.neighbour or "",
        letter_id=routing.letter_id,
        expires_at=routing.expires_at.isoformat(timespec="minutes"),
    )
    return without_gaps(finding.vi), without_gaps(finding.en)
