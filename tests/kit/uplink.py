"""
Nodes below another axis: a real node with its uplink, and the axis above it, a stub or a node of ours.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.vxp_uplink import UplinkAdapter
from gateway.config import UplinkSection
from gateway.config.values import Secret
from gateway.core.directory import Agency, Directory
from gateway.core.edxml import read, write_status
from gateway.core.facts import facts_of
from gateway.core.lifecycle import status
from gateway.core.model import AgencyCode, Kind, LetterId, NodeId, Organ
from gateway.ports import AtTheDoor, Deliverer, OpenLetter, Terms, Workplace
from gateway.ports.moving import UPLINK
from gateway.vault import FileVault
from tests.kit.agencies import Mail
from tests.kit.clock import START
from tests.kit.correspondence import agency, tree
from tests.kit.nodes import Manner, SmallAxis, SmallNode, open_axis
from tests.kit.sinks import take_apart
from tests.kit.vxp_door import Door, SmallKeyring, vxp_door

SECRET = "c2VjcmV0IHVwbGluaw=="
SYSTEM = "vxp.h14"
NODE = NodeId("H14")
OURS, OURS_TOO = AgencyCode("000.01.00.H14"), AgencyCode("000.02.00.H14")
ABOVE, ABOVE_TOO = AgencyCode("000.00.00.G12"), AgencyCode("000.00.00.G13")
UNHURRIED = 60.0
"""Seconds for which the hand-over waits for a call: a busy machine must change no story."""


def behind(code: str, node: str, **more: object) -> Agency:
    """An agency on the axis above a node."""
    return agency(code, node, delivery=UPLINK, sends_arrived=True, **more)


def below(*more: Agency) -> Directory:
    """One node with two agencies of its own and two above it."""
    rows = [agency(OURS, NODE), agency(OURS_TOO, NODE), behind(ABOVE, NODE), behind(ABOVE_TOO, NODE)]
    return tree({NODE: ""}, [*rows, *more])


def status_about(document: bytes, code: str, sender: str, to: str, description: str = "") -> bytes:
    """A status that an agency's own system writes about a document."""
    facts = facts_of(read(take_apart(document).split.envelope).envelope)
    written = status(
        code, sender=Organ(sender), to=to, facts=facts, at=START, description=description or "Lý do"
    )
    return write_status(written)


@dataclass
class Below:
    """A node, alone on its axis, with its uplink; `ways` are what an operator has set for it."""

    axis: SmallAxis
    folder: Path
    settings: UplinkSection
    deliverers: dict[str, Deliverer]
    ways: dict[AgencyCode, Mapping[str, Any]] = field(default_factory=dict)
    adapter: UplinkAdapter = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    @property
    def node(self) -> SmallNode:
        return self.axis.nodes[self.axis.directory.node_rows[0].id]

    @property
    def vault(self) -> FileVault:
        return FileVault(self.folder / "secrets.key")

    def workplace(self) -> Workplace:
        node = self.node
        return Workplace(
            node=node.name,
            office=node.office,
            notices=None,  # type: ignore[arg-type]  # an uplink tells nobody
            keyring=None,  # type: ignore[arg-type]  # and lets nobody in
            vault=self.vault,
            clock=self.axis.clock,
            bell=node.bell,
            log=node.desk.log,
            settings=self.settings,
            ways=lambda: self.ways,
            data_dir=self.folder / "data",
            environ={"UPLINK_SECRET": SECRET},
        )

    def begin(self) -> None:
        """A new life of the uplink, over the same files."""
        self.adapter = UplinkAdapter(self.workplace(), patience=UNHURRIED)
        self.deliverers[UPLINK] = self.adapter.deliverer()

    async def restart(self) -> None:
        """As after kill -9 of the whole process."""
        await self.adapter.sending.close()
        self.axis.start(self.node.name)
        self.begin()

    async def move(self, code: str, delivery: str, served: str, **more: str) -> None:
        """What `truc agency move` writes; `secret` is given in clear."""
        given = dict(more)
        if "secret" in given:
            given["secret"] = self.vault.seal(given["secret"])
        former = self.ways.get(AgencyCode(code), {})
        self.ways[AgencyCode(code)] = {"delivery": "mailbox", **former, **given, "served": served}
        directory = self.axis.directory
        rows = [
            agency(code, self.node.name, delivery=delivery, sends_arrived=True) if row.code == code else row
            for row in directory.agency_rows
        ]
        await self.axis.use(Directory(directory.version + 1, directory.node_rows, tuple(rows)))

    async def poll(self) -> int:
        """Ask the axis above for everything once; how many messages were new."""
        axis, new = self.adapter.axis, 0
        assert axis.own is not None
        for system in (axis.own, *axis.drained()):
            new += await self.adapter.receiving.round(system)
        return new

    async def opened(self, letter_id: LetterId, code: AgencyCode) -> OpenLetter:
        """A letter as it is offered to an agency."""
        letter = await self.node.store.letter(letter_id)
        assert letter is not None
        return self.node.handover.open_letter(letter, code)


