"""
Every row of the bench once with tiny numbers: ours in one process on the memory broker.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.model import NodeId
from tests.bench import backlog, fan_out, latency, one_link, pages, six_hops
from tests.bench.measured import Measured
from tests.bench.paper import KIB
from tests.bench.plan import Plan
from tests.bench.run import ROWS, run
from tests.bench.stage import Ground


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """As little as possible of everything; what is told stands in `told`."""
    return Plan(
        Ground(tmp_path, is_real=False), seconds=0.1, rounds=1, scale=0.001, tell=told.append, say=print
    )


told: list[Measured] = []


@pytest.fixture(autouse=True)
def _nothing_told() -> None:
    told.clear()


def rows() -> set[str]:
    return {one.row for one in told}


async def test_one_link_carries_letters_collected_and_answered_ones_too(plan: Plan) -> None:
    await one_link.rsa(plan, sizes=(6 * KIB,))
    assert rows() == {"one_link.rsa", "one_link.collected", "one_link.answered"}
    assert all(one.per_second > 0 and one.cpu_seconds and one.peak_rss for one in told)
    assert all(len(one.latencies) == one.letters for one in told)


async def test_six_hops_are_carried(plan: Plan) -> None:
    await six_hops.run(plan, sizes=(6 * KIB,))
    assert "six_hops" in rows()


async def test_latencies_are_taken_idle_and_under_load(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "IDLE_SIZES", (6 * KIB,))
    monkeypatch.setattr(latency, "BULK", {"6 KB bulk": (6 * KIB,)})
    await latency.over_one_link(plan)
    assert rows() == {"latency.one_link", "latency.urgent"}
    assert all(min(one.latencies) > 0 for one in told)


async def test_one_letter_reaches_all_of_many(plan: Plan) -> None:
    await fan_out.run(plan)
    assert [one.case for one in told] == ["10 recipients"]


async def test_every_question_and_every_page_is_answered_from_a_filled_store(plan: Plan) -> None:
    await backlog.run(plan)
    of_pages = {f"pages.{name}" for name in pages.PAGES} | {f"pages.live.{name}" for name in pages.PARTS}
    asked = {row for row in rows() if row.startswith("backlog.")}
    assert asked == {f"backlog.{name}" for name in backlog.QUESTIONS}
    assert {row for row in rows() if row.startswith("files.")} == {f"files.{name}" for name in pages.FILES}
    assert all(any(row == page or row.startswith(f"{page}.") for row in rows()) for page in of_pages)
    assert {one.case for one in told} == {"1000 letters", "10000 letters"}


def test_the_neighbour_of_the_backlog_is_a_node_of_its_axis() -> None:
    assert backlog.NEIGHBOUR in backlog.AXIS.neighbours(NodeId(backlog.HERE))


@pytest.mark.bench
@pytest.mark.external
@pytest.mark.timeout(900)
async def test_every_row_runs_with_real_processes_and_peers(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)  # RabbitMQ runs as nobody
    outcome = await run([replace(row, cases=max(row.cases, 1)) for row in ROWS], 0.5, tmp_path)
    assert outcome.failed == {}
