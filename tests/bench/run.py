"""One run of the bench: which rows, with how much time each, and what they told."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.core.errors import Misconfigured
from tests.bench import backlog, fan_out, latency, one_link, parts, peers, report, six_hops, transit
from tests.bench.goals import goals
from tests.bench.machine import description
from tests.bench.measure import percentile
from tests.bench.measured import Measured, NotHere
from tests.bench.outcome import Outcome
from tests.bench.plan import Plan
from tests.bench.stage import Ground

DEFAULT_MINUTES = 25.0
QUICK_MINUTES = 3.0
LOADED = 0.5  # of a row's time: the rest is starting, warming up, and waiting for the last letters
FEW_ROUNDS = 0.5  # of the usual time: with less, one round each
LEAST_SECONDS = 0.5  # of one case
LONGEST, LONGEST_START = 2.5, 150.0  # times what a row usually takes, and seconds that any may take
STARTS_MINUTES = 10.0  # to start every axis and to install every peer, however short the loads are


@dataclass(frozen=True, slots=True)
class Row:
    """
    A row of the bench. `cost`: its share of the time, in seconds of a run of 25 minutes, starts included.
    """

    name: str
    run: Callable[[Plan], Awaitable[None]]
    cost: float
    cases: int  # that load for `Plan.seconds` each


ROWS: Sequence[Row] = (
    Row("one_link.rsa", one_link.rsa, 240, 10),
    Row(
        "peer.postfix", peers.postfix_row, 110, 5
    ),  # beside what it is compared with, on the same warm machine
    Row("bare_pipe", peers.bare_pipe_row, 110, 10),
    Row("peer.as4", peers.as4_row, 60, 5),
    Row("peer.pyas2lib", peers.pyas2lib_row, 60, 5),
    Row("one_link.p256", one_link.p256, 80, 4),
    Row("six_hops", six_hops.run, 110, 2),
    Row("transit", transit.run, 80, 0),
    Row("latency", latency.run, 150, 4),
    Row("fan_out", fan_out.run, 130, 0),
    Row("backlog", backlog.run, 280, 0),
    Row("parts", parts.run, 60, 2),
)


def say(text: str) -> None:
    """Progress, with the time of day."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def line_of(one: Measured) -> str:
    """A result in one line."""
    text = f"{one.row:20} {one.case:>14}  {one.per_second:10.4g}/s  {one.letters:7} in {one.seconds:7.2f} s"
    if one.latencies:
        p50, p99 = (percentile(one.latencies, part) * 1000 for part in (0.5, 0.99))
        text += f"  p50 {p50:,.1f} ms  p99 {p99:,.1f} ms"
    if one.cpu_seconds:
        text += "  CPU ms a letter: " + ", ".join(
            f"{name} {seconds * 1000 / max(one.letters, 1):.2f}" for name, seconds in one.cpu_seconds.items()
        )
    return text


def chosen(only: str) -> Iterable[Row]:
    """Rows whose name is one of these or begins with it. Raises: SystemExit if a word fits none."""
    words = [word for word in only.split(",") if word]
    for word in words:
        if not any(row.name.startswith(word) for row in ROWS):
            raise SystemExit(f"no row is called {word}; there are {', '.join(row.name for row in ROWS)}")
    return [row for row in ROWS if not words or any(row.name.startswith(word) for word in words)]


async def run(rows: Iterable[Row], minutes: float, folder: Path, *, is_real: bool = True) -> Outcome:
    """Run these rows one after the other; one that has no time left fails."""
    outcome, share = Outcome(), minutes / DEFAULT_MINUTES
    end = time.monotonic() + max(minutes, STARTS_MINUTES) * 60

    def tell(one: Measured) -> None:
        outcome.measured.append(one)
        say(line_of(one))

    for row in rows:
        began = time.monotonic()
        until = min(end, began + max(row.cost * share * LONGEST, LONGEST_START))
        with tempfile.TemporaryDirectory(
            prefix=f"{row.name}-", dir=folder, ignore_cleanup_errors=True
        ) as place:
            Path(place).chmod(0o755)  # RabbitMQ runs as nobody
            plan = Plan(
                ground=Ground(Path(place), is_real),
                seconds=max(row.cost * share * LOADED / max(row.cases, 1), LEAST_SECONDS),
                rounds=3 if share > FEW_ROUNDS else 1,
                scale=min(share, 1.0),
                tell=tell,
                say=say,
                until=until,
            )
            say(f"{row.name} …")
            await _carry_out(row, plan, outcome)
        outcome.seconds[row.name] = time.monotonic() - began
    return outcome


async def _carry_out(row: Row, plan: Plan, outcome: Outcome) -> None:
    """One row, within its time; why it ended early is noted."""
    try:
        async with asyncio.timeout(max(plan.until - time.monotonic(), 0.0)):
            await row.run(plan)
    except NotHere as absent:
        outcome.absent[row.name] = str(absent)
        say(f"{row.name} cannot run here: {absent}")
    except Exception as failed:  # the others go on
        outcome.failed[row.name] = reason(failed)
        say(f"{row.name} failed: {outcome.failed[row.name]}")


def reason(failed: Exception) -> str:
    """What went wrong, in one line."""
    said = str(failed) if isinstance(failed, Misconfigured) else f"{type(failed).__name__}: {failed}"
    if isinstance(failed, TimeoutError):
        said = "it took longer than it may"
    return " ".join([said, *getattr(failed, "__notes__", ())]).replace("\n", " ")


def main(words: Sequence[str]) -> int:
    """Run the bench as the command line asks."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measure, and write the report."
    )
    parser.add_argument("--only", default="", metavar="ROW[,ROW]", help="only rows whose names begin so")
    parser.add_argument("--quick", action="store_true", help="every row short: some minutes in all")
    parser.add_argument("--minutes", type=float, default=DEFAULT_MINUTES, help="how long all rows may take")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there as well")
    parser.add_argument("--out", type=Path, default=Path("bench-report"), metavar="DIR", help="of the report")
    options = parser.parse_args(words)
    minutes = QUICK_MINUTES if options.quick else options.minutes
    with tempfile.TemporaryDirectory(prefix="truc-bench-") as folder:
        Path(folder).chmod(0o755)  # RabbitMQ runs as nobody
        machine = description(Path(folder))
        outcome = asyncio.run(run(chosen(options.only), minutes, Path(folder)))
    if options.json:
        told = {"machine": machine, **asdict(outcome)}
        options.json.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    path = report.write(outcome, machine, options.out)
    for goal in goals(outcome):
        print(goal.line)
    print(f"\nreport: {path}")
    return 1 if outcome.failed else 0
