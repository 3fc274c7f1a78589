"""How long a letter takes, from the first byte of its request to its recipient's mailbox.

latency.one_link, .six_hops     on an idle axis, one letter at a time
latency.hops                    the same for every number of hops between
latency.urgent                  an urgent letter while ordinary ones come as fast as the node takes them
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from gateway.core.model import AgencyCode
from tests.bench import six_hops
from tests.bench.agencies import Errand, Told, agencies
from tests.bench.measured import Measured
from tests.bench.one_link import at_once
from tests.bench.paper import KIB, MIB, mix, size_name
from tests.bench.plan import Plan
from tests.bench.stage import Stage, Usage, stage
from tests.kit.correspondence import agency, tree

WRITER, READER = AgencyCode("000.00.10.H91"), AgencyCode("000.00.01.H91")
BULK_WRITER, BULK_READER = AgencyCode("000.00.11.H91"), AgencyCode("000.00.02.H91")
ONE_LINK = tree(
    {"H91": "", "H91.10": "H91"},
    [agency(code, "H91.10", sends_arrived=True) for code in (WRITER, BULK_WRITER)]
    + [agency(code, "H91", sends_arrived=True) for code in (READER, BULK_READER)],
)
SIZE = 6 * KIB
IDLE_SIZES = (6 * KIB, 100 * KIB, MIB, 10 * MIB)
BULK = {"6 KB bulk": (SIZE,), "mix as bulk": mix()}
FEW = 0.25  # of the usual time, where only the shape of a curve is wanted
IDLE_AT_ONCE = 2  # a letter that takes longer than its quarter of a second makes none wait
IDLE_EVERY = 0.25  # seconds between two letters: the one before has long arrived
URGENT_EVERY = 0.25
URGENT = 4  # Priority of edXML: hoả tốc
MOST = 1000  # letters of one case: enough for a 99th percentile
WARM_UP, WARM_UP_BUSY = 10, 60  # letters
OTHER_NUMBERS = 5_000_001  # of letters from a second process: none may be equal to one of the first
LEAD_SECONDS = 1.0  # of bulk before the first urgent letter


async def run(plan: Plan) -> None:
    """Idle over one link, urgent under load, idle over six hops."""
    await over_one_link(plan)
    await over_six_hops(plan)


async def over_one_link(plan: Plan) -> None:
    """One link, idle and busy."""
    async with stage(ONE_LINK, plan.ground) as here:
        for size in IDLE_SIZES:
            part = 1.0 if size == SIZE else FEW
            lines = replace(between(here, WRITER, READER), sizes=(size,))
            await idle(plan, here, "latency.one_link", size_name(size), lines, part)
        for name, sizes in BULK.items():
            await urgent(plan, here, name, sizes)


async def over_six_hops(plan: Plan) -> None:
    """The long way, idle."""
    async with stage(six_hops.AXIS, plan.ground) as here:
        ends = between(here, six_hops.WRITER, six_hops.READER)
        await idle(plan, here, "latency.six_hops", size_name(SIZE), ends)
        for hops, reader in enumerate(six_hops.ON_THE_WAY, start=1):
            lines = between(here, six_hops.WRITER, reader)
            await idle(plan, here, "latency.hops", f"{hops} hop{'s' if hops > 1 else ''}", lines, FEW)


def between(here: Stage, sender: AgencyCode, recipient: AgencyCode) -> Errand:
    """Small letters, one after another."""
    desks = here.desks
    return Errand(sender=desks[sender], recipient=desks[recipient], sizes=(SIZE,), count=1, at_once=1)


async def idle(plan: Plan, here: Stage, row: str, name: str, errand: Errand, part: float = 1.0) -> None:
    """One letter at a time on an axis that has nothing else to do, for `part` of the usual time."""
    await here.agencies.run(replace(errand, count=plan.warming(WARM_UP)))
    count = min(max(int(plan.seconds * part / IDLE_EVERY), 4), MOST)
    with here.counted() as usage:
        told = await here.agencies.run(replace(errand, count=count, every=IDLE_EVERY, at_once=IDLE_AT_ONCE))
    plan.tell(measured(row, name, count, told, usage, ()))


async def urgent(plan: Plan, here: Stage, name: str, sizes: tuple[int, ...]) -> None:
    """Urgent letters between two agencies while two others keep the same link busy."""
    count = min(max(int(plan.seconds / URGENT_EVERY), 4), MOST)
    lines = between(here, WRITER, READER)
    bulk = replace(between(here, BULK_WRITER, BULK_READER), sizes=sizes, at_once=at_once(max(sizes)))
    await here.agencies.run(replace(lines, priority=URGENT, count=2))
    pilot = replace(bulk, count=plan.warming(max(len(sizes), WARM_UP_BUSY)))
    told = await here.agencies.run(pilot)
    rate = pilot.count / (told.ready - told.began)
    # twice what the measured time takes, since a node is faster once it is warm
    bulk = replace(bulk, count=int(rate * (count * URGENT_EVERY + LEAD_SECONDS) * 2))
    async with agencies(OTHER_NUMBERS) as others:
        with here.counted() as usage:
            busy = asyncio.create_task(others.run(bulk))
            await asyncio.sleep(LEAD_SECONDS)
            told = await here.agencies.run(
                replace(lines, priority=URGENT, count=count, every=URGENT_EVERY, at_once=8)
            )
            carried = await busy
    notes = [
        f"{bulk.count} ordinary letters at {bulk.count / (carried.ready - carried.began):.4g} per second"
    ]
    if carried.ready < told.ready:
        notes.append(f"the load ended {told.ready - carried.ready:.1f} s before the last urgent letter")
    plan.tell(measured("latency.urgent", name, count, told, usage, notes))


def measured(
    row: str, case: str, count: int, told: Told, usage: Usage, notes: list[str] | tuple[str, ...]
) -> Measured:
    """Latencies are the figure; the rate only says how they were taken."""
    seconds = told.ready - told.began
    return Measured(
        row=row,
        case=case,
        letters=count,
        seconds=seconds,
        per_second=count / seconds,
        latencies=told.latencies,
        cpu_seconds=usage.cpu_seconds,
        peak_rss=usage.peak_rss,
        notes=(f"{count} letters, one every {IDLE_EVERY:g} s", *notes),
    )
