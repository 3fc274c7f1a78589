"""
Plots as SVG: lines over named places on a logarithmic scale. Enough for a report, and nothing to install.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 800, 420
LEFT, RIGHT, TOP, BOTTOM = 80, 230, 50, 60
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#444444")
"""Okabe and Ito's palette: told apart by eyes of every kind, and in print by their dashes."""
DASHES = ("", "6 3", "2 2", "8 3 2 3", "", "6 3", "2 2")


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines, each with a value (or none) for every place of `places`. All values are greater than 0."""

    title: str
    places_name: str
    values_name: str
    places: Sequence[str]
    lines: Mapping[str, Sequence[float | None]]


def svg(plot: Plot) -> str:
    """The plot as a whole SVG document."""
    values = [value for line in plot.lines.values() for value in line if value]
    low, high = _decades(values or [1.0])
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="26" font-size="16" font-weight="bold">{escape(plot.title)}</text>',
        *_scale(plot, low, high),
    ]
    for number, (name, line) in enumerate(plot.lines.items()):
        drawn += _line(plot, number, name, line, low, high)
    return "\n".join([*drawn, "</svg>", ""])


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _x(plot: Plot, place: int) -> float:
    step = (WIDTH - LEFT - RIGHT) / max(len(plot.places) - 1, 1)
    return LEFT + place * step


def _y(value: float, low: int, high: int) -> float:
    part = (math.log10(value) - low) / (high - low)
    return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)


def _scale(plot: Plot, low: int, high: int) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    drawn = []
    for power in range(low, high + 1):
        y = _y(10.0**power, low, high)
        drawn.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#dddddd"/>')
        drawn.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for place, name in enumerate(plot.places):
        x = _x(plot, place)
        drawn.append(f'<line x1="{x:.1f}" y1="{bottom}" x2="{x:.1f}" y2="{bottom + 5}" stroke="#888888"/>')
        drawn.append(f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{escape(name)}</text>')
    middle, centre = (TOP + bottom) / 2, (LEFT + right) / 2
    across, along = escape(plot.places_name), escape(plot.values_name)
    return [
        *drawn,
        f'<text x="{centre}" y="{HEIGHT - 12}" text-anchor="middle">{across}</text>',
        f'<text transform="translate(20 {middle}) rotate(-90)" text-anchor="middle">{along}</text>',
    ]


def _line(plot: Plot, number: int, name: str, line: Sequence[float | None], low: int, high: int) -> list[str]:
    colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
    points = [(_x(plot, place), _y(value, low, high)) for place, value in enumerate(line) if value]
    style = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
    legend_x, legend_y = WIDTH - RIGHT + 20, TOP + 18 * number
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return [
        f'<polyline points="{way}" fill="none" {style}/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points),
        f'<line x1="{legend_x}" y1="{legend_y}" x2="{legend_x + 26}" y2="{legend_y}" {style}/>',
        f'<text x="{legend_x + 32}" y="{legend_y + 4}">{escape(name)}</text>',
    ]
