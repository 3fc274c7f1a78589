"""
Rate limits: a minute's worth at once, then a steady trickle, and a client that is told all of it.
"""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest

from gateway.http.rates import Rates
from gateway.v1.transfer import Limits
from tests.kit.api import listening_api
from tests.kit.clock import ManualClock


def test_burst_of_a_minute_passes_and_the_next_one_waits() -> None:
    clock = ManualClock()
    rates = Rates(6, clock.now)
    taken = [rates.take("k") for _ in range(7)]
    assert [t.granted for t in taken] == [True] * 6 + [False]
    assert [t.remaining for t in taken] == [5, 4, 3, 2, 1, 0, 0]
    assert [t.full_after for t in taken] == [10, 20, 30, 40, 50, 60, 60]
    assert [t.again_after for t in taken] == [0] * 6 + [10]


def test_bucket_refills_steadily() -> None:
    clock = ManualClock()
    rates = Rates(6, clock.now)
    for _ in range(6):
        rates.take("k")
    clock.advance(9)
    refused = rates.take("k")
    assert (refused.granted, refused.again_after) == (False, 1)
    clock.advance(1)
    assert rates.take("k").granted
    assert not rates.take("k").granted


@pytest.mark.parametrize("limit", [1, 7, 11, 600, 100_000])
def test_asking_at_just_the_rate_is_never_refused(limit: int) -> None:
    clock = ManualClock()
    rates = Rates(limit, clock.now)
    while rates.take("k").granted:
        pass
    for _ in range(100):
        clock.advance(timedelta(microseconds=-(-60_000_000 // limit)))
        assert rates.take("k").granted


def test_refused_requests_do_not_prolong_the_wait() -> None:
    clock = ManualClock()
    rates = Rates(1, clock.now)
    rates.take("k")
    assert {rates.take("k").again_after for _ in range(100)} == {60}
    clock.advance(60)
    assert rates.take("k").granted


def test_callers_do_not_share_a_bucket() -> None:
    rates = Rates(1, ManualClock().now)
    assert rates.take("a").granted
    assert rates.take("b").granted
    assert not rates.take("a").granted


def test_clock_set_back_or_far_ahead_locks_nobody_out() -> None:
    clock = ManualClock()
    rates = Rates(2, clock.now)
    rates.take("k")
    clock.advance(-20)
    assert rates.take("k").granted
    assert not rates.take("k").granted
    clock.advance(timedelta(days=-1))
    assert [rates.take("k").granted for _ in range(3)] == [True, True, False]
    clock.advance(30)
    assert rates.take("k").granted
    clock.advance(timedelta(days=400))
    assert rates.take("k").remaining == 1


def test_buckets_of_silent_callers_are_dropped() -> None:
    clock = ManualClock()
    rates = Rates(600, clock.now)
    for second in range(600):
        rates.take(f"key {second}")
        clock.advance(1)
    assert len(rates) <= 120


async def test_client_is_told_what_it_has_left_and_when_to_come_again() -> None:
    async with (
        listening_api(Limits(requests_per_minute=2)) as api,
        aiohttp.ClientSession(api.url, headers=api.bearer("province")) as http,
    ):
        told = []
        for _ in range(3):
            async with http.get("/v1/mailbox") as response:
                names = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After")
                told.append((response.status, *(response.headers.get(name) for name in names)))
        problem = await refused(http)
    assert told == [
        (200, "2", "1", "30", None),
        (200, "2", "0", "60", None),
        (429, "2", "0", "60", "30"),
    ]
    assert (problem["code"], problem["status"]) == ("TRUC-422", 429)
    assert "2 yêu cầu mỗi phút" in str(problem["vi"])


async def refused(http: aiohttp.ClientSession) -> dict[str, object]:
    async with http.get("/v1/mailbox") as response:
        problem: dict[str, object] = await response.json()
        return problem


async def test_refusals_of_a_handler_bear_the_headers_too() -> None:
    async with (
        listening_api(Limits(requests_per_minute=9)) as api,
        aiohttp.ClientSession(api.url, headers=api.bearer("province")) as http,
        http.get("/v1/mailbox?limit=x") as response,
    ):
        assert (response.status, response.headers["RateLimit-Remaining"]) == (400, "8")


async def test_probes_and_strangers_are_not_counted() -> None:
    async with (
        listening_api(Limits(requests_per_minute=1)) as api,
        aiohttp.ClientSession(api.url) as http,
    ):
        for _ in range(3):
            for path, expected in (("/v1/health", 200), ("/v1/mailbox", 401), ("/nowhere", 404)):
                async with http.get(path) as response:
                    assert response.status == expected
                    assert "RateLimit-Limit" not in response.headers


async def test_without_a_limit_nothing_is_told() -> None:
    async with (
        listening_api(Limits(requests_per_minute=0)) as api,
        aiohttp.ClientSession(api.url, headers=api.bearer("province")) as http,
        http.get("/v1/mailbox") as response,
    ):
        assert response.status == 200
        assert "RateLimit-Limit" not in response.headers
