"""
Every crash point, on real processes over a real broker: kill -9 there, and all letters arrive, once.

Two communes write to each other over their province. The node that dies is started again at once, as an
operator's supervisor would; the senders send again until they have an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from gateway.core.directory import Directory
from gateway.core.errors import Misconfigured
from gateway.core.model import NodeId
from gateway.crash import POINTS
from gateway.sandbox.processes import ProcessAxis, process_axis
from tests.faults.kills import Keeper
from tests.faults.load import Clients, ended, letters
from tests.kit.correspondence import agency, tree
from tests.kit.history import History, Verdict, check

PROVINCE, WRITER, READER = "H91", "H91.10", "H91.20"
DIES_AT: Mapping[str, tuple[str, int]] = {
    "C1": (WRITER, 1),
    "C2": (WRITER, 1),
    "C3": (WRITER, 1),
    "C4": (PROVINCE, 1),
    "C5": (PROVINCE, 2),
    "C6": (PROVINCE, 40),  # the first commits are those of the start
    "C7": (PROVINCE, 2),
    "C8": (PROVINCE, 2),
    "C9": (PROVINCE, 2),
    "C10": (PROVINCE, 2),
    "C11": (PROVINCE, 2),
    "C12": (PROVINCE, 2),
    "C14": (READER, 2),
}
"""Where each point is tried: the node, and at which pass through the point it dies."""

LETTERS = 6
LOOK_SECONDS = 0.05


def communes() -> Directory:
    """A province with two communes, whose agencies leave status 01 to their nodes."""
    return tree(
        {PROVINCE: "", WRITER: PROVINCE, READER: PROVINCE},
        [agency("000.10.00.H91", WRITER), agency("000.20.00.H91", READER)],
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def axis(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ProcessAxis]:
    """Three nodes and their broker, for all tests of this module."""
    folder = tmp_path_factory.mktemp("axis")
    with (folder / "axis.log").open("w", encoding="utf-8") as log_to:
        try:
            async with process_axis(communes(), folder=folder, log_to=log_to) as running:
                yield running
        except Misconfigured as missing:
            pytest.skip(f"{missing.first.en}; make test installs it")


@asynccontextmanager
async def kept(keeper: Keeper) -> AsyncIterator[None]:
    """Whenever the node of `keeper` dies it is started again."""
    running = asyncio.create_task(keeper.run())
    try:
        yield
    finally:
        await ended(running)


async def exchange(axis: ProcessAxis, keeper: Keeper, seed: int, folder: Path) -> Verdict:
    """Letters both ways until `keeper` has seen a second death, and all of them at their desks."""
    history = History()
    async with AsyncExitStack() as stack:
        clients = Clients(axis.directory, axis.desks, history)
        await clients.open(stack)
        mail = letters(axis.directory, LETTERS, Random(seed), sizes=(2_000, 1_200_000))
        await clients.send_all(mail, [0.1 * number for number in range(LETTERS)])
        while keeper.kills < 2 or check(history.events).lost:
            await asyncio.sleep(LOOK_SECONDS)
        clients.nobody_looks_again()
        while not clients.everybody_looked(1):
            await asyncio.sleep(LOOK_SECONDS)
    (folder / "history.jsonl").write_text("\n".join(history.lines()), encoding="utf-8")
    return check(history.events, seed=seed)


def test_every_point_is_tried() -> None:
    assert DIES_AT.keys() == POINTS.keys()


@pytest.mark.external
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("point", DIES_AT)
async def test_kill_at_crash_point_loses_and_doubles_nothing(
    axis: ProcessAxis, point: str, tmp_path: Path
) -> None:
    node, passes = DIES_AT[point]
    keeper = Keeper(axis.nodes[NodeId(node)], environments=[{"TRUC_CRASH": f"{point}:{passes}"}])
    async with kept(keeper):
        await keeper.kill()  # the start that follows bears the crash point
        verdict = await exchange(axis, keeper, list(DIES_AT).index(point), tmp_path)

    assert keeper.fell == []
    assert verdict.holds, verdict
    assert verdict.delivered == LETTERS
