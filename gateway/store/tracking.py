"""
Tracking: what other nodes said about letters of ours, and the statuses of documents that are held here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, union, update

from gateway.core.catalogue import NO_ROUTE
from gateway.core.codes import normal
from gateway.core.delivery import State, Target
from gateway.core.directory import Directory
from gateway.core.errors import Unavailable
from gateway.core.lifecycle import CONSENT, REJECTED, TAKE_BACK, Match, matches, normal_code, same_organ_in
from gateway.core.model import Addressee, AgencyCode, InReplyTo, Kind, LetterFacts, LetterId, NodeId
from gateway.core.routing import next_hop, path
from gateway.core.tracking import HopEvent, StatusEvent
from gateway.ports import StoredLetter, TrackRecord
from gateway.store.answers import answers_to
from gateway.store.deadlines import close
from gateway.store.rows import (
    DELIVERY,
    load_letters,
    load_routing,
    read_deliveries,
    read_facts,
    search_key,
)
from gateway.store.statements import insert_new
from gateway.store.tables import deliveries, fetches, hops, letters, sameness, statuses
from gateway.store.transaction import Transaction

ENDS = (State.RETURNED, State.STOPPED)
ENDING_STATUSES = (REJECTED, CONSENT)

_OURS = select(letters.c.letter_id, letters.c.kind).where(
    letters.c.letter_id.in_(bindparam("ids", expanding=True)), letters.c.origin == bindparam("node")
)
_INSERT_HOPS = insert_new(hops)
_INSERT_STATUSES = insert_new(statuses)

# --- hop events ----------------------------------------------------------------------------------


def add_hops(transaction: Transaction, batches: Sequence[Sequence[HopEvent]]) -> list[None]:
    """Remember what nodes said about letters of ours; a repeat changes nothing."""
    note_hops(transaction, [event for events in batches for event in events])
    return [None] * len(batches)


def note_hops(transaction: Transaction, events: Iterable[HopEvent]) -> None:
    """Write hop events, and see to it that a letter that came to nothing may be sent again."""
    told = list(dict.fromkeys(events))
    if not told:
        return
    connection = transaction.connection
    ours = {
        row.letter_id: row.kind
        for row in connection.execute(
            _OURS, {"ids": list({event.letter_id for event in told}), "node": transaction.node}
        )
    }
    told = [
        event for each in told if (event := _placed(transaction, each, each.letter_id in ours)) is not None
    ]
    rows = [_hop_row(event) for event in told if event.letter_id in ours]
    if rows:
        connection.execute(_INSERT_HOPS.of(connection), rows)
    for event in told:
        # a 13 that was stopped has done its work: said again by a client it must not hit what was sent since
        is_spent = event.state is State.STOPPED and ours.get(event.letter_id) == Kind.STATUS.value
        if event.state in ENDS and event.letter_id in ours and not is_spent:
            _end_sameness(transaction, event)


def _placed(transaction: Transaction, event: HopEvent, is_ours: bool) -> HopEvent | None:
    """
    An event as it counts here. A node that does not know the way to a recipient may be told by us, who do,
    whether the letter went there for that recipient's sake: then it went no further, and its sender hears of
    it; else the letter passed there for others, and nothing is lost.
    """
    astray = Target.of_key(event.target).agency
    is_astray = event.code == NO_ROUTE.code and event.state is State.RETURNED and astray is not None
    if not is_ours or not is_astray or event.node == transaction.node:
        return event
    connection = transaction.connection
    text = connection.execute(select(letters.c.routing).where(letters.c.letter_id == event.letter_id))
    routing = load_routing(text.scalar_one())
    addressee = next((a for a in routing.recipients if a.code == astray), None)
    if addressee is None:
        return None
    try:
        way = path(transaction.directory().nodes, routing.origin, addressee.node)
    except Unavailable:
        way = ()  # it has left our directory, too
    if way and event.node not in way[:-1]:
        return None
    placed = replace(event, target=f"link:{way[way.index(event.node) + 1]}") if way else event
    row = _hop_row(placed)
    same = [hops.c[name] == row[name] for name in ("letter_id", "node", "target", "state")]
    is_new = connection.execute(select(hops.c.node).where(*same).limit(1)).one_or_none() is None
    organs = {normal(node.organ_code) for node in transaction.directory().node_rows}
    if is_new and normal(routing.sender) not in organs:  # no notice about a notice
        transaction.owe("notice", event.letter_id, addressee.named, event.code, event.at)
    return placed


def _hop_row(event: HopEvent) -> dict[str, Any]:
    return {
        "letter_id": event.letter_id,
        "node": event.node,
        "target": event.target,
        "state": event.state.value,
        "at": event.at,
        "code": event.code,
        "next_try_at": event.next_try_at,
        "attempts": event.attempts,
    }


_END_SAMENESS = (
    update(sameness)
    .where(sameness.c.letter_id == bindparam("letter"), sameness.c.recipient == bindparam("whom"))
    .values(ended=True)
)


def _end_sameness(transaction: Transaction, event: HopEvent) -> None:
    """An equal letter to whoever did not get this one is a new letter from now on."""
    connection = transaction.connection
    live = select(sameness.c.recipient).where(
        sameness.c.letter_id == event.letter_id, sameness.c.ended.is_(False)
    )
    waiting = set(connection.execute(live).scalars())
    if not waiting:
        return
    text = connection.execute(select(letters.c.routing).where(letters.c.letter_id == event.letter_id))
    directory = transaction.directory()
    ended = [
        addressee.code
        for addressee in load_routing(text.scalar_one()).recipients
        if addressee.code in waiting and _concerns(directory, event, addressee)
    ]
    if ended:
        connection.execute(_END_SAMENESS, [{"letter": event.letter_id, "whom": code} for code in ended])


def _concerns(directory: Directory, event: HopEvent, addressee: Addressee) -> bool:
    """Whether what happened to this delivery happened to what the addressee should get."""
    target = Target.of_key(event.target)
    if target.neighbour is not None:
        return next_hop(directory, event.node, addressee.node) == target.neighbour
    if addressee.node != event.node or target.agency is None:
        return False
    return target.agency == addressee.code or directory.is_successor(addressee.code, target.agency)


# --- statuses ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StatusMessage:
    """A status that this node holds, on its way to the document it speaks of."""

    letter: StoredLetter
    now: datetime


def add_status(transaction: Transaction, messages: Sequence[StatusMessage]) -> list[LetterId | None]:
    """Note each with the document it speaks of, if this node holds that document."""
    return [_add_status(transaction, message) for message in messages]


def _add_status(transaction: Transaction, message: StatusMessage) -> LetterId | None:
    status = message.letter
    connection, facts, routing = transaction.connection, status.facts, status.routing
    code = normal_code(facts.status_code)
    concerned = [a.code for a in routing.recipients] if code == TAKE_BACK else [routing.sender]
    document = _document_of(transaction, status, concerned)
    if document is None:
        return None
    connection.execute(
        _INSERT_STATUSES.of(connection),
        [
            {
                "letter_id": document,
                "status_letter_id": routing.letter_id,
                "recipient": recipient,
                "code": code,
                "reported_at": facts.extra.get("timestamp", ""),
                "arrived_at": message.now,
                "description": facts.extra.get("description", ""),
                "staff": facts.extra.get("staff", ""),
            }
            for recipient in concerned
        ],
    )
    if code in ENDING_STATUSES:
        connection.execute(_END_SAMENESS, {"letter": document, "whom": routing.sender})
    close(transaction, document, routing.sender, code)
    return document


def _document_of(
    transaction: Transaction, status: StoredLetter, concerned: Collection[str]
) -> LetterId | None:
    """
    The document that the status means: the surest match; of equals the latest that went to whom it concerns.

    The same document may be several letters: sent to further recipients, or anew after it came to nothing.
    """
    directory = transaction.directory()
    same_organ = same_organ_in(directory)
    found: list[tuple[Match, datetime, Any]] = []
    for reference in _references(status):
        for row in transaction.connection.execute(documents(directory, reference)):
            match = matches(reference, read_facts(row), row.sender, same_organ=same_organ)
            if match is not Match.NONE:
                found.append((match, row.received_at, row))
    surest = max((match for match, _, _ in found), default=Match.NONE)
    equals = {row.letter_id: (at, row.letter_id, row) for match, at, row in found if match is surest}
    if len(equals) > 1:
        went = {name: each for name, each in equals.items() if _went_to(directory, each[2], concerned)}
        equals = went or equals
    return LetterId(max(equals.values(), key=lambda each: each[:2])[1]) if equals else None


def _went_to(directory: Directory, row: Any, agencies: Collection[str]) -> bool:
    """Whether a letter went to one of these agencies, or to one that it succeeded."""
    named = [addressee.code for addressee in load_routing(row.routing).recipients]
    return any(
        agency == code or directory.is_successor(code, agency) for code in named for agency in agencies
    )


def _references(status: StoredLetter) -> tuple[InReplyTo, ...]:
    """The documents named, each with the organ that sent it; a 13 names its receiver there (lifecycle)."""
    facts = status.facts
    if normal_code(facts.status_code) != TAKE_BACK:
        return facts.in_reply_to
    return tuple(replace(named, organ=status.routing.sender) for named in facts.in_reply_to)


def documents(directory: Directory, reference: InReplyTo) -> Any:
    """Documents that the reference may mean; `matches` has the last word."""
    wanted = select(letters).where(
        letters.c.kind == Kind.DOCUMENT.value,
        or_(
            letters.c.document_key == search_key(reference.document_id),
            letters.c.code_key == search_key(reference.code),
        ),
    )
    organ = reference.organ.strip()
    if organ:
        agency = directory.find(organ)
        # bare row numbers as DocumentId are common: without the sender thousands of letters could match
        wanted = wanted.where(letters.c.sender == (organ if agency is None else agency.code))
    return wanted.order_by(letters.c.received_at.desc()).limit(200)


# --- reading -------------------------------------------------------------------------------------


def earlier(
    connection: Connection, sender: AgencyCode, facts: LetterFacts
) -> tuple[LetterId, datetime] | None:
    """The latest document of the sender with the same DocumentId, or the same number and notation."""
    asked = {"document": search_key(facts.document_id), "number": search_key(facts.code), "of": sender}
    if asked["document"] is None and asked["number"] is None:
        return None
    row = connection.execute(_EARLIER, asked).one_or_none()
    return None if row is None else (LetterId(row.letter_id), row.received_at)


_EARLIER = (
    select(letters.c.letter_id, letters.c.received_at)
    .where(
        letters.c.sender == bindparam("of"),
        letters.c.kind == Kind.DOCUMENT.value,
        or_(letters.c.document_key == bindparam("document"), letters.c.code_key == bindparam("number")),
    )
    .order_by(letters.c.received_at.desc())
    .limit(1)
)
"""A key that the document does not have is NULL, which equals nothing."""


_OPENED = union(
    select(fetches.c.agency).where(fetches.c.letter_id == bindparam("letter")),
    select(deliveries.c.agency).where(
        deliveries.c.letter_id == bindparam("letter"),
        deliveries.c.agency.is_not(None),
        deliveries.c.state == State.DELIVERED.value,
    ),
)


def opened_by(connection: Connection, letter_id: str) -> frozenset[AgencyCode]:
    """The agencies of this node that have a letter, or have looked into it at their door."""
    return frozenset(map(AgencyCode, connection.execute(_OPENED, {"letter": letter_id}).scalars()))


_OFFERED = (*DELIVERY, deliveries.c.offered_at)


def track(connection: Connection, letter_id: LetterId) -> TrackRecord | None:
    """All that is known of a letter."""
    letter = load_letters(connection, [letter_id]).get(letter_id)
    if letter is None:
        return None
    own = connection.execute(
        select(*_OFFERED).where(deliveries.c.letter_id == letter_id).order_by(deliveries.c.seq)
    ).all()
    told = connection.execute(
        select(hops).where(hops.c.letter_id == letter_id).order_by(hops.c.at, hops.c.node, hops.c.target)
    )
    reported = connection.execute(
        select(statuses)
        .where(statuses.c.letter_id == letter_id)
        .order_by(statuses.c.arrived_at, statuses.c.status_letter_id)
    )
    return TrackRecord(
        letter=letter,
        deliveries=tuple(read_deliveries(own)),
        hops=tuple(_read_hop(row) for row in told),
        statuses=tuple(_read_status(row) for row in reported),
        offered={row.target: row.offered_at for row in own if row.offered_at is not None},
        answered=answers_to(connection, letter_id),
        opened=opened_by(connection, letter_id),
    )


def _read_status(row: Any) -> StatusEvent:
    return StatusEvent(
        recipient=AgencyCode(row.recipient),
        code=row.code,
        reported_at=row.reported_at,
        arrived_at=row.arrived_at,
        description=row.description,
        staff=row.staff,
    )


def _read_hop(row: Any) -> HopEvent:
    return HopEvent(
        LetterId(row.letter_id),
        NodeId(row.node),
        row.target,
        State(row.state),
        row.at,
        row.code,
        row.next_try_at,
        row.attempts,
    )
