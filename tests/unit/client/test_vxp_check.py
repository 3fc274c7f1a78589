"""
What is wrong with the line to an axis, told apart.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gateway.client.vxp_check import Condition, check_axis
from gateway.core.errors import Misconfigured
from tests.kit.axis_stub import OK, PAGE, WRONG_KEY, Step, answer, axis_stub, broken_off, by_function, said
from tests.kit.capture import SECRET, SYSTEM_ID

FINE = by_function(
    countReceiveEdoc=answer(OK, count=3),
    countReceiveStatus=answer(OK, count="2"),
    getAgenciesList=answer(OK, data=[{"code": "G22"}]),
)
FAULT = answer({"status": "FAIL", "ErrorCode": "20", "ErrorDesc": "Loi he thong"})
OTHER = answer({"status": "FAIL", "ErrorCode": "99", "ErrorDesc": "?"})


async def condition(step: Step, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Condition:
    async with axis_stub(step) as stub:
        return (await check_axis(stub.endpoint, SYSTEM_ID, SECRET, now=now)).condition


async def test_sound_line_tells_what_waits() -> None:
    async with axis_stub(FINE) as stub:
        found = await check_axis(stub.endpoint, SYSTEM_ID, SECRET)
    assert (found.condition, found.documents, found.statuses, found.agencies) == (Condition.FINE, 3, 2, 1)
    assert found.ahead is not None
    assert abs(found.ahead) < 60


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (answer(WRONG_KEY), Condition.WRONG_KEY),
        (answer(WRONG_KEY, 401), Condition.WRONG_KEY),
        (said(PAGE, 401), Condition.WRONG_KEY),
        (said("", 403), Condition.WRONG_KEY),
        (OTHER, Condition.REFUSED),
        (said(PAGE), Condition.NOT_VXP),
        (said(PAGE, 404), Condition.NOT_VXP),
        (said(""), Condition.NOT_VXP),
        (answer(OK), Condition.NOT_VXP),
        (said("", 302, Location="http://127.0.0.1:9"), Condition.NOT_VXP),
        (said(PAGE, 502), Condition.FAULTY),
        (FAULT, Condition.FAULTY),
        (broken_off, Condition.FAULTY),
    ],
)
async def test_what_is_wrong_is_told_apart(step: Step, expected: Condition) -> None:
    assert await condition(step) is expected


@pytest.mark.parametrize("off", [timedelta(hours=1), -timedelta(hours=1)])
async def test_clock_that_is_off_is_named_before_the_key(off: timedelta) -> None:
    assert await condition(answer(WRONG_KEY), lambda: datetime.now(UTC) + off) is Condition.WRONG_CLOCK
    assert await condition(FINE, lambda: datetime.now(UTC) + off) is Condition.FINE


async def test_closed_port_is_unreachable() -> None:
    assert (await check_axis("http://127.0.0.1:9", SYSTEM_ID, SECRET)).condition is Condition.UNREACHABLE


async def test_address_that_can_be_none_is_told_at_once() -> None:
    with pytest.raises(Misconfigured):
        await check_axis("ftp://x", SYSTEM_ID, SECRET)
