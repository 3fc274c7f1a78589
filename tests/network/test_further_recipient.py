"""
Gửi bổ sung: a letter that some have already is sent to one more, and only that one gets it.
"""

from __future__ import annotations

from pathlib import Path

from gateway.broker.frames import LetterFrame, decode
from gateway.core.model import LetterId
from gateway.core.stages import Stage
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import SmallAxis, open_axis

WRITER, FIRST, FURTHER = "000.22.40.H14", "000.20.35.H21", "000.00.00.G12"


def crossed(axis: SmallAxis, letter_id: LetterId) -> list[tuple[str, str]]:
    frames = [(way, decode(data)) for way, data in axis.post.carried]
    return [
        (way.sender, way.receiver)
        for way, frame in frames
        if isinstance(frame, LetterFrame) and frame.letter_id == letter_id
    ]


async def test_only_the_further_recipient_gets_a_copy(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        first = await axis.send(letter(WRITER, FIRST), by=WRITER)
        await axis.settle()
        before = await axis.collect(FIRST)
        content = letter(WRITER, FIRST, FURTHER)
        more = await axis.send(content, by=WRITER)
        await axis.settle()
        again, new = await axis.collect(FIRST), await axis.collect(FURTHER)
        await axis.settle()
        line = await axis.line(more.letter_id, WRITER, FURTHER)
        links = crossed(axis, more.letter_id)

    assert [mail.letter_id for mail in before] == [first.letter_id]
    assert again == []
    assert [(mail.letter_id, mail.content) for mail in new] == [(more.letter_id, content)]
    assert line.stage is Stage.DELIVERED
    assert links == [("H14.40.22", "H14.40"), ("H14.40", "H14"), ("H14", "G22")], (
        "it goes no further than needed"
    )
