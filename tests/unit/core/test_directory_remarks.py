"""What an operator should look at in a directory that can be used."""

from __future__ import annotations

from datetime import date
from typing import Any

from gateway.core.directory import Agency, Directory, NodeRow, check
from gateway.core.directory_remarks import remarks
from gateway.core.model import AgencyCode, NodeId

DAY, EVE = date(2025, 7, 1), date(2025, 6, 30)


def axis(*rows: dict[str, Any]) -> Directory:
    organ = Agency(code=AgencyCode("A"), name="gốc", node=NodeId("G22"))
    agencies = (Agency(**{"name": "x", "node": NodeId("G22"), **row}) for row in rows)
    return Directory(1, (NodeRow(id=NodeId("G22"), organ_code="A"),), (organ, *agencies))


def told(directory: Directory, on: date = DAY) -> list[str]:
    assert check(directory) == []
    assert all(f.code == "TRUC-813" for f in remarks(directory, on))
    return [f.element for f in remarks(directory, on)]


def test_sound_directory_has_none() -> None:
    assert told(axis({"code": "B", "valid_to": EVE, "successor": "A"}, {"code": "C", "parent": "A"})) == []


def test_open_agency_below_a_closed_one_is_an_orphan() -> None:
    directory = axis({"code": "B", "valid_to": EVE, "successor": "A"}, {"code": "C", "parent": "B"})
    assert told(directory) == ["agencies/C"]
    assert told(directory, on=EVE) == []


def test_closed_agency_without_a_successor_is_named() -> None:
    assert told(axis({"code": "B", "valid_to": EVE})) == ["agencies/B"]


def test_successors_that_take_no_letters_are_named() -> None:
    closed = {"code": "B", "valid_to": EVE, "successor": "C"}
    assert told(axis(closed, {"code": "C", "locked": True})) == ["agencies/B"]
    assert told(axis(closed, {"code": "C", "valid_from": date(2026, 1, 1)})) == ["agencies/B"]
