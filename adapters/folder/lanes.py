"""
Lanes: the threads in which an agency's folder is touched, so that a share that hangs holds up nobody else.

A call into a dead mount never returns and cannot be taken back. So each agency has one lane for what goes
in and one for what comes out, one call at a time in each, in threads that do not keep the process alive.
"""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from gateway.core.catalogue import DISK_FULL, FOLDER_UNREACHABLE
from gateway.core.errors import Unavailable, find
from gateway.core.model import AgencyCode
from gateway.ports import Clock

T = TypeVar("T")

PATIENCE = timedelta(seconds=5)
"""A call that takes longer is not waited for by anybody who has other agencies to serve."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Lane:
    """One way of one agency's folder: one call at a time, in the order asked for."""

    def __init__(self, agency: AgencyCode, clock: Clock) -> None:
        self.agency, self._clock = agency, clock
        self._turn = asyncio.Lock()
        self._busy_since: datetime | None = None

    @property
    def is_stuck(self) -> bool:
        """Whether the call that is going on takes longer than anybody should wait."""
        return self._busy_since is not None and self._clock.now() - self._busy_since >= PATIENCE

    async def run(self, work: Callable[[], T]) -> T:
        """
        What `work` gives, done in a thread.

        Raises: Unavailable (FOLDER_UNREACHABLE, DISK_FULL) in place of OSError.
        """
        async with self._turn:
            self._busy_since = self._clock.now()
            try:
                return await _in_thread(work)
            except OSError as error:
                if error.errno in _FULL:
                    raise Unavailable(find(DISK_FULL)) from error
                raise self.unreachable(error.strerror or type(error).__name__) from error
            finally:
                self._busy_since = None

    def unreachable(self, detail: str) -> Unavailable:
        """That this folder cannot be used now."""
        return Unavailable(find(FOLDER_UNREACHABLE, organ=self.agency, detail=detail))


async def _in_thread(work: Callable[[], T]) -> T:
    """Like asyncio.to_thread, but the thread is a daemon: one that hangs would keep a pool from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def give(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(result)  # type: ignore[arg-type]  # without an error there is a result
        else:
            done.set_exception(error)

    def body() -> None:
        result, failed = None, None
        try:
            result = work()
        except BaseException as error:
            failed = error
        with suppress(RuntimeError):  # the loop was closed while a share hung
            loop.call_soon_threadsafe(give, result, failed)

    threading.Thread(target=body, name="folder", daemon=True).start()
    return await done
