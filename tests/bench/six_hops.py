"""Six hops: commune → district → province → central → province → district → commune, seven nodes in a row.

six_hops        letters a second over the whole way; `cpu_seconds` names each node
six_hops.transit    what one node in the middle takes of it: letters for each second of its CPU time
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace

from gateway.core.model import AgencyCode
from tests.bench import one_link
from tests.bench.agencies import Errand
from tests.bench.measured import Measured
from tests.bench.paper import KIB, MIB, size_name
from tests.bench.plan import Plan
from tests.bench.stage import Stage, stage
from tests.kit.correspondence import agency, tree

CENTRAL = "A00"
WAY = ("H91.1.10", "H91.1", "H91", CENTRAL, "H14", "H14.1", "H14.1.10")
WRITER = AgencyCode("000.00.00.H91")
ON_THE_WAY = tuple(AgencyCode(f"000.00.0{hops}.H14") for hops in range(1, len(WAY)))
READER = ON_THE_WAY[-1]
"""One agency at each node; the last one's node is six hops away."""
AXIS = tree(
    {
        CENTRAL: "",
        "H91": CENTRAL,
        "H91.1": "H91",
        "H91.1.10": "H91.1",
        "H14": CENTRAL,
        "H14.1": "H14",
        "H14.1.10": "H14.1",
    },
    [agency(code, node, sends_arrived=True) for code, node in zip((WRITER, *ON_THE_WAY), WAY, strict=True)],
)
SIZES = (6 * KIB, MIB)


async def run(plan: Plan, sizes: Sequence[int] = SIZES) -> None:
    """Throughput of the whole way, and what is in it of transit."""
    kept: list[Measured] = []

    def tell(one: Measured) -> None:
        kept.append(one)
        plan.tell(one)

    async with stage(AXIS, plan.ground) as here:
        for size in sizes:
            await one_link.case(
                replace(plan, tell=tell), here, "six_hops", size_name(size), parties(here), (size,)
            )
    for one in kept:
        middle = [one.cpu_seconds[node] for node in WAY[1:-1] if node in one.cpu_seconds]
        if middle:
            plan.tell(transit(one, middle))


def parties(here: Stage) -> Errand:
    """An errand from one end to the other, to be filled in."""
    return Errand(sender=here.desks[WRITER], recipient=here.desks[READER], sizes=(), count=1)


def transit(one: Measured, middle: Sequence[float]) -> Measured:
    """The nodes in between by themselves."""
    seconds = statistics.median(middle)
    return Measured(
        row="six_hops.transit",
        case=one.case,
        letters=one.letters,
        seconds=seconds,
        per_second=one.letters / max(seconds, 1e-3),
        cpu_seconds={node: one.cpu_seconds[node] for node in WAY[1:-1]},
        peak_rss={node: one.peak_rss[node] for node in WAY[1:-1]},
        notes=("letters for each second of CPU of the median node in between, its broker not counted",),
    )
