from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.core.directory import Agency, Directory
from gateway.core.model import AgencyCode
from gateway.http.console.pages.directory import LINES, Standing, standing_of
from gateway.ports import Role
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, COMMUNE, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.console import Console, listening_console

AT = "/console/directory"


def agency(code: str, **more: object) -> Agency:
    return Agency(code=AgencyCode(code), name=f"Sở {code}", node=PROVINCE, **more)  # type: ignore[arg-type]


def country(number: int) -> Directory:
    small = small_axis()
    more = tuple(agency(f"{each:03}.H14", tier="Sở" if each % 2 else "Xã") for each in range(number))
    return replace(small, agency_rows=(*small.agency_rows, *more))


async def test_agencies_are_found_by_words_without_marks_and_by_code(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        found = await person.open(f"{AT}?q=co+quan+{PROVINCE_OFFICE}")
        assert f"/console/directory/agencies/{PROVINCE_OFFICE}" in found.text
        assert "Tìm thấy 1 đơn vị" in found.words
        assert "Không có đơn vị nào như vậy" in (await person.open(f"{AT}?q=sao+hoa")).words


async def test_list_goes_on_page_by_page_and_keeps_what_was_chosen() -> None:
    axis = country(3 * LINES)
    async with listening_console(directory=axis) as console, console.person(Role.VIEWER) as person:
        first = await person.open(f"{AT}?tier=S%E1%BB%9F")
        assert first.text.count('<th scope="row">') == LINES
        assert "tier=S%E1%BB%9F&amp;after=" in first.text
        second = await person.open(first.text.split('href="')[-1].split('"')[0].replace("&amp;", "&"))
        assert second.status == 200
        found = await person.open(f"{AT}?q=so&after={LINES}")
        assert found.text.count('<th scope="row">') == LINES


@pytest.mark.parametrize("query", ["q=%00", "after=-1", "after=x", "tier=%3Cscript%3E", "q=" + "a" * 3000])
async def test_rubbish_in_the_question_shows_an_empty_page_or_the_first(console: Console, query: str) -> None:
    async with console.person(Role.VIEWER) as person:
        page = await person.open(f"{AT}?{query}")
        assert page.status == 200
        assert "<script>alert" not in page.text


async def test_tree_leads_from_the_root_to_each_node_and_its_agencies(console: Console) -> None:
    async with console.person(Role.AGENCY) as person:
        root = await person.open(f"{AT}/tree")
        assert f"node={PROVINCE}" in root.text
        assert str(CENTRAL_OFFICE) in root.text
        leaf = await person.open(f"{AT}/tree?node={COMMUNE}")
        assert f"{CENTRAL} › {PROVINCE} › {COMMUNE}" in leaf.words
        assert (await person.open(f"{AT}/tree?node=%3Cb%3E")).status == 404


@pytest.mark.parametrize(
    ("changed", "standing"),
    [
        ({}, Standing.OPEN),
        ({"locked": True}, Standing.LOCKED),
        ({"valid_to": date(2026, 1, 1)}, Standing.CLOSED),
        ({"valid_from": date(2027, 1, 1)}, Standing.COMING),
    ],
)
def test_standing_is_what_holds_on_the_day(changed: dict[str, object], standing: Standing) -> None:
    assert standing_of(agency("1", **changed), date(2026, 6, 1) + timedelta(days=1)) is standing
