"""
`truc diary`: a page on the screen, or all of it as a file.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.kit.api import Api, listening_api
from tests.kit.command import Ran, truc
from tests.kit.office import DISTRICT, PROVINCE, document, one_chunk


async def diary(api: Api, *arguments: object, who: str = "province") -> Ran:
    return await asyncio.to_thread(truc, "diary", *arguments, "--url", api.url, "--key", api.key(who))


async def test_diary_is_shown_and_saved(tmp_path: Path) -> None:
    async with listening_api() as api:
        caller = next(k.caller for k in await api.keys.credentials() if k.agencies == {PROVINCE})
        for number in (1, 2):
            await api.office.accept(one_chunk(document(PROVINCE, DISTRICT, document_id=f"D{number}")), caller)
        api.clock.advance(1)
        told = await diary(api, "out")
        assert (told.code, told.out.count(DISTRICT)) == (0, 2)
        first = await diary(api, "out", "--limit", 1)
        assert "truc diary out --cursor " in first.err
        assert len(json.loads((await diary(api, "in", "--json", who="district")).out)["lines"]) == 2
        past = await diary(api, "out", "--json", "--since", "2026-01-01", "--until", "2026-02-01")
        assert json.loads(past.out)["lines"] == []
        saved = await diary(api, "out", "-o", tmp_path / "so.csv")
        assert saved.code == 0
        assert "Nơi nhận văn bản" in (tmp_path / "so.csv").read_text("utf-8-sig")
        assert (await diary(api, "out", "-o", tmp_path / "so.doc")).code == 2
