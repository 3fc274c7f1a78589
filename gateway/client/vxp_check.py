"""
Whether an axis can be spoken to: what is wrong with address, key or clock, told apart.

Spec: VXP
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

import aiohttp

from gateway.client.exchange import Retries
from gateway.client.vxp import VxpClient
from gateway.core.errors import Finding, Rejected, Unavailable

SKEW_SECONDS = 300.0
"""Clocks further apart than this are worth a word; signatures of some axes are refused beyond it."""
PATIENCE = 10.0  # seconds for the answer that tells the axis' time

_KEY_CODES = ("15", "HTTP 401", "HTTP 403")


class Condition(StrEnum):
    """How it stands with an axis."""

    FINE = "fine"
    WRONG_KEY = "wrong-key"
    WRONG_CLOCK = "wrong-clock"
    REFUSED = "refused"
    NOT_VXP = "not-vxp"
    UNREACHABLE = "unreachable"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True)
class Checkup:
    """
    What a look at an axis found; counts are None where it gave none.

    `ahead` is by how many seconds our clock is ahead of the axis' (None: it tells no time).
    """

    condition: Condition
    documents: int | None = None
    statuses: int | None = None
    agencies: int | None = None
    ahead: float | None = None
    finding: Finding | None = None


async def check_axis(
    endpoint: str,
    system_id: str,
    secret: str,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Checkup:
    """
    Ask an axis how much waits for a system and how many agencies it has; nothing is changed there.

    Raises: Misconfigured for an address, system id or secret that cannot be one
    """
    client = VxpClient(endpoint, system_id, secret, retries=Retries(tries=1), now=now)
    ahead = await _ahead(endpoint, now)
    try:
        async with client:
            documents, statuses = await client.count_edocs(), await client.count_statuses()
            agencies = len(await client.agencies())
    except Rejected as refused:
        is_key = refused.first.params.get("code") in _KEY_CODES
        is_late = ahead is not None and abs(ahead) > SKEW_SECONDS
        wrong = Condition.WRONG_CLOCK if is_late else Condition.WRONG_KEY
        return Checkup(wrong if is_key else Condition.REFUSED, ahead=ahead, finding=refused.first)
    except Unavailable as failed:
        return Checkup(_trouble(failed, ahead), ahead=ahead, finding=failed.first)
    return Checkup(Condition.FINE, documents, statuses, agencies, ahead)


def _trouble(failed: Unavailable, ahead: float | None) -> Condition:
    told = failed.first.params
    code, detail = told.get("code", ""), told.get("detail", "")
    if code in ("20", "21") or (code.startswith("HTTP 5") and code != "HTTP 501"):
        return Condition.FAULTY
    if code.startswith("HTTP ") or detail in ("JSON", "count"):
        return Condition.NOT_VXP
    return Condition.UNREACHABLE if ahead is None else Condition.FAULTY


async def _ahead(endpoint: str, now: Callable[[], datetime]) -> float | None:
    """Seconds by which our clock is ahead, as the header Date of any answer tells."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session,
            session.get(endpoint, allow_redirects=False) as response,
        ):
            told = parsedate_to_datetime(response.headers.get("Date", ""))
    except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError):
        return None
    return (now() - (told if told.tzinfo is not None else told.replace(tzinfo=UTC))).total_seconds()
