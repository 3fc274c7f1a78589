"""What the broker gave up on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from gateway.broker.memory import MemoryPost
from gateway.core.catalogue import UNREADABLE
from gateway.core.model import Lane
from gateway.doors.parking import Parking
from tests.kit.builders import CENTRAL, PROVINCE, small_axis
from tests.kit.nodes import Manner, open_axis


async def test_a_parked_frame_is_kept_in_quarantine_and_leaves_the_broker(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, Manner(on_disk=True)) as axis:
        post = MemoryPost(clock=axis.clock, rng=axis.rng, delivery_limit=1)
        sender, receiver = post.broker(PROVINCE), post.broker(CENTRAL)
        inbox = receiver.inbox(PROVINCE, Lane.NORMAL)
        await sender.publish(CENTRAL, Lane.NORMAL, b"poison")
        for _ in range(2):
            await inbox.nack(await inbox.get(1, 1000))
        parking = Parking(axis.nodes[CENTRAL].desk, receiver)

        assert await parking.step() == 1
        assert await parking.step() == 0
        assert len(axis.nodes[CENTRAL].said("frame.damaged")) == 1

    database = sqlite3.connect(tmp_path / CENTRAL / "truc.db")
    rows = database.execute("SELECT code, neighbour, lane FROM quarantine").fetchall()
    database.close()
    assert rows == [(UNREADABLE.code, PROVINCE, "normal")]
