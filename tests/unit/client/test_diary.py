"""
The exchange diary through the client.
"""

from __future__ import annotations

from pathlib import Path

from gateway.client import TrucClient
from gateway.client.diary import Sheet
from gateway.core.diary import Direction
from tests.kit.api import listening_api
from tests.kit.office import DISTRICT, PROVINCE, document


async def test_agency_reads_its_diary_and_saves_it(tmp_path: Path) -> None:
    async with listening_api() as api, TrucClient(api.url, api.key("province")) as office:
        sent = await office.send(document(PROVINCE, DISTRICT))
        api.clock.advance(1)
        page = await office.diary(Direction.OUT, limit=1)
        assert ([line.letter_id for line in page.lines], page.next is None) == ([sent.letter_id], False)
        rest = await office.diary(Direction.OUT, cursor=page.next or "")
        assert (rest.lines, rest.next) == ((), None)
        for sheet in Sheet:
            file = await office.diary_file(Direction.OUT, tmp_path / f"so.{sheet.value}", sheet)
            assert file.stat().st_size > 100
    assert sorted(path.name for path in tmp_path.iterdir()) == ["so.csv", "so.xlsx"]
