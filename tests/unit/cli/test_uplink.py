"""
`truc uplink check`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kit.axis_stub import OK, PAGE, WRONG_KEY, AxisStub, Step, answer, axis_stub, by_function, said
from tests.kit.command import truc

CODE = "000.00.00.H14"
FINE = by_function(countReceiveEdoc=answer(OK, count=3), countReceiveStatus=answer(OK, count=2))


@contextmanager
def axis(step: Step) -> Iterator[AxisStub]:
    """The stub in a thread of its own, since a command has an event loop of its own."""
    loop, ready, done = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    stubs: list[AxisStub] = []

    async def serve() -> None:
        async with axis_stub(step) as stub:
            stubs.append(stub)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(30)
        yield stubs[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(30)
        loop.close()


@pytest.fixture
def uplink(node: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    monkeypatch.setenv("UPLINK_SECRET", "c2VjcmV0")

    def write(endpoint: str) -> Path:
        section = f'[uplink]\nendpoint = "{endpoint}"\nsystem_id = "vxp.h14"\nsecret = "env:UPLINK_SECRET"\n'
        node.write_text(node.read_text() + section, "utf-8")
        return node

    return write


def test_sound_line_is_told_with_its_counts(uplink: Callable[[str], Path]) -> None:
    with axis(FINE) as stub:
        node = uplink(stub.endpoint)
        ran, people = truc("uplink", "check", "-c", node, "--json"), truc("uplink", "check", "-c", node)
    told = {key: ran.json[key] for key in ("condition", "documents", "statuses", "agencies")}
    assert (ran.code, told) == (0, {"condition": "fine", "documents": 3, "statuses": 2, "agencies": 0})
    assert "Nối được" in people.out
    assert "documents waiting: 3" in people.out
    assert "c2VjcmV0" not in ran.out + people.out


@pytest.mark.parametrize(
    ("step", "code", "condition", "word"),
    [
        (answer(WRONG_KEY), 1, "wrong-key", "khóa bí mật"),
        (said(PAGE), 1, "not-vxp", "không phải dịch vụ VXP"),
        (said(PAGE, 502), 3, "faulty", "đang lỗi"),
    ],
)
def test_what_is_wrong_is_said_in_words(
    uplink: Callable[[str], Path], step: Step, code: int, condition: str, word: str
) -> None:
    with axis(step) as stub:
        node = uplink(stub.endpoint)
        ran, told = truc("uplink", "check", "-c", node), truc("uplink", "check", "-c", node, "--json")
    assert ran.code == told.code == code
    assert told.json["condition"] == condition
    assert word in ran.out


def test_closed_port_may_be_tried_later(uplink: Callable[[str], Path]) -> None:
    ran = truc("uplink", "check", "-c", uplink("http://127.0.0.1:9"), "--json")
    assert (ran.code, ran.json["condition"]) == (3, "unreachable")


def test_settings_that_are_missing_are_named(node: Path) -> None:
    ran = truc("uplink", "check", "-c", node, "--json")
    assert (ran.code, ran.json["error"]["params"]["key"]) == (1, "uplink.endpoint")


def test_system_of_an_agency_that_moves_is_checked_by_its_own_secret(uplink: Callable[[str], Path]) -> None:
    with axis(FINE) as stub:
        node = uplink(stub.endpoint)
        unknown = truc("uplink", "check", "-c", node, "--agency", CODE, "--json")
        moved = truc("agency", "move", "-c", node, CODE, "both", "--system-id", "vxp.own", "--secret", "s2")
        ran = truc("uplink", "check", "-c", node, "--agency", CODE, "--json")
        asked = {call.header("XroadVnpt-systemid") for call in stub.calls("countReceiveEdoc")}
    assert (unknown.code, moved.code) == (1, 0)
    assert (ran.code, ran.json["system_id"], asked) == (0, "vxp.own", {"vxp.own"})
