"""
Letters on their way in: how far each has come, which are refused, and what could not be understood.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, delete, insert, select, update

from gateway.core.model import Lane, NodeId
from gateway.ports import Arriving, LetterKey
from gateway.store.statements import count_and_tell
from gateway.store.tables import inbox, partials, poison, quarantine
from gateway.store.transaction import Transaction

RECEIVING, TAKEN, REFUSED = "receiving", "taken", "refused"


def _of(table: Table, key: LetterKey) -> ColumnElement[bool]:
    return and_(table.c.origin == key.origin, table.c.letter_id == key.letter_id)


_ARRIVING = select(inbox).where(inbox.c.origin == bindparam("node"), inbox.c.letter_id == bindparam("letter"))
_PIECES = select(partials.c.part, partials.c.ranges).where(
    partials.c.origin == bindparam("node"), partials.c.letter_id == bindparam("letter")
)


def arriving(connection: Connection, key: LetterKey) -> Arriving:
    """How far a letter has come."""
    asked = {"node": key.origin, "letter": key.letter_id}
    row = connection.execute(_ARRIVING, asked).one_or_none()
    if row is None:
        return Arriving("unknown")
    held = connection.execute(_PIECES, asked) if row.state == RECEIVING else ()
    return Arriving(
        state=row.state,
        manifest=row.manifest,
        manifest_sha256=row.manifest_sha256,
        ranges={row.part: row.ranges for row in held},
        code=row.code,
    )


def receiving(connection: Connection) -> list[LetterKey]:
    """The letters that are on their way in."""
    rows = connection.execute(select(inbox.c.origin, inbox.c.letter_id).where(inbox.c.state == RECEIVING))
    return [LetterKey(row.origin, row.letter_id) for row in rows]


# --- pieces --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pieces:
    """What is durable of a letter on its way in: ALL its ranges by part, and its manifest once it is here."""

    key: LetterKey
    neighbour: NodeId
    manifest: bytes | None
    ranges: Mapping[int, str]
    now: datetime


def hold_ranges(transaction: Transaction, pieces: Sequence[Pieces]) -> list[None]:
    """Record each; a letter that is taken or refused meanwhile stays so."""
    for each in pieces:
        _hold(transaction.connection, each)
    return [None] * len(pieces)


def _hold(connection: Connection, pieces: Pieces) -> None:
    here = _of(inbox, pieces.key)
    state = connection.execute(select(inbox.c.state).where(here).with_for_update()).scalar_one_or_none()
    if state not in (None, RECEIVING):
        return
    if state is None:
        row = {
            "origin": pieces.key.origin,
            "letter_id": pieces.key.letter_id,
            "neighbour": pieces.neighbour,
            "state": RECEIVING,
            "manifest": pieces.manifest,
            "manifest_sha256": _digest(pieces.manifest),
            "code": "",
            "changed_at": pieces.now,
        }
        connection.execute(insert(inbox), row)
    else:
        values: dict[str, object] = {"neighbour": pieces.neighbour, "changed_at": pieces.now}
        if pieces.manifest is not None:
            values |= {"manifest": pieces.manifest, "manifest_sha256": _digest(pieces.manifest)}
        connection.execute(update(inbox).where(here).values(values))
    _replace_ranges(connection, pieces)


def _replace_ranges(connection: Connection, pieces: Pieces) -> None:
    """Only what differs is written: a letter of many parts changes one at a time."""
    mine = _of(partials, pieces.key)
    rows = connection.execute(select(partials.c.part, partials.c.ranges).where(mine))
    before = {row.part: row.ranges for row in rows}
    changed = {part: ranges for part, ranges in pieces.ranges.items() if before.get(part) != ranges}
    gone = [part for part in before if part in changed or part not in pieces.ranges]
    if gone:
        connection.execute(delete(partials).where(mine, partials.c.part.in_(gone)))
    if changed:
        key = {"origin": pieces.key.origin, "letter_id": pieces.key.letter_id}
        connection.execute(
            insert(partials), [{**key, "part": part, "ranges": ranges} for part, ranges in changed.items()]
        )


def _digest(manifest: bytes | None) -> str:
    return "" if manifest is None else hashlib.sha256(manifest).hexdigest()


# --- refusals ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusal:
    """A letter that this node will never take."""

    key: LetterKey
    neighbour: NodeId
    code: str
    now: datetime


def refuse(transaction: Transaction, refusals: Sequence[Refusal]) -> list[None]:
    """Remember each; what is taken already stays taken."""
    connection = transaction.connection
    for refusal in refusals:
        here = _of(inbox, refusal.key)
        state = connection.execute(select(inbox.c.state).where(here).with_for_update()).scalar_one_or_none()
        if state in (TAKEN, REFUSED):
            continue
        row = {
            "origin": refusal.key.origin,
            "letter_id": refusal.key.letter_id,
            "neighbour": refusal.neighbour,
            "state": REFUSED,
            "manifest": None,
            "manifest_sha256": "",
            "code": refusal.code,
            "changed_at": refusal.now,
        }
        connection.execute(insert(inbox) if state is None else update(inbox).where(here), row)
        connection.execute(delete(partials).where(_of(partials, refusal.key)))
        transaction.note(
            refusal.now,
            "arrival.refused",
            letter_id=refusal.key.letter_id,
            code=refusal.code,
            origin=refusal.key.origin,
            neighbour=refusal.neighbour,
        )
    return [None] * len(refusals)


# --- what was not understood ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Odd:
    """Bytes that could not be understood."""

    data: bytes
    neighbour: NodeId
    lane: Lane
    code: str
    letter_id: str
    now: datetime


def put_in_quarantine(transaction: Transaction, odds: Sequence[Odd]) -> list[None]:
    """Keep each with its reason."""
    rows = [
        {
            "at": odd.now,
            "neighbour": odd.neighbour,
            "lane": odd.lane.value,
            "code": odd.code,
            "letter_id": odd.letter_id,
            "data": odd.data,
        }
        for odd in odds
    ]
    transaction.connection.execute(insert(quarantine), rows)
    for odd in odds:
        transaction.note(
            odd.now,
            "frame.quarantined",
            letter_id=odd.letter_id,
            target=f"link:{odd.neighbour}",
            code=odd.code,
            lane=odd.lane.value,
            size=len(odd.data),
        )
    return [None] * len(odds)


@dataclass(frozen=True, slots=True)
class Failure:
    """A frame whose processing failed."""

    key: LetterKey
    frame: str
    now: datetime


_COUNT = count_and_tell(poison, "times", also=("last_at",))


def count_poison(transaction: Transaction, failures: Sequence[Failure]) -> list[int]:
    """How often each has failed by now."""
    return [_count(transaction.connection, failure) for failure in failures]


def _count(connection: Connection, failure: Failure) -> int:
    row = {
        "origin": failure.key.origin,
        "letter_id": failure.key.letter_id,
        "frame": failure.frame,
        "times": 1,
        "last_at": failure.now,
    }
    times: int = connection.execute(_COUNT.of(connection), row).scalar_one()
    return times
