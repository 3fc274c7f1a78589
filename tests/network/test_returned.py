"""
A letter that cannot go on is returned to its sender with the reason, from wherever it lies.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.core.model import Kind, NodeId
from gateway.core.stages import Stage
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import open_axis

WRITER, READER = "000.22.40.H14", "000.20.35.H21"
PROVINCE, CENTRAL = NodeId("H14"), NodeId("G22")


async def test_letter_that_expires_on_its_way_comes_back_with_the_reason(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        axis.post.cut(PROVINCE, CENTRAL)
        content = letter(WRITER, READER)
        accepted = await axis.send(content, by=WRITER)
        await axis.settle()
        await axis.wait(accepted.expires_at - axis.clock.now() - timedelta(minutes=1))
        early = await axis.line(accepted.letter_id, WRITER, READER)
        await axis.wait(timedelta(minutes=2))
        (notice,) = await axis.collect(WRITER, Kind.STATUS)
        line = await axis.line(accepted.letter_id, WRITER, READER)

        axis.post.heal(PROVINCE, CENTRAL)
        await axis.wait(timedelta(hours=1))
        arrived = await axis.waiting(READER)
        again = await axis.send(content, by=WRITER)
        await axis.wait(timedelta(minutes=1))
        (mail,) = await axis.collect(READER)

    text = notice.content.decode()
    assert (early.stage, early.at, early.last_code) == (Stage.RETRYING, PROVINCE, "TRUC-504")
    assert (notice.item.status_code, notice.item.sender) == ("02", "000.00.00.H14")
    assert "[Trục] TRUC-503" in text
    assert READER in text
    assert (line.stage, line.at, line.last_code) == (Stage.RETURNED, PROVINCE, "TRUC-503")
    assert arrived == [], "what was returned must not arrive after all"
    assert not again.repeated, "what came back may be sent anew"
    assert mail.content == content


async def test_notice_shows_in_the_tracking_of_its_letter_as_the_axis_own_word(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        axis.post.cut(PROVINCE, CENTRAL)
        accepted = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.settle()
        await axis.wait(timedelta(days=10))
        tracking = await axis.track(accepted.letter_id, WRITER)

    (line,) = tracking.recipients
    assert line.status is None, "the receiver has said nothing"
    assert tracking.is_final


async def test_notice_that_cannot_be_delivered_makes_no_further_notice(tmp_path: Path) -> None:
    """Else two nodes that lost each other would write to each other for ever."""
    async with open_axis(four_level(), tmp_path) as axis:
        axis.post.cut(PROVINCE, CENTRAL)
        await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.settle()
        axis.post.cut(NodeId("H14.40.22"), NodeId("H14.40"))
        await axis.wait(timedelta(days=10))
        await axis.wait(timedelta(days=10))
        journal = await axis.nodes[PROVINCE].store.journal(0, 1000)

    written = [row for row in journal if row.event == "letter.accepted"]
    assert len(written) == 1
