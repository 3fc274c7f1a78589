"""Groups of recipients: what they stand for on a day, and what is told of those that stand for nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest

from gateway.core.catalogue import GROUP_EMPTY, GROUP_TOO_LARGE, GROUP_UNKNOWN
from gateway.core.directory import Agency, Directory, load_toml
from gateway.core.errors import Rejected
from gateway.core.groups import MOST_RECIPIENTS, expand, is_group
from gateway.core.model import AgencyCode, NodeId

FOUR = load_toml((files("gateway.directories") / "four-level.toml").read_bytes())
THREE = load_toml((files("gateway.directories") / "three-tier.toml").read_bytes())
BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)


def refused(directory: Directory, *named: str, on: date = AFTER) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as told:
        expand(directory, named, on)
    return [(finding.code, finding.params.get("group", "")) for finding in told.value.findings]


@pytest.mark.parametrize("name", ["@tỉnh", "@tinh", "@TINH", " @Tỉnh "])
def test_group_is_found_however_it_is_typed(name: str) -> None:
    assert is_group(name)
    assert expand(FOUR, [name], BEFORE) == ("000.00.00.H14", "000.00.00.H21")


@pytest.mark.parametrize(
    ("directory", "name", "codes"),
    [
        (FOUR, "@huyen", ["000.00.40.H14", "000.00.35.H21"]),
        (FOUR, "@xa:H14", ["000.20.40.H14", "000.22.40.H14"]),
        (FOUR, "@xa:H14.40", ["000.20.40.H14", "000.22.40.H14"]),
        (THREE, "@xa:H14", ["000.00.60.H14", "000.00.62.H14"]),
        (THREE, "@xa:000.00.00.h21", ["000.00.70.H21", "000.00.74.H21"]),
        (THREE, "@xa:H08", ["000.00.70.H21", "000.00.74.H21"]),  # merged into H21
        (THREE, "@xa", ["000.00.60.H14", "000.00.62.H14", "000.00.70.H21", "000.00.74.H21"]),
    ],
)
def test_group_is_the_head_offices_of_a_tier(directory: Directory, name: str, codes: list[str]) -> None:
    assert list(expand(directory, [name], AFTER)) == codes


def test_group_means_who_takes_letters_on_that_day() -> None:
    assert expand(THREE, ["@xa:H14"], BEFORE) == ("000.20.40.H14", "000.22.40.H14")


def test_agency_below_one_that_was_merged_lies_below_what_that_became() -> None:
    commune = Agency(
        code=AgencyCode("000.00.90.H08"), name="Xã", node=NodeId("H21"), tier="xã", parent="000.00.00.H08"
    )
    directory = replace(THREE, agency_rows=(*THREE.agency_rows, commune))
    assert "000.00.90.H08" in expand(directory, ["@xa:H21"], AFTER)
    assert "000.00.90.H08" not in expand(directory, ["@xa:H21"], BEFORE)


def test_codes_stay_as_they_are_written_and_nobody_stands_there_twice() -> None:
    named = ["h14.62", "000.00.60.h14", "@xa:H14"]
    assert expand(THREE, named, AFTER) == ("h14.62", "000.00.60.h14", "000.00.62.H14")
    assert expand(THREE, ["x", "x", "y"], AFTER) == ("x", "x", "y")  # without a group nothing is touched


def test_sender_is_no_recipient_of_its_own_group() -> None:
    assert expand(FOUR, ["@tinh"], BEFORE, but_not=["H14"]) == ("000.00.00.H21",)
    assert expand(FOUR, ["@tinh", "000.00.00.H14"], BEFORE, but_not=["H14"]) == (
        "000.00.00.H21",
        "000.00.00.H14",
    )


def test_tier_that_is_written_in_two_ways_is_one() -> None:
    rows = tuple(replace(row, tier="Xã") if row.code == "000.00.60.H14" else row for row in THREE.agency_rows)
    found = expand(replace(THREE, agency_rows=rows), ["@xa:H14"], AFTER)
    assert found == ("000.00.60.H14", "000.00.62.H14")


def test_locked_agency_is_in_no_group() -> None:
    rows = tuple(replace(row, locked=row.code == "000.00.60.H14") for row in THREE.agency_rows)
    assert expand(replace(THREE, agency_rows=rows), ["@xa:H14"], AFTER) == ("000.00.62.H14",)


@pytest.mark.parametrize("name", ["@", "@bo", "@xa:H99", "@xa:", "@:H14", "@xa:H14:40"])
def test_unknown_group_is_told_with_those_that_there_are(name: str) -> None:
    assert refused(THREE, name) == [(GROUP_UNKNOWN.code, name)]
    with pytest.raises(Rejected) as told:
        expand(THREE, [name], AFTER)
    assert "@tinh" in told.value.first.vi
    assert "@xa" in told.value.first.en


def test_every_group_that_cannot_be_used_is_told_at_once() -> None:
    assert refused(THREE, "@huyen", "000.00.00.H14", "@bo") == [
        (GROUP_EMPTY.code, "@huyen"),
        (GROUP_UNKNOWN.code, "@bo"),
    ]


def test_group_beyond_the_limit_is_refused() -> None:
    many = tuple(
        Agency(code=AgencyCode(f"X{n}"), name="Xã", node=NodeId("G22"), tier="xã")
        for n in range(MOST_RECIPIENTS + 1)
    )
    directory = replace(THREE, agency_rows=(*THREE.agency_rows, *many))
    assert refused(directory, "@xa") == [(GROUP_TOO_LARGE.code, "")]
    fewer = replace(directory, agency_rows=many[:-1])
    assert len(expand(fewer, ["@xa"], AFTER)) == MOST_RECIPIENTS


def test_parents_in_a_circle_end() -> None:
    rows = (
        Agency(code=AgencyCode("A"), name="a", node=NodeId("G22"), tier="xã", parent="B"),
        Agency(code=AgencyCode("B"), name="b", node=NodeId("G22"), tier="huyện", parent="A"),
        Agency(code=AgencyCode("C"), name="c", node=NodeId("G22")),
    )
    assert refused(Directory(1, (), rows), "@xa:C") == [(GROUP_EMPTY.code, "@xa:C")]
