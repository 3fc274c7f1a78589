"""
How long links took lately to carry letters of ours, by the hop events that came back.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, and_, bindparam, literal_column, select

from gateway.core.model import NodeId
from gateway.store.tables import hops, letters

_before = hops.alias("before")
# Written out: an index of these rows only can't serve a question that has a variable there.
_TAKEN: ColumnElement[str] = literal_column("'taken'")

_LATEST = (
    select(hops.c.at, _before.c.at.label("held_since"), letters.c.origin, letters.c.received_at)
    .join_from(hops, letters, letters.c.letter_id == hops.c.letter_id)
    .outerjoin(
        _before,
        and_(
            _before.c.letter_id == hops.c.letter_id,
            _before.c.target == bindparam("to_sender"),
            _before.c.state == _TAKEN,
        ),
    )
    .where(hops.c.node == bindparam("sender"), hops.c.target == bindparam("to_taker"), hops.c.state == _TAKEN)
    .order_by(hops.c.at.desc())
    .limit(bindparam("most"))
)


def crossings(
    connection: Connection, links: Iterable[tuple[NodeId, NodeId]], most: int
) -> dict[tuple[NodeId, NodeId], tuple[float, ...]]:
    """
    For each link the seconds of its latest crossings: from when one node held a letter to when the next did.

    Only letters of this node are known hop by hop. What has no beginning (a report got lost) is left out.
    """
    found: dict[tuple[NodeId, NodeId], tuple[float, ...]] = {}
    for sender, taker in links:
        asked = {"sender": sender, "to_sender": f"link:{sender}", "to_taker": f"link:{taker}", "most": most}
        seconds = []
        for row in connection.execute(_LATEST, asked):
            began = row.received_at if row.origin == sender else row.held_since
            if began is not None:
                seconds.append(max(0.0, (row.at - began).total_seconds()))
        found[sender, taker] = tuple(seconds)
    return found
