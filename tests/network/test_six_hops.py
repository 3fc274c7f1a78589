"""
A commune writes to a commune in another province: six hops there, and the statuses back.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from gateway.client import TrucClient
from gateway.core.model import AgencyCode, Kind
from gateway.core.stages import Stage
from gateway.sandbox.axis import memory_axis
from tests.kit.correspondence import four_level, letter
from tests.kit.heard import HeardLog
from tests.kit.nodes import open_axis

WRITER, READER = "000.22.40.H14", "000.20.35.H21"
"""Both have document systems that send status 01 themselves."""
WAY = ("H14.40.22", "H14.40", "H14", "G22", "H21", "H21.35", "H21.35.20")


async def test_letter_crosses_six_links_and_arrives_byte_for_byte(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        content = letter(WRITER, READER)
        accepted = await axis.send(content, by=WRITER)
        await axis.settle()
        (mail,) = await axis.collect(READER)
        await axis.settle()
        line = await axis.line(accepted.letter_id, WRITER, READER)

    assert mail.content == content
    assert mail.letter_id == accepted.letter_id
    assert line.way == WAY
    assert [(c.from_node, c.to_node) for c in line.crossings] == list(pairwise(WAY))
    assert line.stage is Stage.DELIVERED


async def test_statuses_come_back_in_the_order_in_which_the_clerk_sent_them(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        accepted = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.settle()
        await axis.collect(READER)
        for code in ("01", "03", "06"):
            await axis.report(READER, accepted.letter_id, code)
            await axis.settle()
        statuses = await axis.collect(WRITER, Kind.STATUS)
        line = await axis.line(accepted.letter_id, WRITER, READER)

    assert [mail.item.status_code for mail in statuses] == ["01", "03", "06"]
    assert [status.code for status in line.statuses] == ["01", "03", "06"]
    assert line.status is not None
    assert line.status.code == "06"


async def test_running_axis_carries_it_there_and_the_statuses_back(tmp_path: Path) -> None:
    """The same story as programs live through it: nodes that run by themselves, spoken to over HTTP."""
    log, content = HeardLog(), letter(WRITER, READER, size=100_000)
    async with memory_axis(four_level(), folder=tmp_path, log_to=log) as axis:
        one, other = axis.desks[AgencyCode(WRITER)], axis.desks[AgencyCode(READER)]
        async with TrucClient(one.url, one.key) as writer, TrucClient(other.url, other.key) as reader:
            letter_id = (await writer.send(content)).letter_id
            await log.until("delivery.waiting", letter_id=letter_id, target=f"agency:{READER}")
            received = await reader.read(letter_id)
            await reader.ack(letter_id)
            for code in ("01", "03", "06"):
                await reader.report(letter_id, code)
            await log.until("delivery.waiting", count=3, target=f"agency:{WRITER}")
            (line,) = (await writer.track(letter_id)).recipients

    assert received == content
    assert line.way == WAY
    assert len(line.crossings) == 6
    assert line.stage.code is Stage.DELIVERED
    assert sorted(status.code for status in line.statuses) == ["01", "03", "06"]
