"""
A sender sets how long its letter may take; what has not arrived by then comes back with where and why.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.core.delivery import State
from gateway.core.model import Kind, LetterId, NodeId
from gateway.core.stages import Stage
from gateway.office import one_chunk
from gateway.ports import Accepted
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import Manner, SmallAxis, open_axis

WRITER, READER = "000.22.40.H14", "000.24.35.H21"
CENTRAL, FAR = NodeId("G22"), NodeId("H21")
HOUR = timedelta(hours=1)


async def send(axis: SmallAxis, content: bytes, ttl: timedelta | None) -> Accepted:
    office = axis.node_of(WRITER).office
    return await office.accept(one_chunk(content), axis.caller(WRITER), ttl=ttl)


async def stage(axis: SmallAxis, letter_id: LetterId) -> tuple[Stage, str, str]:
    line = await axis.line(letter_id, WRITER, READER)
    return line.stage, line.at, line.last_code


async def test_letter_that_did_not_arrive_in_its_time_comes_back_and_says_where_it_stopped(
    tmp_path: Path,
) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        axis.post.cut(CENTRAL, FAR)
        hasty = await send(axis, letter(WRITER, READER), 12 * HOUR)
        patient = await send(axis, letter(WRITER, READER, number=2), None)
        await axis.settle()
        await axis.wait(11 * HOUR)
        early = await stage(axis, hasty.letter_id)
        await axis.wait(2 * HOUR)
        late = await stage(axis, hasty.letter_id)
        (notice,) = await axis.collect(WRITER, Kind.STATUS)
        axis.post.heal(CENTRAL, FAR)
        await axis.wait(timedelta(minutes=1))
        received = await axis.collect(READER)
        await axis.settle()
        other = await stage(axis, patient.letter_id)

    assert hasty.expires_at == hasty.accepted_at + 12 * HOUR
    assert early == (Stage.RETRYING, CENTRAL, "TRUC-504")
    assert late == (Stage.RETURNED, CENTRAL, "TRUC-503")
    text = notice.content.decode()
    assert (notice.item.status_code, notice.item.sender) == ("02", "000.00.00.G22"), "who stopped it tells it"
    assert "TRUC-503" in text
    assert READER in text
    assert [mail.letter_id for mail in received] == [patient.letter_id]
    assert other[0] is Stage.DELIVERED


async def test_letter_behind_a_blocked_head_comes_back_in_its_time_too(tmp_path: Path) -> None:
    """The window holds the first 64 letters; what waits behind them is in the store, where time is kept."""
    async with open_axis(four_level(), tmp_path) as axis:
        axis.nodes[FAR].die()
        ahead = [await send(axis, letter(WRITER, READER, number=n), None) for n in range(1, 65)]
        await axis.settle()
        hasty = await send(axis, letter(WRITER, READER, number=99), HOUR)
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


async def test_letter_in_the_broker_is_judged_by_the_neighbour_when_it_comes_back(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path, Manner(on_disk=True)) as axis:
        axis.nodes[FAR].die()
        sent = await send(axis, letter(WRITER, READER), HOUR)
        await axis.settle()
        in_the_broker = await axis.delivery("G22", sent.letter_id, "link:H21")
        await axis.wait(2 * HOUR)
        meanwhile = await stage(axis, sent.letter_id)
        axis.start(FAR)
        await axis.wait(timedelta(minutes=1))
        after = await stage(axis, sent.letter_id)
        notices = [mail.content.decode() for mail in await axis.collect(WRITER, Kind.STATUS)]
        received = await axis.waiting(READER)

    assert in_the_broker.state is State.SENT
    assert meanwhile[0] is not Stage.RETURNED, "only the neighbour knows whether it has the letter"
    assert after == (Stage.RETURNED, CENTRAL, "TRUC-503")
    assert any("TRUC-503" in text and READER in text for text in notices)
    assert received == []


async def test_nobody_gets_more_time_than_the_axis_gives(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        usual = await send(axis, letter(WRITER, READER), None)
        greedy = await send(axis, letter(WRITER, READER, number=2), timedelta(days=300))
        office, caller = axis.node_of(WRITER).office, axis.caller(WRITER)
        tried = await office.accept(
            one_chunk(letter(WRITER, READER, number=3)), caller, ttl=timedelta(days=300), dry_run=True
        )

    assert abs(greedy.expires_at - usual.expires_at) < timedelta(minutes=1)
    assert "TRUC-317" in {finding.code for finding in greedy.findings}
    assert "TRUC-317" in {finding.code for finding in tried.findings}
    assert "TRUC-317" not in {finding.code for finding in usual.findings}
