"""
One agency's folder at work: its two lanes, what goes in and what comes out.
"""

from __future__ import annotations

import asyncio
import hashlib
from functools import partial
from pathlib import Path

from adapters.folder.answers import Answers
from adapters.folder.inbox import Inbox
from adapters.folder.lanes import PATIENCE, Lane
from adapters.folder.layout import Places
from adapters.folder.outbox import Outbox
from gateway.core.errors import Unavailable
from gateway.core.model import AgencyCode, LetterId
from gateway.ports import Caller, OpenLetter, Workplace

BUSY = "đang bận hoặc không trả lời · it is busy or does not answer"


class Exchange:
    """The folder `path` of one agency below `root`."""

    def __init__(self, workplace: Workplace, agency: AgencyCode, root: Path, path: Path) -> None:
        self.path = path
        self._clock, self._log, self._agency = workplace.clock, workplace.log, agency
        caller = Caller(f"folder:{agency}", frozenset({agency}))
        places = Places(path)
        self._way_in, self._way_out = (Lane(agency, workplace.clock) for _ in range(2))
        note = workplace.data_dir / "folder" / hashlib.sha256(agency.encode()).hexdigest()[:32]
        self._make_ready = partial(places.make_ready, root, note)
        self._inbox = Inbox(workplace, caller, places, self._way_in)
        self._outbox = Outbox(workplace, caller, places, self._way_out)
        self._answers = Answers(workplace, caller, places, self._way_out)
        self._taking: dict[LetterId, asyncio.Task[None]] = {}
        self._is_failing = False

    async def round(self) -> None:
        """Look once at everything that its clerk may have done. A folder that cannot be used is told once."""
        try:
            await self._way_out.run(self._make_ready)
            await self._outbox.round()
            await self._answers.round()
        except Unavailable as failed:
            if not self._is_failing:
                self._log.warning(
                    "folder.failed", agency=self._agency, code=failed.code, reason=failed.first.en
                )
            self._is_failing = True
            return
        if self._is_failing:
            self._log.info("folder.back", agency=self._agency)
        self._is_failing = False

    async def take(self, letter: OpenLetter) -> None:
        """
        Lay a letter down; whoever calls has other agencies to serve and waits only so long.

        What takes longer goes on, and is found done when the letter is offered again.

        Raises: Unavailable
        """
        letter_id = letter.letter.routing.letter_id
        task = self._taking.get(letter_id)
        if self._way_in.is_stuck or task is not None:
            raise self._way_in.unreachable(BUSY)
        task = self._taking[letter_id] = asyncio.create_task(self._take(letter))
        task.add_done_callback(partial(self._taken, letter_id))
        patience = asyncio.create_task(self._clock.sleep(PATIENCE.total_seconds()))
        try:
            await asyncio.wait({task, patience}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            patience.cancel()
        if not task.done():
            raise self._way_in.unreachable(BUSY)
        await task

    async def _take(self, letter: OpenLetter) -> None:
        await self._way_in.run(self._make_ready)
        await self._inbox.take(letter)

    def _taken(self, letter_id: LetterId, task: asyncio.Task[None]) -> None:
        self._taking.pop(letter_id, None)
        if not task.cancelled():
            task.exception()  # whoever did not wait for it hears of it when the letter is offered again
