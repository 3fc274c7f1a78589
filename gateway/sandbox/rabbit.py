"""
A RabbitMQ of our own: started for one demo or one run of the tests, and gone with it.

It runs as an ordinary user from a folder of its own, listens on loopback only and on ports that were free,
and touches neither the service nor the data of an installed RabbitMQ. It is made for being killed, too:
started again, it has the same ports and the same data.
"""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import random
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gateway.core.catalogue import PROGRAM_FAILED, PROGRAM_MISSING
from gateway.core.errors import Misconfigured, find

INSTALLED = Path("/usr/lib/rabbitmq/lib")
PROGRAM = "RabbitMQ"
HOST = "127.0.0.1"
# A node never runs as root: the Erlang VM opens ports and runs what its cookie allows.
SERVANT = "nobody"

# Measured on 2 cores: 15-23 s for the first start, 5-10 s for later ones, 1-8 s to stop; more under load.
START_SECONDS = 120.0
STOP_SECONDS = 30.0
CONTROL_SECONDS = 60.0
LOOK_SECONDS = 0.1
CONSOLE = "console.log"
LAST_WORDS = 400  # characters

# If this process is killed itself, it can end nothing any more. The watchman reads from it which processes
# there are; when the pipe closes before it was told of the end, it ends them and removes the folder.
WATCHMAN = """\
while read -r what id; do
    case $what in end) exit 0 ;; node) node=${id:+-$id} ;; epmd) epmd=-$id ;; esac
done
kill -s KILL -- $node $epmd
rm -rf "$0"
"""

# Below Linux's ephemeral ports (from 32768): a client that keeps dialling the port of a node that is down can
# be given that very port as its own, and then holds it.
PORTS = range(20_000, 32_000)

CONFIGURATION = """\
listeners.tcp.default = {host}:{port}
log.console = false
heartbeat = 15
# In place of guest with its known password. Nobody needs it: rabbitmqctl asks for the cookie.
default_user = administrator
default_pass = {password}
# A node of the axis holds little at a time, in frames of up to 1 MiB; the defaults (512 MiB in memory, and
# 4096 frames to a file that is freed as a whole) are made for large brokers.
raft.wal_max_size_bytes = 64000000
raft.segment_max_entries = 128
"""
# Loopback only, between nodes too; and no spinning while idle, since the machine has other things to do.
ERLANG = "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"


@dataclass(frozen=True, slots=True)
class _Ports:
    """AMQP; between nodes of a cluster; epmd, which knows the ports of nodes; and that of `rabbitmqctl`."""

    amqp: int
    dist: int
    epmd: int
    control: int


