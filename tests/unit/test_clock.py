"""The real clock."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.clock import SystemClock


async def test_the_clock_tells_aware_utc_and_goes_on() -> None:
    clock = SystemClock()
    before = clock.now()
    await clock.sleep(0)
    assert before.tzinfo is UTC
    assert before <= clock.now() <= datetime.now(UTC)
