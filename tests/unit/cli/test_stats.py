"""
`truc stats`: figures for people and for programs.
"""

from __future__ import annotations

import asyncio
import json

from gateway.core.calendar import Calendar
from gateway.core.deadlines import Reckoning
from gateway.ports import Terms
from tests.kit.api import Api, listening_api
from tests.kit.command import Ran, truc
from tests.kit.office import DISTRICT, NOW, PROVINCE, document, one_chunk


async def stats(api: Api, *arguments: str) -> Ran:
    words = ("stats", *arguments, "--url", api.url, "--key", api.key("province"))
    return await asyncio.to_thread(truc, *words)


async def test_figures_and_quota_are_shown() -> None:
    async with listening_api() as api:
        api.office.agreed[PROVINCE] = Terms(letters_per_day=5, bytes_per_day=1_000_000)
        province = next(k.caller for k in await api.keys.credentials() if k.agencies == {PROVINCE})
        await api.office.accept(one_chunk(document(PROVINCE, DISTRICT)), province)
        api.clock.advance(1)
        told = await stats(api)
        assert (told.code, f"{PROVINCE}: 1/5" in told.out) == (0, True)
        shown = json.loads((await stats(api, "--json")).out)
        assert (shown["documents_sent"], shown["quotas"][0]["letters"]) == (1, 1)
        later = json.loads(
            (await stats(api, "--json", "--since", "2026-11-23", "--until", "2026-11-23T08:00:00")).out
        )
        assert (later["since"], later["documents_sent"]) == ("2026-11-22T17:00:00Z", 0)


async def test_report_of_a_period_is_shown_and_given_to_programs() -> None:
    async with listening_api() as api:
        await api.board.arrive(PROVINCE)
        while await api.board.store.count_lines(Reckoning(Calendar(), NOW), 100):
            pass
        told = await stats(api, "--period", "2026-Q4")
        assert (told.code, "2026-Q4: 2026-10-01" in told.out, PROVINCE in told.out) == (0, True, True)
        shown = json.loads((await stats(api, "--period", "2026-11", "--json")).out)
        assert shown["total"]["figures"]["received"] == 1
        wrong = await stats(api, "--period", "2026-13")
        assert (wrong.code == 0, "TRUC-414" in wrong.err) == (False, True)
        both = await stats(api, "--period", "2026", "--since", "2026-11-01")
        assert both.code != 0
