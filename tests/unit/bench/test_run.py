from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.measured import Measured, NotHere
from tests.bench.plan import Plan
from tests.bench.run import ROWS, Row, chosen, line_of, run


def test_rows_are_chosen_by_the_beginning_of_their_names() -> None:
    assert [row.name for row in chosen("one_link,backlog")] == ["one_link.rsa", "one_link.p256", "backlog"]
    assert chosen("") == list(ROWS)
    with pytest.raises(SystemExit, match="no row is called two_links"):
        chosen("two_links")


async def test_a_row_that_fails_or_cannot_run_stops_no_other(tmp_path: Path) -> None:
    async def breaks(_plan: Plan) -> None:
        raise ValueError("broken")

    async def cannot(_plan: Plan) -> None:
        raise NotHere("no Postfix")

    async def works(plan: Plan) -> None:
        plan.tell(Measured("works", "6 KB", 3, 1.0, 3.0, latencies=(0.001,), cpu_seconds={"node": 0.3}))

    rows = [Row("breaks", breaks, 1, 1), Row("cannot", cannot, 1, 1), Row("works", works, 1, 1)]
    outcome = await run(rows, 1.0, tmp_path)
    assert outcome.failed == {"breaks": "ValueError: broken"}
    assert outcome.absent == {"cannot": "no Postfix"}
    assert outcome.rate("works", "6 KB") == 3.0
    assert "node 100.00" in line_of(outcome.measured[0])


def test_the_rows_fit_into_the_time_of_a_run() -> None:
    assert sum(row.cost for row in ROWS) <= 25 * 60
