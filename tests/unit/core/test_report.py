from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.directory import Agency, Directory, NodeRow
from gateway.core.model import AgencyCode, NodeId
from gateway.core.periods import read_period
from gateway.core.report import (
    INDICATORS,
    ON_THE_AXIS,
    WITH_PAPER,
    Given,
    Report,
    make_report,
    value_of,
)
from gateway.core.statistics import NAMES, Figures, total

NODE = NodeId("H14")
CODES = [AgencyCode(f"000.00.{number:02d}.H14") for number in range(6)]
LEVELS = ["tỉnh", "xã", ""]
QUARTER = read_period("2026-Q4")
TODAY = date(2026, 11, 20)


@dataclass(frozen=True)
class Counts:
    agency: AgencyCode
    level: str
    figures: Figures


@dataclass(frozen=True)
class Times:
    agency: AgencyCode
    level: str
    classes: Mapping[int, int]


def directory(*agencies: Agency) -> Directory:
    rows = agencies or tuple(
        Agency(code=code, name=f"Cơ quan {code}", node=NODE, tier=LEVELS[number % 2])
        for number, code in enumerate(CODES)
    )
    organ = Agency(code=AgencyCode("AX.H14"), name="Trục", node=NODE)
    return Directory(1, (NodeRow(id=NODE, organ_code="AX.H14"),), (*rows, organ))


def report(figures: Sequence[Counts] = (), **more: Any) -> Report:
    given_ = Given(
        period=QUARTER,
        node=NODE,
        directory=directory(),
        figures=figures,
        times=(),
        refusals=(),
        paper={},
        today=TODAY,
    )
    return make_report(replace(given_, **more))


COUNTS = st.lists(
    st.builds(
        Counts,
        st.sampled_from(CODES),
        st.sampled_from(LEVELS),
        st.builds(Figures, *(st.integers(0, 1000) for _ in NAMES)),
    ),
    max_size=12,
)
PAPER = st.dictionaries(
    st.sampled_from(CODES),
    st.dictionaries(
        st.sampled_from([date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)]), st.integers(0, 50)
    ),
)


@given(COUNTS, PAPER)
def test_levels_and_agencies_each_add_up_to_the_total(
    counts: list[Counts], paper: dict[AgencyCode, dict[date, int]]
) -> None:
    made = report(counts, paper=paper)
    assert made.total.figures == total(each.figures for each in counts)
    for rows in (made.by_level, made.by_agency):
        assert total(row.figures for row in rows) == made.total.figures
    if made.total.paper_only is not None:
        assert sum(row.paper_only or 0 for row in made.by_level) == made.total.paper_only
        assert sum(row.paper_only or 0 for row in made.by_agency) == made.total.paper_only
    assert {s.code for s in made.silent} | {r.code for r in made.by_agency} >= set(CODES)


@given(COUNTS)
def test_whoever_is_silent_is_not_active_and_everybody_is_one_of_them(counts: list[Counts]) -> None:
    made = report(counts)
    active = {each.agency for each in counts if each.figures.is_active}
    assert made.total.active == len(active)
    assert made.total.agencies == len(CODES)
    assert active | {each.code for each in made.silent} == set(CODES)


def test_agency_of_two_levels_in_a_period_counts_in_both_and_once_in_total() -> None:
    counts = [Counts(CODES[0], "huyện", Figures(sent=2)), Counts(CODES[0], "tỉnh", Figures(sent=3))]
    made = report(counts)
    assert {row.level: row.figures.sent for row in made.by_level} == {"tỉnh": 3, "xã": 0, "huyện": 2}
    assert (made.total.figures.sent, made.total.active) == (5, 1)
    assert [row.level for row in made.by_level] == ["tỉnh", "xã", "huyện"]


def test_share_is_of_all_documents_only_when_every_month_of_every_sender_is_reported() -> None:
    counts = [Counts(code, "tỉnh", Figures(sent=10, sent_on_paper=2)) for code in CODES[:2]]
    whole = {date(2026, 10, 1): 3, date(2026, 11, 1): 3}
    known = report(counts, paper=dict.fromkeys(CODES[:2], whole))
    assert (known.total.paper_only, known.total.electronic_share) == (12, 16 / 32)
    assert known.total.share_of == WITH_PAPER
    for paper in ({CODES[0]: whole}, {code: {date(2026, 10, 1): 3} for code in CODES[:2]}):
        unknown = report(counts, paper=paper)
        assert (unknown.total.paper_only, unknown.total.electronic_share) == (None, 16 / 20)
        assert unknown.total.share_of == ON_THE_AXIS


def test_agency_that_sent_on_paper_only_is_in_the_report() -> None:
    whole = {date(2026, 10, 1): 3, date(2026, 11, 1): 0}
    made = report(paper={CODES[0]: whole})
    assert [(row.code, row.paper_only, row.electronic_share) for row in made.by_agency] == [(CODES[0], 3, 0)]


def test_agencies_that_were_not_there_are_not_silent() -> None:
    there = Agency(code=CODES[0], name="A", node=NODE)
    rows = (
        there,
        replace(there, code=CODES[1], valid_from=date(2027, 1, 1)),
        replace(there, code=CODES[2], valid_to=date(2026, 9, 30)),
        replace(there, code=CODES[3], node=NodeId("H21")),
        replace(there, code=CODES[4], valid_to=date(2026, 10, 1)),
    )
    made = report(directory=directory(*rows))
    assert [each.code for each in made.silent] == [CODES[0], CODES[4]]
    only = report(directory=directory(*rows), agencies=[CODES[0]])
    assert [each.code for each in only.silent] == [CODES[0]]


def test_times_and_refusals_are_put_together() -> None:
    times = [Times(CODES[0], "tỉnh", {10: 3}), Times(CODES[1], "xã", {60: 1})]
    refusals = [("sent", "form", 1), ("sent", "form", 2), ("received", "other", 9)]
    made = report(times=times, refusals=refusals)
    assert made.total.median is not None
    assert made.total.p95 is not None
    assert made.total.median < 3 < 200 < made.total.p95
    assert list(made.refusals.items()) == [(("received", "other"), 9), (("sent", "form"), 3)]


def test_every_indicator_has_a_value_of_every_row() -> None:
    made = report([Counts(CODES[0], "tỉnh", Figures(sent=4, sent_on_paper=1))])
    for name in INDICATORS:
        value = value_of(made.total, name)
        assert value is None or isinstance(value, int | float)
    assert value_of(made.total, "electronic_share") == 0.75
    assert value_of(made.total, "active_share") == 1 / 6
