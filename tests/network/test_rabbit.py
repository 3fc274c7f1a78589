"""
A private RabbitMQ: what it needs, what it leaves alone, and that nothing of it stays.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.errors import Misconfigured
from gateway.sandbox import rabbit
from gateway.sandbox.rabbit import (
    HOST,
    INSTALLED,
    PORTS,
    PrivateRabbit,
    free_ports,
    new_folder,
    private_rabbit,
)
from tests.kit.rabbitmq import until
from tests.kit.source_tree import ROOT


@pytest.fixture
def installed() -> None:
    if not list(INSTALLED.glob("rabbitmq_server-*")):
        pytest.skip("RabbitMQ is not installed; make test installs it")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that an ordinary user can get to, as those of pytest are not."""
    made = new_folder()
    yield made
    subprocess.run(["rm", "-rf", str(made)], check=True)


def processes(folder: Path) -> list[str]:
    """The command lines of all processes that were told of this folder."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in environ.read_bytes():
                found.append((environ.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def test_missing_installation_says_what_to_install(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbit, "INSTALLED", tmp_path)
    with pytest.raises(Misconfigured, match="TRUC-809") as missing:
        PrivateRabbit(folder)
    told = missing.value.first.as_dict()
    assert all("apt-get install rabbitmq-server" in told["next"][language] for language in ("vi", "en"))


def test_free_ports_are_different_and_out_of_reach_of_dialling_clients() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(port in PORTS and port < low for port in ports)


def test_port_on_which_somebody_listens_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    with socket.create_server((HOST, port)):
        monkeypatch.setattr(rabbit, "PORTS", range(port, port + 2))
        assert port not in free_ports(1)


@pytest.mark.external
@pytest.mark.usefixtures("installed")
def test_folder_that_the_servant_cannot_enter_is_told(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root starts it as somebody else")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Misconfigured, match=r"TRUC-810 .*nobody cannot enter"):
        PrivateRabbit(closed / "node")


@pytest.mark.external
@pytest.mark.usefixtures("installed")
async def test_private_node_serves_and_leaves_nothing(folder: Path) -> None:
    async with private_rabbit(folder) as node:
        assert node.is_running
        assert any("beam" in line for line in processes(folder))
        assert any("epmd" in line for line in processes(folder))
        if os.geteuid() == 0:
            owner = pwd.getpwnam("nobody").pw_uid
            assert {path.stat().st_uid for path in (folder, *folder.rglob("*"))} == {owner}
        assert all(path.stat().st_mode & 0o077 == 0 for path in (folder / "home", folder / "rabbitmq.conf"))
        with pytest.raises(Misconfigured, match=r"TRUC-810 .*rabbitmqctl no_such_word"):
            node.control("no_such_word")
    await until(lambda: processes(folder) == [])
    assert not folder.exists()
    with socket.socket() as probe:
        assert probe.connect_ex((HOST, node.port)) != 0


KILLED = """
import os, signal, sys
from pathlib import Path
from gateway.sandbox.rabbit import PrivateRabbit
node = PrivateRabbit(Path(sys.argv[1]))
node.start()
node.kill()
node.start()
print("serves", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.external
@pytest.mark.usefixtures("installed")
async def test_process_that_is_killed_leaves_no_node_behind(folder: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(folder)]
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("serves\n", -signal.SIGKILL)
    await until(lambda: processes(folder) == [] and not folder.exists())


@pytest.mark.external
@pytest.mark.usefixtures("installed")
async def test_start_that_fails_is_told_with_the_last_words_of_the_node(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbit, "CONFIGURATION", "no.such.setting = 1\n")
    with pytest.raises(Misconfigured, match="TRUC-810") as failed:
        async with private_rabbit(folder):
            pass
    assert "no.such.setting" in failed.value.first.en
    await until(lambda: processes(folder) == [])
    assert not folder.exists()
