"""
What every adapter promises, whichever way it reaches an agency's system: found by its entry point.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points

import aiohttp
import pytest
import pytest_asyncio

from gateway.config import Config, NodeSection
from gateway.ports import AgencyAdapter, Caller
from gateway.v1.operations import Access
from tests.kit.api import listening_api
from tests.kit.board import small_board
from tests.kit.office import DISTRICT, NODE, PROVINCE, SmallOffice, document, one_chunk

ADAPTERS = sorted(entry_points(group="truc.adapters"), key=lambda point: point.name)


@pytest.fixture(params=ADAPTERS, ids=lambda point: point.name)
def point(request: pytest.FixtureRequest) -> EntryPoint:
    found: EntryPoint = request.param
    return found


@pytest.fixture
def office() -> SmallOffice:
    return SmallOffice()


@pytest_asyncio.fixture
async def adapter(point: EntryPoint, office: SmallOffice) -> AsyncIterator[AgencyAdapter]:
    settings = Config(node=NodeSection(id=NODE)).section(point.name)
    async with small_board() as board:
        yield point.load()(replace(board.workplace(settings), office=office))


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


async def test_its_operations_are_closed_without_a_key_unless_they_say_otherwise(
    adapter: AgencyAdapter, office: SmallOffice
) -> None:
    async with listening_api(office=office) as api, aiohttp.ClientSession(api.url) as http:
        served = api.routes()
        for operation in adapter.operations():
            assert (operation.method, operation.path) in served
            if operation.access is Access.OPEN:
                continue
            path = operation.path.replace("{", "").replace("}", "")
            async with http.request(operation.method, path) as response:
                assert (response.status, response.content_type) == (401, "application/problem+json")
