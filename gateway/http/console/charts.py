"""
Bars drawn on the server: where each stands in a picture. What they say stands in a table beside it, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

WIDTH, HEIGHT = 720, 190
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 12, 24
"""Room for the numbers at the left and the labels below, in units of the picture."""

LINES = 2  # between nothing and the top: more of them say nothing that the table does not
LABEL_WIDTH = 44  # of a label such as «27/11»; closer together they cannot be read


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its corner, its size, and which row of numbers it belongs to."""

    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line across the picture at the height of `value`."""

    y: float
    value: float


@dataclass(frozen=True, slots=True)
class Label:
    """A word below the bars, around `x`."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of WIDTH × HEIGHT."""

    bars: Sequence[Bar]
    lines: Sequence[Line]
    labels: Sequence[Label]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM


def bar_chart(labels: Sequence[str], *series: Sequence[int]) -> Chart:
    """Bars in groups, a group for each label; each of `series` has a number for each of them."""
    top = ceiling(max((number for numbers in series for number in numbers), default=0))
    room, floor_y = WIDTH - LEFT - RIGHT, HEIGHT - BOTTOM
    step = room / max(1, len(labels))
    width = step * 0.8 / max(1, len(series))
    scale = (floor_y - TOP) / top
    bars = [
        Bar(
            x=round(LEFT + step * (place + 0.1) + width * row, 1),
            y=round(floor_y - number * scale, 1),
            width=round(width, 1),
            height=round(number * scale, 1),
            series=row,
        )
        for row, numbers in enumerate(series)
        for place, number in enumerate(numbers)
        if number
    ]
    values = [top * each / LINES for each in range(1, LINES + 1)]
    every = max(1, -(-LABEL_WIDTH * len(labels) // room))
    shown = [
        Label(round(LEFT + step * (place + 0.5), 1), text)
        for place, text in enumerate(labels)
        if (len(labels) - 1 - place) % every == 0  # the last one, which is now, always has its label
    ]
    return Chart(bars, [Line(round(floor_y - value * scale, 1), value) for value in values], shown)


def ceiling(number: int) -> int:
    """The next of 2, 4, 10, 20, 40, 100 …: half of it is whole, so lines stand at readable numbers."""
    if number <= 2:
        return 2
    power: int = 10 ** floor(log10(number))
    return next(step for step in (power, 2 * power, 4 * power, 10 * power) if number <= step)
