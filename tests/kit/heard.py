"""
A log that can be waited on: what a running node has done is known from its own lines, without looking again
and again.
"""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

PATIENCE_SECONDS = 60.0
"""Far longer than anything here takes; a test that waits so long has failed."""


class HeardLog(io.StringIO):
    """The log of one or many nodes (`log_to` of the sandbox)."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[dict[str, Any]] = []
        self._unfinished = ""
        self._heard = asyncio.Event()

    def write(self, text: str, /) -> int:
        whole, newline, self._unfinished = (self._unfinished + text).rpartition("\n")
        if newline:
            self._lines += [json.loads(line) for line in whole.splitlines()]
            self._heard.set()
        return super().write(text)

    def said(self, event: str, **fields: object) -> list[dict[str, Any]]:
        """The lines of an event so far that have these fields."""
        return [
            line
            for line in self._lines
            if line["event"] == event and all(line.get(name) == value for name, value in fields.items())
        ]

    async def until(
        self, event: str, count: int = 1, *, patience: float = PATIENCE_SECONDS, **fields: object
    ) -> list[dict[str, Any]]:
        """Return when there are `count` such lines. Raises: TimeoutError after `patience` seconds."""
        async with asyncio.timeout(patience):
            while len(found := self.said(event, **fields)) < count:
                self._heard.clear()
                await self._heard.wait()
        return found
