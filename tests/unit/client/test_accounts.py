"""
Figures, keys and terms through the client.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
import pytest_asyncio

from gateway.client import TrucClient
from gateway.core.errors import Rejected
from gateway.core.model import Dialect
from gateway.v1.accounts import KeyWish, TermsWish
from tests.kit.api import Api, listening_api
from tests.kit.office import DISTRICT, PROVINCE, document


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with listening_api() as listening:
        yield listening


async def test_agency_reads_its_figures(api: Api) -> None:
    async with TrucClient(api.url, api.key("province")) as office:
        await office.send(document(PROVINCE, DISTRICT))
        assert (await office.statistics(until=datetime(2026, 11, 24, tzinfo=UTC))).documents_sent == 1
        assert (await office.statistics(since=datetime(2026, 11, 24, tzinfo=UTC))).documents_sent == 0
        assert [quota.agency for quota in await office.quota()] == [PROVINCE]


async def test_operator_gives_out_changes_and_locks_keys(api: Api) -> None:
    async with TrucClient(api.url, api.key("operator")) as operator:
        made = await operator.add_key(KeyWish(label="QLVB", agencies=(DISTRICT,)))
        async with TrucClient(api.url, made.secret) as office:
            assert [key.label for key in await office.keys()] == ["QLVB"]
            newer = await office.rotate_key(made.key.key_id, 1)
        assert (await operator.lock_key(made.key.key_id)).locked
        assert not (await operator.lock_key(made.key.key_id, locked=False)).locked
        assert newer.secret != made.secret
        with pytest.raises(Rejected):
            await operator.add_key(KeyWish(agencies=("X99",)))


async def test_operator_agrees_on_terms(api: Api) -> None:
    async with TrucClient(api.url, api.key("operator")) as operator:
        await operator.set_terms(DISTRICT, TermsWish(dialect=Dialect.DOTNET, bytes_per_day=10**9))
        terms = await operator.terms(DISTRICT)
    assert (terms.dialect, terms.bytes_per_day) == (Dialect.DOTNET, 10**9)


async def test_operator_reads_statistics_of_a_period(api: Api) -> None:
    async with TrucClient(api.url, api.key("operator")) as operator:
        assert (await operator.stats("2026-Q4")).period.name == "2026-Q4"
        days = await operator.stats(first=date(2026, 11, 2), last=date(2026, 11, 3))
        assert (days.period.first, days.period.last) == (date(2026, 11, 2), date(2026, 11, 3))
        assert (await operator.stats()).period.name == "2026-11"
