"""
One dead neighbour slows nobody else, and what lies at the broker for it stays inside its window.
"""

from __future__ import annotations

from pathlib import Path

from gateway.broker.memory_queue import Way
from gateway.broker.window import WINDOW_LETTERS
from gateway.core.model import Lane, NodeId
from tests.kit.correspondence import agency, letter, tree
from tests.kit.nodes import Manner, open_axis

AXIS = tree(
    {"province": "", "well": "province", "dead": "province"},
    [agency("000.00.H14", "province"), agency("000.01.H14", "well"), agency("000.02.H14", "dead")],
)
WRITER, WELL, DEAD = "000.00.H14", "000.01.H14", "000.02.H14"
MANY = WINDOW_LETTERS + 10


async def test_dead_neighbour_slows_nobody_else(tmp_path: Path) -> None:
    async with open_axis(AXIS, tmp_path, Manner(on_disk=True)) as axis:
        axis.nodes[NodeId("dead")].die()
        for number in range(1, MANY + 1):
            await axis.send(letter(WRITER, DEAD, number=number), by=WRITER)
        await axis.settle()
        lies_there = axis.post.depths()[Way(NodeId("province"), NodeId("dead"), Lane.NORMAL)]
        sent = [await axis.send(letter(WRITER, WELL, number=200 + n), by=WRITER) for n in range(5)]
        await axis.settle()
        arrived = {mail.letter_id for mail in await axis.collect(WELL)}
        still = axis.post.depths()[Way(NodeId("province"), NodeId("dead"), Lane.NORMAL)]

        axis.start("dead")
        await axis.settle()
        at_last = [mail.content for mail in await axis.collect(DEAD)]

    assert (lies_there.frames, still.frames) == (WINDOW_LETTERS, WINDOW_LETTERS)
    assert arrived == {accepted.letter_id for accepted in sent}
    assert at_last == [letter(WRITER, DEAD, number=number) for number in range(1, MANY + 1)]
