"""
How many requests a key may make: a bucket per key that refills steadily.

A bucket holds one minute's worth, so that a system may catch up in a burst and is slowed down only after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

MINUTE = 60.0

_EPSILON = 1e-6  # of a request: sums of fractions must not cost a caller its last one


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller still has after this request. Times in whole seconds, rounded up."""

    granted: bool
    limit: int
    remaining: int
    full_after: int
    again_after: int = 0  # when the next request will be granted; 0 if it may come at once

    def headers(self) -> Mapping[str, str]:
        """How a client is told (the draft "RateLimit header fields for HTTP", and Retry-After)."""
        told = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.full_after),
        }
        return told if self.granted else {**told, "Retry-After": str(self.again_after)}


ALLOWANCE: web.RequestKey[Allowance] = web.RequestKey("truc_allowance", Allowance)
"""What the caller of a request has left; absent where nothing is counted."""


@dataclass(slots=True)
class _Bucket:
    used: float  # requests that are not refilled yet
    at: datetime


class Rates:
    """The buckets of one listener. Only callers with a good key have one."""

    def __init__(self, per_minute: int, now: Callable[[], datetime]) -> None:
        """`per_minute` is at least 1; `now` is the node's clock."""
        self._limit, self._now = per_minute, now
        self._buckets: dict[str, _Bucket] = {}
        self._swept_at = now()

    def __len__(self) -> int:
        """How many buckets are kept: of callers of the last two minutes."""
        return len(self._buckets)

    def take(self, name: str) -> Allowance:
        """Count one request of a caller, if it has one left."""
        now = self._now()
        self._sweep(now)
        bucket = self._buckets.setdefault(name, _Bucket(0.0, now))
        passed = max(0.0, (now - bucket.at).total_seconds())  # a clock that was set back refills nothing
        bucket.used = max(0.0, bucket.used - passed * self._limit / MINUTE)
        bucket.at = now
        lacking = bucket.used + 1 - self._limit
        granted = lacking <= _EPSILON
        if granted:
            bucket.used += 1
        return Allowance(
            granted=granted,
            limit=self._limit,
            remaining=max(0, math.floor(self._limit - bucket.used + _EPSILON)),
            full_after=self._seconds(bucket.used),
            again_after=0 if granted else max(1, self._seconds(lacking)),
        )

    def _seconds(self, requests: float) -> int:
        """How long it takes to refill so many."""
        return math.ceil((requests - _EPSILON) * MINUTE / self._limit)

    def _sweep(self, now: datetime) -> None:
        """Drop buckets that are full again: whoever has been silent for a minute has one like new."""
        minute = timedelta(seconds=MINUTE)
        if abs(now - self._swept_at) < minute:
            return
        self._swept_at = now
        self._buckets = {name: b for name, b in self._buckets.items() if abs(now - b.at) < minute}
