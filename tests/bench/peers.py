"""The peers and the bare pipe as rows of the bench: each carries the same sizes as one link of ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from tests.bench import bare_pipe, foreign, postfix
from tests.bench.measured import Measured
from tests.bench.paper import SIZES
from tests.bench.plan import Plan

Peer = Callable[[Sequence[int], float, Path], Awaitable[list[Measured]]]


def row(peer: Peer) -> Callable[[Plan], Awaitable[None]]:
    """A peer as a row."""

    async def run(plan: Plan) -> None:
        for measured in await peer(SIZES, plan.seconds, plan.ground.folder):
            plan.tell(measured)

    return run


postfix_row = row(postfix.run)
as4_row = row(foreign.as4)
pyas2lib_row = row(foreign.pyas2lib)
bare_pipe_row = row(bare_pipe.run)
