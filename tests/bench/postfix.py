"""
The mail server in the same run: Postfix takes plain mail, syncs it to disk and forwards it to a sink.

A private instance below a folder of ours, on loopback, with the settings that an administrator would give a
relay which has nothing else to do. It touches neither the configuration nor the queue of an installed one.
smtp-source → smtpd, cleanup (fsync, then 250) → qmgr → smtp → smtp-sink. No virus, no checks, no crypto.
"""

from __future__ import annotations

import asyncio
import grp
import os
import pwd
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from gateway.sandbox.rabbit import free_ports
from tests.bench.measure import cpu_seconds, family, peak_memory
from tests.bench.measured import Measured, NotHere
from tests.bench.paper import MIB, size_name

ROW, LOAD = "peer.postfix", "smtp-source, smtp-sink"
PROGRAMS = Path("/usr/lib/postfix/sbin")
TOOLS = Path("/usr/sbin")
HOST = "127.0.0.1"
# Who owns what below the queue, as its own installer would make it.
OWN_FOLDERS = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved"),
    "trace",
)
DROP_FOLDERS = {"maildrop": 0o730, "public": 0o710}
QUEUE_FOLDERS = (*OWN_FOLDERS, *DROP_FOLDERS, "pid")
# Should this process be killed itself, Postfix and its sink end by themselves after this long.
LIFE_SECONDS = 1800
START_SECONDS, STOP_SECONDS, LOOK_SECONDS = 30.0, 10.0, 0.1
# Mail that fails once waits for minutes: what is not at the sink after this long will not come in time.
LATE_SECONDS = 60.0

SESSIONS = 20  # as many agencies at once; 50 gained nothing on 2 cores
PILOT_BYTES = 32 * MIB  # warms up every process, and tells how many letters fill the time
PILOT_MOST, PILOT_LEAST = 200, 3
LEAST, MOST_BYTES = 5, 1024 * MIB

SETTINGS = """\
compatibility_level = 3.6
config_directory = {config}
queue_directory = {queue}
data_directory = {data}
daemon_directory = {programs}
command_directory = {tools}
mail_owner = postfix
setgid_group = postdrop
myhostname = bench.invalid
mydestination =
alias_maps =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1/32
smtpd_relay_restrictions = permit_mynetworks, reject
relayhost = [127.0.0.1]:{sink}
default_transport = smtp
message_size_limit = 0
mailbox_size_limit = 0
syslog_name = truc-bench
# As fast as it goes: nobody is asked for names, nothing is slowed down, connections are kept.
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
smtp_tls_security_level = none
smtpd_tls_security_level = none
in_flow_delay = 0
default_process_limit = 100
initial_destination_concurrency = {sessions}
default_destination_concurrency_limit = {sessions}
smtpd_client_connection_count_limit = 0
smtp_connection_cache_destinations = [127.0.0.1]:{sink}
max_use = 100000
"""
NOTES = (
    "plain mail: smtp-source, fsync before 250, forwarded to smtp-sink; no crypto, no checks, nothing logged",
    f"{SESSIONS} sessions in and out, connections kept, no DNS, no in_flow_delay, process limit 100",
    "memory: the largest process of each program",
)

# Service, type, private, unprivileged, chroot, wakeup, maxproc, command.
SERVICES = """\
{host}:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""


async def run(sizes: Sequence[int], seconds: float, workdir: Path) -> list[Measured]:
    """
    Row peer.postfix, each size about `seconds` long; anybody must be able to enter `workdir`.

    Raises: NotHere if Postfix is not installed, or we may not run it.
    """
    found = []
    for number, size in enumerate(sizes):
        # An instance for each size: what one left in a queue must not arrive among the letters of the next.
        async with _relay(workdir / f"postfix-{number}") as relay:
            found.append(await _case(relay, size, seconds))
    return found


async def _case(relay: Relay, size: int, seconds: float) -> Measured:
    pilot = min(max(PILOT_BYTES // size, PILOT_LEAST), PILOT_MOST)
    took, _ = await relay.forward(pilot, size, LATE_SECONDS + seconds)
    letters = filling(seconds, pilot / took, size)
    before = relay.cpu()
    took, arrived = await relay.forward(letters, size, LATE_SECONDS + 3 * seconds)
    after = relay.cpu()
    late = () if arrived == letters else (f"{size_name(size)}: only {arrived} of {letters} arrived in time",)
    return Measured(
        row=ROW,
        case=size_name(size),
        letters=arrived,
        seconds=took,
        per_second=arrived / took,
        cpu_seconds={name: after[name] - before[name] for name in after},
        peak_rss=relay.memory(),
        notes=(*NOTES, *late),
    )


def filling(seconds: float, rate: float, size: int) -> int:
    """How many letters of this size fill the time at this rate, within what the disk should have to bear."""
    return min(max(int(rate * seconds), LEAST), max(MOST_BYTES // size, LEAST))


# --- the instance --------------------------------------------------------------------------------


@dataclass(slots=True)
class Relay:
    """Postfix and the sink behind it, both running."""

    port: int
    master: asyncio.subprocess.Process
    sink: asyncio.subprocess.Process
    arrived: int = 0
    last: float = 0.0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def forward(self, letters: int, size: int, limit: float) -> tuple[float, int]:
        """Send so many; the seconds from the first connection to the last arrival, and how many arrived."""
        before, began = self.arrived, time.monotonic()
        words = ["-4", "-d", "-s", str(min(SESSIONS, letters)), "-m", str(letters), "-l", str(size)]
        ends = ["-f", "sender@bench.invalid", "-t", "recipient@bench.invalid", f"inet:{HOST}:{self.port}"]
        source = await asyncio.create_subprocess_exec(
            str(TOOLS / "smtp-source"), *words, *ends, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(limit):
                    await source.wait()
                    while self.arrived - before < letters:
                        self.news.clear()
                        await self.news.wait()
        finally:
            if source.returncode is None:
                source.kill()
                await source.wait()
        return max(self.last - began, 1e-6), self.arrived - before

    async def listen(self) -> None:
        """Follow the counters that the sink writes, one after the other, without an end of line."""
        assert self.sink.stdout is not None
        while said := await self.sink.stdout.read(64 * 1024):
            counted = re.findall(rb"mesg=(\d+)", said)
            if counted and int(counted[-1]) > self.arrived:
                self.arrived, self.last = int(counted[-1]), time.monotonic()
                self.news.set()

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far of Postfix with all its processes, and of the two tools."""
        return {
            "Postfix": sum(map(cpu_seconds, family(self.master.pid))),
            LOAD: sum(os.times()[2:4])
            + sum(map(cpu_seconds, family(self.sink.pid))),  # a source is known only once it ended
        }

    def memory(self) -> dict[str, int]:
        """The peak of the largest process of each program."""
        peaks: Counter[str] = Counter()
        for pid, program in family(self.master.pid).items():
            peaks[program] = max(peaks[program], peak_memory(pid))
        return dict(peaks)


