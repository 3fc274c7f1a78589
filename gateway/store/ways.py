"""
What was agreed with each agency, in the words of the adapter that reaches it (or of the office: its terms).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from gateway.core.model import AgencyCode
from gateway.store.columns import write_json
from gateway.store.statements import upsert
from gateway.store.tables import ways
from gateway.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Way:
    """What one way shall know about an agency; None: nothing any more."""

    agency: AgencyCode
    way: str
    settings: Mapping[str, Any] | None
    now: datetime


_SET_WAY = upsert(ways)


def set_ways(transaction: Transaction, told: Sequence[Way]) -> list[None]:
    """Set or remove each. The values may be secrets of a partner: the journal has only whose they are."""
    connection = transaction.connection
    for each in told:
        if each.settings is None:
            connection.execute(delete(ways).where(ways.c.way == each.way, ways.c.agency == each.agency))
        else:
            row = {
                "way": each.way,
                "agency": each.agency,
                "settings": write_json(dict(each.settings)),
                "set_at": each.now,
            }
            connection.execute(_SET_WAY.of(connection), row)
        transaction.note(
            each.now,
            "way.set",
            target=f"agency:{each.agency}",
            way=each.way,
            removed=int(each.settings is None),
        )
    transaction.topics.add("ways")
    return [None] * len(told)


def all_ways(connection: Connection) -> dict[str, dict[AgencyCode, Mapping[str, Any]]]:
    """What is set for agencies, by the name of the way."""
    found: dict[str, dict[AgencyCode, Mapping[str, Any]]] = {}
    for row in connection.execute(select(ways).order_by(ways.c.way, ways.c.agency)):
        found.setdefault(row.way, {})[AgencyCode(row.agency)] = json.loads(row.settings)
    return found
