"""
One letter to agencies all over the axis crosses each link once, and fans out where the tree branches.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from gateway.broker.frames import LetterFrame, decode
from gateway.core.stages import Stage
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import open_axis

WRITER = "000.22.40.H14"
READERS = (
    *("000.20.40.H14", "000.00.40.H14", "000.03.40.H14", "000.00.00.H14", "000.00.13.H14"),
    *("000.00.00.G22", "000.00.00.G12", "000.00.00.H21"),
    *("000.00.35.H21", "000.05.35.H21", "000.20.35.H21", "000.24.35.H21"),
)
LINKS = {
    ("H14.40.22", "H14.40"),
    ("H14.40", "H14.40.20"),
    ("H14.40", "H14"),
    ("H14", "G22"),
    ("G22", "H21"),
    ("H21", "H21.35"),
    ("H21.35", "H21.35.20"),
    ("H21.35", "H21.35.24"),
}


async def test_letter_to_twelve_agencies_crosses_each_link_once(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        content = letter(WRITER, *READERS)
        accepted = await axis.send(content, by=WRITER)
        await axis.settle()
        received = {code: [mail.content for mail in await axis.collect(code)] for code in READERS}
        crossings = Counter(
            (way.sender, way.receiver)
            for way, data in axis.post.carried
            if isinstance(frame := decode(data), LetterFrame) and frame.letter_id == accepted.letter_id
        )
        await axis.settle()
        tracking = await axis.track(accepted.letter_id, WRITER)

    assert received == {code: [content] for code in READERS}
    assert crossings == dict.fromkeys(LINKS, 1)
    assert {line.named: line.stage for line in tracking.recipients} == dict.fromkeys(READERS, Stage.DELIVERED)
