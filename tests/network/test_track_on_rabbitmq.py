"""
Where a letter is stuck behind a cut line, told by a real node over real RabbitMQ, and gone on within two
seconds when the line is mended: of its own node, of the node after it, and of the neighbour beyond.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.broker.topology import Link
from gateway.client import TrucClient
from gateway.core.calendar import VIETNAM
from gateway.core.delivery import State, Target
from gateway.core.model import AgencyCode, Kind, LetterId, NodeId
from gateway.core.stages import Stage
from gateway.keys import issue_key
from gateway.v1.shapes import RecipientTracking
from tests.kit.command import Ran, truc
from tests.kit.correspondence import agency, letter, tree
from tests.kit.story import StoryAxis, story

pytestmark = pytest.mark.external

CENTRAL, PROVINCE, COMMUNE, OTHER = NodeId("G22"), NodeId("H14"), NodeId("H14.31"), NodeId("H14.32")
WRITER, ABOVE, BESIDE = "000.00.31.H14", "000.00.01.G22", "000.00.32.H14"
AXIS = tree(
    {CENTRAL: "", PROVINCE: CENTRAL, COMMUNE: PROVINCE, OTHER: PROVINCE},
    [agency(WRITER, COMMUNE), agency(ABOVE, CENTRAL), agency(BESIDE, OTHER)],
)

PROMISED_SECONDS = 2.0
LOOK_SECONDS = 0.05
TRIES = 3  # a machine that does much else may be late once; one that keeps the promise never is three times
OFFERED_AGAIN = timedelta(seconds=61)


@dataclass(frozen=True)
class Desk:
    """The writer at its node: what `/v1` and `truc track` tell it."""

    axis: StoryAxis
    client: TrucClient
    url: str
    key: str

    async def line(self, letter_id: LetterId) -> RecipientTracking:
        """Where the letter is, for its only recipient."""
        (recipient,) = (await self.client.track(letter_id)).recipients
        return recipient

    async def stuck(self, letter_id: LetterId, at: NodeId) -> RecipientTracking:
        """Where it is, once that is known to be stuck at this node."""

        async def is_told() -> RecipientTracking | None:
            line = await self.line(letter_id)
            return line if line.at == at and line.trouble and line.next_try_at else None

        told = await self.axis.until(is_told, f"{letter_id} is told to be stuck at {at}")
        assert told is not None
        return told

    async def command(self, letter_id: LetterId) -> Ran:
        """What the command says."""
        return await asyncio.to_thread(truc, "track", letter_id, "--url", self.url, "--key", self.key)

    async def seconds_until_gone_on(self, letter_id: LetterId, at: NodeId) -> float:
        """How long the track goes on to name this node."""
        now = asyncio.get_running_loop().time
        began = now()
        while (await self.line(letter_id)).at == at:
            assert now() < began + 60
            await asyncio.sleep(LOOK_SECONDS)
        return now() - began


@asynccontextmanager
async def at_the_desk(config: pytest.Config, folder: Path) -> AsyncIterator[Desk]:
    async with story(config, folder, AXIS) as axis:
        node = axis.nodes[COMMUNE]
        key = await issue_key(node.desk.store, "văn thư", {AgencyCode(WRITER)}, axis.clock.now())
        async with TrucClient(node.address, key) as client:
            yield Desk(axis, client, node.address, key)


@pytest.mark.parametrize(
    ("at", "behind", "reader"),
    [(COMMUNE, PROVINCE, ABOVE), (PROVINCE, CENTRAL, ABOVE), (PROVINCE, OTHER, BESIDE)],
    ids=["its own line", "the line of the next node", "the line of the neighbour beyond"],
)
async def test_letter_behind_a_cut_line_is_told_where_and_goes_on_within_two_seconds_of_the_mending(
    at: NodeId, behind: NodeId, reader: str, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    async with at_the_desk(pytestconfig, tmp_path) as desk:
        axis, took = desk.axis, list[float]()
        link = Link(behind, at) if behind in (PROVINCE, CENTRAL) else Link(at, behind)
        for number in range(1, TRIES + 1):
            await axis.cut(at, behind)
            accepted = await axis.send(letter(WRITER, reader, number=number), by=WRITER)
            if link.parent == at:  # its broker takes the letter: only the silence of the neighbour tells
                await is_sent(axis, accepted.letter_id, at, behind)
                axis.skip(OFFERED_AGAIN)
            line = await desk.stuck(accepted.letter_id, at)
            shown = await desk.command(accepted.letter_id)

            axis.lines.proxies[link].accept()
            took.append(await desk.seconds_until_gone_on(accepted.letter_id, at))
            await axis.receive(reader, Kind.DOCUMENT)
            await axis.receive(WRITER, Kind.STATUS)
            await axis.links_up()

            assert line.trouble is not None
            assert (line.next_node, line.trouble.code) == (behind, "TRUC-504")
            assert line.stage.code is (Stage.SENT if link.parent == at else Stage.RETRYING)
            assert line.held_since is not None
            assert line.next_try_at is not None
            times = (line.held_since, line.next_try_at)
            since, again = (f"{time.astimezone(VIETNAM):%d/%m/%Y %H:%M}" for time in times)
            assert f"chưa qua nút {at} từ {since}" in shown.out
            assert f"chờ sang {behind}, lần thử kế tiếp {again}" in shown.out
            assert "TRUC-504" in shown.out
            if took[-1] <= PROMISED_SECONDS:
                break
        assert min(took) <= PROMISED_SECONDS, took


async def is_sent(axis: StoryAxis, letter_id: LetterId, at: NodeId, neighbour: NodeId) -> None:
    """Return when the broker of this node has the letter for its neighbour."""

    async def has_it() -> bool:
        record = await axis.nodes[at].desk.store.track(letter_id)
        mine = record.deliveries if record is not None else ()
        return any(d.target == Target(neighbour=neighbour) and d.state is State.SENT for d in mine)

    await axis.until(has_it, f"{letter_id} is sent to {neighbour}")
