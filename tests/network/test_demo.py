"""The demo itself, as a visitor runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.core.errors import Misconfigured
from gateway.sandbox import Options
from gateway.sandbox.demo import run


async def test_every_letter_of_the_demo_arrives_sealed_unchanged_and_reported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await run(Options(once=True, count=4, as_json=True)) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sent"], told["byte_equal"], told["sealed"], told["doubled"]) == (4, 4, 4, 0)
    assert told["statuses_back"] == told["statuses_expected"] == 12


async def test_a_cut_province_is_named_as_where_letters_are_stuck(capsys: pytest.CaptureFixture[str]) -> None:
    options = Options(once=True, count=2, faults=("cut:H21",), deadline=6, as_json=True)
    assert await run(options) == 1
    told = json.loads(capsys.readouterr().out)
    assert len(told["stuck"]) == 2
    assert all("H21" in stuck["where"] for stuck in told["stuck"])


@pytest.mark.external
async def test_the_demo_runs_on_processes_and_rabbitmq_as_in_one_process(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "axis.log"
    options = Options(once=True, count=2, broker="rabbitmq", directory="three-tier", as_json=True, log=log)
    assert await run(options) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sent"], told["byte_equal"], told["sealed"]) == (2, 2, 2)
    stopped = [line for line in log.read_text().splitlines() if '"node.stopped"' in line]
    assert len(stopped) >= 5


@pytest.mark.parametrize("fault", ["cut:H99", "burn:H21"])
async def test_a_fault_that_cannot_be_is_the_visitors_mistake(fault: str) -> None:
    with pytest.raises(Misconfigured):
        await run(Options(once=True, faults=(fault,)))
