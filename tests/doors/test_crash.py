"""
A node dies after each step and is started again over its store: nothing is lost, nothing happens twice.

The story is always the same: a commune's letter goes over the province to central, its agency takes it, and
the 01 that central makes in the agency's name comes back. Only the place and the hour of death differ.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.core.delivery import State
from gateway.core.model import Kind, LetterId, NodeId
from gateway.core.stages import Stage
from gateway.ports import Accepted, MailItem
from tests.kit.correspondence import agency, letter, tree
from tests.kit.counts import counts
from tests.kit.nodes import COMMITTED, Manner, SmallAxis, open_axis
from tests.kit.steps import Died

ORIGIN, TRANSIT, END = (NodeId(name) for name in ("commune", "province", "central"))
AXIS = tree(
    {"central": "", "province": "central", "commune": "province"},
    [agency("000.01.H14", "commune"), agency("000.00.G22", "central")],
)
WRITER, READER = "000.01.H14", "000.00.G22"
LONG = timedelta(minutes=10)
"""Longer than any retry or offer that follows a single death."""

SMALL, LARGE = 2_000, 2_500_000
"""One frame with everything in rows; three frames with partial files and a blob."""


class Agency:
    """A document system that stores what it fetches before it says that it has it."""

    def __init__(self, axis: SmallAxis, code: str) -> None:
        self.axis, self.code = axis, code
        self.stored: dict[LetterId, MailItem] = {}
        self.contents: dict[LetterId, bytes] = {}
        self.acknowledged: set[LetterId] = set()

    async def empty_its_mailbox(self) -> None:
        """Come again if the node dies in the middle."""
        while True:
            try:
                return await self._round()
            except Died:
                self.axis.start(self.axis.node_of(self.code).name)
                await self.axis.settle()

    async def _round(self) -> None:
        office, caller = self.axis.node_of(self.code).office, self.axis.caller(self.code)
        for item in await self.axis.waiting(self.code):
            assert item.letter_id not in self.acknowledged, "listed again after its acknowledgement"
            opened = await office.open(caller, item.letter_id)
            self.stored[item.letter_id] = item
            self.contents[item.letter_id] = b"".join(opened.chunks())
            await office.ack(caller, item.letter_id)
            self.acknowledged.add(item.letter_id)

    async def send(self, content: bytes) -> Accepted:
        """Hand a letter in; again if the node dies before it answers."""
        try:
            return await self.axis.send(content, by=self.code)
        except Died:
            self.axis.start(self.axis.node_of(self.code).name)
            return await self.axis.send(content, by=self.code)


async def go_on(axis: SmallAxis) -> None:
    """Let everybody work; raise who died, and let time pass until all is done."""
    await axis.settle()
    while dead := [name for name, node in axis.nodes.items() if not node.is_alive]:
        for name in dead:
            axis.start(name)
        await axis.wait(LONG)


async def hold_the_promises(axis: SmallAxis, size: int) -> None:
    """Live through the story; at its end everything happened, and happened once."""
    writer, reader = Agency(axis, WRITER), Agency(axis, READER)
    content = letter(WRITER, READER, size=size)
    accepted = await writer.send(content)
    await go_on(axis)
    await reader.empty_its_mailbox()
    await go_on(axis)
    await writer.empty_its_mailbox()
    await go_on(axis)

    assert reader.contents == {accepted.letter_id: content}
    assert [(item.kind, item.status_code) for item in writer.stored.values()] == [(Kind.STATUS, "01")]
    for agency_here in (writer, reader):
        assert await axis.waiting(agency_here.code) == []
    line = await axis.line(accepted.letter_id, WRITER, READER)
    assert (line.stage, [s.code for s in line.statuses]) == (Stage.DELIVERED, ["01"])
    assert axis.post.depths() == {}
    for name in (ORIGIN, TRANSIT, END):
        await ended_once(axis, name, accepted.letter_id)


async def ended_once(axis: SmallAxis, name: NodeId, letter_id: LetterId) -> None:
    """Every delivery of a node came to its end, and the journal tells of it once."""
    store = axis.nodes[name].store
    assert {state for _, state in await counts(store)} <= {State.TAKEN, State.DELIVERED}
    assert await store.duties(10) == []
    journal = [row.event for row in await store.journal(0, 1000) if row.letter_id == letter_id]
    ours = "letter.accepted" if name == ORIGIN else "letter.taken"
    assert journal.count(ours) == 1
    assert journal.count("delivery.acknowledged" if name == END else "delivery.taken") == 1


def lives(axis: SmallAxis, name: NodeId) -> int:
    return sum(node.name == name for node in axis.lives)


INTAKE = ("C1", "C2", "C3")
ARRIVAL = ("C4", "C7", "C8")
RELAY = ("C9", "C10", "C11", "C12")


@pytest.mark.parametrize(
    ("name", "point", "count", "size"),
    [
        # the letter on its way, in one frame and in pieces
        *[(ORIGIN, point, 1, size) for point in (*INTAKE, "C5", *RELAY) for size in (SMALL, LARGE)],
        *[(TRANSIT, point, 1, size) for point in (*ARRIVAL, "C5", *RELAY) for size in (SMALL, LARGE)],
        *[(END, point, 1, size) for point in (*ARRIVAL, "C5", "C14") for size in (SMALL, LARGE)],
        # the status on its way back, and the receipts
        *[(END, point, 1, SMALL) for point in (*INTAKE, *RELAY)],
        *[(TRANSIT, point, 2, SMALL) for point in (*ARRIVAL, "C5", *RELAY)],
        *[(ORIGIN, point, count, SMALL) for point in ARRIVAL for count in (1, 2)],
    ],
)
async def test_nothing_is_lost_and_nothing_happens_twice(
    tmp_path: Path, name: NodeId, point: str, count: int, size: int
) -> None:
    async with open_axis(AXIS, tmp_path, Manner(on_disk=True)) as axis:
        axis.let_die(name, point, count)
        await hold_the_promises(axis, size)

        assert lives(axis, name) == 2, f"{name} never came to {point} for the {count}. time"


@pytest.mark.parametrize("point", ["C6", COMMITTED])
@pytest.mark.parametrize("name", [ORIGIN, TRANSIT, END])
async def test_nothing_is_lost_whichever_commit_a_node_dies_at(
    tmp_path: Path, name: NodeId, point: str
) -> None:
    """At each commit of the whole story in turn: just before it, and just after it."""
    count, died = 0, True
    while died:
        count += 1
        folder = tmp_path / str(count)
        folder.mkdir()
        async with open_axis(AXIS, folder, Manner(on_disk=True)) as axis:
            axis.let_die(name, point, count)
            await hold_the_promises(axis, SMALL)
            died = lives(axis, name) == 2

    assert count > 5
