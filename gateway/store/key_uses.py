"""
The last use of each key.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, select

from gateway.ports import KeyUse
from gateway.store.statements import in_both
from gateway.store.tables import key_uses
from gateway.store.transaction import Transaction

_u = key_uses.c
_NOTE = in_both(
    key_uses,
    lambda new: new.on_conflict_do_update(
        index_elements=[_u.key_id],
        set_={name: new.excluded[name] for name in ("at", "address", "software")},
        where=new.excluded.at >= _u.at,  # another instance may have written a later one
    ),
)


def note_uses(transaction: Transaction, told: Sequence[Sequence[KeyUse]]) -> list[None]:
    """Remember of each key the latest use."""
    connection = transaction.connection
    for use in (use for batch in told for use in batch):
        connection.execute(_NOTE.of(connection), asdict(use))
    return [None] * len(told)


def uses_of(connection: Connection, keys: Collection[str]) -> dict[str, KeyUse]:
    """The last use of those of these keys that were ever used."""
    found = select(key_uses).where(_u.key_id.in_(sorted(keys)))
    return {
        row.key_id: KeyUse(row.key_id, row.at, row.address, row.software) for row in connection.execute(found)
    }
