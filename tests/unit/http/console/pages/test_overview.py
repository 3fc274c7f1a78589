from __future__ import annotations

from datetime import timedelta

from gateway.core.delivery import Target
from gateway.http.surroundings import Health
from gateway.ports import Role
from tests.kit.builders import CENTRAL, OTHER_PROVINCE, new_letter
from tests.kit.console import Console


async def test_links_show_what_the_neighbour_does_not_hold_yet(console: Console) -> None:
    console.health = Health(store=True, links={CENTRAL: True, OTHER_PROVINCE: False})
    await console.store.add_letter(new_letter(1, Target(neighbour=CENTRAL)), console.clock.now())
    async with console.person(Role.VIEWER) as person:
        words = (await person.open("/console/")).words
        assert f"{CENTRAL} ✓ Thông suốt 1 0" in words
        assert f"{OTHER_PROVINCE} ✕ Mất kết nối 0 0" in words


async def test_figures_begin_at_midnight_in_vietnam_and_may_be_some_seconds_old(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        assert "Văn bản gửi 0" in (await person.open("/console/")).words
        await console.store.add_letter(new_letter(1, Target(neighbour=CENTRAL)), console.clock.now())
        assert "Văn bản gửi 0" in (await person.open("/console/")).words
        console.clock.advance(timedelta(seconds=10))
        assert "Văn bản gửi 1" in (await person.open("/console/")).words


async def test_user_of_an_agency_sees_no_links_and_only_his_own_figures(console: Console) -> None:
    async with console.person(Role.AGENCY) as person:
        words = (await person.open("/console/")).words
        assert "Văn bản gửi" in words
        assert "Đường nối" not in words
        assert "Thông suốt" not in words
