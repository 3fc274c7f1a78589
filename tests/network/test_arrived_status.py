"""
Status 01: made by the node after the agency's acknowledgement, and only where its own system sends none.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.lifecycle import AUTOMATIC
from gateway.core.model import Kind
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import open_axis

WRITER = "000.22.40.H14"
SENDS_NONE, SENDS_ITS_OWN = "000.00.35.H21", "000.05.35.H21"
"""Two agencies of one node."""


async def test_there_is_no_01_before_the_acknowledgement(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        accepted = await axis.send(letter(WRITER, SENDS_NONE), by=WRITER)
        await axis.settle()
        office, caller = axis.node_of(SENDS_NONE).office, axis.caller(SENDS_NONE)
        await office.open(caller, accepted.letter_id)
        await axis.settle()
        fetched = await axis.waiting(WRITER)
        await office.ack(caller, accepted.letter_id)
        await axis.settle()
        acknowledged = await axis.waiting(WRITER)

    assert fetched == []
    assert [(item.status_code, item.sender) for item in acknowledged] == [("01", SENDS_NONE)]


async def test_01_of_the_node_is_marked_as_automatic(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        accepted = await axis.send(letter(WRITER, SENDS_NONE), by=WRITER)
        await axis.settle()
        await axis.collect(SENDS_NONE)
        await axis.settle()
        (mail,) = await axis.collect(WRITER, Kind.STATUS)
        line = await axis.line(accepted.letter_id, WRITER, SENDS_NONE)

    assert AUTOMATIC in mail.content.decode()
    assert [(s.code, s.is_automatic, s.is_notice) for s in line.statuses] == [("01", True, False)]


async def test_no_01_is_made_for_a_system_that_sends_its_own(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        accepted = await axis.send(letter(WRITER, SENDS_ITS_OWN), by=WRITER)
        await axis.settle()
        await axis.collect(SENDS_ITS_OWN)
        await axis.settle()
        before = await axis.waiting(WRITER)
        await axis.report(SENDS_ITS_OWN, accepted.letter_id, "01")
        await axis.settle()
        line = await axis.line(accepted.letter_id, WRITER, SENDS_ITS_OWN)

    assert before == []
    assert [(s.code, s.is_automatic) for s in line.statuses] == [("01", False)]


@pytest.mark.parametrize("named", ["000.00.35.H21", "H21.35"])
async def test_01_bears_the_code_that_the_sender_wrote(tmp_path: Path, named: str) -> None:
    """Systems match a status by the code they wrote to."""
    async with open_axis(four_level(), tmp_path) as axis:
        await axis.send(letter(WRITER, named), by=WRITER)
        await axis.settle()
        await axis.collect(SENDS_NONE)
        await axis.settle()
        (mail,) = await axis.collect(WRITER, Kind.STATUS)

    assert f"<edXML:OrganId>{named}</edXML:OrganId>" in mail.content.decode()


async def test_no_01_is_made_for_a_status(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        accepted = await axis.send(letter(SENDS_NONE, WRITER), by=SENDS_NONE)
        await axis.settle()
        await axis.collect(WRITER)
        await axis.report(WRITER, accepted.letter_id, "03")
        await axis.settle()
        first = await axis.collect(SENDS_NONE)
        await axis.settle()
        more = await axis.waiting(WRITER)

    assert [mail.item.status_code for mail in first] == ["03"]
    assert more == []


async def test_take_back_goes_to_every_receiver_and_their_answers_come_back(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        accepted = await axis.send(letter(WRITER, SENDS_ITS_OWN, "000.20.35.H21"), by=WRITER)
        await axis.settle()
        for code in (SENDS_ITS_OWN, "000.20.35.H21"):
            await axis.collect(code)
        await axis.settle()
        await axis.report(WRITER, accepted.letter_id, "13", "gửi nhầm")
        await axis.settle()
        asked = [
            [m.item.status_code for m in await axis.collect(c)] for c in (SENDS_ITS_OWN, "000.20.35.H21")
        ]
        await axis.report(SENDS_ITS_OWN, accepted.letter_id, "15")
        await axis.report("000.20.35.H21", accepted.letter_id, "16", "đã xử lý")
        await axis.settle()
        tracking = await axis.track(accepted.letter_id, WRITER)

    shown = {line.named: [s.code for s in line.statuses] for line in tracking.recipients}
    assert asked == [["13"], ["13"]]
    assert shown == {SENDS_ITS_OWN: ["13", "15"], "000.20.35.H21": ["13", "16"]}
