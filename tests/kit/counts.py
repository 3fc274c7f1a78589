"""
How all deliveries of a store stand, ended ones too: for tests that check the books of a node afterwards.

All rows are read; a running node asks for `standing`, which costs what has not ended.
"""

from __future__ import annotations

from sqlalchemy import func, select

from gateway.core.delivery import State
from gateway.ports import Store
from gateway.store.sql import SqlStore
from gateway.store.tables import deliveries

_COUNTS = select(deliveries.c.target, deliveries.c.state, func.count()).group_by(
    deliveries.c.target, deliveries.c.state
)


async def counts(store: Store) -> dict[tuple[str, State], int]:
    """How many deliveries stand in which state, per target."""
    assert isinstance(store, SqlStore)
    rows = await store._read(lambda connection: connection.execute(_COUNTS).all())
    return {(target, State(state)): number for target, state, number in rows}
