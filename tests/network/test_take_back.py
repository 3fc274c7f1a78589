"""
A take-back overtakes its letter wherever it lies; who has the letter gets the request, nobody gets half.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.core.model import Kind, NodeId
from gateway.core.stages import Stage
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import Manner, SmallAxis, open_axis

WRITER, READER, OTHER = "000.22.40.H14", "000.20.35.H21", "000.00.00.H14"
COMMUNE, PROVINCE, CENTRAL = NodeId("H14.22"), NodeId("H14"), NodeId("G22")


async def documents_of(axis: SmallAxis, code: str) -> int:
    return len(await axis.waiting(code, Kind.DOCUMENT))


@pytest.mark.parametrize("looks", [False, True])
async def test_letter_that_was_seen_stays_and_the_13_is_delivered(tmp_path: Path, looks: bool) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        accepted = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.settle()
        office, caller = axis.node_of(READER).office, axis.caller(READER)
        await (office.read if looks else office.open)(caller, accepted.letter_id)
        await axis.report(WRITER, accepted.letter_id, "13", "gửi nhầm")
        await axis.settle()
        kinds = [item.kind for item in await axis.waiting(READER)]
        line = await axis.line(accepted.letter_id, WRITER, READER)

    assert sorted(kinds) == [Kind.DOCUMENT, Kind.STATUS]
    assert line.stage is Stage.WAITING


async def test_letter_behind_a_cut_link_is_stopped_where_it_arrives(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        axis.post.cut(PROVINCE, CENTRAL)
        accepted = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.settle()
        await axis.report(WRITER, accepted.letter_id, "13", "gửi nhầm")
        await axis.settle()
        axis.post.heal(PROVINCE, CENTRAL)
        await axis.wait(timedelta(hours=1))
        await axis.wait(timedelta(hours=1))
        line = await axis.line(accepted.letter_id, WRITER, READER)
        (notice,) = await axis.collect(WRITER, Kind.STATUS)
        arrived = await axis.waiting(READER)

    assert arrived == []
    assert line.stage is Stage.STOPPED
    assert "TRUC-517" in notice.content.decode()


async def test_letter_that_never_left_its_node_is_stopped_there_at_once(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        accepted = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.report(WRITER, accepted.letter_id, "13", "gửi nhầm")
        line = await axis.line(accepted.letter_id, WRITER, READER)
        await axis.settle()
        carried = axis.post.carried
        arrived = await axis.waiting(READER)
        again = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.settle()
        anew = await documents_of(axis, READER)

    assert (line.stage, line.at) == (Stage.STOPPED, axis.node_of(WRITER).name)
    assert arrived == []
    assert not again.repeated
    assert anew == 1, "what was stopped may be sent anew, and its old 13 does not stop that"
    assert carried


async def test_policy_deliver_both_hands_over_letter_and_request(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path, Manner(take_back="deliver-both")) as axis:
        accepted = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.report(WRITER, accepted.letter_id, "13", "gửi nhầm")
        await axis.settle()
        kinds = [item.kind for item in await axis.waiting(READER)]

    assert sorted(kinds) == [Kind.DOCUMENT, Kind.STATUS]
