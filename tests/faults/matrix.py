"""
The fault matrix: what fails, and what must hold all the same.

In every run: nothing lost, nothing doubled, no refusal without a code, every audit log whole, and everything
in place soon after the last fault.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from gateway.core.model import NodeId
from gateway.crash import POINTS
from tests.faults.kills import BROKER, BROKER_KILLS, Killers, schedule
from tests.faults.trial import Outcome, Trial, Wish, trial
from tests.kit.faultproxy import Way

SECONDS_PER_KILL = 5.0  # what one takes on 2 cores, with the wait until mail flows again

Run = Callable[[Wish], Coroutine[Any, Any, Outcome]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the matrix. `letters` is how many are under way unless the command says otherwise."""

    code: str
    title: str
    run: Run
    letters: int


async def kill_everything(wish: Wish) -> Outcome:
    """F02: every node and the broker are killed again and again while letters cross six hops."""
    async with trial(wish) as run:
        nodes = list(run.axis.nodes)
        kills = schedule(nodes, wish.kills, run.rng)
        run.start_mail(len(kills) * SECONDS_PER_KILL)
        killers = Killers(run.keepers, run.axis.rabbit, run.acknowledged, run.say)
        await killers.carry_out(kills)
        await run.converge()
        done = killers.done
        each = ", ".join(f"{victim} {done[victim]}" for victim in (BROKER, *nodes))
        run.measured.append(f"kills {done.total()}: {each}")
        if done.total() < wish.kills or done[BROKER] < BROKER_KILLS or not all(done[n] for n in nodes):
            run.unmet.append("not everything was killed as often as it should")
        return await run.outcome()


LIVES = 3  # of each node that end at a crash point
AT_LEAF = tuple(POINTS)
IN_TRANSIT = tuple(point for point in POINTS if point not in ("C1", "C2", "C3", "C14"))
LATEST_PASS = 30
CRASH_SECONDS = 120.0


async def crash_everywhere(wish: Wish) -> Outcome:
    """F01: three lives of every node end at a crash point that chance chooses, at a pass that it chooses."""
    async with trial(wish) as run:
        for name, keeper in run.keepers.items():
            points = IN_TRANSIT if run.axis.directory.children(name) else AT_LEAF
            keeper.environments = [
                {"TRUC_CRASH": f"{run.rng.choice(points)}:{run.rng.randint(1, LATEST_PASS)}"}
                for _ in range(LIVES)
            ]
            run.say(f"{name}: {', '.join(each['TRUC_CRASH'] for each in keeper.environments)}")
            await keeper.kill()
        run.start_mail(CRASH_SECONDS / 2)
        give_up = time.monotonic() + CRASH_SECONDS
        while any(k.environments for k in run.keepers.values()) and time.monotonic() < give_up:
            await asyncio.sleep(1)
        await run.converge()
        died = {name: keeper.kills - 1 for name, keeper in run.keepers.items()}
        each = ", ".join(f"{name} {deaths}" for name, deaths in died.items())
        run.measured.append(f"deaths at crash points {sum(died.values())}: {each}")
        if not all(died.values()):
            run.unmet.append("not every node died at a crash point")
        return await run.outcome()


async def kill_broker(wish: Wish) -> Outcome:
    """F03: the broker is killed twice under load; nodes go on accepting meanwhile."""

    async def fault(run: Trial) -> None:
        for _ in range(2):
            await asyncio.sleep(run.rng.uniform(2, 6))
            await _without_broker(run, run.axis.rabbit.kill)

    return await _under_load(wish, fault, 40)


async def restart_broker(wish: Wish) -> Outcome:
    """F04: the broker is stopped in good order and started again, as for an upgrade."""

    async def fault(run: Trial) -> None:
        await asyncio.sleep(run.rng.uniform(2, 6))
        await _without_broker(run, run.axis.rabbit.stop)

    return await _under_load(wish, fault, 30)


async def broker_away(wish: Wish) -> Outcome:
    """F05: the broker is away for a minute; nodes accept, and wait."""

    async def fault(run: Trial) -> None:
        await asyncio.sleep(run.rng.uniform(2, 6))
        await _without_broker(run, run.axis.rabbit.kill, seconds=60)

    return await _under_load(wish, fault, 60)


async def _without_broker(run: Trial, end: Callable[[], None], seconds: float = 0) -> None:
    before = run.accepted
    await asyncio.to_thread(end)
    run.say("the broker is gone")
    await asyncio.sleep(seconds)
    await asyncio.to_thread(run.axis.rabbit.start)
    run.say("the broker serves again")
    accepted = run.accepted - before
    run.measured.append(f"accepted while the broker was away: {accepted}")
    if not accepted:
        run.unmet.append("no letter was accepted while the broker was away")


