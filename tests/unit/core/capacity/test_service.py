"""What a letter costs: read from our file or from the bench, refused where nothing follows from it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.capacity.service import KIB, MIB, Point, ServiceTimes, Stage, read, to_toml
from gateway.core.catalogue import CONFIG_BAD_VALUE
from gateway.core.errors import Misconfigured
from tests.kit.service_times import TIMES

SHIPPED = files("gateway.core.capacity").joinpath("measured.toml").read_bytes()
OURS = to_toml(TIMES).encode()
COST = st.floats(1e-6, 10)


def bench(*rows: dict[str, Any]) -> bytes:
    machine = {
        "date": "2026-11-28 11:17 UTC",
        "CPU": "two cores",
        "write of 4 KiB and fdatasync, median": "0.30 ms",
    }
    return json.dumps({"machine": machine, "measured": rows, "absent": {}}).encode()


def row(name: str, case: str, letters: int, **cpu: float) -> dict[str, Any]:
    seconds = {process.replace("_", "."): spent for process, spent in cpu.items()}
    return {"row": name, "case": case, "letters": letters, "cpu_seconds": seconds}


LINK = row("one_link.rsa", "6 KB", 100, H91_10=1.4, H91=1.8, RabbitMQ=0.2)
LARGE = row("one_link.rsa", "1 MB", 10, H91_10=0.3, H91=0.3, RabbitMQ=0.05)


def test_figures_that_are_kept_are_read_back() -> None:
    assert read(OURS, "measured.toml") == TIMES


def test_shipped_figures_are_what_the_command_would_write() -> None:
    assert to_toml(read(SHIPPED, "measured.toml")).encode() == SHIPPED


def test_figures_of_the_bench_are_seconds_for_one_letter() -> None:
    times = read(bench(LARGE, LINK, row("one_link.rsa", "mix", 5, H91_10=9.0)), "figures.json")
    assert (times.date, times.machine, times.fsync_seconds) == ("2026-11-28", "two cores", 0.0003)
    small, large = times.points
    assert (small.size, large.size) == (6 * KIB, MIB)
    assert (small.sender, small.recipient, small.rabbitmq) == pytest.approx((0.014, 0.018, 0.002))
    assert small.transit == pytest.approx(0.016)
    assert "half of a link" in times.source


def test_transit_that_was_measured_is_taken_for_sizes_near_it_too() -> None:
    times = read(bench(LINK, LARGE, row("transit", "6 KB", 200, H91=1.6, RabbitMQ=0.1)), "figures.json")
    assert times.points[0].transit == pytest.approx(0.008)  # a quarter of both ends
    assert times.points[1].transit == pytest.approx(0.015)


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"{}",
        b"[letters",
        b"letters = 5",
        bench(),
        bench(row("one_link.rsa", "6 KB", 100, H91=1.8)),
        bench(row("one_link.rsa", "6 KB", 0, H91_10=1.4, H91=1.8, RabbitMQ=0.2)),
        bench(row("one_link.rsa", "6 KB", 9, H91_10=0, H91=1.8, RabbitMQ=0.2)),
        bench(LINK, LINK),
        OURS.replace(b"fsync_seconds = ", b"fsync_seconds = -"),
        OURS.replace(b"sender = ", b"sender = -"),
        OURS.replace(b"sender =", b"sendr ="),
    ],
)
def test_rubbish_is_refused_by_the_name_of_the_file(rubbish: bytes) -> None:
    with pytest.raises(Misconfigured) as refused:
        read(rubbish, "figures.json")
    assert refused.value.code == CONFIG_BAD_VALUE.code
    assert "figures.json" in refused.value.first.vi


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with pytest.raises(Misconfigured):
        read(data, "x")


@given(COST, COST, COST, COST)
def test_stages_of_a_node_cost_what_the_node_cost(a: float, b: float, c: float, d: float) -> None:
    point = Point(6 * KIB, a, b, c, d)
    seconds = {stage: point.seconds(stage) for stage in Stage}
    assert min(seconds.values()) >= 0
    assert seconds[Stage.INTAKE] + seconds[Stage.RELAY] == pytest.approx(a)
    assert seconds[Stage.ARRIVAL] + seconds[Stage.HANDOVER] == pytest.approx(b)
    if c <= 2 * min(a, b):
        assert seconds[Stage.ARRIVAL] + seconds[Stage.RELAY] == pytest.approx(c)


def test_curve_goes_through_its_points_and_on() -> None:
    points = (Point(100, 0.2, 0.2, 0.2, 0.1), Point(200, 0.4, 0.4, 0.4, 0.2))
    times = ServiceTimes("", "", "", 0.001, points)
    sizes = (1, 100, 150, 200, 300)
    assert [times.seconds(Stage.BROKER, size) for size in sizes] == pytest.approx([0.1, 0.1, 0.15, 0.2, 0.3])


def test_falling_line_never_goes_below_nothing() -> None:
    points = (Point(100, 0.2, 0.2, 0.2, 0.2), Point(200, 0.2, 0.2, 0.2, 0.1))
    assert ServiceTimes("", "", "", 0.001, points).seconds(Stage.BROKER, 10_000) == 0
