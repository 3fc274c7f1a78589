"""
Letters that become ours: the one transaction in which everything that makes a letter ours is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, tuple_

from gateway.core.calendar import VIETNAM
from gateway.core.catalogue import MANIFEST_MISMATCH, NO_ROUTE
from gateway.core.delivery import State
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.core.tracking import HopEvent
from gateway.ports import BETWEEN_NAMES, Figure, LetterKey, NewLetter, Taking
from gateway.store import arrivals, take_backs
from gateway.store.columns import write_json
from gateway.store.deadlines import keep_of_sender
from gateway.store.rows import delivery_row, letter_row, mark_rows, part_rows, topics_of
from gateway.store.statements import count_up, upsert
from gateway.store.tables import (
    deliveries,
    idempotency,
    inbox,
    letters,
    marks,
    partials,
    parts,
    refused,
    sameness,
    used,
    words_owed,
)
from gateway.store.tracking import StatusMessage, add_status, note_hops
from gateway.store.transaction import Transaction

REFUSED_KEPT = 100
REFUSED_BYTES = 64 * 1024
TOLD_ONE_BY_ONE = 20
"""Recipients that can't be served for one reason; more of them, and a single message clogs its node."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A letter that is to become ours."""

    new: NewLetter
    now: datetime

    @property
    def key(self) -> LetterKey:
        return self.new.letter.key


@dataclass(slots=True)
class _Known:
    """What stands in the way of these letters, kept up while they are taken one after another."""

    origins: dict[LetterId, str] = field(default_factory=dict)
    refused: set[LetterKey] = field(default_factory=set)
    answered: set[tuple[str, str]] = field(default_factory=set)
    live: set[tuple[str, str]] = field(default_factory=set)


def add_letters(transaction: Transaction, additions: Sequence[Addition]) -> list[Taking]:
    """
    Take each letter that nothing stands in the way of, all rows of all letters by one statement per table.

    Raises: Rejected (MANIFEST_MISMATCH) for a letter_id that another origin has used here.
    """
    known = _look(transaction.connection, additions)
    answers = [_judge(addition, known) for addition in additions]
    taken = [a for a, answer in zip(additions, answers, strict=True) if answer is Taking.NEW]
    if taken:
        _write(transaction, taken)
        for addition in taken:
            _follow(transaction, addition)
        _note_statuses(transaction, taken)
        routings = ((a.new.letter.routing, a.new.watches) for a in taken)
        keep_of_sender(transaction, ((r.letter_id, r.sender, watches) for r, watches in routings))
        take_backs.follow(transaction, [take_backs.Came(a.new, a.now) for a in taken])
    return answers


_ORIGINS = select(letters.c.letter_id, letters.c.origin).where(
    letters.c.letter_id.in_(bindparam("ids", expanding=True))
)
_REFUSED = select(inbox.c.origin, inbox.c.letter_id).where(
    tuple_(inbox.c.origin, inbox.c.letter_id).in_(bindparam("keys", expanding=True)),
    inbox.c.state == arrivals.REFUSED,
)
_ANSWERED = select(idempotency.c.caller, idempotency.c.key).where(
    tuple_(idempotency.c.caller, idempotency.c.key).in_(bindparam("keys", expanding=True))
)
_LIVE = select(sameness.c.sameness, sameness.c.recipient).where(
    sameness.c.sameness.in_(bindparam("digests", expanding=True)), sameness.c.ended.is_(False)
)


def _look(connection: Connection, additions: Sequence[Addition]) -> _Known:
    known = _Known()
    ids = {addition.key.letter_id for addition in additions}
    for row in connection.execute(_ORIGINS, {"ids": list(ids)}):
        known.origins[LetterId(row.letter_id)] = row.origin
    arrived = [(a.key.origin, a.key.letter_id) for a in additions if a.new.letter.came_from is not None]
    if arrived:
        rows = connection.execute(_REFUSED, {"keys": arrived})
        known.refused = {LetterKey(row.origin, row.letter_id) for row in rows}
    keys = [(k.caller, k.key) for a in additions if (k := a.new.idempotency) is not None]
    if keys:
        rows = connection.execute(_ANSWERED, {"keys": keys})
        known.answered = {(row.caller, row.key) for row in rows}
    digests = {addition.new.sameness for addition in additions} - {""}
    if digests:
        rows = connection.execute(_LIVE, {"digests": list(digests)})
        known.live = {(row.sameness, row.recipient) for row in rows}
    return known


