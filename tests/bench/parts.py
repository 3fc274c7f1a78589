"""
What the CPU time of a letter goes to, part by part, in the node that takes it and in the node that hands it
over.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.bench.agencies import Errand
from tests.bench.measured import Measured, NotHere
from tests.bench.one_link import AXIS, PILOT_LETTERS, READER, WRITER, at_once, per_second
from tests.bench.paper import KIB, MIB, size_name
from tests.bench.plan import Plan
from tests.bench.sampled_node import SUMS, WRITE_SECONDS
from tests.bench.stage import Stage, stage

SAMPLED = (sys.executable, "-m", "tests.bench.sampled_node")
NODES = {"parts.sender": "H91.10", "parts.recipient": "H91"}
SIZES = (6 * KIB, MIB)


async def run(plan: Plan) -> None:
    """Both nodes under the sampler, with small letters and larger ones."""
    if not plan.ground.is_real:
        raise NotHere("the nodes must be processes of their own")
    async with stage(AXIS, plan.ground, program=SAMPLED) as here:
        for size in SIZES:
            await case(plan, here, size)


async def case(plan: Plan, here: Stage, size: int) -> None:
    """Letters of one size; what both nodes spent on them."""
    errand = Errand(
        sender=here.desks[WRITER],
        recipient=here.desks[READER],
        sizes=(size,),
        count=PILOT_LETTERS,
        at_once=at_once(size),
    )
    rate = per_second("parts", errand, await here.agencies.run(errand))
    errand = replace(errand, count=max(int(rate * plan.seconds), PILOT_LETTERS))
    before = await sums(here.folder)
    told = await here.agencies.run(errand)
    after = await sums(here.folder)
    for row, node in NODES.items():
        spent = {part: after[node][part] - before[node].get(part, 0.0) for part in after[node]}
        plan.tell(
            Measured(
                row=row,
                case=size_name(size),
                letters=errand.count,
                seconds=told.ready - told.began,
                per_second=errand.count / (told.ready - told.began),
                cpu_seconds=dict(sorted(spent.items(), key=lambda item: -item[1])),
                notes=("CPU seconds by part; fetching and acknowledging included",),
            )
        )


async def sums(folder: Path) -> dict[str, Mapping[str, float]]:
    """What each node has spent until now."""
    await asyncio.sleep(2 * WRITE_SECONDS)
    return {node: json.loads((folder / node / SUMS).read_text("utf-8")) for node in NODES.values()}
