"""
Urgent mail overtakes bulk at a hop: it has a lane of its own, and bulk waits in the store, not before it.
"""

from __future__ import annotations

from pathlib import Path

from gateway.broker.window import WINDOW_LETTERS
from gateway.core.model import LetterId, NodeId
from tests.kit.correspondence import agency, letter, tree
from tests.kit.nodes import Manner, SmallAxis, open_axis

AXIS = tree(
    {"central": "", "province": "central", "commune": "province"},
    [agency("000.01.H14", "commune"), agency("000.00.G22", "central")],
)
WRITER, READER = "000.01.H14", "000.00.G22"
BULK = WINDOW_LETTERS + 30


async def bulk_at_the_hop(axis: SmallAxis) -> set[LetterId]:
    """Many ordinary letters that came as far as the province while central was away."""
    axis.nodes[NodeId("central")].die()
    sent = [await axis.send(letter(WRITER, READER, number=n), by=WRITER) for n in range(1, BULK + 1)]
    await axis.settle()
    return {accepted.letter_id for accepted in sent}


async def test_urgent_letter_is_there_while_bulk_still_waits(tmp_path: Path) -> None:
    async with open_axis(AXIS, tmp_path, Manner(on_disk=True)) as axis:
        bulk = await bulk_at_the_hop(axis)
        urgent = await axis.send(letter(WRITER, READER, number=999, priority=1), by=WRITER)
        await axis.settle()
        axis.start("central")

        async def it_is_there() -> bool:
            return urgent.letter_id in {item.letter_id for item in await axis.waiting(READER)}

        await axis.settle_until(it_is_there)
        before = {item.letter_id for item in await axis.waiting(READER)} & bulk
        await axis.settle()
        office, caller = axis.node_of(READER).office, axis.caller(READER)
        after = {item.letter_id for item in await office.list(caller, limit=1000)} & bulk

    assert len(before) <= WINDOW_LETTERS, "it came behind letters that were not even on the wire"
    assert after == bulk
