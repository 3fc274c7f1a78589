"""
Whatever an axis answers: the family of the error, and what is tried again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from aiohttp.test_utils import unused_port

from gateway.client import Retries, VxpClient
from gateway.core.errors import Rejected, TrucError, Unavailable
from gateway.vxp.functions import Ack, MessageType
from tests.kit.axis_stub import OK, PAGE, WRONG_KEY, Step, answer, axis_stub, broken_off, said
from tests.kit.capture import SECRET, SYSTEM_ID

Call = Callable[[VxpClient], Awaitable[object]]
CALLS: dict[str, Call] = {
    "send": lambda axis: axis.send(b"<edXML/>", sender="000.00.00.G22"),
    "list": lambda axis: axis.received(MessageType.EDOC),
    "get": lambda axis: axis.read("8af2"),
    "download": lambda axis: axis.read("8af2", raw=True),
    "update": lambda axis: axis.update_status("8af2", Ack.DONE),
    "agencies": lambda axis: axis.agencies(),
}


def failed(code: str, text: str = "Loi") -> Step:
    return answer({"status": "FAIL", "ErrorCode": code, "ErrorDesc": text})


async def outcome(call: Call, *steps: Step, tries: int = 1) -> tuple[TrucError, int, list[float]]:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async with axis_stub(*steps) as stub:
        client = VxpClient(stub.endpoint, SYSTEM_ID, SECRET, retries=Retries(tries=tries), sleep=sleep)
        async with client as axis:
            with pytest.raises(TrucError) as told:
                await call(axis)
    return told.value, len(stub.heard), waits


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("step", "family", "code"),
    [
        (answer(WRONG_KEY), Rejected, "15"),
        (answer(WRONG_KEY, DocId="", data=""), Rejected, "15"),
        (answer(WRONG_KEY, 401), Rejected, "15"),
        (said(PAGE, 401), Rejected, "HTTP 401"),
        (said("", 403), Rejected, "HTTP 403"),
        (failed("10"), Rejected, "10"),
        (failed("18"), Rejected, "18"),
        (failed("19"), Rejected, "19"),
        (failed("22"), Rejected, "22"),
        (failed("23"), Rejected, "23"),
        (failed("999"), Rejected, "999"),
        (answer({"status": "FAIL"}), Rejected, "—"),
        (failed("20"), Unavailable, "20"),
        (failed("21"), Unavailable, "21"),
        (answer({"status": None, "ErrorCode": None, "ErrorDesc": None}), Unavailable, "—"),
        (said(PAGE), Unavailable, "—"),
        (said(""), Unavailable, "—"),
        (said("null"), Unavailable, "—"),
        (said(PAGE, 404), Unavailable, "HTTP 404"),
        (said("", 302, Location="http://127.0.0.1:9/"), Unavailable, "HTTP 302"),
        (said("Internal Server Error", 500), Unavailable, "HTTP 500"),
        (answer(OK, 500), Unavailable, "HTTP 500"),
        (answer(WRONG_KEY, 500), Unavailable, "HTTP 500"),
        (said(PAGE, 502), Unavailable, "HTTP 502"),
        (said("", 503), Unavailable, "HTTP 503"),
        (broken_off, Unavailable, "—"),
    ],
)
async def test_odd_answer_has_its_family(call: str, step: Step, family: type[TrucError], code: str) -> None:
    error, _, _ = await outcome(CALLS[call], step)
    assert isinstance(error, family)
    assert error.code == ("TRUC-451" if family is Rejected else "TRUC-710")
    assert error.first.params["code"] == code


async def test_text_of_the_axis_is_told_to_the_caller() -> None:
    error, _, _ = await outcome(CALLS["send"], failed("18", "Đơn vị nhận không tồn tại"))
    assert error.first.params["detail"] == "Don vi nhan khong ton tai"
    assert "127.0.0.1" in error.first.vi


async def test_refusal_is_never_tried_again() -> None:
    _, heard, _ = await outcome(CALLS["list"], answer(WRONG_KEY), tries=5)
    assert heard == 1


async def test_list_is_asked_again_until_the_tries_are_used_up() -> None:
    error, heard, waits = await outcome(CALLS["list"], said(PAGE), tries=4)
    assert isinstance(error, Unavailable)
    assert (heard, waits) == (4, [0.5, 1.0, 2.0])


async def test_axis_says_when_to_come_back() -> None:
    _, heard, waits = await outcome(CALLS["list"], said("", 503, Retry_After="7"), failed("22"), tries=3)
    assert (heard, waits) == (2, [7])


async def test_fault_of_the_axis_is_not_hammered() -> None:
    _, heard, _ = await outcome(CALLS["list"], said("x", 500), tries=5)
    assert heard == 1


async def test_axis_that_is_not_there_is_unavailable_and_a_letter_may_be_tried_again() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    url = f"http://127.0.0.1:{unused_port()}/truc"
    async with VxpClient(url, SYSTEM_ID, SECRET, retries=Retries(tries=3), sleep=sleep) as axis:
        with pytest.raises(Unavailable) as told:
            await axis.send(b"x", sender="000.00.00.G22")
    assert (told.value.code, waits) == ("TRUC-710", [0.5, 1.0])


async def test_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.client.vxp_exchange.MOST_TEXT", 1000)
    error, heard, _ = await outcome(CALLS["list"], said(b" " * 5000), tries=3)
    assert isinstance(error, Unavailable)
    assert heard == 1
