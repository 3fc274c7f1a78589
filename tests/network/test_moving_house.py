"""
An agency moves from the axis above to its province's node and back, under traffic: every letter arrives once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

from gateway.core.directory import Directory
from gateway.core.model import AgencyCode, Kind
from tests.kit.agencies import Mail
from tests.kit.correspondence import agency, letter, tree
from tests.kit.uplink import SECRET, Below, TwoAxes, behind, two_axes

NEIGHBOUR, MOVER = "000.01.00.H14", "000.02.00.H14"
FAR = "000.00.00.G12"
"""An agency that lives on the axis above, and stays there."""
NODE_SYSTEM, OWN_SYSTEM = "vxp.h14", "vxp.h14.02"


def above() -> Directory:
    served = {"delivery": "vxp", "sends_arrived": True}
    return tree({"G22": ""}, [agency(code, "G22", **served) for code in (NEIGHBOUR, MOVER, FAR)])


def province() -> Directory:
    return tree({"H14": ""}, [agency(NEIGHBOUR, "H14"), behind(MOVER, "H14"), behind(FAR, "H14")])


@dataclass
class Traffic:
    """Letters to the agency that moves, and what came of them; its system fetches where it lives."""

    world: TwoAxes
    sent: list[bytes] = field(default_factory=list)
    fetched_above: list[bytes] = field(default_factory=list)
    fetched_here: list[bytes] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def house(self) -> Below:
        return self.world.below[NODE_SYSTEM]

    async def send(self) -> None:
        """One letter from a neighbour at its node, one from an agency above."""
        near, far = (letter(who, MOVER, number=next(self.numbers)) for who in (NEIGHBOUR, FAR))
        await self.house.axis.send(near, by=NEIGHBOUR)
        await self.world.above.send(far, by=FAR)
        self.sent += [near, far]

    async def fetch_above(self) -> None:
        self.fetched_above += contents(await self.world.above.collect(MOVER, Kind.DOCUMENT))
        await self.world.settle()

    async def fetch_here(self) -> None:
        self.fetched_here += contents(await self.house.axis.collect(MOVER, Kind.DOCUMENT))
        await self.world.settle()

    async def serve_above_by(self, *systems: str) -> None:
        """The operators of the axis above say which systems fetch for the agency."""
        keyring = self.world.door.keyring
        for system in (NODE_SYSTEM, OWN_SYSTEM):
            served = {NEIGHBOUR} if system == NODE_SYSTEM else set()
            keyring.systems.pop(system)
            keyring.add(system, SECRET, *(served | ({MOVER} if system in systems else set())))


def contents(mails: list[Mail]) -> list[bytes]:
    return [mail.content for mail in mails]


@asynccontextmanager
async def moving(folder: Path) -> AsyncIterator[Traffic]:
    systems = {NODE_SYSTEM: (NEIGHBOUR,), OWN_SYSTEM: (MOVER,)}
    async with two_axes(folder, above(), systems, {NODE_SYSTEM: province()}) as world:
        yield Traffic(world)


async def test_every_letter_arrives_once_while_the_agency_moves_there_and_back(tmp_path: Path) -> None:
    async with moving(tmp_path) as traffic:
        world, house = traffic.world, traffic.house
        await house.move(MOVER, "uplink", "uplink")
        await traffic.send()
        await world.settle()
        await traffic.fetch_above()

        await traffic.send()  # these lie above, not fetched
        await world.settle()
        await traffic.send()  # these are on their way
        await house.move(MOVER, "mailbox", "both", system_id=OWN_SYSTEM, secret=SECRET)
        await world.settle()
        await traffic.fetch_here()
        await traffic.send()
        await world.settle()
        await traffic.fetch_here()
        moved_in = list(traffic.fetched_here)

        await traffic.send()
        await traffic.serve_above_by(NODE_SYSTEM)
        await house.move(MOVER, "mailbox", "local")
        await world.settle()
        await traffic.send()
        await world.settle()
        await traffic.fetch_here()

        await traffic.send()  # these lie at the door here
        await world.settle()
        await traffic.send()  # these are on their way
        await traffic.serve_above_by(OWN_SYSTEM)
        await house.move(MOVER, "uplink", "uplink")
        await world.settle()
        await world.wait(timedelta(hours=1))
        await traffic.fetch_above()
        await traffic.send()
        await world.wait(timedelta(hours=1))
        await traffic.fetch_above()
        lies_here = await house.axis.collect(MOVER, Kind.DOCUMENT)

    arrived = Counter(traffic.fetched_above + traffic.fetched_here + contents(lies_here))
    assert arrived == Counter(traffic.sent)
    assert len(moved_in) == 6
    # what came down from another agency above cannot go up again in its name
    assert [mail.item.sender for mail in lies_here] == [FAR]


async def test_what_it_sends_while_it_moves_goes_up_in_its_own_name(tmp_path: Path) -> None:
    async with moving(tmp_path) as traffic:
        world, house = traffic.world, traffic.house
        await house.move(MOVER, "mailbox", "both", system_id=OWN_SYSTEM, secret=SECRET)
        content = letter(MOVER, FAR)
        await house.axis.send(content, by=MOVER)
        await world.settle()
        got = contents(await world.above.collect(FAR, Kind.DOCUMENT))
        refused = world.door.log("http.request")
    assert got == [content]
    assert [entry["codes"] for entry in refused if entry["codes"]] == []


async def test_letter_that_went_up_before_the_move_is_handed_over_here(
    tmp_path: Path,
) -> None:
    async with moving(tmp_path) as traffic:
        world, house = traffic.world, traffic.house
        await traffic.send()
        await world.settle()
        await house.move(MOVER, "mailbox", "both", system_id=OWN_SYSTEM, secret=SECRET)
        await world.settle()
        await house.restart()
        await world.settle()
        await traffic.fetch_here()
        await world.wait(timedelta(days=2))
        await traffic.fetch_here()
        left_above = await world.above.waiting(MOVER)
    assert Counter(traffic.fetched_here) == Counter(traffic.sent)
    assert left_above == []


async def test_agency_that_has_moved_is_drained_no_more(tmp_path: Path) -> None:
    async with moving(tmp_path) as traffic:
        world, house = traffic.world, traffic.house
        await house.move(MOVER, "mailbox", "both", system_id=OWN_SYSTEM, secret=SECRET)
        await house.move(MOVER, "mailbox", "local")
        await traffic.send()
        await world.settle()
        await traffic.fetch_here()
        left = [item.sender for item in await world.above.waiting(MOVER)]
        drained = list(house.adapter.axis.drained())
    assert len(traffic.fetched_here) == 1
    assert left == [AgencyCode(FAR)]
    assert drained == []
