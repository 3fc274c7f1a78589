"""
Moves of deliveries: what `decide` says, written with its journal row and all that follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, tuple_, update

from gateway.core.delivery import (
    EVENTS,
    Claimed,
    Command,
    Delivery,
    Event,
    Failed,
    IllegalMove,
    State,
    Target,
    decide,
)
from gateway.core.model import AgencyCode, Kind, LetterId, NodeId
from gateway.ports import Figure
from gateway.store.consequences import Subject, follow
from gateway.store.deadlines import Came, keep
from gateway.store.notices import OCCASIONS, Offer, owe_for
from gateway.store.places import mail_topic, take_places
from gateway.store.rows import DELIVERY, moving_columns, read_delivery, topics_of
from gateway.store.tables import attempts, deliveries, letters
from gateway.store.tasks import task_replies
from gateway.store.transaction import Transaction

_NAMES = {event: re.sub(r"(?<=.)([A-Z])", r"_\1", event.__name__).lower() for event in EVENTS}
"""`delivery.taken_back` is how the journal calls TakenBack."""

IN_WINDOW = (State.TRYING, State.SENT)
MOVING = (
    "state",
    "since",
    "due_at",
    "attempts",
    "failures",
    "last_code",
    "confirmed",
    "held",
    "warned",
    "claimed_by",
    "turn",
    "wakes_at",
    "window_lane",
    "deadline",
    "mail_number",
    "offered_number",
    "offered_at",
    "trouble",
)


@dataclass(frozen=True, slots=True)
class Move:
    """An event that somebody reports of a delivery."""

    letter_id: LetterId
    target: Target
    event: Event
    now: datetime


@dataclass(slots=True)
class Held:
    """A delivery while its moves are worked out. `claimed_by` is None also when its claim has ended."""

    seq: int
    delivery: Delivery
    subject: Subject
    claimed_by: str | None
    mail_number: int | None
    offered_number: int | None
    offered_at: datetime | None
    changed_at: datetime | None = None


HELD = (
    *DELIVERY,
    deliveries.c.seq,
    deliveries.c.claimed_by,
    deliveries.c.mail_number,
    deliveries.c.offered_number,
    deliveries.c.offered_at,
)
_SUBJECT = (letters.c.origin, letters.c.kind, letters.c.sender, letters.c.more_facts)
SELECT_HELD = select(*HELD, *_SUBJECT).join_from(deliveries, letters)
"""Deliveries with what their consequences depend on; `read_held` reads its rows."""


def read_held(row: Any) -> Held:
    return Held(
        seq=row.seq,
        delivery=read_delivery(row),
        subject=Subject(NodeId(row.origin), Kind(row.kind), AgencyCode(row.sender), row.more_facts),
        claimed_by=row.claimed_by,
        mail_number=row.mail_number,
        offered_number=row.offered_number,
        offered_at=row.offered_at,
    )


# --- recording -----------------------------------------------------------------------------------


def record(transaction: Transaction, moves: Sequence[Move]) -> list[Delivery | None]:
    """Apply each event in turn; None where there is no such delivery or LEGAL forbids the move."""
    held = _hold(transaction.connection, moves)
    changes = Changes(transaction)
    answers: list[Delivery | None] = []
    for move in moves:
        place = held.get((move.letter_id, move.target.key))
        answers.append(None if place is None else changes.apply(place, move.event, move.now))
    changes.write()
    return answers


_NAMED = (
    SELECT_HELD.where(
        tuple_(deliveries.c.letter_id, deliveries.c.target).in_(bindparam("keys", expanding=True))
    )
    .order_by(deliveries.c.seq)  # every instance locks in one order, else two wait for each other
    .with_for_update(of=deliveries)
)


def _hold(connection: Connection, moves: Iterable[Move]) -> dict[tuple[str, str], Held]:
    keys = list(dict.fromkeys((move.letter_id, move.target.key) for move in moves))
    rows = map(read_held, connection.execute(_NAMED, {"keys": keys}))
    return {(held.delivery.letter_id, held.delivery.target.key): held for held in rows}


class Changes:
    """The moves of one transaction on their way to the tables."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._changed: dict[int, Held] = {}
        self._begun: list[dict[str, Any]] = []
        self._ended: list[dict[str, Any]] = []
        self._commands: list[tuple[Held, Delivery, tuple[Command, ...], datetime]] = []

    def apply(self, held: Held, event: Event, now: datetime) -> Delivery | None:
        """The delivery after `event`, or None if it is not legal. Nothing is written before `write`."""
        old = held.delivery
        if isinstance(event, Claimed) and held.claimed_by is not None:
            return None  # an instance that lives is at it
        try:
            moved, commands = decide(old, event, now, self._transaction.retry)
        except IllegalMove:
            return None
        if moved is old and held.mail_number is None:
            return old  # said again after the end: nothing changes, nothing is journalled
        self._note(old, moved, event, now)  # what was offered again after its end leaves the mailbox by this
        self._attempts(held, old, moved, event, now)
        self._count(old, moved, event, now)
        self._ring(old, moved, event)
        held.delivery, held.changed_at = moved, now
        held.claimed_by = self._transaction.instance.claim if moved.state is State.TRYING else None
        self._changed[held.seq] = held
        if commands:
            self._commands.append((held, moved, commands, now))
        return moved

    def write(self) -> None:
        """Write all changes and what follows from them."""
        if self._changed:
            self._give_places()
            self._transaction.connection.execute(_UPDATE, [_row(held) for held in self._changed.values()])
        if self._ended:
            self._transaction.connection.execute(_END_ATTEMPT, self._ended)
        if self._begun:
            self._transaction.connection.execute(insert(attempts), self._begun)
        follow(self._transaction, [(h.subject, d, commands, now) for h, d, commands, now in self._commands])

    def _note(self, old: Delivery, moved: Delivery, event: Event, now: datetime) -> None:
        self._transaction.note(
            now,
            f"delivery.{_NAMES[type(event)]}",
            letter_id=moved.letter_id,
            target=moved.target.key,
            code=moved.last_code,
            was=old.state.value,
            state=moved.state.value,
            attempt=moved.attempts,
        )

    def _count(self, old: Delivery, moved: Delivery, event: Event, now: datetime) -> None:
        link = moved.target.neighbour or ""
        if link and isinstance(event, Failed):
            self._transaction.count(Figure.FAILED, now, link=link, code=moved.last_code)
        if moved.state is old.state:
            return
        if moved.state is State.TAKEN:
            self._transaction.count(Figure.WENT, now, link=link)
        elif moved.state is State.RETURNED:
            self._transaction.count(Figure.RETURNED, now, code=moved.last_code)

    def _attempts(self, held: Held, old: Delivery, moved: Delivery, event: Event, now: datetime) -> None:
        is_claim = isinstance(event, Claimed)
        if old.state is State.TRYING and (is_claim or moved.state is not State.TRYING):
            outcome = "lost" if is_claim else _NAMES[type(event)]
            self._ended.append(
                {
                    "of": held.seq,
                    "which": old.attempts,
                    "ended_at": now,
                    "outcome": outcome,
                    "code": moved.last_code,
                }
            )
        if is_claim:
            claim = self._transaction.instance.claim
            self._begun.append(
                {"delivery": held.seq, "number": moved.attempts, "claimed_by": claim, "began_at": now}
            )

    def _ring(self, old: Delivery, moved: Delivery, event: Event) -> None:
        """Ring where there is work now: a letter to claim, or room in a window.

        Not after a failure: it has its time, and a dead link must not drive its whole backlog through.
        """
        has_left = (
            old.target.neighbour is not None and old.state in IN_WINDOW and moved.state not in IN_WINDOW
        )
        if (has_left or moved.state is State.QUEUED) and not isinstance(event, Failed):
            self._transaction.topics.add(topics_of(moved.target, moved.lane))

    def _give_places(self) -> None:
        """
        Give what reached an agency's door its place there, and tell those who want to hear of it.

        Its place in the mailbox is a new one each time that it comes to lie there; its place in the order in
        which things came is the first one it gets, and also that of what was pushed and never lay there.
        """
        arrived: list[tuple[Held, bool]] = []
        for held in self._changed.values():
            state, was_listed = held.delivery.state, held.mail_number is not None
            if state is not State.WAITING:
                held.mail_number = None
            if (state is State.WAITING and held.mail_number is None) or (
                state is State.DELIVERED and held.offered_number is None
            ):
                arrived.append((held, was_listed))
        if not arrived:
            return
        offers, came = [], []
        places = take_places(self._transaction.connection, len(arrived))
        for (held, was_listed), place in zip(arrived, places, strict=True):
            agency = held.delivery.target.agency
            if held.delivery.state is State.WAITING:
                held.mail_number = place
                self._transaction.topics.add(mail_topic(str(agency)))
            if held.offered_number is None:
                held.offered_number, held.offered_at = place, held.changed_at
                if held.changed_at is not None and held.subject.kind is Kind.DOCUMENT:
                    self._transaction.count(Figure.RECEIVED, held.changed_at)
                # what the release before listed has no such place yet, and its agency knows of it
                if agency is not None and held.changed_at is not None and not was_listed:
                    subject, letter_id = held.subject, held.delivery.letter_id
                    offers.append(Offer(agency, OCCASIONS[subject.kind], letter_id, held.changed_at))
                    came.append(Came(agency, subject.kind, letter_id, subject.more_facts, held.changed_at))
        keep(self._transaction, came)
        owe_for(self._transaction, [*offers, *task_replies(self._transaction, offers)])


