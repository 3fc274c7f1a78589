"""
The node on trial: it dies when it is told to, comes back with what it had, and its time runs faster.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.core.delivery import State
from gateway.core.directory import Agency
from gateway.core.model import AgencyCode, NodeId
from gateway.sandbox import trial_node
from gateway.sandbox.trial_node import HurriedClock, TrialNode

NODE = NodeId("H14")
WRITER, READER, LATER = (AgencyCode(f"000.00.0{n}.H14") for n in range(3))


def agency(code: AgencyCode) -> Agency:
    return Agency(code=code, name=f"Cơ quan {code}", node=NODE)


@asynccontextmanager
async def trial(folder: Path) -> AsyncIterator[TrialNode]:
    node = TrialNode(folder, NODE, [agency(WRITER), agency(READER)], {}, HurriedClock())
    await node.start()
    try:
        yield node
    finally:
        await node.stop()


async def test_time_passes_faster_by_its_clock() -> None:
    clock = HurriedClock(100)
    mark, began = time.monotonic(), clock.now()
    await clock.sleep(1)
    passed, ours = (clock.now() - began).total_seconds(), time.monotonic() - mark
    assert 1 <= passed <= ours * 100


async def test_doomed_node_dies_before_it_records_the_hand_over_and_comes_back_with_the_letter(
    tmp_path: Path,
) -> None:
    async with trial(tmp_path) as node:
        node.doom(READER)
        letter_id = (await node.send(node.letter(WRITER, READER), WRITER)).letter_id
        await node.store.died.wait()
        assert (await node.delivery(letter_id, READER)).state is State.TRYING
        await node.rise()

        async def waits() -> bool:
            return (await node.delivery(letter_id, READER)).state is State.WAITING

        await node.until(waits, "it is offered again")


async def test_agency_that_was_added_is_there_after_a_restart_too(tmp_path: Path) -> None:
    async with trial(tmp_path) as node:
        await node.add(agency(LATER))
        keys = await node.keys(LATER)
        await node.restart()
        content = node.letter(WRITER, LATER)
        letter_id = (await node.send(content, WRITER)).letter_id

        async def waits() -> bool:
            return bool(await node.waiting(LATER))

        await node.until(waits, "it lies at the new agency's door")
        assert await node.read(LATER, letter_id) == content
        await node.tidy(LATER)
        assert await node.waiting(LATER) == []
        assert await node.keys(LATER) == keys


async def test_what_never_comes_about_is_told_with_the_end_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_node, "LONGEST", 0.1)

    async def never() -> bool:
        await asyncio.sleep(0)
        return False

    async with trial(tmp_path) as node:
        with pytest.raises(AssertionError, match=r"(?s)the moon falls.*node\.started"):
            await node.until(never, "the moon falls")
        assert node.faults() == []
