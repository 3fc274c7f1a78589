"""
A sender sets how long its letter may take; what has not arrived by then comes back with where and why.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.core.model import Kind, LetterId, NodeId
from gateway.core.stages import Stage
from gateway.office import one_chunk
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import SmallAxis, open_axis

WRITER, READER = "000.22.40.H14", "000.24.35.H21"
CENTRAL, FAR = NodeId("G22"), NodeId("H21")
HOUR = timedelta(hours=1)


async def stage(axis: SmallAxis, letter_id: LetterId) -> tuple[Stage, str, str]:
    line = await axis.line(letter_id, WRITER, READER)
    return line.stage, line.at, line.last_code


async def test_letter_behind_a_blocked_head_comes_back_in_its_time_too(tmp_path: Path) -> None:
    """The window holds the first 64 letters; what waits behind them is in the store, where time is kept."""
    async with open_axis(four_level(), tmp_path) as axis:
        axis.nodes[FAR].die()
        ahead = [await axis.send(letter(WRITER, READER, number=n), by=WRITER) for n in range(1, 65)]
        await axis.settle()
        hasty = await axis.send(letter(WRITER, READER, number=99), by=WRITER, ttl=HOUR)
        await axis.settle()
        behind = await axis.delivery("G22", hasty.letter_id, "link:H21")
        await axis.wait(2 * HOUR)
        returned = await stage(axis, hasty.letter_id)
        notices = await axis.collect(WRITER, Kind.STATUS)
        waiting = await stage(axis, ahead[0].letter_id)

    assert behind.attempts == 0, "it never came to the head"
    assert returned == (Stage.RETURNED, CENTRAL, "TRUC-503")
    (text,) = [mail.content.decode() for mail in notices]
    assert "TRUC-503" in text
    assert READER in text
    assert waiting[0] is not Stage.RETURNED


async def test_nobody_gets_more_time_than_the_axis_gives(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        usual = await axis.send(letter(WRITER, READER), by=WRITER)
        greedy = await axis.send(letter(WRITER, READER, number=2), by=WRITER, ttl=timedelta(days=300))
        office, caller = axis.node_of(WRITER).office, axis.caller(WRITER)
        tried = await office.accept(
            one_chunk(letter(WRITER, READER, number=3)), caller, ttl=timedelta(days=300), dry_run=True
        )

    assert abs(greedy.expires_at - usual.expires_at) < timedelta(minutes=1)
    assert "TRUC-317" in {finding.code for finding in greedy.findings}
    assert "TRUC-317" in {finding.code for finding in tried.findings}
    assert "TRUC-317" not in {finding.code for finding in usual.findings}
