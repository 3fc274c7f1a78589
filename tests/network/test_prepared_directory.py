"""
A change of the directory that an operator prepared comes in force in the running node, by itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from gateway.client import TrucClient
from gateway.core.calendar import today
from gateway.core.directory_change import Change
from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode, NodeId
from gateway.sandbox.axis import memory_axis
from tests.kit.correspondence import four_level, letter
from tests.kit.heard import HeardLog

WRITER, CLOSED, HEIR = "000.00.00.H14", AgencyCode("000.00.13.H14"), AgencyCode("000.00.01.H14")


async def test_running_node_puts_prepared_changes_in_force(tmp_path: Path) -> None:
    log = HeardLog()
    async with memory_axis(four_level(), folder=tmp_path, log_to=log) as axis:
        node = axis.nodes[NodeId("H14")]
        now = node.desk.clock.now()
        row = node.desk.directory().agencies[CLOSED]
        closed = replace(row, valid_to=today(now) - timedelta(days=1), successor=HEIR)
        broken = replace(row, successor="000.00.99.H99")
        await node.desk.store.prepare_directory(Change(agencies=(broken,)), today(now), now)
        await node.desk.store.prepare_directory(Change(agencies=(closed,)), today(now), now)
        later = await node.desk.store.prepare_directory(
            Change(removed_agencies=(HEIR,)), today(now) + timedelta(days=30), now
        )
        await log.until("directory.refused", node="H14")
        await log.until("directory.changed", node="H14", directory_version=2)
        desk = axis.desks[AgencyCode(WRITER)]
        async with TrucClient(desk.url, desk.key) as office:
            answer = await office.send(letter(WRITER, CLOSED), dry_run=True)
            groups = await office.send(letter(WRITER, CLOSED), to=["@huyen:H14"], dry_run=True)
            try:
                await office.send(letter(WRITER, CLOSED), to=["@bộ"], dry_run=True)
            except Rejected as refused:
                told = refused.code
        waiting = await node.desk.store.prepared_directories()

    assert [recipient.served for recipient in answer.recipients] == [HEIR]
    assert [recipient.served for recipient in groups.recipients] == ["000.00.40.H14"]
    assert told == "TRUC-425"
    assert [(each.number == later, bool(each.refused)) for each in waiting] == [(False, True), (True, False)]
