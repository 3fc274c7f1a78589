from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.deadlines import DueState
from gateway.core.directory import Agency, Directory, NodeRow
from gateway.core.model import AgencyCode, NodeId
from gateway.core.statistics import (
    CLASSES,
    DUTIES,
    JUDGED,
    NAMES,
    NOTHING,
    Figures,
    class_of,
    level_of,
    quantile,
    total,
)

FIGURES = st.builds(Figures, *(st.integers(0, 10**6) for _ in NAMES))


@given(st.lists(FIGURES, max_size=8), st.randoms())
def test_sums_do_not_depend_on_the_order(parts: list[Figures], random: object) -> None:
    shuffled = sorted(parts, key=lambda part: part.sent)
    assert total(parts) == total(shuffled)
    assert total(parts).as_dict() == {name: sum(getattr(p, name) for p in parts) for name in NAMES}
    assert total([]) == NOTHING


def test_every_duty_has_a_figure_for_whatever_became_of_it() -> None:
    for duty in DUTIES:
        for state in DueState:
            assert f"{duty}_{JUDGED[state]}" in NAMES


def test_no_data_is_neither_in_time_nor_late() -> None:
    figures = Figures(handled_met=3, handled_late=1, handled_no_data=96)
    assert figures.in_time("handled") == 0.75
    assert Figures(handled_no_data=5).in_time("handled") is None


def test_electronic_share_counts_paper_only_where_it_is_known() -> None:
    figures = Figures(sent=8, sent_on_paper=2)
    assert figures.electronic_share(None) == 6 / 8
    assert figures.electronic_share(4) == 6 / 12
    assert NOTHING.electronic_share(None) is None
    assert NOTHING.electronic_share(3) == 0


@given(st.lists(st.floats(0, 10**8), min_size=1, max_size=50), st.floats(0.01, 1))
def test_quantile_is_at_most_a_twentieth_wrong(times: list[float], share: float) -> None:
    classes: dict[int, int] = {}
    for seconds in times:
        classes[class_of(seconds)] = classes.get(class_of(seconds), 0) + 1
    found = quantile(classes, share)
    place = max(0, -int(-len(times) * share // 1) - 1)
    exact = max(1.0, sorted(times)[min(place, len(times) - 1)])
    neighbours = [max(1.0, each) for each in sorted(times)[max(0, place - 1) : place + 2]]
    assert found is not None
    assert any(each / 1.06 <= found <= each * 1.06 for each in (exact, *neighbours))


def test_quantile_of_nothing_is_unknown() -> None:
    assert quantile({}, 0.5) is None


@pytest.mark.parametrize(("seconds", "place"), [(0, 0), (-5, 0), (1, 0), (1.05, 1), (1e300, CLASSES)])
def test_times_beyond_all_sense_have_a_class_too(seconds: float, place: int) -> None:
    assert class_of(seconds) == place


def test_level_is_the_tier_else_that_of_the_node() -> None:
    node = NodeRow(id=NodeId("H14"), level="tỉnh")
    agency = Agency(code=AgencyCode("000.00.00.H14"), name="UBND", node=NodeId("H14"), tier="sở")
    directory = Directory(1, (node,), (agency,))
    assert level_of(directory, agency) == "sở"
    assert level_of(directory, replace(agency, tier="")) == "tỉnh"
    assert level_of(directory, replace(agency, tier="", node=NodeId("X"))) == ""
