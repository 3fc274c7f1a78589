"""
A node with agencies that exchange through folders: real doors over a real store, real files, a clock by hand.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.folder.adapter import FolderAdapter
from adapters.folder.exchange import Exchange
from adapters.folder.layout import RECORD, Places
from gateway.config import FolderSection
from gateway.core.directory import Directory, from_rows
from gateway.core.model import AgencyCode, LetterId, NodeId
from gateway.office import one_chunk
from gateway.ports import Accepted, AtTheDoor, Caller, Deliverer, MailItem, OpenLetter, Workplace
from tests.kit.nodes import Manner, SmallAxis, SmallNode, open_axis

NODE = NodeId("H14")
PROVINCE, DISTRICT, COMMUNE, OTHER = (
    AgencyCode(code) for code in ("000.00.00.H14", "000.00.31.H14", "000.05.31.H14", "000.06.31.H14")
)
POLL = timedelta(seconds=5)


def folder_directory() -> Directory:
    """A province with a mailbox; a district and two communes that nearly share a name, with folders."""
    named = {DISTRICT: "UBND huyện Hà Quảng", COMMUNE: "UBND xã Trường Hà", OTHER: "UBND xã Trường Hạ"}
    return from_rows(
        1,
        [{"id": NODE, "name": "Nút Cao Bằng", "organ_code": "AX.H14"}],
        [
            {"code": PROVINCE, "name": "UBND tỉnh Cao Bằng", "node": NODE},
            {"code": "AX.H14", "name": "Trục H14", "node": NODE},
            *({"code": c, "name": n, "node": NODE, "delivery": "folder"} for c, n in named.items()),
        ],
    )


class FolderHouse:
    """The node, its folder adapter, and the folders of three agencies below `root`."""

    def __init__(self, axis: SmallAxis, adapter: FolderAdapter, workplace: Workplace) -> None:
        self.axis, self.adapter, self.workplace = axis, adapter, workplace
        self.root: Path = workplace.settings.root
        self.ways = workplace.ways()
        self._exchanges: dict[AgencyCode, Exchange] = {}

    @property
    def node(self) -> SmallNode:
        return self.axis.nodes[NODE]

    def places(self, agency: AgencyCode = DISTRICT) -> Places:
        return Places(self.root / self.ways.get(agency, {}).get("path", agency))

    def exchange(self, agency: AgencyCode = DISTRICT) -> Exchange:
        """The folder at work, as the poller of the adapter has it."""
        if agency not in self._exchanges:
            self.restart(agency)
        return self._exchanges[agency]

    def restart(self, agency: AgencyCode = DISTRICT) -> None:
        """Forget what only the process knew."""
        root = self.places(agency).root
        self._exchanges[agency] = Exchange(self.workplace, agency, self.root, root)

    async def poll(self, times: int = 1, agency: AgencyCode = DISTRICT) -> None:
        """Let the folder be looked at, `times` times, five seconds apart."""
        for _ in range(times):
            self.axis.clock.advance(POLL)
            await self.exchange(agency).round()

    async def send(self, data: bytes, by: AgencyCode = PROVINCE) -> Accepted:
        """Hand a letter in over the API."""
        return await self.node.office.accept(one_chunk(data), Caller("key", frozenset({by})))

    async def hand_over(self) -> None:
        """One round of offers to the agencies."""
        self.axis.clock.advance(timedelta(seconds=1))
        await self.node.handover.step()

    async def opened(self, letter_id: LetterId, agency: AgencyCode = DISTRICT) -> OpenLetter:
        """A letter as it is offered to an agency."""
        letter = await self.node.store.letter(letter_id)
        assert letter is not None
        return self.node.handover.open_letter(letter, agency)

    async def mailbox(self) -> list[MailItem]:
        """What lies at the province's door."""
        await self.hand_over()
        return list(await self.node.office.list(Caller("key", frozenset({PROVINCE}))))

    async def message(self, letter_id: LetterId) -> bytes:
        """A letter that lies at the province's door."""
        opened = await self.node.office.open(Caller("key", frozenset({PROVINCE})), letter_id)
        return b"".join(opened.chunks())

    def letters(self, agency: AgencyCode = DISTRICT) -> list[Path]:
        """The folders of letters, wherever they lie."""
        return sorted(
            path.parent for path in self.places(agency).root.rglob(RECORD) if "out" not in path.parts
        )


@asynccontextmanager
async def folder_house(
    folder: Path, ways: Mapping[AgencyCode, Mapping[str, Any]] | None = None
) -> AsyncIterator[FolderHouse]:
    """Bring up the node with its folders under `folder`."""
    given = ways if ways is not None else {DISTRICT: {"path": "h14-31"}, COMMUNE: {"path": "h14-31-05"}}
    root = folder / "shares"
    deliverers: dict[str, Deliverer] = {"mailbox": AtTheDoor()}
    async with open_axis(folder_directory(), folder, Manner(deliverers=deliverers)) as axis:
        node = axis.nodes[NODE]
        workplace = Workplace(
            node=NODE,
            office=node.office,
            notices=None,  # type: ignore[arg-type]  # a folder tells nobody, and holds no secret
            keyring=None,  # type: ignore[arg-type]
            vault=None,  # type: ignore[arg-type]
            clock=axis.clock,
            bell=node.bell,
            log=node.desk.log,
            settings=FolderSection(root=root),
            ways=lambda: given,
            data_dir=folder / "data",
            environ={},
        )
        adapter = FolderAdapter(workplace)
        deliverers["folder"] = adapter.deliverer()
        house = FolderHouse(axis, adapter, workplace)
        for agency in (DISTRICT, COMMUNE, OTHER):
            house.places(agency).root.mkdir(parents=True, exist_ok=True)
        yield house
