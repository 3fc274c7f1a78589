"""Rows of the directory: strict in, faithful out."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from gateway.core.directory_rows import Agency, NodeRow, bad_value, read_agency, read_node, unknown_key
from gateway.core.errors import Finding
from gateway.core.model import AgencyCode, NodeId

FULL = Agency(
    code=AgencyCode("000.00.40.H14"),
    name="Ủy ban nhân dân huyện Hòa An",
    node=NodeId("H14.40"),
    aliases=("H14.40", "h14.40.old"),
    parent="000.00.00.H14",
    tier="huyện",
    valid_from=date(2016, 4, 1),
    valid_to=date(2025, 6, 30),
    successor="000.00.60.H14",
    locked=True,
    sends_arrived=True,
    delivery="vxp",
    version=7,
)


def test_an_agency_survives_its_row() -> None:
    faults: list[Finding] = []
    assert read_agency(FULL.as_row(), "agencies[0]", faults) == FULL
    assert faults == []


def test_a_node_survives_its_row() -> None:
    node = NodeRow(
        id=NodeId("H14"),
        parent=NodeId("G22"),
        name="Nút tỉnh Cao Bằng",
        level="tỉnh",
        organ_code="000.00.00.H14",
        organ_name="UBND tỉnh Cao Bằng",
        organ_address="Cao Bằng",
    )
    faults: list[Finding] = []
    assert read_node(node.as_row(), "nodes[0]", faults) == node
    assert faults == []


def test_what_a_row_leaves_out_has_its_default() -> None:
    row = {"code": " H14 ", "name": "UBND", "node": "H14"}
    agency = read_agency(row, "agencies[0]", [])
    assert agency == Agency(code=AgencyCode("H14"), name="UBND", node=NodeId("H14"))
    assert (agency.delivery, agency.sends_arrived, agency.locked, agency.version) == (
        "mailbox",
        False,
        False,
        1,
    )


def test_days_may_be_days_or_text_or_nothing() -> None:
    row = {"code": "H14", "name": "UBND", "node": "H14", "valid_from": date(2025, 7, 1), "valid_to": None}
    agency = read_agency(row, "agencies[0]", [])
    assert agency is not None
    assert (agency.valid_from, agency.valid_to) == (date(2025, 7, 1), None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("code", 14),
        ("code", "  "),
        ("name", None),
        ("aliases", "H14"),
        ("aliases", [14]),
        ("locked", "false"),
        ("locked", 2),
        ("sends_arrived", None),
        ("version", True),
        ("version", "1"),
        ("version", -1),
        ("valid_from", "1/7/2025"),
        ("valid_to", datetime(2025, 7, 1)),  # noqa: DTZ001
        ("valid_to", 20250701),
    ],
)
def test_a_value_that_cannot_be_used_is_named(key: str, value: object) -> None:
    faults: list[Finding] = []
    row = {"code": "H14", "name": "UBND", "node": "H14", key: value}
    assert read_agency(row, "agencies[3]", faults) is None
    assert {(f.code, f.params["key"]) for f in faults} == {("TRUC-802", f"agencies[3].{key}")}


@pytest.mark.parametrize("missing", ["code", "name", "node"])
def test_a_missing_value_is_named(missing: str) -> None:
    faults: list[Finding] = []
    row = {"code": "H14", "name": "UBND", "node": "H14"}
    del row[missing]
    assert read_agency(row, "agencies[3]", faults) is None
    assert [f.params["key"] for f in faults] == [f"agencies[3].{missing}"]


def test_everything_wrong_in_a_row_is_said_at_once() -> None:
    faults: list[Finding] = []
    assert read_agency({"code": 1, "lockd": True, "node": "H14"}, "agencies[0]", faults) is None
    assert sorted(f.code for f in faults) == ["TRUC-801", "TRUC-802", "TRUC-802"]


def test_a_row_that_is_no_table_is_named() -> None:
    faults: list[Finding] = []
    assert read_node("H14", "nodes[0]", faults) is None
    assert [f.params["key"] for f in faults] == ["nodes[0]"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("sucessor", "successor"), ("alias", "aliases"), ("Locked", "locked"), ("vaild_to", "valid_to")],
)
def test_a_misspelt_key_gets_the_nearest_name(written: str, meant: str) -> None:
    finding = unknown_key("agencies[0]", written, list(FULL.as_row()))
    assert finding.code == "TRUC-801"
    assert finding.params == {"key": f"agencies[0].{written}", "nearest": meant}


def test_a_bad_value_says_where_and_why() -> None:
    finding = bad_value("version", "chữ / text")
    assert (finding.code, finding.element) == ("TRUC-802", "version")
    assert "chữ / text" in finding.vi


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2016, 3, 31), "not yet open"),
        (date(2016, 4, 1), "open"),
        (date(2025, 6, 30), "open"),
        (date(2025, 7, 1), "closed"),
    ],
)
def test_both_bounds_of_validity_are_working_days_of_the_code(on: date, state: str) -> None:
    said = {"open": FULL.is_open(on), "closed": FULL.is_closed(on), "not yet open": FULL.is_not_yet_open(on)}
    assert [name for name, holds in said.items() if holds] == [state]


def test_all_codes_are_listed_once_in_the_form_that_is_compared() -> None:
    agency = Agency(code=AgencyCode("h14"), name="UBND", node=NodeId("H14"), aliases=("H14", " vxp.01 "))
    assert agency.codes == ("H14", "VXP.01")
