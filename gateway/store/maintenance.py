"""
Maintenance: links that an operator holds or drains, and what follows for who claims.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, literal, select, update

from gateway.core.delivery import Target
from gateway.core.model import Lane, NodeId
from gateway.ports import Act, Maintenance, Mode
from gateway.store import accounts
from gateway.store.rows import door_of, topics_of
from gateway.store.statements import upsert
from gateway.store.tables import deliveries, maintenance
from gateway.store.transaction import Transaction

_m, _d = maintenance.c, deliveries.c


@dataclass(frozen=True, slots=True)
class Hold:
    """A link that is to be held, and by whom."""

    maintenance: Maintenance
    act: Act


_HOLD = upsert(maintenance)


def hold_links(transaction: Transaction, holds: Sequence[Hold]) -> list[None]:
    """Hold or drain each; one that is held already gets the new reason."""
    for hold in holds:
        wanted = hold.maintenance
        row = {
            "neighbour": wanted.neighbour,
            "mode": wanted.mode.value,
            "reason": wanted.reason,
            "set_by": wanted.set_by,
            "since": wanted.since,
        }
        transaction.connection.execute(_HOLD.of(transaction.connection), row)
        accounts.note(transaction, hold.act)
    return [None] * len(holds)


@dataclass(frozen=True, slots=True)
class Opening:
    """A link that is to send again, and who says so."""

    neighbour: NodeId
    act: Act


def open_links(transaction: Transaction, openings: Sequence[Opening]) -> list[bool]:
    """Let each send again; whether it was held."""
    were_held = []
    for opening in openings:
        gone = delete(maintenance).where(_m.neighbour == opening.neighbour)
        was_held = bool(transaction.connection.execute(gone).rowcount)
        were_held.append(was_held)
        if was_held:
            accounts.note(transaction, opening.act)
            target = Target(neighbour=opening.neighbour)
            transaction.topics.update(topics_of(target, lane) for lane in Lane)
    return were_held


@dataclass(frozen=True, slots=True)
class Drained:
    """Links that may have nothing on its way any more."""

    neighbours: Collection[NodeId]
    now: datetime


def end_draining(transaction: Transaction, asked: Sequence[Drained]) -> list[list[NodeId]]:
    """Hold those of which nothing is on its way."""
    return [[n for n in each.neighbours if _end_draining(transaction, n, each.now)] for each in asked]


def _end_draining(transaction: Transaction, neighbour: NodeId, now: datetime) -> bool:
    window = _in_window(door_of(Target(neighbour=neighbour)))
    empty = ~select(_d.seq).where(window).limit(1).exists()
    mine = and_(_m.neighbour == neighbour, _m.mode == Mode.DRAINING.value, empty)
    done = transaction.connection.execute(update(maintenance).where(mine).values(mode=Mode.HELD.value))
    if done.rowcount:
        transaction.note(now, "link.drained", target=Target(neighbour=neighbour).key)
    return bool(done.rowcount)


def _in_window(door: str) -> ColumnElement[bool]:
    # the lanes are named: the index begins with the door, and a lane at a time is one step into it
    return and_(_d.door == door, _d.window_lane.in_([lane.value for lane in Lane]))


def is_paused(connection: Connection, neighbour: NodeId) -> bool:
    """Whether nothing may be claimed for a neighbour."""
    return connection.execute(_PAUSED, {"who": neighbour}).one_or_none() is not None


_PAUSED = select(_m.neighbour).where(_m.neighbour == bindparam("who"))

HELD_DOORS = select(literal("link:").concat(_m.neighbour)).where(_m.mode == Mode.HELD.value)
"""The doors at which nothing is to be offered again."""


def all_maintenance(connection: Connection) -> dict[NodeId, Maintenance]:
    """The links that are held or drained."""
    rows = connection.execute(select(maintenance).order_by(_m.neighbour))
    return {
        NodeId(row.neighbour): Maintenance(
            NodeId(row.neighbour), Mode(row.mode), row.reason, row.set_by, row.since
        )
        for row in rows
    }