@asynccontextmanager
async def _relay(folder: Path) -> AsyncIterator[Relay]:
    """A Postfix with empty queues and its sink, serving; nothing of them is left at the end."""
    if not (PROGRAMS / "master").exists() or not (TOOLS / "smtp-source").exists():
        raise NotHere("Postfix is not installed (bash .ci/packages postfix)")
    if os.geteuid() != 0:
        raise NotHere("Postfix starts only as root")
    port, behind = free_ports(2)
    config = _prepare(folder, port, behind)
    sink = await asyncio.create_subprocess_exec(
        *("timeout", str(LIFE_SECONDS), str(TOOLS / "smtp-sink"), "-4", "-c", "-u", "postfix"),
        *(f"inet:{HOST}:{behind}", "1024"),
        stdout=asyncio.subprocess.PIPE,
    )
    following: asyncio.Task[None] | None = None
    try:
        master = await asyncio.create_subprocess_exec(
            *(str(PROGRAMS / "master"), "-c", str(config), "-d", "-e", str(LIFE_SECONDS)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            relay = Relay(port, master, sink)
            following = asyncio.create_task(relay.listen())
            await _until_serving(relay, folder)
            yield relay
        finally:
            await _end(master)
    finally:
        if following is not None:
            following.cancel()
        if sink.returncode is None:
            sink.terminate()
            await sink.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(folder: Path, port: int, sink: int) -> Path:
    """Its folders with the owners that it insists on, and its configuration; where that is."""
    owner, drop = pwd.getpwnam("postfix"), grp.getgrnam("postdrop")
    config, queue, data = (folder / name for name in ("config", "queue", "data"))
    for place in (folder, config, queue, data, *(queue / name for name in QUEUE_FOLDERS)):
        place.mkdir()
        place.chmod(0o755)
    for name in (*OWN_FOLDERS, *DROP_FOLDERS):
        os.chown(queue / name, owner.pw_uid, drop.gr_gid if name in DROP_FOLDERS else -1)
        (queue / name).chmod(DROP_FOLDERS.get(name, 0o700))
    os.chown(data, owner.pw_uid, -1)
    data.chmod(0o700)
    main = SETTINGS.format(
        config=config, queue=queue, data=data, programs=PROGRAMS, tools=TOOLS, sink=sink, sessions=SESSIONS
    )
    (config / "main.cf").write_text(main, encoding="ascii")
    (config / "master.cf").write_text(SERVICES.format(host=HOST, port=port), encoding="ascii")
    return config


async def _until_serving(relay: Relay, folder: Path) -> None:
    """Return when Postfix greets. Raises: NotHere if it does not."""
    give_up = time.monotonic() + START_SECONDS
    while relay.master.returncode is None and time.monotonic() < give_up:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(HOST, relay.port)
            with closing(writer):
                if (await asyncio.wait_for(reader.readline(), START_SECONDS)).startswith(b"220"):
                    return
        await asyncio.sleep(LOOK_SECONDS)
    # What is wrong it tells only its log, and that of a private instance is nowhere.
    raise NotHere(f"Postfix does not start below {folder}, which its user must be able to enter")


async def _end(master: asyncio.subprocess.Process) -> None:
    """End Postfix: asked first, then each of its processes by its number."""
    if master.returncode is not None:
        return
    below = family(master.pid)
    master.terminate()
    with suppress(TimeoutError):
        await asyncio.wait_for(master.wait(), STOP_SECONDS)
    for pid, program in below.items():
        if family(pid).get(pid) == program:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    await master.wait()
