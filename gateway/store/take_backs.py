"""
Take-backs: which letters their senders want back from whom, and what is stopped for it.

All of it happens in the transaction that makes a letter ours: for a 13 the letters that lie here are stopped
and the 13 is remembered; for a letter that comes after its 13 what was remembered stops it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from gateway.core.codes import normal
from gateway.core.delivery import State, TakenBack, Target
from gateway.core.directory import Directory
from gateway.core.lifecycle import Match, matches, same_organ_in
from gateway.core.model import Addressee, AgencyCode, InReplyTo, Kind, LetterId, NodeId, Routing
from gateway.core.routing import next_hops
from gateway.core.take_back import Standing, ends_here, to_stop
from gateway.ports import NewLetter, Recalled, StoredLetter
from gateway.store.arrivals import RECEIVING
from gateway.store.moves import SELECT_HELD, Move, read_held, record
from gateway.store.rows import load_routing, read_facts
from gateway.store.statements import insert_new
from gateway.store.tables import deliveries, fetches, inbox, letters, take_backs
from gateway.store.tracking import documents
from gateway.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Came:
    """A letter that this transaction made ours."""

    new: NewLetter
    now: datetime

    @property
    def letter(self) -> StoredLetter:
        return self.new.letter


def follow(transaction: Transaction, came: Sequence[Came]) -> None:
    """Stop what these 13s take back, and which of these letters were taken back before they came."""
    asks = [each for each in came if each.new.stops]
    for ask in asks:
        _remember(transaction, ask)
    documents_now = {
        each.letter.routing.letter_id: each.now for each in came if each.letter.routing.kind is Kind.DOCUMENT
    }
    if documents_now:
        for letter_id in transaction.connection.execute(_MARKED, {"ids": list(documents_now)}).scalars():
            _stop(transaction, LetterId(letter_id), documents_now[LetterId(letter_id)])
    for ask in asks:
        for letter_id in ask.new.stops:
            _stop(transaction, letter_id, ask.now)
        _end(transaction, ask)


# --- remembering ---------------------------------------------------------------------------------

_REMEMBER = insert_new(take_backs)
_EXPECT = insert_new(inbox)
_FORGET = delete(take_backs).where(take_backs.c.expires_at < bindparam("now"))


def _remember(transaction: Transaction, ask: Came) -> None:
    """
    Note whom the sender wants which letter back from.

    The row of the inbox lets two instances of a node, one with the letter and one with its 13, wait for each
    other: whichever commits second sees what the first did. Without it the letter could pass and its 13 end.
    """
    connection, routing = transaction.connection, ask.letter.routing
    connection.execute(_FORGET, {"now": ask.now})
    # a recipient that was closed is known by its successor too, whose door the letter will come to
    doors = {AgencyCode(d.target.agency) for d in ask.new.deliveries if d.target.agency is not None}
    recipients = {a.code for a in routing.recipients} | doors
    for letter_id in ask.new.stops:
        expected = {
            "origin": routing.origin,
            "letter_id": letter_id,
            "neighbour": ask.letter.came_from or "",
            "state": RECEIVING,
            "manifest": None,
            "manifest_sha256": "",
            "code": "",
            "changed_at": ask.now,
        }
        connection.execute(_EXPECT.of(connection), expected)
        connection.execute(
            _REMEMBER.of(connection),
            [
                {
                    "letter_id": letter_id,
                    "recipient": recipient,
                    "origin": routing.origin,
                    "sender": routing.sender,
                    "status_letter_id": routing.letter_id,
                    "expires_at": routing.expires_at,
                }
                for recipient in sorted(recipients)
            ],
        )
    transaction.note(
        ask.now, "take_back.remembered", letter_id=routing.letter_id, letters=list(ask.new.stops)
    )


# --- stopping ------------------------------------------------------------------------------------

_MARKS = select(take_backs.c.recipient, take_backs.c.origin, take_backs.c.sender).where(
    take_backs.c.letter_id == bindparam("letter")
)


_MARKED = (
    select(take_backs.c.letter_id)
    .where(take_backs.c.letter_id.in_(bindparam("ids", expanding=True)))
    .distinct()
)
"""Which of these letters somebody wants back: hardly ever one, so one question is asked for all of them."""


def _stop(transaction: Transaction, letter_id: LetterId, now: datetime) -> None:
    """Stop what can be stopped of a letter for those from whom it is wanted back."""
    connection, directory = transaction.connection, transaction.directory()
    marks = list(connection.execute(_MARKS, {"letter": letter_id}))
    here = _letter(connection, letter_id) if marks else None
    if here is None:
        return
    told = (here.routing.origin, here.routing.sender)
    wanted = {AgencyCode(mark.recipient) for mark in marks if (mark.origin, mark.sender) == told}
    asked = {a.code for a in here.routing.recipients if _is_one_of(directory, a.code, wanted)}
    stopped = to_stop(_standings(transaction, here), asked)
    record(transaction, [Move(letter_id, each.delivery.target, TakenBack(), now) for each in stopped])


def _end(transaction: Transaction, ask: Came) -> None:
    """End the 13 on each way on which nobody will have what it takes back."""
    connection, directory = transaction.connection, transaction.directory()
    routing, ends = ask.letter.routing, []
    found = [_letter(connection, letter_id) for letter_id in ask.new.stops]
    if any(here is not None and not _is_of(here.routing, routing) for here in found):
        return
    known = [None if here is None else _standings(transaction, here) for here in found]
    for delivery in ask.new.deliveries:
        behind = _behind(directory, transaction.node, _Here(routing, ask.letter.came_from), delivery.target)
        meant = [
            None
            if standings is None
            else [s for s in standings if any(_is_one_of(directory, code, behind) for code in s.recipients)]
            for standings in known
        ]
        if ends_here(meant, is_last=delivery.target.agency is not None):
            ends.append(Move(delivery.letter_id, delivery.target, TakenBack(), ask.now))
    record(transaction, ends)


def _is_of(document: Routing, ask: Routing) -> bool:
    """Only its own sender takes a letter back, over the node that sealed it."""
    return document.origin == ask.origin and document.sender == ask.sender


@dataclass(frozen=True, slots=True)
class _Here:
    routing: Routing
    came_from: NodeId | None


def _letter(connection: Connection, letter_id: LetterId) -> _Here | None:
    row = connection.execute(_LETTER, {"letter": letter_id}).one_or_none()
    if row is None:
        return None
    return _Here(load_routing(row.routing), None if row.came_from is None else NodeId(row.came_from))


_LETTER = select(letters.c.routing, letters.c.came_from).where(letters.c.letter_id == bindparam("letter"))
_HELD = (
    SELECT_HELD.where(deliveries.c.letter_id == bindparam("letter"))
    .order_by(deliveries.c.seq)  # every instance locks in one order, else two wait for each other
    .with_for_update(of=deliveries)
)
_SEEN = select(fetches.c.agency).where(fetches.c.letter_id == bindparam("letter"))


def _standings(transaction: Transaction, here: _Here) -> list[Standing]:
    """The deliveries of a letter, locked: nobody fetches it while this transaction decides."""
    connection, directory = transaction.connection, transaction.directory()
    told = {"letter": here.routing.letter_id}
    held = [read_held(row) for row in connection.execute(_HELD, told)]
    seen = set(connection.execute(_SEEN, told).scalars())
    return [
        Standing(
            delivery=each.delivery,
            recipients=_behind(directory, transaction.node, here, each.delivery.target),
            lay_at_door=each.offered_number is not None and each.delivery.state is not State.DELIVERED,
            was_seen=each.delivery.target.agency in seen,
        )
        for each in held
    ]


def _behind(directory: Directory, node: NodeId, here: _Here, target: Target) -> frozenset[AgencyCode]:
    """The recipients of a letter that one of its deliveries is for."""
    routing = here.routing
    if target.neighbour is not None:
        onward = next_hops(
            directory,
            here=node,
            came_from=here.came_from,
            origin=routing.origin,
            recipients=routing.recipients,
        )
        return frozenset(a.code for a in onward.get(target.neighbour, ()))
    agency = AgencyCode(str(target.agency))
    return frozenset(
        a.code for a in routing.recipients if a.node == node and _is_one_of(directory, a.code, {agency})
    )


def _is_one_of(directory: Directory, code: AgencyCode, others: Collection[AgencyCode]) -> bool:
    """Whether it is one of them, or the one succeeded the other."""
    return code in others or any(
        directory.is_successor(code, other) or directory.is_successor(other, code) for other in others
    )


# --- finding what is taken back ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask:
    """A 13 before it is a letter: whose, about which documents, to whom."""

    node: NodeId
    sender: AgencyCode
    named: Sequence[InReplyTo]
    recipients: Sequence[Addressee]


def taken_back(connection: Connection, directory: Directory, ask: Ask) -> list[Recalled]:
    """The letters of this sender that these references mean, as far as they went to one of the recipients."""
    same_organ = same_organ_in(directory)
    wanted = {normal(text) for a in ask.recipients for text in (a.code, a.named)}
    found: dict[LetterId, Recalled] = {}
    for reference in ask.named:
        meant: list[tuple[Match, Any]] = []
        for row in connection.execute(documents(directory, reference)):
            match = matches(reference, read_facts(row), row.sender, same_organ=same_organ)
            if match is not Match.NONE and (row.origin, row.sender) == (ask.node, ask.sender):
                meant.append((match, row))
        best = max((match for match, _ in meant), default=Match.NONE)
        for match, row in meant:
            routing = load_routing(row.routing)
            goes = {normal(text) for a in routing.recipients for text in (a.code, a.named)}
            if match is best and goes & wanted:
                found[routing.letter_id] = Recalled(routing.letter_id, routing.expires_at)
    return list(found.values())
