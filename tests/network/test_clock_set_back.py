"""
The clock of a node is set back while letters are under way.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.core.stages import Stage
from tests.kit.correspondence import agency, letter, tree
from tests.kit.nodes import open_axis

AXIS = tree(
    {"central": "", "province": "central", "commune": "province"},
    [agency("000.01.H14", "commune"), agency("000.00.G22", "central")],
)
WRITER, READER = "000.01.H14", "000.00.G22"


async def test_what_ended_has_ended_whatever_the_clock_says(tmp_path: Path) -> None:
    async with open_axis(AXIS, tmp_path) as axis:
        accepted = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.settle()
        axis.clock.advance(timedelta(hours=-2))
        (mail,) = await axis.collect(READER)
        await axis.settle()
        line = await axis.line(accepted.letter_id, WRITER, READER)

    assert mail.letter_id == accepted.letter_id
    assert line.stage is Stage.DELIVERED


async def test_letters_still_arrive_once(tmp_path: Path) -> None:
    async with open_axis(AXIS, tmp_path) as axis:
        content = letter(WRITER, READER)
        await axis.send(content, by=WRITER)
        axis.clock.advance(timedelta(hours=-2))
        again = await axis.send(content, by=WRITER)
        for _ in range(3):
            await axis.wait(timedelta(hours=1))
        received = await axis.collect(READER)

    assert again.repeated
    assert [mail.content for mail in received] == [content]