def _judge(addition: Addition, known: _Known) -> Taking:
    new, key = addition.new, addition.key
    origin = known.origins.get(key.letter_id)
    if origin is not None:
        if origin != key.origin:
            raise Rejected(find(MANIFEST_MISMATCH, letter_id=key.letter_id))
        return Taking.KNOWN
    same = {(new.sameness, a.code) for a in new.letter.routing.recipients} if new.sameness else set()
    call = None if new.idempotency is None else (new.idempotency.caller, new.idempotency.key)
    if key in known.refused or call in known.answered or same & known.live:
        return Taking.CLASH
    known.origins[key.letter_id] = key.origin
    known.live |= same
    if call is not None:
        known.answered.add(call)
    return Taking.NEW


_SET_INBOX = upsert(inbox)
_USE = count_up(used, "letters", "bytes")
_FORGET_PIECES = delete(partials).where(
    tuple_(partials.c.origin, partials.c.letter_id).in_(bindparam("keys", expanding=True))
)


def _write(transaction: Transaction, taken: Sequence[Addition]) -> None:
    connection = transaction.connection
    arrived = [addition for addition in taken if addition.new.letter.came_from is not None]
    for table, rows in (
        (letters, [letter_row(a.new.letter) for a in taken]),
        (parts, [row for a in taken for row in part_rows(a.new.letter)]),
        (marks, [row for a in taken for row in mark_rows(a.new.letter)]),
        (
            deliveries,
            [delivery_row(d, a.new.letter.routing.kind, a.now) for a in taken for d in a.new.deliveries],
        ),
        (words_owed, [{"letter_id": a.key.letter_id} for a in taken]),
        (sameness, [row for a in taken for row in _sameness_rows(a.new)]),
        (idempotency, [row for a in taken for row in _idempotency_rows(a)]),
    ):
        if rows:
            connection.execute(insert(table), rows)
    _count_use(connection, taken)
    transaction.point("C5")
    connection.execute(_SET_INBOX.of(connection), [_inbox_row(addition) for addition in taken])
    if arrived:
        connection.execute(_FORGET_PIECES, {"keys": [(a.key.origin, a.key.letter_id) for a in arrived]})


def _count_use(connection: Connection, taken: Sequence[Addition]) -> None:
    """Add the documents that agencies handed in here to what they have used today; a status is free."""
    sums: dict[tuple[AgencyCode, date], tuple[int, int]] = {}
    for addition in taken:
        letter, routing = addition.new.letter, addition.new.letter.routing
        if letter.came_from is not None or routing.kind is not Kind.DOCUMENT:
            continue
        key = (routing.sender, addition.now.astimezone(VIETNAM).date())
        number, size = sums.get(key, (0, 0))
        sums[key] = (number + 1, size + routing.original_size)
    for (agency, day), (number, size) in sorted(sums.items()):  # locked in one order by all instances
        row = {"agency": agency, "day": day, "letters": number, "bytes": size}
        connection.execute(_USE.of(connection), row)


def _sameness_rows(new: NewLetter) -> Iterable[dict[str, Any]]:
    if new.sameness:
        letter_id = new.letter.routing.letter_id
        for addressee in new.letter.routing.recipients:
            yield {
                "sameness": new.sameness,
                "recipient": addressee.code,
                "letter_id": letter_id,
                "ended": False,
            }


def _idempotency_rows(addition: Addition) -> Iterable[dict[str, Any]]:
    key = addition.new.idempotency
    if key is not None:
        yield {
            "caller": key.caller,
            "key": key.key,
            "sha256": key.sha256,
            "answer": write_json(dict(addition.new.answer)),
            "at": addition.now,
        }


def _inbox_row(addition: Addition) -> dict[str, Any]:
    """The row by which every repeat of this letter is known; its manifest has served."""
    return {
        "origin": addition.key.origin,
        "letter_id": addition.key.letter_id,
        "neighbour": addition.new.letter.came_from or "",
        "state": arrivals.TAKEN,
        "manifest": None,
        "manifest_sha256": addition.new.manifest_sha256,
        "code": "",
        "changed_at": addition.now,
    }


def _follow(transaction: Transaction, addition: Addition) -> None:
    new, letter, now = addition.new, addition.new.letter, addition.now
    routing = letter.routing
    transaction.note(
        now,
        "letter.accepted" if letter.came_from is None else "letter.taken",
        letter_id=routing.letter_id,
        origin=routing.origin,
        neighbour=letter.came_from or "",
        kind=routing.kind.value,
        sender=routing.sender,
        size=letter.size,
        recipients=len(routing.recipients),
        deliveries=len(new.deliveries),
    )
    if letter.came_from is not None:
        transaction.count(Figure.CAME, now)
        transaction.count(Figure.CAME, now, link=letter.came_from)
    elif routing.kind is Kind.DOCUMENT:
        transaction.count(Figure.SENT, now)
    for delivery in new.deliveries:
        transaction.topics.add(topics_of(delivery.target, delivery.lane))
    for neighbour, body in new.control:
        transaction.tell(neighbour, body, now)
    _owe_notices(transaction, addition)
    for named, code in new.unreachable:
        _return(transaction, addition, named, code)
    for recipient in new.astray:
        target, code = f"agency:{recipient}", NO_ROUTE.code
        transaction.note(now, "recipient.astray", letter_id=routing.letter_id, target=target, code=code)
        astray = HopEvent(routing.letter_id, transaction.node, target, State.RETURNED, now, code)
        transaction.report(routing.origin, astray, now)


