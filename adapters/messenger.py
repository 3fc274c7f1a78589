"""
The messenger: carries what one channel owes, each notice tried until it was heard or given up.

One slow receiver slows nobody: each has its few tries at a time, what else is due for it stays on the board,
and everybody else's notices pass by.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.core.catalogue import INTERNAL
from gateway.core.errors import Fault, TrucError
from gateway.ports import Channel, Notice, NoticeOutcome, Workplace

WAITS = (
    *(timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10)),
    *(timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6), timedelta(hours=12), timedelta(days=1)),
)
"""How long to wait after each failed try; after one more, 45 hours after the first, the notice is dead."""

LONGEST_WAIT = WAITS[-1]  # also for a receiver that asks for more: its notices must end some day
JITTER = 0.2  # of a wait is added at random, so that receivers that come back are not met by all at once
AT_HAND = 256  # notices in the air at once; each is a request of some KB, at the worst one per receiver
SOON = 1.0  # seconds between looks at the board while some receivers have enough on their hands


@dataclass(frozen=True, slots=True)
class Try:
    """
    What one try came to. `fault` is None if the notice was heard.

    `is_final`: it makes no sense to try again. `again_after`: what the receiver asked for.
    """

    fault: Fault | None = None
    detail: str = ""
    is_final: bool = False
    again_after: timedelta | None = None


@dataclass(slots=True)
class _Receiver:
    """What is at hand for one receiver."""

    name: str
    turns: asyncio.Semaphore
    notices: int = 0
    subscriptions: set[str] = field(default_factory=set)


class Messenger:
    """
    The loop of one channel.

    `carry` makes one try and raises nothing but TrucError; `receiver_of` names who must not be pressed, and
    gets at most `at_once` tries at a time. `chance` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        place: Workplace,
        channel: Channel,
        carry: Callable[[Notice], Awaitable[Try]],
        receiver_of: Callable[[Notice], str],
        *,
        at_once: int,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._board, self._clock, self._log = place.notices, place.clock, place.log
        self._channel, self._carry, self._receiver_of = channel, carry, receiver_of
        self._at_once, self._chance = at_once, chance
        self._receivers: dict[str, _Receiver] = {}
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Carry what is due, for ever."""
        async with asyncio.TaskGroup() as tries:
            while True:
                if not await self.round(tries):
                    await self._rest()

    async def round(self, tries: asyncio.TaskGroup) -> int:
        """Take what is due and fits into the hands, and begin to carry it. How many."""
        room = AT_HAND - sum(receiver.notices for receiver in self._receivers.values())
        if room <= 0:
            return 0
        limit = min(room, self._enough)
        claimed = await self._board.claim(self._channel, limit, self._busy)
        for notice in claimed:
            name = self._receiver_of(notice)
            receiver = self._receivers.setdefault(name, _Receiver(name, asyncio.Semaphore(self._at_once)))
            receiver.notices += 1
            receiver.subscriptions.add(notice.subscription.id)
            tries.create_task(self._try(notice, receiver))
        return len(claimed)

    @property
    def _enough(self) -> int:
        """Notices at hand for one receiver: so few that all are tried before their claim ends."""
        return 4 * self._at_once

    @property
    def _busy(self) -> frozenset[str]:
        """Subscriptions whose receiver has enough on its hands."""
        full = (r.subscriptions for r in self._receivers.values() if r.notices >= self._enough)
        return frozenset[str]().union(*full)

    async def _rest(self) -> None:
        """Wait until there may be something to do."""
        is_full = sum(receiver.notices for receiver in self._receivers.values()) >= AT_HAND
        if not (is_full or self._busy):
            await self._board.wait(self._channel)
            return
        # What is due for a busy receiver makes the board call at once, again and again.
        self._ended.clear()
        ways = [asyncio.ensure_future(self._ended.wait()), asyncio.ensure_future(self._clock.sleep(SOON))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
                with suppress(asyncio.CancelledError):
                    await way

    async def _try(self, notice: Notice, receiver: _Receiver) -> None:
        try:
            async with receiver.turns:
                done = await self._once(notice)
            await self._board.ended(notice, self._outcome(notice, done))
            self._note(notice, done)
        except TrucError as error:  # its claim ends by itself, and it is tried again
            self._log.warning("notice.failed", **_told(notice), code=error.code)
        finally:
            receiver.notices -= 1
            if not receiver.notices:
                del self._receivers[receiver.name]
            self._ended.set()

    async def _once(self, notice: Notice) -> Try:
        try:
            return await self._carry(notice)
        except TrucError as error:
            return Try(error.first.fault, error.first.fault.name)
        except Exception:
            self._log.exception("internal.error", loop=self._channel.value)
            return Try(INTERNAL)

    def _outcome(self, notice: Notice, done: Try) -> NoticeOutcome:
        if done.fault is None:
            return NoticeOutcome(heard=True, detail=done.detail)
        failed = NoticeOutcome(heard=False, code=done.fault.code, detail=_one_line(done.detail))
        if done.is_final or notice.attempts > len(WAITS):
            return failed
        wait = WAITS[max(notice.attempts, 1) - 1]
        wait += JITTER * self._chance() * wait
        if done.again_after is not None:
            wait = max(wait, min(done.again_after, LONGEST_WAIT))
        return NoticeOutcome(
            heard=False, code=failed.code, detail=failed.detail, retry_at=self._clock.now() + wait
        )

    def _note(self, notice: Notice, done: Try) -> None:
        if done.fault is None:
            self._log.info("notice.heard", **_told(notice))
        else:
            self._log.warning("notice.failed", **_told(notice), code=done.fault.code)


def _told(notice: Notice) -> dict[str, str | int]:
    return {
        "channel": notice.subscription.channel.value,
        "notice": notice.number,
        "subscription": notice.subscription.id,
        "attempts": notice.attempts,
    }


def _one_line(text: str) -> str:
    """What a receiver said, fit to be kept and shown: visible characters of one line, not too many."""
    return "".join(c if c.isprintable() else " " for c in text[:200]).strip()
