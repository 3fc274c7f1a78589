"""
After the end: what the stores of the nodes say, read with nobody writing.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gateway.core.delivery import State
from gateway.core.model import NodeId
from gateway.journal import first_hash, verify
from gateway.store.sql import SqlStore
from tests.kit.counts import counts

PAGE = 5_000

MOVING = frozenset({State.QUEUED, State.TRYING, State.SENT})
"""Where a delivery stands while somebody owes it a move."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one store says.

    `break_at` is where its audit log breaks, or empty; `states` how its deliveries stand; `again` how many
    tries over a link were not the first.
    """

    break_at: str
    states: Counter[State]
    again: int


async def examine(node: NodeId, folder: Path) -> Found:
    """The store of a node that has stopped."""
    database = folder / "truc.db"
    store = SqlStore(f"sqlite:///{database}", folder / "blobs", node=node, instance="autopsy")
    try:
        states: Counter[State] = Counter()
        for (_target, state), count in (await counts(store)).items():
            states[state] += count
        return Found(await _chain(store, node), states, _again(database))
    finally:
        await store.close()


def _again(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute(_AGAIN).fetchone()
        return int(count)


_AGAIN = """
    select coalesce(sum(attempts - 1), 0) from deliveries where target like 'link:%' and attempts > 0
"""


async def _chain(store: SqlStore, node: NodeId) -> str:
    previous, number = first_hash(node), 0
    while rows := await store.journal(number, PAGE):
        broken = verify(rows, previous, number)
        if broken is not None:
            return f"{node} at {broken}"
        previous, number = rows[-1].sha256, rows[-1].number
    return "" if number else f"{node} has no audit log"
