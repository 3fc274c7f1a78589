"""
The exchange diary as a caller sees it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path

from gateway.client.accounts import times
from gateway.client.arriving import Arriving, save, whole_file
from gateway.client.exchange import Exchange
from gateway.client.source import CHUNK, Progress
from gateway.core.diary import Direction
from gateway.v1.diary import DiaryShape


class Sheet(StrEnum):
    """Forms of a diary as a file."""

    CSV = "csv"
    XLSX = "xlsx"


class DiaryCalls:
    """Calls about the diary of the caller's agencies."""

    _exchange: Exchange

    async def diary(
        self,
        direction: Direction,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str = "",
        limit: int = 100,
    ) -> DiaryShape:
        """Documents sent or received in a span of time (default: 30 days), oldest first, beyond `cursor`."""
        query = [("direction", direction.value), ("limit", str(limit)), *times(since=since, until=until)]
        if cursor:
            query.append(("cursor", cursor))
        return await self._exchange.ask(DiaryShape, "GET", "/v1/diary", query=query)

    async def diary_file(
        self,
        direction: Direction,
        to: Path,
        sheet: Sheet,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        progress: Progress | None = None,
    ) -> Path:
        """The whole diary of that time as a file: complete and on disk, or not there at all.

        Raises: OSError of the file.
        """
        query = [("direction", direction.value), *times(since=since, until=until)]

        async def once() -> Path:
            async with (
                whole_file(to) as partial,
                self._exchange.call("GET", f"/v1/diary.{sheet.value}", query=query) as response,
            ):
                chunks = response.content.iter_chunked(CHUNK)
                await save(Arriving(response.content_length, "", chunks), partial, progress)
            return to

        return await self._exchange.persist(once)
