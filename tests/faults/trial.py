"""
A trial: an axis of processes with mail under way, for something to fail in; then the verdict.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from gateway.core.delivery import State
from gateway.core.model import NodeId
from gateway.sandbox.processes import SERVE, ProcessAxis, process_axis
from tests.faults.autopsy import MOVING, examine
from tests.faults.kills import Keeper
from tests.faults.lines import BadLines
from tests.faults.load import Clients, ended, letters
from tests.kit.correspondence import four_level
from tests.kit.history import Accepted, Acknowledged, History, Refused, Verdict, check

LOOK_SECONDS = 0.5
LAST_LOOKS = 3  # of every clerk, after the last letter: what is doubled shows only then
CONVERGE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    seed: int
    letters: int
    kills: int = 20
    plant: str = ""
    keep: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: the checker's verdict, what else was measured, and what did not hold besides."""

    verdict: Verdict
    measured: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        return 1 if self.unmet else self.verdict.exit_code


@dataclass(slots=True)
class Trial:
    """One axis at work. `measured` and `unmet` are for the outcome, and filled as the run goes."""

    wish: Wish
    rng: Random
    axis: ProcessAxis
    lines: BadLines
    clients: Clients
    history: History
    keepers: dict[NodeId, Keeper]
    folder: Path
    began: float
    measured: list[str] = field(default_factory=list)
    unmet: list[str] = field(default_factory=list)
    _sending: asyncio.Task[None] | None = None
    _guards: list[asyncio.Task[None]] = field(default_factory=list)

    def say(self, text: str) -> None:
        """A line of progress."""
        print(f"{time.monotonic() - self.began:7.1f} s  {text}", flush=True)

    def start_mail(self, seconds: float) -> None:
        """Begin to send all letters, at times that chance spreads over `seconds`."""
        mail = letters(self.axis.directory, self.wish.letters, self.rng)
        times = sorted(self.rng.uniform(0, seconds) for _ in mail)
        self.say(f"{len(mail)} letters over {seconds:.0f} s, {sum(len(m.content) for m in mail) >> 20} MiB")
        self._sending = asyncio.create_task(self.clients.send_all(mail, times))

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines of one event in the logs of all nodes so far, each with its `at` as a time."""
        lines = []
        for line in (self.folder / "axis.log").read_text(encoding="utf-8").splitlines():
            with suppress(
                ValueError
            ):  # the last line may be half written, and a crash may print what it likes
                told = json.loads(line)
                if told.get("event") == event:
                    lines.append({**told, "at": datetime.fromisoformat(told["at"])})
        return lines

    @property
    def accepted(self) -> int:
        return len(self.history.of(Accepted))

    def acknowledged(self) -> int:
        """Letters that agencies have acknowledged so far."""
        return len(self.history.of(Acknowledged))

    async def converge(self, within: float = CONVERGE_SECONDS) -> None:
        """Return when every letter is where it should be; what is not by then is judged as lost."""
        assert self._sending is not None, "start_mail comes first"
        fault_ended, told = time.monotonic(), 0.0
        while not self._is_settled():
            waited = time.monotonic() - fault_ended
            if waited > within:
                self.unmet.append(f"not converged within {within:.0f} s of the last fault")
                self.say("not converged")
                break
            if waited - told > 10:
                told = waited
                self.say(f"accepted {self.accepted}, acknowledged {self.acknowledged()}")
            await asyncio.sleep(LOOK_SECONDS)
        else:
            ended_at, last = time.monotonic(), self.began + self.history.last(Accepted)
            self.measured.append(
                f"converged {ended_at - fault_ended:.1f} s after the last fault, "
                f"{ended_at - last:.1f} s after the last letter was accepted"
            )
            self.say(self.measured[-1])
        self.clients.nobody_looks_again()
        async with asyncio.timeout(within):
            while not self.clients.everybody_looked(LAST_LOOKS):
                await asyncio.sleep(LOOK_SECONDS)
        await ended(self._sending)

    def _is_settled(self) -> bool:
        if self._sending is None or not self._sending.done():
            return False
        self._sending.result()
        return not check(self.history.events).lost

    def watch(self) -> None:
        """From now on whoever is killed is started again."""
        self._guards = [asyncio.create_task(keeper.run()) for keeper in self.keepers.values()]

    async def give_up(self) -> None:
        """End what still runs, in whatever state; nothing to do after `outcome`."""
        for task in (*self._guards, *filter(None, [self._sending])):
            with suppress(Exception):  # what went wrong is already on its way up
                await ended(task)
        for node in self.axis.nodes.values():
            node.kill()

    async def outcome(self) -> Outcome:
        """Stop every node in good order, look into the stores, and judge."""
        for guard in self._guards:
            await ended(guard)
        for keeper in self.keepers.values():
            self.unmet += keeper.fell
        await asyncio.gather(*(node.stop() for node in self.axis.nodes.values()))
        for node in self.axis.nodes.values():
            code = node.process.returncode if node.process is not None else None
            if code != 0:
                self.unmet.append(f"{node.name} did not stop in good order ({code})")
        broken, states, again = [], Counter[State](), 0
        for name in self.axis.nodes:
            found = await examine(name, self.folder / name)
            broken += [found.break_at] if found.break_at else []
            states += found.states
            again += found.again
        self.measured.append("deliveries: " + ", ".join(f"{s.value} {n}" for s, n in sorted(states.items())))
        self.measured.append(f"tries over a link beyond the first: {again}")
        if moving := sum(states[state] for state in MOVING):
            self.measured.append(f"still moving when it was stopped: {moving}")
        refused = Counter(event.code for event in self.history.of(Refused))
        if refused:
            self.measured.append("refusals: " + ", ".join(f"{code} {n}" for code, n in refused.items()))
        if self.wish.keep is not None:
            (self.folder / "history.jsonl").write_text("\n".join(self.history.lines()), encoding="utf-8")
        verdict = check(self.history.events, seed=self.wish.seed, broken=broken)
        return Outcome(verdict, tuple(self.measured), tuple(self.unmet))


@asynccontextmanager
async def trial(
    wish: Wish, *, over_proxies: bool = False, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Trial]:
    """
    An axis that is up, with clerks at their desks.

    With `over_proxies` every link can be made a bad line. `settings` are added to the nodes' environment.
    """
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        folder = wish.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="truc-fault-")))
        folder.mkdir(parents=True, exist_ok=True)
        log_to = stack.enter_context((folder / "axis.log").open("w", encoding="utf-8"))
        directory, lines = four_level(), BadLines()
        await stack.enter_async_context(lines)
        program = planted(wish.plant) if wish.plant else SERVE
        if settings:
            program = ("env", *(f"{name}={value}" for name, value in settings.items()), *program)
        through = lines.lay if over_proxies else None
        axis = await stack.enter_async_context(
            process_axis(directory, folder=folder, log_to=log_to, program=program, through=through)
        )
        history = History(clock=lambda: time.monotonic() - began)
        clients = Clients(directory, axis.desks, history)
        await clients.open(stack)
        keepers = {name: Keeper(node) for name, node in axis.nodes.items()}
        run = Trial(wish, Random(wish.seed), axis, lines, clients, history, keepers, folder, began)
        run.say(f"{len(axis.nodes)} nodes are up, seed {wish.seed}")
        run.watch()
        stack.push_async_callback(run.give_up)
        yield run


def planted(plant: str) -> tuple[str, ...]:
    """The program of nodes that behave as `plant` says."""
    return (sys.executable, "-m", "tests.faults.planted_node", plant)