def _note_statuses(transaction: Transaction, taken: Sequence[Addition]) -> None:
    """Statuses handed in here stand in the history of their documents from their acceptance on."""
    handed_in = [
        StatusMessage(a.new.letter, a.now)
        for a in taken
        if a.new.letter.came_from is None and a.new.letter.routing.kind is Kind.STATUS
    ]
    add_status(transaction, handed_in)


def _owe_notices(transaction: Transaction, addition: Addition) -> None:
    """The sender is told of each recipient that can't be served; of very many for one reason, once."""
    by_code: dict[str, list[str]] = {}
    for named, code in addition.new.unreachable:
        by_code.setdefault(code, []).append(named)
    letter_id = addition.new.letter.routing.letter_id
    for code, names in by_code.items():
        told = names if len(names) <= TOLD_ONE_BY_ONE else [BETWEEN_NAMES.join(names)]
        for target in told:
            transaction.owe("notice", letter_id, target, code, addition.now)


def _return(transaction: Transaction, addition: Addition, named: str, code: str) -> None:
    """A recipient that can't be served: the journal and its tracking say so."""
    routing, now = addition.new.letter.routing, addition.now
    transaction.note(now, "recipient.unreachable", letter_id=routing.letter_id, target=named, code=code)
    transaction.count(Figure.RETURNED, now, code=code)
    addressee = next((a for a in routing.recipients if a.named == named), None)
    if addressee is None:
        return  # named to intake only: it never became part of the letter
    target = f"agency:{addressee.code}"
    event = HopEvent(routing.letter_id, transaction.node, target, State.RETURNED, now, code)
    if routing.origin == transaction.node:
        note_hops(transaction, [event])
    else:
        transaction.report(routing.origin, event, now)


# --- what is refused -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusal:
    """The beginning of input that was refused."""

    caller: str
    code: str
    head: bytes
    now: datetime


def keep_refused(transaction: Transaction, refusals: Sequence[Refusal]) -> list[None]:
    """Keep each, and of each caller only the latest."""
    connection = transaction.connection
    connection.execute(
        insert(refused),
        [{"caller": r.caller, "code": r.code, "head": r.head[:REFUSED_BYTES], "at": r.now} for r in refusals],
    )
    for refusal in refusals:
        transaction.count(Figure.REFUSED, refusal.now, code=refusal.code)
    for caller in {refusal.caller for refusal in refusals}:
        too_old = (
            select(refused.c.number)
            .where(refused.c.caller == caller)
            .order_by(refused.c.number.desc())
            .offset(REFUSED_KEPT)
            .limit(1)
        )
        connection.execute(
            delete(refused).where(refused.c.caller == caller, refused.c.number <= too_old.scalar_subquery())
        )
    return [None] * len(refusals)


# --- reading -------------------------------------------------------------------------------------


_SAME = select(sameness.c.recipient, sameness.c.letter_id).where(
    sameness.c.sameness == bindparam("digest"), sameness.c.ended.is_(False)
)
_ANSWER = select(idempotency.c.sha256, idempotency.c.answer).where(
    idempotency.c.caller == bindparam("who"), idempotency.c.key == bindparam("which")
)


def same(connection: Connection, digest: str, recipients: Iterable[AgencyCode]) -> dict[AgencyCode, LetterId]:
    """Recipients that have a live letter of this sameness."""
    wanted = set(recipients)
    rows = connection.execute(_SAME, {"digest": digest})
    return {AgencyCode(r.recipient): LetterId(r.letter_id) for r in rows if r.recipient in wanted}


def answer_to(connection: Connection, caller: str, key: str) -> tuple[str, Mapping[str, Any]] | None:
    """What was first answered for this key of this caller, with the digest of what came with it."""
    row = connection.execute(_ANSWER, {"who": caller, "which": key}).one_or_none()
    return None if row is None else (row.sha256, json.loads(row.answer))


def use(connection: Connection, agency: AgencyCode, day: date) -> tuple[int, int]:
    """Letters and bytes that the agency handed in on that day."""
    row = connection.execute(
        select(used.c.letters, used.c.bytes).where(used.c.agency == agency, used.c.day == day)
    ).one_or_none()
    return (0, 0) if row is None else (row.letters, row.bytes)