class PrivateRabbit:
    """
    One RabbitMQ node below `folder`, which a user without rights can enter (nobody, if we are root).

    Every call blocks until it is done; in an event loop use `asyncio.to_thread`.

    Raises: Misconfigured (PROGRAM_MISSING) if RabbitMQ is not installed; (PROGRAM_FAILED) if the node does
    not start, or refuses what it is told.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs = _programs()
        self._servant = pwd.getpwnam(SERVANT) if os.geteuid() == 0 else None
        self._ports = _Ports(*free_ports(4))
        self._epmd: subprocess.Popen[bytes] | None = None
        self._node: subprocess.Popen[bytes] | None = None
        self._watchman: subprocess.Popen[bytes] | None = None
        # A start that runs in another thread must not bring up what was ended meanwhile.
        self._turn, self._is_ended = threading.Lock(), False
        self._prepare()

    @property
    def port(self) -> int:
        """Where it speaks AMQP on 127.0.0.1."""
        return self._ports.amqp

    @property
    def is_running(self) -> bool:
        return self._node is not None and self._node.poll() is None

    def address(self, vhost: str, user: str, password: str = "", port: int | None = None) -> str:
        """
        The URL of a virtual host for a user.

        Without `password` it can stand in the settings of a node. `port` is that of a proxy in between.
        """
        secret = f":{quote(password, safe='')}" if password else ""
        return f"amqp://{quote(user)}{secret}@{HOST}:{port or self.port}/{quote(vhost, safe='')}"

    # --- its life --------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the node, for the first time or again, and return when it serves."""
        with self._turn:
            if not self._is_ended:
                self._spawn_all()
        give_up = time.monotonic() + START_SECONDS
        while not self._serves():
            if self._is_ended or not self.is_running or time.monotonic() > give_up:
                detail = f"{self.folder / CONSOLE}: {self._last_words()}"
                raise Misconfigured(find(PROGRAM_FAILED, program=PROGRAM, detail=detail))
            time.sleep(LOOK_SECONDS)

    def kill(self) -> None:
        """What a power cut does to the process: kill -9."""
        if self._node is None:
            return
        if self._node.poll() is None:
            os.killpg(self._node.pid, signal.SIGKILL)
            self._node.wait()
        self._forget_node()
        # That was the shell around the Erlang VM, which is no child of ours: its port tells when it is gone.
        give_up = time.monotonic() + STOP_SECONDS
        while self._listens() and time.monotonic() < give_up:
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """Stop it in good order; its data stay, and `start` brings it up again."""
        if self._node is None:
            return
        self._node.terminate()
        try:
            self._node.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._forget_node()

    def restart(self) -> None:
        """Start it again after `kill` or `stop`; one that runs is stopped first."""
        self.stop()
        self.start()

    def end(self) -> None:
        """End everything that was started, and remove the folder. Twice is harmless."""
        with self._turn:
            self._is_ended = True
        self.kill()
        if self._epmd is not None:  # it outlives every node; ours is a child of this process
            self._epmd.kill()
            self._epmd.wait()
        if self._watchman is not None:
            self._tell_watchman("end")
            self._watchman.communicate()
            self._watchman = None
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what an administrator does --------------------------------------------------------------

    def control(self, *words: str, stdin: bytes = b"") -> str:
        """What `rabbitmqctl` says to these words. Each call costs a second or two."""
        command = [str(self._programs / "rabbitmqctl"), "--quiet", *words]
        done = subprocess.run(  # noqa: S603 - a program of the installation, words of our own
            command, input=stdin, capture_output=True, timeout=CONTROL_SECONDS, check=False, **self._manner()
        )
        if done.returncode:
            said = (done.stderr or done.stdout).decode(errors="replace")
            detail = f"rabbitmqctl {words[0]}: {' '.join(said.split())[:400]}"
            raise Misconfigured(find(PROGRAM_FAILED, program=PROGRAM, detail=detail))
        answer: bytes = done.stdout
        return answer.decode()

    def import_definitions(self, definitions: Mapping[str, Any]) -> None:
        """Create what these definitions name (virtual hosts, users, queues …); what is there stays."""
        self.control("import_definitions", stdin=json.dumps(definitions).encode())

    # --- inside ----------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._servant is not None:
            _require_way(self.folder, self._servant)
        for name in ("home", "mnesia", "log"):
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        configuration = CONFIGURATION.format(host=HOST, port=self.port, password=secrets.token_urlsafe(24))
        self._write("rabbitmq.conf", configuration)
        self._write("rabbitmq-env.conf", "")
        self._write("enabled_plugins", "[].\n")
        self._write("home/.erlang.cookie", secrets.token_hex(16), mode=0o400)
        self._write(CONSOLE, "")
        self._write("epmd.log", "")
        self._write("watchman.log", "")
        if self._servant is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, self._servant.pw_uid, self._servant.pw_gid)

    def _write(self, name: str, text: str, mode: int = 0o600) -> None:
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def _spawn_all(self) -> None:
        if self._watchman is None:
            command = ["/bin/sh", "-c", WATCHMAN, str(self.folder)]
            self._watchman = self._spawn(command, "watchman.log", stdin=subprocess.PIPE)
        if self._epmd is None:
            epmd = ["epmd", "-port", str(self._ports.epmd), "-address", HOST]
            self._epmd = self._spawn(epmd, "epmd.log")
            self._tell_watchman(f"epmd {self._epmd.pid}")
        self._node = self._spawn([str(self._programs / "rabbitmq-server")], CONSOLE)
        self._tell_watchman(f"node {self._node.pid}")

    def _forget_node(self) -> None:
        """It ended: from now on its number may be that of somebody else."""
        self._node = None
        self._tell_watchman("node")

    def _tell_watchman(self, word: str) -> None:
        if self._watchman is not None and self._watchman.stdin is not None:
            self._watchman.stdin.write(f"{word}\n".encode())
            self._watchman.stdin.flush()

    def _spawn(
        self, command: list[str], output: str, stdin: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start a program in a session of its own, so that a Ctrl-C is ours to answer."""
        with (self.folder / output).open("ab") as told:
            return subprocess.Popen(  # noqa: S603 - a program of the installation, words of our own
                command,
                stdin=stdin,
                stdout=told,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self._manner(),
            )

    def _manner(self) -> dict[str, Any]:
        """How a program of the node runs: whose it is, where, and in what surroundings."""
        manner: dict[str, Any] = {"cwd": self.folder, "env": self._surroundings()}
        if self._servant is not None:
            manner |= {"user": self._servant.pw_uid, "group": self._servant.pw_gid, "extra_groups": []}
        return manner

    def _surroundings(self) -> dict[str, str]:
        """Everything is said here: what is not said, RabbitMQ takes from the installed service."""
        folder, ports = self.folder, self._ports
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(folder / "home"),
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_EPMD_PORT": str(ports.epmd),
            # the name of the node is part of the path of its data: it must not follow that of the machine
            "RABBITMQ_NODENAME": "truc@localhost",
            "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_DIST_PORT": str(ports.dist),
            "RABBITMQ_CTL_DIST_PORT_MIN": str(ports.control),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(ports.control),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
        }

    def _listens(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex((HOST, self.port)) == 0

    def _serves(self) -> bool:
        """Whether the broker greets: it opens its port last, when everything behind it stands."""
        try:
            with closing(socket.create_connection((HOST, self.port), timeout=1.0)) as line:
                line.sendall(b"AMQP\x00\x00\x09\x01")
                return line.recv(1) == b"\x01"
        except OSError:
            return False

    def _last_words(self) -> str:
        """Why the node does not start: what it calls errors before it lists its own processes."""
        console = (self.folder / CONSOLE).read_text("utf-8", errors="replace")
        errors = re.findall(
            r"^\S+ \S+ \[error\] <[\d.]+>(.*)$", console.partition("BOOT FAILED")[0], re.MULTILINE
        )
        return " ".join(" ".join(errors or console[-LAST_WORDS:]).split())[:LAST_WORDS]


@asynccontextmanager
async def private_rabbit(folder: Path | None = None) -> AsyncIterator[PrivateRabbit]:
    """
    A private node that serves; on leaving, nothing of it is left, the folder included.

    Raises: Misconfigured (PROGRAM_MISSING, PROGRAM_FAILED).
    """
    rabbit = await asyncio.to_thread(PrivateRabbit, folder or new_folder())
    starting = asyncio.ensure_future(asyncio.to_thread(rabbit.start))
    try:
        await asyncio.shield(starting)
        yield rabbit
    finally:
        await asyncio.to_thread(rabbit.end)
        await asyncio.gather(starting, return_exceptions=True)


def new_folder() -> Path:
    """A folder for a node, short-lived, that only its user can look into."""
    return Path(tempfile.mkdtemp(prefix="truc-rabbitmq-"))


def free_ports(count: int) -> list[int]:
    """Different TCP ports of 127.0.0.1 on which nobody listens."""
    found: list[int] = []
    with suppress(StopIteration):
        candidates = iter(random.sample(PORTS, len(PORTS)))
        while len(found) < count:
            port = next(candidates)
            with closing(socket.socket()) as probe, suppress(OSError):
                probe.bind((HOST, port))
                found.append(port)
    return found


def _programs() -> Path:
    """The folder with the server's own programs: the ones in /usr/sbin insist on another user."""
    found = list(INSTALLED.glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    if not found:
        raise Misconfigured(find(PROGRAM_MISSING, program=PROGRAM))
    return max(found, key=lambda program: [int(n) for n in re.findall(r"\d+", program.parts[-3])]).parent


def _require_way(folder: Path, servant: pwd.struct_passwd) -> None:
    """Raises: Misconfigured if a folder on the way to `folder` is closed to `servant`."""
    for place in folder.resolve().parents:
        found = place.stat()
        if not found.st_mode & stat.S_IXOTH and found.st_uid != servant.pw_uid:
            detail = f"{SERVANT} cannot enter {place}"
            raise Misconfigured(find(PROGRAM_FAILED, program=PROGRAM, detail=detail))
