"""
What every adapter promises, whichever way it reaches an agency's system: found by its entry point.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import aiohttp
import pytest

from gateway.ports import AgencyAdapter, Caller
from tests.kit.api import listening_api
from tests.kit.office import DISTRICT, PROVINCE, SmallOffice, document, one_chunk

ADAPTERS = sorted(entry_points(group="truc.adapters"), key=lambda point: point.name)


@pytest.fixture(params=ADAPTERS, ids=lambda point: point.name)
def point(request: pytest.FixtureRequest) -> EntryPoint:
    found: EntryPoint = request.param
    return found


@pytest.fixture
def office() -> SmallOffice:
    return SmallOffice()


@pytest.fixture
def adapter(point: EntryPoint, office: SmallOffice) -> AgencyAdapter:
    made: AgencyAdapter = point.load()(office)
    return made


def test_at_least_the_mailbox_is_installed() -> None:
    assert "mailbox" in {point.name for point in ADAPTERS}


def test_adapter_bears_the_name_that_directory_rows_use(adapter: AgencyAdapter, point: EntryPoint) -> None:
    assert adapter.name == point.name


async def test_offered_letter_is_either_taken_or_lies_at_the_door(
    adapter: AgencyAdapter, office: SmallOffice
) -> None:
    sender, receiver = (Caller(a, frozenset({a})) for a in (PROVINCE, DISTRICT))
    data = document(PROVINCE, DISTRICT)
    letter_id = (await office.accept(one_chunk(data), sender)).letter_id
    letter = await office.open(receiver, letter_id)
    assert await adapter.deliverer().deliver(letter) in (True, False)
    assert b"".join(letter.chunks()) == data  # offered, not used up: the agency may still fetch it


def test_pollers_begin_only_when_the_node_runs_them(adapter: AgencyAdapter) -> None:
    assert all(callable(poller) for poller in adapter.pollers())


async def test_its_routes_are_closed_without_a_key(adapter: AgencyAdapter, office: SmallOffice) -> None:
    async with listening_api(office=office) as api, aiohttp.ClientSession(api.url) as http:
        served = api.routes()
        for route in adapter.routes():
            assert (route.method, route.path) in served
            path = route.path.replace("{", "").replace("}", "")
            async with http.request(route.method, path) as response:
                assert (response.status, response.content_type) == (401, "application/problem+json")
