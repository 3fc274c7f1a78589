"""
Two agencies at two nodes, and nothing but the command line: send, inbox, fetch, report, track.
"""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.core.catalogue import NOT_FETCHED, UNAUTHENTICATED, UNKNOWN_LETTER
from gateway.core.directory import load_toml
from gateway.core.model import AgencyCode
from gateway.sandbox.axis import AgencyDesk, MemoryAxis, memory_axis
from tests.kit.command import Ran, truc
from tests.unit.cli.edxml_files import RECEIVER, SENDER, sound

DIRECTORY = f"""
version = 1
[[nodes]]
id = "H14"
name = "tỉnh"
level = "tỉnh"
organ_code = "000.00.01.H14"
organ_name = "Nút tỉnh"
[[nodes]]
id = "H14.60"
parent = "H14"
name = "xã"
level = "xã"
organ_code = "000.60.01.H14"
organ_name = "Nút xã"
[[agencies]]
code = "{RECEIVER.code}"
name = "{RECEIVER.name}"
node = "H14"
[[agencies]]
code = "{SENDER.code}"
name = "{SENDER.name}"
node = "H14.60"
"""

UNTIL_IT_ARRIVES = 400  # looks into a mailbox; each takes some 20 ms, and a hop takes about 100


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency at its keyboard."""

    desk: AgencyDesk

    def truc(self, command: str, *arguments: object) -> Ran:
        return truc(command, *arguments, "--url", self.desk.url, "--key", self.desk.key)

    def wait_for(self, kind: str) -> dict[str, str]:
        """The first letter of this kind in the mailbox, once one is there."""
        for _look in range(UNTIL_IT_ARRIVES):
            waiting = self.truc("inbox", "--kind", kind, "--json").json["items"]
            if waiting:
                line: dict[str, str] = waiting[0]
                return line
        raise AssertionError(f"no {kind} arrived")


@pytest.fixture(scope="module")
def axis() -> Iterator[MemoryAxis]:
    """Both nodes at work in a thread of their own, since each command runs an event loop of its own."""
    started: list[MemoryAxis] = []
    ready, over = threading.Event(), threading.Event()

    async def run() -> None:
        async with memory_axis(load_toml(DIRECTORY.encode()), log_to=io.StringIO()) as running:
            started.append(running)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert ready.wait(30)
        yield started[0]
    finally:
        over.set()
        thread.join(30)


@pytest.fixture
def sender(axis: MemoryAxis) -> Agency:
    return Agency(axis.desks[AgencyCode(SENDER.code)])


@pytest.fixture
def receiver(axis: MemoryAxis) -> Agency:
    return Agency(axis.desks[AgencyCode(RECEIVER.code)])


def test_letter_goes_and_its_status_comes_back(sender: Agency, receiver: Agency, tmp_path: Path) -> None:
    letter = sound(tmp_path / "letter.edxml")
    assert sender.truc("send", letter, "--dry-run").code == 0
    sent = sender.truc("send", letter, "--json")
    assert sent.code == 0
    letter_id = sent.json["letters"][0]["letter_id"]
    again = sender.truc("send", letter, "--json").json["letters"][0]
    assert (again["letter_id"], again["repeated"]) == (letter_id, True)

    assert receiver.wait_for("document")["letter_id"] == letter_id
    fetched = receiver.truc("fetch", letter_id, "--extract", tmp_path / "in", "--ack", "--json")
    assert fetched.code == 0
    assert Path(fetched.json["file"]).read_bytes() == letter.read_bytes()
    assert fetched.json["extracted"]
    assert receiver.truc("inbox", "--kind", "document", "--json").json["items"] == []

    assert receiver.truc("report", letter_id, "03").code == 0
    assert sender.wait_for("status")["status_code"] in ("01", "03")

    tracked = sender.truc("track", letter_id)
    assert tracked.code == 0
    assert "đã giao vào hệ thống của đơn vị · handed over" in tracked.out
    assert "H14.60 ▸" in tracked.out
    found = sender.truc("track", sent.json["letters"][0]["document_id"], "--json")
    assert found.json["letters"][0]["letter_id"] == letter_id


def test_refused_letter_does_not_stop_the_others(sender: Agency, tmp_path: Path) -> None:
    broken = tmp_path / "broken.edxml"
    broken.write_bytes(b"<edXML>")
    ran = sender.truc("send", broken, sound(tmp_path / "sound.edxml", size=3000), "--json")
    assert ran.code == 1
    first, second = ran.json["letters"]
    assert first["findings"][0]["code"].startswith("TRUC-1")
    assert second["letter_id"]


def test_letter_goes_only_to_those_named_on_the_command_line(sender: Agency, tmp_path: Path) -> None:
    ran = sender.truc("send", sound(tmp_path / "a.edxml"), "--to", "000.99.99.H99", "--json")
    assert ran.code == 1


@pytest.mark.parametrize("command", [["fetch"], ["track"], ["report", "03"]], ids=lambda c: c[0])
def test_letter_of_others_looks_unknown(receiver: Agency, command: list[str], tmp_path: Path) -> None:
    nobodys = "0199f2d0-0000-7000-8000-000000000000"
    options = ["-o", tmp_path / "x"] if command == ["fetch"] else []
    ran = receiver.truc(command[0], nobodys, *command[1:], *options, "--json")
    assert ran.code == 1
    assert ran.json["error"]["code"] in (UNKNOWN_LETTER.code, NOT_FETCHED.code)
    assert not (tmp_path / "x").exists()


def test_wrong_key_is_refused(sender: Agency) -> None:
    ran = truc("inbox", "--url", sender.desk.url, "--key", "truc_wrong", "--json")
    assert ran.code == 1
    assert ran.json["error"]["code"] == UNAUTHENTICATED.code


def test_key_and_address_come_from_the_environment(sender: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUC_URL", sender.desk.url)
    monkeypatch.setenv("TRUC_KEY", sender.desk.key)
    assert truc("inbox").code == 0