@asynccontextmanager
async def node_below(
    endpoint: str,
    folder: Path,
    directory: Directory | None = None,
    *,
    system: str = SYSTEM,
    terms: Mapping[AgencyCode, Terms] | None = None,
) -> AsyncIterator[Below]:
    """Bring up a node whose uplink leads to `endpoint`."""
    folder.mkdir(parents=True, exist_ok=True)
    deliverers: dict[str, Deliverer] = {"mailbox": AtTheDoor()}
    manner = Manner(on_disk=True, deliverers=deliverers, terms=terms or {})
    settings = UplinkSection(endpoint=endpoint, system_id=system, secret=Secret("env", "UPLINK_SECRET"))
    async with open_axis(directory or below(), folder, manner) as axis:
        house = Below(axis, folder, settings, deliverers)
        try:
            yield house
        finally:
            await house.adapter.sending.close()


@dataclass
class TwoAxes:
    """Nodes below one axis of ours, which serves its agencies over VXP."""

    above: SmallAxis
    door: Door
    below: Mapping[str, Below]

    async def settle(self) -> None:
        """Let everything go on, above and below, until nothing moves any more."""
        quiet = 0
        while quiet < 2:
            moved = 0
            for axis in (self.above, *(house.axis for house in self.below.values())):
                await axis.settle()
            for house in self.below.values():
                moved += await house.poll() + await house.adapter.kept.round(house.adapter.kept.moved())
            quiet = 0 if moved else quiet + 1

    async def wait(self, passed: timedelta) -> None:
        """Let time pass everywhere, then settle."""
        for axis in (self.above, *(house.axis for house in self.below.values())):
            await axis.wait(passed)
        await self.settle()

    async def collect_above(self, code: str, kind: Kind | None = None) -> list[Mail]:
        """What an agency that lives above fetches there, with a system of its own."""
        return await self.above.collect(code, kind)


@asynccontextmanager
async def two_axes(
    folder: Path,
    directory: Directory,
    systems: Mapping[str, Sequence[str]],
    houses: Mapping[str, Directory],
) -> AsyncIterator[TwoAxes]:
    """
    An axis with the directory, and nodes below it.

    `systems`: system id → the agencies it serves above. `houses`: system id → directory of the node below.
    """
    keyring = SmallKeyring()
    for system, agencies in systems.items():
        keyring.add(system, SECRET, *agencies)
    async with AsyncExitStack() as stack:
        manner = Manner(deliverers={"mailbox": AtTheDoor(), "vxp": AtTheDoor()})
        above = await stack.enter_async_context(open_axis(directory, folder / "above", manner))
        office = next(iter(above.nodes.values()))
        door = await stack.enter_async_context(
            vxp_door(office.office, keyring=keyring, node=office.name, clock=above.clock)
        )
        found = {
            system: await stack.enter_async_context(node_below(door.url, folder / system, own, system=system))
            for system, own in houses.items()
        }
        yield TwoAxes(above, door, found)
