"""
The keeper of one end of a lane: opens it, stays with it until it ends, and opens another.

Whatever happens, a keeper goes on until it is cancelled: a lane without one is silent for ever, and looks
like a lane on which nothing is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Literal, NoReturn

from gateway.broker.rabbitmq.connection import Surroundings, Watch
from gateway.broker.rabbitmq.reach import jittered
from gateway.broker.rabbitmq.wall import is_broken, is_unreachable, translate
from gateway.core.model import NodeId

# A broker that restarts is back after some ten seconds. One that answers, and will not have this end, is
# asked no more often than this; one that can't be reached is knocked at more often, by one end of all.
REOPEN_FIRST, REOPEN_LONGEST = 0.5, 15.0

# Time enough to leave a connection, before a task that goes on is asked again to end.
ASK_AGAIN_SECONDS = 3.0

Way = Literal["in", "out", "parked"]


class Keeper:
    """Keeps what `open` opens. Each change is logged once, however many tries it takes."""

    def __init__(
        self,
        open_session: Callable[[], AbstractAsyncContextManager[Watch]],
        surroundings: Surroundings,
        *,
        neighbour: NodeId,
        lane: str,
        way: Way,
    ) -> None:
        self._open_session = open_session
        self._clock, self._log = surroundings.clock, surroundings.log
        self._reach, self._chance = surroundings.reach, surroundings.chance
        self._changed = surroundings.changed
        self._neighbour, self._lane, self._way = neighbour, lane, way
        self._told = ""

    async def run(self) -> NoReturn:
        """Keep it open until cancelled."""
        try:
            await self._run()
        finally:
            self._reach.leave(self)

    async def _run(self) -> NoReturn:
        wait = REOPEN_FIRST
        while True:
            opened_at = None
            try:
                async with self._open_session() as watch:
                    opened_at = self._clock.now()
                    self._tell_up()
                    self._reach.opened()
                    reason = await watch.ended()
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and not is_broken(error):
                    raise
                reason = error
            self._tell_down(reason)
            is_away = opened_at is None and is_unreachable(reason)
            if opened_at is not None and self._clock.now() - opened_at > timedelta(seconds=REOPEN_LONGEST):
                wait = REOPEN_FIRST  # it worked; one that opens and falls at once is not asked for more often
                is_away = True
            if is_away:
                await self._reach.pause(self, wait, self._clock, self._chance)
            else:
                self._reach.leave(self)
                await self._clock.sleep(jittered(wait, self._chance))
            wait = min(wait * 2, REOPEN_LONGEST)

    def _tell_up(self) -> None:
        self._told = ""
        self._changed()
        self._log.info("link.up", neighbour=self._neighbour, lane=self._lane, way=self._way)

    def _tell_down(self, reason: BaseException) -> None:
        self._changed()
        if not is_broken(reason):
            self._log.error("internal.error", loop=f"keeper:{self._neighbour}:{self._lane}", exc_info=reason)
            return
        finding = translate(reason, self._neighbour).first
        error = finding.params["detail"]
        if error != self._told:
            self._told = error
            place = {"neighbour": self._neighbour, "lane": self._lane, "way": self._way}
            self._log.warning("link.down", **place, code=finding.code, error=error)


async def end_all(*tasks: asyncio.Task[Any]) -> None:
    """
    Cancel these tasks and return when they have ended.

    Once is not enough: asyncio.wait_for of Python 3.11, which aiormq uses, loses a cancellation that comes
    together with the result it waits for. The task then goes on, and who waits for its end waits for ever.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=ASK_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
