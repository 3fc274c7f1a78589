from __future__ import annotations

import pytest

from gateway.http.console.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, bar_chart, ceiling


@pytest.mark.parametrize(
    ("number", "top"), [(0, 2), (1, 2), (2, 2), (3, 4), (5, 10), (10, 10), (11, 20), (399, 400), (401, 1000)]
)
def test_top_is_the_next_number_whose_half_can_be_read(number: int, top: int) -> None:
    assert ceiling(number) == top


def test_bars_stand_on_the_floor_side_by_side_and_nothing_has_none() -> None:
    chart = bar_chart(["a", "b"], [10, 0], [5, 2])
    assert [bar.series for bar in chart.bars] == [0, 1, 1]
    assert all(bar.y + bar.height == HEIGHT - BOTTOM for bar in chart.bars)
    first, beside, _ = chart.bars
    assert (first.y, first.height) == (TOP, HEIGHT - BOTTOM - TOP)
    assert beside.height == first.height / 2
    assert beside.x == first.x + first.width


def test_no_bar_leaves_the_picture() -> None:
    chart = bar_chart([str(n) for n in range(30)], [10**12] * 30, [1] * 30)
    assert all(bar.x >= LEFT and bar.x + bar.width <= WIDTH - RIGHT for bar in chart.bars)
    assert all(bar.y >= TOP for bar in chart.bars)


def test_labels_leave_each_other_room_and_the_last_is_there() -> None:
    chart = bar_chart([f"{n:02d}/11" for n in range(30)], [1] * 30)
    assert chart.labels[-1].text == "29/11"
    assert len(chart.labels) < 30
    assert all(b.x - a.x >= 40 for a, b in zip(chart.labels, chart.labels[1:], strict=False))


def test_empty_chart_is_a_chart() -> None:
    assert bar_chart([], []).bars == []
    assert [line.value for line in bar_chart(["a"], [0]).lines] == [1, 2]