def _row(held: Held) -> dict[str, Any]:
    assert held.changed_at is not None, "only changed deliveries are written"
    columns = moving_columns(held.delivery, held.changed_at, held.claimed_by)
    if held.offered_number is not None and held.delivery.state is State.QUEUED:
        columns["deadline"] = None  # it lay at its agency's door before it was held: there nothing expires
    return {
        "row": held.seq,
        "mail_number": held.mail_number,
        "offered_number": held.offered_number,
        "offered_at": held.offered_at,
        **columns,
    }


_UPDATE = (
    update(deliveries)
    .where(deliveries.c.seq == bindparam("row"))
    .values({name: bindparam(name) for name in MOVING})
)
_END_ATTEMPT = (
    update(attempts)
    .where(attempts.c.delivery == bindparam("of"), attempts.c.number == bindparam("which"))
    .values({name: bindparam(name) for name in ("ended_at", "outcome", "code")})
)


# --- progress ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """What a neighbour says it holds of a letter that is not TAKEN yet."""

    letter_id: LetterId
    target: Target
    held: str


_NOTE_HELD = (
    update(deliveries)
    .where(
        deliveries.c.letter_id == bindparam("letter"),
        deliveries.c.target == bindparam("of"),
        deliveries.c.state.in_([State.QUEUED.value, *(state.value for state in IN_WINDOW)]),
    )
    .values(held=bindparam("ranges"))
)


def note_held(transaction: Transaction, told: Sequence[Progress]) -> list[None]:
    """Remember the ranges; no move, so no journal row."""
    transaction.connection.execute(
        _NOTE_HELD,
        [{"letter": p.letter_id, "of": p.target.key, "ranges": p.held} for p in told],
    )
    transaction.topics.update(p.target.key for p in told)
    return [None] * len(told)
