import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.folder import FolderAdapter
from gateway.config import FolderSection
from gateway.core.errors import Unavailable
from gateway.core.model import AgencyCode
from gateway.ports import Accepted, Caller, Office
from tests.kit.folders import COMMUNE, DISTRICT, OTHER, PROVINCE, FolderHouse, folder_house
from tests.kit.messages import message
from tests.unit.adapters.folder.test_inbox import letter


class SlowFor:
    """An office that never comes to an end with one caller."""

    def __init__(self, office: Office, agency: AgencyCode) -> None:
        self._office, self._agency = office, agency

    def __getattr__(self, name: str) -> Any:
        return getattr(self._office, name)

    async def accept(self, source: AsyncIterator[bytes], caller: Caller) -> Accepted:
        if self._agency in caller.agencies:
            await asyncio.Event().wait()
        return await self._office.accept(source, caller)


def edxml(sender: str) -> bytes:
    who = f"<From><OrganId>{sender}</OrganId></From><To><OrganId>{PROVINCE}</OrganId></To>"
    return message("<Subject>x</Subject>", who=who)


async def running(house: FolderHouse, adapter: FolderAdapter, there: Callable[[], bool]) -> None:
    """Let the adapter's loop run until something is so."""
    (poller,) = adapter.pollers()
    loop = asyncio.ensure_future(poller())
    try:
        async with asyncio.timeout(30):
            while not there():
                house.axis.clock.advance(1)
                await asyncio.sleep(0)
                assert not loop.done()
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def test_all_folders_are_looked_at(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        for agency in (DISTRICT, COMMUNE, OTHER):
            await house.poll(agency=agency)
            (house.places(agency).out / "x.edxml").write_bytes(edxml(agency))
        await running(
            house,
            house.adapter,
            lambda: all(any(house.places(a).sent.glob("x_*")) for a in (DISTRICT, COMMUNE, OTHER)),
        )
        assert len(await house.mailbox()) == 3


async def test_one_that_never_comes_to_an_end_slows_nobody_else(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        office = SlowFor(house.node.office, DISTRICT)
        adapter = FolderAdapter(replace(house.workplace, office=office))  # type: ignore[arg-type]
        for agency in (DISTRICT, COMMUNE):
            await house.poll(agency=agency)
            (house.places(agency).out / "x.edxml").write_bytes(edxml(agency))
        await running(house, adapter, lambda: any(house.places(COMMUNE).sent.glob("x_*")))
        assert (house.places().out / "x.edxml").exists()


@pytest.mark.parametrize(
    ("ways", "refused"),
    [
        ({DISTRICT: {"path": "../a"}}, {DISTRICT}),
        ({DISTRICT: {"path": "/etc"}}, {DISTRICT}),
        ({DISTRICT: {"path": "."}}, {DISTRICT}),
        ({DISTRICT: {"path": "a"}, COMMUNE: {"path": "a"}}, {DISTRICT, COMMUNE}),
        ({DISTRICT: {"path": "a"}, COMMUNE: {"path": "a/in/b"}}, {DISTRICT, COMMUNE}),
        ({DISTRICT: {"path": "a"}, COMMUNE: {"path": "a-b"}}, set()),
        ({}, set()),
    ],
)
async def test_folder_that_is_nobodys_or_somebody_elses_is_not_used(
    tmp_path: Path, ways: Mapping[AgencyCode, Mapping[str, Any]], refused: set[AgencyCode]
) -> None:
    async with folder_house(tmp_path, {}) as house:
        for agency in (DISTRICT, COMMUNE):
            path = house.root / str(ways.get(agency, {}).get("path", agency))
            if path.is_relative_to(house.root) and ".." not in path.parts:
                path.mkdir(parents=True, exist_ok=True)
        adapter = FolderAdapter(replace(house.workplace, ways=lambda: ways))
        for agency in (DISTRICT, COMMUNE):
            accepted = await house.send(letter("a.pdf", to=agency, number=agency[4:6]))
            opened = await house.opened(accepted.letter_id, agency)
            if agency in refused:
                with pytest.raises(Unavailable) as failed:
                    await adapter.deliver(opened)
                assert failed.value.code == "TRUC-802"
            else:
                assert await adapter.deliver(opened)


async def test_wrong_setting_is_told_once(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        ways = {DISTRICT: {"path": "../a"}}
        adapter = FolderAdapter(replace(house.workplace, ways=lambda: ways))
        until = house.axis.clock.now().timestamp() + 60
        await running(house, adapter, lambda: house.axis.clock.now().timestamp() > until)
        told = [line for line in house.node.said("folder.failed") if line["agency"] == DISTRICT]
        assert [line["code"] for line in told] == ["TRUC-802"]


async def test_new_setting_counts_without_a_restart(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        ways = {DISTRICT: {"path": "h14-31"}}
        adapter = FolderAdapter(replace(house.workplace, ways=lambda: ways))
        (house.root / "new").mkdir()
        for place, number in (("h14-31", "1"), ("new", "2")):
            ways = {DISTRICT: {"path": place}}
            accepted = await house.send(letter("a.pdf", number=number))
            await adapter.deliver(await house.opened(accepted.letter_id))
            assert len(list((house.root / place / "in").glob("2026*"))) == 1


async def test_without_a_root_nothing_is_polled_and_letters_wait(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        adapter = FolderAdapter(replace(house.workplace, settings=FolderSection()))
        assert adapter.pollers() == ()
        accepted = await house.send(letter("a.pdf"))
        with pytest.raises(Unavailable):
            await adapter.deliver(await house.opened(accepted.letter_id))


async def test_probe_tells_whether_the_folder_can_be_used(tmp_path: Path) -> None:
    async with folder_house(tmp_path) as house:
        await house.poll(agency=DISTRICT)
        (good,) = await house.adapter.probe(DISTRICT)
        assert good.is_good
        (tmp_path / "shares" / "h14-31-05").rename(tmp_path / "gone")
        (bad,) = await house.adapter.probe(COMMUNE)
        assert not bad.is_good
        assert "không có" in bad.vi
        assert await house.adapter.probe(AgencyCode("nobody")) == ()
