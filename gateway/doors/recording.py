"""
Recording what happened to a delivery: a move that got lost would leave it TRYING, and its letter would lie.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from gateway.core import catalogue
from gateway.core.delivery import FAILURES_BEFORE_QUARANTINE, Delivery, Event, Failed, Unreadable
from gateway.core.errors import Misconfigured, Unavailable
from gateway.doors.desk import Desk

BUSY_SECONDS = 1.0
LET_GO = timedelta(minutes=5)  # somebody may have read the log by then, and one faulty row costs nothing


def fault_of_ours(delivery: Delivery) -> Event:
    """What a try comes to on which our own code failed: another try, and after the last one a person."""
    if delivery.failures + 1 >= FAILURES_BEFORE_QUARANTINE:
        return Unreadable(catalogue.UNREADABLE.code)
    return Failed(catalogue.INTERNAL.code)


async def record_move(desk: Desk, door: str, delivery: Delivery, event: Event) -> None:
    """
    Record the event of a delivery that `door` works on, until it is recorded.

    A store that is busy is asked until it is not. A move that it can't write is a fault of ours: it is tried
    once more, since what happened did happen; then the try counts as failed; and if that can't be written
    either, the claim is let go and the delivery comes up again by itself.
    """
    letter_id, target, clock = delivery.letter_id, delivery.target, desk.clock

    async def note() -> None:
        await desk.store.record(letter_id, target, event, clock.now())

    async def fail() -> None:
        await desk.store.record(letter_id, target, fault_of_ours(delivery), clock.now())

    async def let_go() -> None:
        await desk.store.let_go(letter_id, target, clock.now() + LET_GO)

    for way in (note, note, fail, let_go):
        if await _is_written(desk, door, delivery, way):
            return
        await clock.sleep(BUSY_SECONDS)


async def _is_written(desk: Desk, door: str, delivery: Delivery, way: Callable[[], Awaitable[None]]) -> bool:
    while True:
        try:
            await way()
        except (Unavailable, Misconfigured) as busy:
            desk.log.warning("loop.failed", loop=door, code=busy.code)
            await desk.clock.sleep(BUSY_SECONDS)
        except Exception as fault:
            error = type(fault).__name__
            desk.log.exception("internal.error", letter_id=delivery.letter_id, loop=door, error=error)
            desk.metrics.fault(door)
            return False
        else:
            return True
