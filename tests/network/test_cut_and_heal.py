"""
A link is cut and mended: what was sent meanwhile waits, arrives, and arrives once.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.core.model import Kind, NodeId
from gateway.core.stages import Stage
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import open_axis

WRITER, READER = "000.22.40.H14", "000.24.35.H21"


async def test_letters_wait_at_the_cut_and_arrive_once_when_it_is_mended(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        contents = [letter(WRITER, READER, number=n, size=60_000) for n in range(1, 6)]
        axis.post.cut_node(NodeId("H21"))
        sent = [await axis.send(content, by=WRITER) for content in contents]
        for _ in range(3):
            await axis.wait(timedelta(minutes=7))
        lines = [await axis.line(a.letter_id, WRITER, READER) for a in sent]
        axis.post.heal_node(NodeId("H21"))
        await axis.wait(timedelta(minutes=31))
        received = await axis.collect(READER)
        await axis.wait(timedelta(minutes=31))
        statuses = await axis.collect(WRITER, Kind.STATUS)

    assert {(line.stage, line.at, line.last_code) for line in lines} == {(Stage.RETRYING, "G22", "TRUC-504")}
    assert all(line.next_try_at is not None for line in lines)
    assert sorted(mail.content for mail in received) == sorted(contents)
    assert [mail.item.status_code for mail in statuses] == ["01"] * len(contents)


async def test_statuses_wait_at_a_cut_too(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        accepted = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.settle()
        axis.post.cut_node(NodeId("G22"))
        await axis.collect(READER)
        await axis.report(READER, accepted.letter_id, "03")
        await axis.wait(timedelta(hours=1))
        meanwhile = await axis.line(accepted.letter_id, WRITER, READER)
        axis.post.heal_node(NodeId("G22"))
        await axis.wait(timedelta(hours=1))
        line = await axis.line(accepted.letter_id, WRITER, READER)

    assert (meanwhile.stage, meanwhile.statuses) == (Stage.WAITING, ())
    assert line.stage is Stage.DELIVERED
    assert {s.code for s in line.statuses} == {"01", "03"}
