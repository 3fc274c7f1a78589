"""
`truc stats`: figures for people and for programs.
"""

from __future__ import annotations

import asyncio
import json

from gateway.ports import Terms
from tests.kit.api import Api, listening_api
from tests.kit.command import Ran, truc
from tests.kit.office import DISTRICT, PROVINCE, document, one_chunk


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
