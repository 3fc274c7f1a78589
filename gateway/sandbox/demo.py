"""
The demo, read from top to bottom: bring the axis up, send letters, watch them, give account.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import sys
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table

from gateway.client import TrucClient
from gateway.clock import SystemClock
from gateway.core.catalogue import CONFIG_BAD_VALUE
from gateway.core.directory import Directory, load_toml
from gateway.core.errors import Misconfigured, Rejected, TrucError, Unavailable, find
from gateway.core.model import AgencyCode, LetterId, NodeId
from gateway.sandbox.axis import Axis, memory_axis
from gateway.sandbox.consoles import CLERK, OPERATOR, DemoAccounts, Visitors, console_variables, views
from gateway.sandbox.mail import Sent, far_pairs, letters, letters_without_end
from gateway.sandbox.processes import process_axis
from gateway.sandbox.robots import REPORTS, Ledger, RobotClerk
from gateway.sandbox.shell_variables import shell_variables, written_while_up
from gateway.sandbox.show import Account, account, live_table, print_account, stuck_line, tracking_line
from gateway.v1.shapes import TrackingShape

LOOK_SECONDS = 0.4
AT_ONCE = 8  # letters that are sent at the same time
PAUSE_SECONDS = 3.0  # between letters while it stays up: enough for the map of a console to move


@dataclass(frozen=True, slots=True)
class Options:
    """What a visitor may ask of the demo."""

    once: bool = False
    count: int = 24
    letters: Path | None = None
    faults: tuple[str, ...] = ()
    deadline: float = 60.0
    directory: str = "four-level"
    broker: str = "memory"  #: or `rabbitmq`
    port: int = 0
    as_json: bool = False
    log: Path | None = None
    env: Path = Path("demo.env")  #: where the keys of two agencies are while it stays up


def main(options: Options) -> int:
    """Run the demo. 0: every letter arrived unchanged and was reported on; 1: some did not."""
    return asyncio.run(run(options))


async def run(options: Options) -> int:
    """
    The demo.

    Raises: Misconfigured for a fault, a folder or a directory that does not exist.
    """
    console = Console(stderr=options.as_json)
    directory = load_toml((files("gateway.directories") / f"{options.directory}.toml").read_bytes())
    accounts = None if options.once else DemoAccounts.new()  # what ends by itself is looked at by nobody
    visitors = Visitors(options.port, accounts)
    cuts = [_cut(fault, directory) for fault in options.faults]
    sent = letters(directory, options.count, options.letters)
    async with AsyncExitStack() as stack:
        log_to = stack.enter_context((options.log or Path("/dev/null")).open("w", encoding="utf-8"))
        with console.status(
            f"Dựng trục {len(directory.nodes)} nút · bringing up {len(directory.nodes)} nodes"
        ):
            axis: Axis
            if options.broker == "rabbitmq":
                axis = await stack.enter_async_context(
                    process_axis(directory, log_to=log_to, visitors=visitors)
                )
            else:
                axis = await stack.enter_async_context(
                    memory_axis(directory, log_to=log_to, visitors=visitors)
                )
        for node in cuts:
            await axis.cut(node)
            console.print(f"Đã cắt mọi đường nối của {node} · every link of {node} is cut", style="yellow")
        visit = _Visit(axis, sent, console, options, accounts)
        visit.show_consoles()
        await visit.open(stack)
        return await visit.run()


def _cut(fault: str, directory: Directory) -> NodeId:
    """The node of `cut:NODE`."""
    what, _, node = fault.partition(":")
    if what != "cut" or NodeId(node) not in directory.nodes:
        detail = f"{fault!r}; thử cut:H21 · try cut:H21"
        raise Misconfigured(find(CONFIG_BAD_VALUE, key="fault", detail=detail))
    return NodeId(node)


class _Visit:
    """One run of the demo over a running axis."""

    def __init__(
        self,
        axis: Axis,
        sent: Sequence[Sent],
        console: Console,
        options: Options,
        accounts: DemoAccounts | None,
    ) -> None:
        self._axis, self._sent, self._console, self._options = axis, sent, console, options
        self._accounts = accounts
        self._clients: dict[AgencyCode, TrucClient] = {}
        self._robots: dict[AgencyCode, asyncio.Task[None]] = {}
        self._ledger, self._tracks = Ledger(), dict[LetterId, TrackingShape]()

    def show_consoles(self) -> None:
        """Where people look at the axis: told before letters travel, so that one can watch them."""
        if self._accounts is None:
            return
        who = f"{OPERATOR} (người vận hành · operator), {CLERK} (văn thư của đơn vị · clerk)"
        told = f"{who}, mật khẩu · password {self._accounts.password}"
        self._console.print(f"Bảng điều khiển · the console: {told}", highlight=False, soft_wrap=True)
        for node in views(self._axis.directory):
            row, url = self._axis.directory.nodes[node], self._axis.consoles[node]
            self._console.print(f"  {url}/console/  {node} {row.name}", highlight=False, soft_wrap=True)

    async def open(self, stack: AsyncExitStack) -> None:
        """A client and a robot clerk for every agency."""
        clock = SystemClock()
        for code, desk in self._axis.desks.items():
            client = await stack.enter_async_context(TrucClient(desk.url, desk.key))
            self._clients[code] = client
            sends = self._axis.directory.agencies[code].sends_arrived
            robot = asyncio.create_task(RobotClerk(client, self._ledger, clock, sends_arrived=sends).work())
            self._robots[code] = robot
            stack.push_async_callback(_end, robot)

    async def run(self) -> int:
        """Send, watch, give account; then stay up unless `once`."""
        began = datetime.now(UTC)
        give_up = began + timedelta(seconds=self._options.deadline)
        sending = asyncio.create_task(self._send_all())
        with Live(console=self._console, refresh_per_second=4, transient=True) as live:
            while datetime.now(UTC) < give_up:
                await self._look()
                live.update(live_table(self._sent, self._tracks))
                if sending.done() and self._told().agrees:
                    break
                await asyncio.sleep(LOOK_SECONDS)
        await _end(sending)
        await self._look()
        told = self._told()
        self._give_account(told, (datetime.now(UTC) - began).total_seconds())
        if not self._options.once:
            await self._stay()
        return 0 if told.agrees else 1

    async def _send_all(self) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def send(letter: Sent) -> None:
            async with gate:
                try:
                    answer = await self._clients[letter.sender].send(letter.content)
                except Rejected as refused:
                    letter.refused = f"{refused.code} {refused.first.vi} · {refused.first.en}"
                except Unavailable as failed:
                    self._console.print(
                        f"{letter.name}: {failed.first.vi} · {failed.first.en}", style="yellow"
                    )
                else:
                    letter.letter_id = LetterId(answer.letter_id)

        await asyncio.gather(*(send(letter) for letter in self._sent))

    async def _look(self) -> None:
        for letter in self._sent:
            if letter.letter_id is None:
                continue
            track = self._tracks.get(letter.letter_id)
            if track is not None and track.is_final and self._reported(track):
                continue
            with suppress(TrucError):
                self._tracks[letter.letter_id] = await self._clients[letter.sender].track(letter.letter_id)

    @staticmethod
    def _reported(track: TrackingShape) -> bool:
        return track.kind == "status" or all(len(r.statuses) >= len(REPORTS) for r in track.recipients)

    def _told(self) -> Account:
        return account(
            self._sent, self._ledger, self._tracks, refusals_are_ours=self._options.letters is None
        )

    def _give_account(self, told: Account, seconds: float) -> None:
        if self._options.as_json:
            print(json.dumps(told.as_dict(self._tracks), ensure_ascii=False), file=sys.stdout)
            return
        for letter in self._sent:
            track = self._tracks.get(letter.letter_id) if letter.letter_id else None
            if track is not None:
                verdict = self._ledger.verdicts.get(LetterId(track.letter_id))
                self._console.print(tracking_line(letter, track.recipients[0], verdict), highlight=False)
        for letter in told.stuck:
            track = self._tracks.get(letter.letter_id) if letter.letter_id else None
            self._console.print("KẸT · STUCK " + stuck_line(letter, track), style="red", highlight=False)
        for letter in self._sent:
            if letter.refused:
                self._console.print(f"TỪ CHỐI · REFUSED {letter.name}: {letter.refused}", style="red")
        print_account(self._console, told, seconds)

    async def _stay(self) -> None:
        table = Table(
            "nút · node", "API", "đơn vị · agency", "khóa · key", title="Trục đang chạy · up (Ctrl-C)"
        )
        for desk in self._axis.desks.values():
            name = self._axis.directory.agencies[desk.agency].name
            table.add_row(desk.node, desk.url, f"{desk.agency} {name}", desk.key)
        self._console.print(table)
        systems = Table("VXP (SDK)", "systemid", "secret", title="Cửa VXP · the VXP door")
        for desk in self._axis.desks.values():
            systems.add_row(desk.vxp_url, desk.system_id, desk.secret)
        self._console.print(systems)
        ends = next(far_pairs(self._axis.directory))
        for code in ends:  # from here on the visitor is their clerk
            await _end(self._robots[code])
        sender, receiver = (self._axis.desks[code] for code in ends)
        env, stop = self._options.env, _stop_asked_for()
        told = dict(shell_variables(sender, receiver))
        if self._accounts is not None:
            told |= console_variables(self._axis.directory, self._axis.consoles, self._accounts)
            self.show_consoles()
        sending = asyncio.create_task(self._keep_sending(ends))
        with written_while_up(env, told) as variables:
            self._console.print(variables, highlight=False, soft_wrap=True, markup=False)
            named = shlex.quote(str(env) if env.is_absolute() else f"./{env}")  # `.` looks in PATH otherwise
            hint = f"Thử bằng tay · try it by hand: . {named}  (docs/connect.md)"
            self._console.print(hint, highlight=False, soft_wrap=True, markup=False)
            with suppress(asyncio.CancelledError, KeyboardInterrupt):
                await stop.wait()
        await _end(sending)

    async def _keep_sending(self, but_not: Collection[AgencyCode]) -> None:
        """A letter now and then between the agencies that the visitor is no clerk of, until cancelled."""
        for letter in letters_without_end(self._axis.directory, but_not, len(self._sent)):
            await asyncio.sleep(PAUSE_SECONDS)
            with suppress(TrucError):  # a node that is down, or cut off, is part of the show
                await self._clients[letter.sender].send(letter.content)


def _stop_asked_for() -> asyncio.Event:
    """Set by SIGTERM, which would otherwise end the process with the file of keys still there."""
    stop = asyncio.Event()
    with suppress(NotImplementedError):  # Windows has no such signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return stop


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
