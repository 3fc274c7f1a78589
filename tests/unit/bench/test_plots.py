from __future__ import annotations

from lxml import etree

from tests.bench.plots import Plot, svg


def test_plot_is_well_formed_and_names_everything() -> None:
    plot = Plot(
        "A & B", "size", "per second", ["6 KB", "1 MB"], {"one": [480.0, 76.0], "<two>": [54.0, None]}
    )
    drawn = etree.fromstring(svg(plot).encode())
    texts = ["".join(node.itertext()) for node in drawn.iter("{*}text")]
    assert {"A & B", "size", "per second", "6 KB", "1 MB", "one", "<two>"} <= set(texts)
    assert [len(list(drawn.iter(f"{{*}}{name}"))) for name in ("polyline", "circle")] == [2, 3]


def test_larger_values_lie_higher() -> None:
    drawn = etree.fromstring(svg(Plot("t", "x", "y", ["a", "b"], {"line": [1.0, 1000.0]})).encode())
    low, high = (float(circle.get("cy", "")) for circle in drawn.iter("{*}circle"))
    assert high < low


def test_plot_without_a_value_is_still_a_plot() -> None:
    assert svg(Plot("t", "x", "y", [], {})).startswith("<svg")