async def _under_load(
    wish: Wish,
    fault: Callable[[Trial], Awaitable[None]],
    seconds: float,
    *,
    over_proxies: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Outcome:
    """Letters for `seconds`, the fault among them, then the verdict."""
    async with trial(wish, over_proxies=over_proxies, settings=settings) as run:
        run.start_mail(seconds)
        await fault(run)
        await run.converge()
        return await run.outcome()


async def rolling_restart(wish: Wish) -> Outcome:
    """F36: every node is stopped in good order and started again, one after the other, as for an upgrade."""

    async def fault(run: Trial) -> None:
        longest = 0.0
        for name, keeper in run.keepers.items():
            await asyncio.sleep(run.rng.uniform(0.5, 2))
            began = time.monotonic()
            await keeper.rest()
            longest = max(longest, time.monotonic() - began)
            await keeper.wake()
            run.say(f"{name} was restarted")
            if keeper.kills:
                run.unmet.append(f"{name} had to be killed")
        run.measured.append(f"the slowest stop took {longest:.1f} s")

    return await _under_load(wish, fault, 45)


# --- bad lines -----------------------------------------------------------------------------------

PROVINCE, CENTRE = NodeId("H14"), NodeId("G22")


# With this heartbeat a dead line is noticed after at most 3 x (4 + 1) s; more, on a machine that is busy.
HEARTBEAT, NOTICED = {"TRUC_BROKER_HEARTBEAT": "4s"}, 20.0


async def silent_partition(wish: Wish) -> Outcome:
    """F06: the line between a province and the centre holds everything back for 30 s, without a word."""

    async def fault(run: Trial) -> None:
        await asyncio.sleep(5)
        line, since = run.lines[PROVINCE, CENTRE], datetime.now(UTC)
        line.hold()
        run.say(f"{PROVINCE} and {CENTRE} hear nothing of each other")
        await asyncio.sleep(30)
        line.release()
        run.say("they do again")
        down = [each["at"] - since for each in run.logged("link.down") if each["node"] == PROVINCE]
        noticed = min((after.total_seconds() for after in down if after > timedelta(0)), default=math.inf)
        run.measured.append(f"noticed after {noticed:.1f} s")
        if noticed > NOTICED:
            run.unmet.append(f"the silence was not noticed within {NOTICED:.0f} s")

    return await _under_load(wish, fault, 60, over_proxies=True, settings=HEARTBEAT)


async def confirms_lost(wish: Wish) -> Outcome:
    """F07: frames get through, their confirms do not, and the connection is cut: frames are sent twice."""

    async def fault(run: Trial) -> None:
        for _ in range(5):
            await asyncio.sleep(run.rng.uniform(2, 5))
            lines = [run.lines[ends] for ends in run.lines.all()]
            for line in lines:
                line.hold(Way.DOWN)
            await asyncio.sleep(1)
            for line in lines:
                line.reset()
                line.release()
            run.say("confirms of one second are lost on every line")

    return await _under_load(wish, fault, 30, over_proxies=True)


async def cut_in_mid_frame(wish: Wish) -> Outcome:
    """F08: connections are cut after a few bytes more, in the middle of whatever passes."""

    async def fault(run: Trial) -> None:
        for _ in range(30):
            await asyncio.sleep(run.rng.uniform(0.3, 1.5))
            line = run.lines[run.rng.choice(run.lines.all())]
            line.cut_after(run.rng.choice(list(Way)), run.rng.randint(1, 20_000))

    return await _under_load(wish, fault, 30, over_proxies=True)


async def swizzle_clog(wish: Wish) -> Outcome:
    """F09: lines fall silent one by one, and come back in another order."""

    async def fault(run: Trial) -> None:
        ends = run.lines.all()
        for order, change in ((1, "hold"), (2, "release")):
            run.rng.shuffle(ends)
            for each in ends:
                await asyncio.sleep(run.rng.uniform(0.2, 2.0))
                getattr(run.lines[each], change)()
            run.say(f"swizzle {order} of 2: every line was told to {change}")

    return await _under_load(wish, fault, 40, over_proxies=True)


# --- odd brokers ---------------------------------------------------------------------------------


async def frames_twice(wish: Wish) -> Outcome:
    """F11: every third frame comes twice."""
    return await _under_load(replace(wish, plant="twice"), _nothing, 15)


async def frames_in_any_order(wish: Wish) -> Outcome:
    """F12: frames come in any order."""
    return await _under_load(replace(wish, plant="shuffled"), _nothing, 15)


async def _nothing(_run: Trial) -> None:
    """The fault is planted in the nodes."""


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.code: fault
        for fault in (
            Fault("F01", "kill -9 at crash points, each node", crash_everywhere, 250),
            Fault("F02", "kill -9 of every node and the broker, at any time", kill_everything, 500),
            Fault("F03", "kill -9 of the broker under load", kill_broker, 150),
            Fault("F04", "restart of the broker in good order", restart_broker, 150),
            Fault("F05", "the broker away for a minute", broker_away, 150),
            Fault("F06", "silent partition between two levels", silent_partition, 150),
            Fault("F07", "confirms lost, frames published twice", confirms_lost, 150),
            Fault("F08", "connections cut in mid-frame", cut_in_mid_frame, 150),
            Fault("F09", "every line falls silent, one by one", swizzle_clog, 150),
            Fault("F11", "duplicated frames", frames_twice, 150),
            Fault("F12", "reordered frames", frames_in_any_order, 150),
            Fault("F36", "every node restarted in good order, in turn", rolling_restart, 150),
        )
    }
)
