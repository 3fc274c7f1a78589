"""
A take-back at the doors: who may ask, and what a crash, a forged seal or a repeat makes of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.core.edxml import write_status
from gateway.core.lifecycle import status
from gateway.core.model import Kind, LetterFacts, NodeId, Organ
from gateway.core.stages import Stage
from gateway.ports import Accepted
from tests.kit.correspondence import agency, letter, tree
from tests.kit.nodes import Manner, SmallAxis, open_axis
from tests.kit.seals import sealer
from tests.kit.steps import Died

WRITER, READER, STRANGER = "000.01.H14", "000.00.G22", "000.02.H14"
AXIS = tree(
    {"central": "", "province": "central", "commune": "province"},
    [agency(WRITER, "commune"), agency(STRANGER, "commune"), agency(READER, "central", sends_arrived=True)],
)
FACTS = LetterFacts(document_id="w-1", code="1/W")
LONG = timedelta(minutes=10)


def ask(axis: SmallAxis, by: str = WRITER) -> bytes:
    """The same 13 however often it is said."""
    envelope = status("13", sender=Organ(by), to=READER, facts=FACTS, at=axis.began, description="gửi nhầm")
    return write_status(envelope)


def document() -> bytes:
    return letter(WRITER, READER, document_id="w-1", code_number="1", code_notation="W")


async def kinds(axis: SmallAxis) -> list[Kind]:
    return sorted(item.kind for item in await axis.waiting(READER))


async def test_13_of_somebody_else_stops_nothing_and_is_delivered(tmp_path: Path) -> None:
    async with open_axis(AXIS, tmp_path) as axis:
        await axis.send(document(), by=WRITER)
        await axis.settle()
        await axis.send(ask(axis, STRANGER), by=STRANGER)
        await axis.settle()
        assert await kinds(axis) == [Kind.DOCUMENT, Kind.STATUS]


async def test_13_for_a_document_that_the_axis_never_had_is_delivered(tmp_path: Path) -> None:
    async with open_axis(AXIS, tmp_path) as axis:
        await axis.send(ask(axis), by=WRITER)
        await axis.settle()
        assert await kinds(axis) == [Kind.STATUS]


async def test_13_whose_seal_is_not_its_origins_stops_nothing(tmp_path: Path) -> None:
    """Else any node on the way could make up take-backs."""
    async with open_axis(AXIS, tmp_path) as axis:
        await axis.send(document(), by=WRITER)
        await axis.settle()
        node = axis.nodes[NodeId("commune")]
        node.intake._desk = replace(node.desk, take_back="deliver-both")  # it goes on in any case
        node.intake._sealer = sealer("province", axis.began)
        await axis.send(ask(axis), by=WRITER)
        await axis.settle()
        ignored = [line for n in axis.lives for line in n.said("take_back.ignored")]
        assert await kinds(axis) == [Kind.DOCUMENT], "handed over it is not either"
    assert [line["code"] for line in ignored] == ["TRUC-605", "TRUC-605"]


async def test_same_13_said_twice_does_not_hit_what_was_sent_in_between(tmp_path: Path) -> None:
    async with open_axis(AXIS, tmp_path) as axis:
        await axis.send(document(), by=WRITER)
        await axis.send(ask(axis), by=WRITER)
        await axis.settle()
        await axis.send(document(), by=WRITER)
        again = await axis.send(ask(axis), by=WRITER)
        await axis.settle()
        assert again.repeated
        assert await kinds(axis) == [Kind.DOCUMENT]


@pytest.mark.parametrize("goes_first", ["letter", "13"])
@pytest.mark.parametrize("point", ["C2", "C4", "C5", "C6", "C7", "C8", "C9", "C11", "C12", "committed"])
@pytest.mark.parametrize("where", ["commune", "province", "central"])
async def test_node_that_dies_anywhere_leaves_both_or_neither(
    tmp_path: Path, where: str, point: str, goes_first: str
) -> None:
    async with open_axis(AXIS, tmp_path, Manner(on_disk=True)) as axis:
        first = await _say(axis, document())
        if goes_first == "letter":
            await axis.settle()
        axis.let_die(where, point)
        await _say(axis, ask(axis))
        await axis.settle()
        for name, node in list(axis.nodes.items()):
            if not node.is_alive:
                axis.start(name)
        await axis.wait(LONG)
        await axis.wait(LONG)
        line = await axis.line(first.letter_id, WRITER, READER)
        notices = [m for m in await axis.collect(WRITER, Kind.STATUS) if b"TRUC-517" in m.content]
        assert await kinds(axis) == []
        assert line.stage is Stage.STOPPED
        assert len(notices) == 1


async def _say(axis: SmallAxis, content: bytes) -> Accepted:
    """Hand something in; again if the node dies before it answers."""
    try:
        return await axis.send(content, by=WRITER)
    except Died:
        axis.start("commune")
        return await axis.send(content, by=WRITER)
