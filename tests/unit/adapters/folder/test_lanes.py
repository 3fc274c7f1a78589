import asyncio
import errno
import threading

import pytest

from adapters.folder.lanes import PATIENCE, Lane
from gateway.core.errors import Unavailable
from gateway.core.model import AgencyCode
from tests.kit.clock import ManualClock

AGENCY = AgencyCode("H14")


async def test_work_is_done_in_a_thread_and_its_result_comes_back() -> None:
    lane = Lane(AGENCY, ManualClock())
    assert await lane.run(threading.get_ident) != threading.get_ident()


async def test_calls_follow_each_other() -> None:
    lane, order = Lane(AGENCY, ManualClock()), list[str]()

    def work(name: str) -> None:
        order.append(f"{name} begins")
        order.append(f"{name} ends")

    await asyncio.gather(*(lane.run(lambda name=name: work(name)) for name in "ab"))  # type: ignore[misc]
    assert order == ["a begins", "a ends", "b begins", "b ends"]


@pytest.mark.parametrize(
    ("number", "code"), [(errno.EIO, "TRUC-720"), (errno.ESTALE, "TRUC-720"), (errno.ENOSPC, "TRUC-701")]
)
async def test_what_a_share_refuses_is_told_in_our_words(number: int, code: str) -> None:
    def broken() -> None:
        raise OSError(number, "x")

    with pytest.raises(Unavailable) as failed:
        await Lane(AGENCY, ManualClock()).run(broken)
    assert failed.value.code == code


async def test_other_errors_come_as_they_are() -> None:
    def wrong() -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        await Lane(AGENCY, ManualClock()).run(wrong)


async def test_lane_is_stuck_while_a_call_takes_too_long() -> None:
    clock, hangs = ManualClock(), threading.Event()
    lane = Lane(AGENCY, clock)
    task = asyncio.create_task(lane.run(hangs.wait))
    seen = []
    for passed in (PATIENCE / 2, PATIENCE / 2):
        await asyncio.sleep(0)
        clock.advance(passed)
        seen.append(lane.is_stuck)
    hangs.set()
    await task
    assert [*seen, lane.is_stuck] == [False, True, False]
