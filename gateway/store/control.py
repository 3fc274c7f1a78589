"""
What waits to be said: control messages for the links, duties of the node's own clerk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from gateway.core.model import NodeId
from gateway.ports import Duty, Outgoing
from gateway.store.rows import load_letters
from gateway.store.tables import control_out, duties
from gateway.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Messages:
    """Control messages, each for one link."""

    told: Sequence[tuple[NodeId, Mapping[str, Any]]]
    now: datetime


def send_control(transaction: Transaction, batches: Sequence[Messages]) -> list[None]:
    """Queue them."""
    for messages in batches:
        for neighbour, body in messages.told:
            transaction.tell(neighbour, body, messages.now)
    return [None] * len(batches)


_SENT = delete(control_out).where(control_out.c.number.in_(bindparam("numbers", expanding=True)))
_WAITING = (
    select(control_out.c.number, control_out.c.body)
    .where(control_out.c.neighbour == bindparam("link"))
    .order_by(control_out.c.number)
    .limit(bindparam("most"))
)


def control_sent(transaction: Transaction, batches: Sequence[Sequence[int]]) -> list[None]:
    """Forget what the broker has."""
    numbers = [number for batch in batches for number in batch]
    if numbers:
        transaction.connection.execute(_SENT, {"numbers": numbers})
    return [None] * len(batches)


def control_waiting(connection: Connection, neighbour: NodeId, limit: int) -> list[Outgoing]:
    """The oldest messages for a link.

    Always from the beginning, never «those after the last»: what commits late has a low number.
    """
    rows = connection.execute(_WAITING, {"link": neighbour, "most": limit})
    return [Outgoing(row.number, neighbour, json.loads(row.body)) for row in rows]


_OWED = select(duties).order_by(duties.c.number).limit(bindparam("most"))
_DONE = delete(duties).where(duties.c.number.in_(bindparam("numbers", expanding=True)))


def owed(connection: Connection, limit: int) -> list[Duty]:
    """The oldest duties, each with its letter."""
    rows = connection.execute(_OWED, {"most": limit}).all()
    letters = load_letters(connection, (row.letter_id for row in rows))
    return [Duty(row.number, row.kind, letters[row.letter_id], row.target, row.code, row.at) for row in rows]


def duty_done(transaction: Transaction, numbers: Sequence[int]) -> list[None]:
    """Strike duties off."""
    transaction.connection.execute(_DONE, {"numbers": numbers})
    return [None] * len(numbers)
