from __future__ import annotations

from pathlib import Path

from tests.bench.goals import goals, growth
from tests.bench.measured import Measured
from tests.bench.outcome import Outcome
from tests.bench.report import write


def one(row: str, case: str, rate: float, **more: object) -> Measured:
    return Measured(row=row, case=case, letters=10, seconds=10 / rate, per_second=rate, **more)  # type: ignore[arg-type]


def outcome() -> Outcome:
    told = Outcome(failed={"six_hops": "RabbitMQ ended"}, absent={"peer.pyas2lib": "it does not start"})
    for case in ("6 KB", "100 KB", "1 MB", "10 MB"):
        told.measured += [one("one_link.rsa", case, 500.0), one("peer.postfix", case, 400.0)]
    told.measured += [
        one("latency.one_link", "6 KB", 4.0, latencies=(0.02, 0.03, 0.2)),
        one("backlog.claim", "1000 letters", 600.0, latencies=(0.001,)),
        one("backlog.claim", "1000000 letters", 300.0, latencies=(0.002,)),
        one("pages.letters", "1000 letters", 100.0, notes=("9000 bytes",)),
        one("pages.letters", "1000000 letters", 50.0, notes=("9000 bytes",)),
        one("pages.reports", "1000 letters", 20.0),
        one("pages.reports", "1000000 letters", 2.5),
        one("fan_out", "10 recipients", 50.0),
    ]
    return told


def test_each_goal_says_whether_it_was_reached_and_by_how_much() -> None:
    lines = [goal.line for goal in goals(outcome())]
    assert "- **reached**: at least 1.0 × Postfix" in lines[0]
    assert "6 KB 1.25 ×" in lines[0]
    assert lines[1].startswith("- **not measured**: at least 5 × as4")
    assert any(line.startswith("- **reached**: idle p50 over one link") and "30 ms" in line for line in lines)
    assert any(line.startswith("- **NOT reached**: a claim") and "2.00 ×" in line for line in lines)


def test_slowest_page_and_the_one_that_grows_most_are_named() -> None:
    lines = [goal.line for goal in goals(outcome()) if "console" in goal.text]
    assert "- **NOT reached**: every page of the console within 300 ms" in lines[0]
    assert "400 ms (reports); 1 of 2 above" in lines[0]
    assert lines[1].endswith("8.00 × (reports); 1 of 2 above")


def test_a_peer_that_was_not_measured_at_every_size_decides_nothing() -> None:
    told = outcome()
    told.measured = [m for m in told.measured if (m.row, m.case) != ("peer.postfix", "10 MB")]
    assert next(iter(goals(told))).reached is None


def test_growth_of_what_was_measured_by_the_processor_is_told_by_that() -> None:
    told = Outcome()
    for case, rate, cpu in (("1000 letters", 100.0, 0.1), ("1000000 letters", 10.0, 0.2)):
        told.measured.append(one("pages.letters", case, rate, cpu_seconds={"console": cpu}))
    assert growth(told, "pages.letters") == 2.0


def test_growth_is_the_cost_of_the_largest_store_against_the_smallest() -> None:
    assert growth(outcome(), "backlog.claim") == 2.0
    assert growth(outcome(), "backlog.track") is None


def test_report_has_goals_failures_tables_and_its_plots_beside_it(tmp_path: Path) -> None:
    path = write(outcome(), {"CPU": "two cores"}, tmp_path / "new")
    text = path.read_text("utf-8")
    assert "| CPU | two cores |" in text
    assert "- `six_hops`: RabbitMQ ended" in text
    assert "| pages.letters | 10.00 ms | 20.00 ms | 2.00 × | 9000 bytes |" in text
    assert "- `peer.pyas2lib`: it does not start" in text
    assert "| Trục : Postfix | 1.25 × | 1.25 × | 1.25 × | 1.25 × | – | – |" in text
    for name in ("throughput", "latency-size", "backlog", "recipients"):
        assert f"({name}.svg)" in text
        assert (path.parent / f"{name}.svg").is_file()
    assert not (path.parent / "latency-hops.svg").exists()


def test_report_of_nothing_is_a_report(tmp_path: Path) -> None:
    assert "not measured" in write(Outcome(), {}, tmp_path).read_text("utf-8")
