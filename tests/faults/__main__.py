"""
The command: `python -m tests.faults list`, `run F02 --letters 500 --kills 20 --seed 7`, `run all`.

Exit code 0: what must hold held. 1: it did not. 2: wrong usage. The seed is printed, and repeats the letters,
victims and times of a run; what the machine makes of them is its own.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from gateway.core.errors import Misconfigured
from tests.faults.matrix import FAULTS, Fault
from tests.faults.planted_node import PLANTS
from tests.faults.trial import Outcome, Wish


def main() -> int:
    """Run what was asked for."""
    asked = _arguments()
    if asked.command == "list":
        for fault in FAULTS.values():
            print(f"{fault.code}  {fault.title}")
        return 0
    chosen = list(FAULTS.values()) if asked.fault == "all" else [FAULTS[asked.fault]]
    return max(_run(fault, asked) for fault in chosen)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every fault, one a line")
    run = commands.add_parser("run", help="one fault, or all of them")
    run.add_argument("fault", choices=["all", *FAULTS], metavar="FNN|all")
    run.add_argument("--letters", type=int, help="letters under way")
    run.add_argument("--kills", type=int, default=20, help="kills in all (F02)")
    run.add_argument("--seed", type=int, help="repeat the run of this seed")
    run.add_argument("--plant", choices=sorted(PLANTS), default="", help="plant a bug in every node")
    run.add_argument("--keep", type=Path, metavar="FOLDER", help="keep stores, log and history there")
    return parser.parse_args()


def _run(fault: Fault, asked: argparse.Namespace) -> int:
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(2**31)
    keep = asked.keep / fault.code if asked.keep else None
    wish = Wish(seed, asked.letters or fault.letters, asked.kills, asked.plant, keep)
    print(f"\n{fault.code} {fault.title}" + (f", planted: {wish.plant}" if wish.plant else ""), flush=True)
    try:
        outcome = asyncio.run(_stoppable(fault.run(wish)))
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Misconfigured as failed:
        print(failed, file=sys.stderr)
        return 1
    _print(fault, outcome)
    return outcome.exit_code


async def _stoppable(running: Coroutine[Any, Any, Outcome]) -> Outcome:
    """SIGTERM ends a run as Ctrl-C does: everything that was started is ended first."""
    task = asyncio.ensure_future(running)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _print(fault: Fault, outcome: Outcome) -> None:
    for line in outcome.measured:
        print(f"  {line}")
    for name, found in outcome.verdict.faults.items():
        for each in found[:10]:
            print(f"  {name}: {each}")
    for line in outcome.unmet:
        print(f"  NOT MET: {line}")
    holds = "holds" if outcome.exit_code == 0 else "FAILED"
    print(f"{fault.code} {holds}: {outcome.verdict.line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
