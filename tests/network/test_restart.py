"""
A node in the middle is stopped and started again with letters in its hands.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.core.model import Lane, LetterId, NodeId
from gateway.core.stages import Stage
from tests.kit.correspondence import agency, letter, tree
from tests.kit.nodes import Manner, SmallAxis, open_axis

AXIS = tree(
    {"central": "", "province": "central", "commune": "province"},
    [agency("000.01.H14", "commune"), agency("000.00.G22", "central")],
)
WRITER, READER = "000.01.H14", "000.00.G22"
ON_DISK = Manner(on_disk=True)


async def stages(axis: SmallAxis, *letters: LetterId) -> set[Stage]:
    return {(await axis.line(letter_id, WRITER, READER)).stage for letter_id in letters}


async def test_letters_that_lie_in_the_store_of_a_stopped_node_go_on(tmp_path: Path) -> None:
    async with open_axis(AXIS, tmp_path, ON_DISK) as axis:
        axis.post.cut(NodeId("province"), NodeId("central"))
        contents = [letter(WRITER, READER, number=n, size=50_000) for n in (1, 2, 3)]
        sent = [await axis.send(content, by=WRITER) for content in contents]
        await axis.settle()
        axis.nodes[NodeId("province")].die()
        axis.post.heal(NodeId("province"), NodeId("central"))
        await axis.wait(timedelta(hours=2))
        nobody = await axis.waiting(READER)
        axis.start("province")
        await axis.wait(timedelta(minutes=1))
        received = await axis.collect(READER)
        await axis.settle()
        ends = await stages(axis, *(accepted.letter_id for accepted in sent))

    assert nobody == []
    assert [mail.content for mail in received] == contents
    assert ends == {Stage.DELIVERED}


async def test_half_of_a_large_letter_is_kept_over_a_restart(tmp_path: Path) -> None:
    content = letter(WRITER, READER, size=6_000_000)
    commune, province = NodeId("commune"), NodeId("province")
    async with open_axis(AXIS, tmp_path, ON_DISK) as axis:
        accepted = await axis.send(content, by=WRITER)

        async def half_is_there() -> bool:
            delivery = await axis.delivery("commune", accepted.letter_id, "link:province")
            return delivery.held != ""

        await axis.settle_until(half_is_there)
        axis.start("province")
        for _ in range(5):
            await axis.wait(timedelta(minutes=3))
        (mail,) = await axis.collect(READER)
        crossed = axis.post.bytes_over(commune, province, Lane.NORMAL)

    assert mail.content == content
    assert crossed < 1.5 * len(content), "what had arrived was sent again"
