"""
A letter larger than the window crosses two hops piece by piece, and small ones pass beside it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from gateway.broker.control import Progress
from gateway.broker.frames import MAX_FRAME, ControlFrame, decode
from gateway.broker.memory_queue import Way
from gateway.broker.window import WINDOW_SIZE
from gateway.core.model import Lane, LetterId, NodeId
from tests.kit.correspondence import agency, letter, tree
from tests.kit.nodes import SmallAxis, open_axis

COMMUNE, PROVINCE, CENTRAL = (NodeId(name) for name in ("commune", "province", "central"))
AXIS = tree(
    {"central": "", "province": "central", "commune": "province"},
    [agency("000.01.H14", "commune"), agency("000.00.G22", "central")],
)
WRITER, READER = "000.01.H14", "000.00.G22"
MIB = 1024 * 1024


def progress_reports(axis: SmallAxis, one: NodeId, other: NodeId) -> int:
    frames = [decode(data) for way, data in axis.post.carried if way == Way(one, other, Lane.CONTROL)]
    return sum(isinstance(m, Progress) for f in frames if isinstance(f, ControlFrame) for m in f.messages)


async def mailbox(axis: SmallAxis) -> list[LetterId]:
    return [item.letter_id for item in await axis.waiting(READER)]


async def test_twenty_mebibytes_cross_two_hops_inside_half_a_window(tmp_path: Path) -> None:
    content = letter(WRITER, READER, size=20 * MIB)
    async with open_axis(AXIS, tmp_path) as axis:
        await axis.send(content, by=WRITER)
        await axis.settle()
        (mail,) = await axis.collect(READER)
        deepest = {way: size for way, size in axis.post.deepest.items() if way.lane is Lane.NORMAL}
        reports = [progress_reports(axis, PROVINCE, COMMUNE), progress_reports(axis, CENTRAL, PROVINCE)]

    assert hashlib.sha256(mail.content).digest() == hashlib.sha256(content).digest()
    assert set(deepest) == {Way(COMMUNE, PROVINCE, Lane.NORMAL), Way(PROVINCE, CENTRAL, Lane.NORMAL)}
    assert all(2 * MIB < size <= WINDOW_SIZE // 2 + MAX_FRAME for size in deepest.values()), deepest
    assert min(reports) >= 5


async def test_small_letter_passes_beside_a_big_one(tmp_path: Path) -> None:
    async with open_axis(AXIS, tmp_path) as axis:
        big = await axis.send(letter(WRITER, READER, size=20 * MIB), by=WRITER)

        async def it_is_half_way() -> bool:
            return axis.post.bytes_over(COMMUNE, PROVINCE, Lane.NORMAL) > 8 * MIB

        await axis.settle_until(it_is_half_way)
        small = await axis.send(letter(WRITER, READER, number=2), by=WRITER)

        async def it_is_there() -> bool:
            return small.letter_id in await mailbox(axis)

        await axis.settle_until(it_is_there)
        first = await mailbox(axis)
        await axis.settle()
        both = await mailbox(axis)

    assert first == [small.letter_id]
    assert both == [small.letter_id, big.letter_id]


async def test_big_letters_cross_one_after_the_other(tmp_path: Path) -> None:
    async with open_axis(AXIS, tmp_path) as axis:
        contents = [letter(WRITER, READER, number=n, size=9 * MIB) for n in (1, 2)]
        for content in contents:
            await axis.send(content, by=WRITER)
        await axis.settle()
        received = await axis.collect(READER)
        deepest = axis.post.deepest[Way(COMMUNE, PROVINCE, Lane.NORMAL)]

    assert [mail.content for mail in received] == contents
    assert deepest <= WINDOW_SIZE // 2 + MAX_FRAME
