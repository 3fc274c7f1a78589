"""Changes of the directory: what differs, what it becomes, what an operator is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.directory import Agency, Directory, NodeRow
from gateway.core.directory_change import Change, What, applied, difference, lines, read_change
from gateway.core.errors import Misconfigured
from gateway.core.model import AgencyCode, NodeId

NODES = (NodeRow(id=NodeId("G22"), organ_code="A"), NodeRow(id=NodeId("H14"), parent=NodeId("G22")))


def agency(code: str, **said: Any) -> Agency:
    return Agency(**{"name": f"Cơ quan {code}", "node": NodeId("G22"), **said, "code": AgencyCode(code)})


BEFORE = Directory(5, NODES, (agency("A"), agency("B", aliases=("b1",)), agency("C")))


def test_directory_with_itself_differs_in_nothing() -> None:
    change = difference(BEFORE, BEFORE)
    assert not change
    assert applied(BEFORE, change) is BEFORE


def test_version_of_a_row_and_the_order_of_rows_are_no_difference() -> None:
    rows = tuple(replace(row, version=9) for row in reversed(BEFORE.agency_rows))
    assert not difference(BEFORE, replace(BEFORE, version=9, agency_rows=rows))


def test_changed_rows_keep_their_place_and_new_ones_come_last() -> None:
    change = Change(agencies=(agency("D"), agency("b", name="Mới")), removed_agencies=("a",))
    after = applied(BEFORE, change)
    assert [(row.code, row.version) for row in after.agency_rows] == [("b", 6), ("C", 1), ("D", 6)]
    assert (after.version, after.node_rows) == (6, NODES)


def test_wanted_version_counts_if_it_is_higher() -> None:
    change = Change(removed_agencies=("C",))
    assert applied(BEFORE, change, 20).version == 20
    assert applied(BEFORE, change, 3).version == 6


def test_change_applied_twice_changes_nothing_more() -> None:
    change = Change(
        nodes=(NodeRow(id=NodeId("H21"), parent=NodeId("G22")),),
        agencies=(agency("D"),),
        removed_nodes=("H14",),
        removed_agencies=("B", "b1"),
    )
    once = applied(BEFORE, change)
    assert [row.id for row in once.node_rows] == ["G22", "H21"]
    assert applied(once, change) is once


def test_alias_names_no_row() -> None:
    assert applied(BEFORE, Change(removed_agencies=("b1",))) is BEFORE
    after = applied(BEFORE, Change(agencies=(agency("b1"),)))
    assert [row.code for row in after.agency_rows] == ["A", "B", "C", "b1"]


def test_change_survives_json() -> None:
    change = Change(NODES, (agency("B", valid_to=date(2025, 6, 30), types=("pdf",)),), ("H21",), ("Z",))
    assert read_change(json.loads(json.dumps(change.as_dict()))) == change


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {"agencies": {}},
        {"agencies": ["A"]},
        {"nodes": [{"id": 1}]},
        {"removed_agencies": [1]},
        {"removed": ["A"]},
        {"agencies": [{"code": "A", "name": "x", "node": "G22", "sucessor": "B"}]},
    ],
)
def test_what_is_no_change_is_refused(raw: object) -> None:
    with pytest.raises(Misconfigured):
        read_change(raw)


def test_lines_say_what_happens_to_each_row() -> None:
    after = Directory(
        6,
        (NODES[0], NodeRow(id=NodeId("H21"), parent=NodeId("G22"))),
        (
            agency("A", name="Tên mới"),
            agency("B", aliases=("b1",), valid_to=date(2025, 6, 30), successor="A"),
            agency("D"),
            agency("E", locked=True),
        ),
    )
    told = {(line.what, line.key): line for line in lines(BEFORE, difference(BEFORE, after))}
    assert set(told) == {
        (What.ADDED, "H21"),
        (What.REMOVED, "H14"),
        (What.CHANGED, "A"),
        (What.CLOSED, "B"),
        (What.ADDED, "D"),
        (What.ADDED, "E"),
        (What.REMOVED, "C"),
    }
    assert told[What.CHANGED, "A"].fields == {"name": ("Cơ quan A", "Tên mới")}
    assert told[What.CLOSED, "B"].fields == {"valid_to": (None, "2025-06-30"), "successor": ("", "A")}
    assert told[What.ADDED, "H21"].is_node
    assert told[What.REMOVED, "C"].as_dict()["name"] == "Cơ quan C"


def test_locked_row_counts_as_closed() -> None:
    change = Change(agencies=(agency("C", locked=True),))
    assert [line.what for line in lines(BEFORE, change)] == [What.CLOSED]
    opened = applied(BEFORE, change)
    assert [line.what for line in lines(opened, Change(agencies=(agency("C"),)))] == [What.CHANGED]


_codes = st.sampled_from("ABCDEF")
_rows = st.dictionaries(_codes, st.sampled_from(["một", "hai"])).map(
    lambda named: tuple(agency(code, name=name) for code, name in named.items())
)


@given(_rows, _rows)
def test_difference_applied_gives_the_other_directory(before: Any, after: Any) -> None:
    one, other = Directory(1, NODES, before), Directory(1, NODES, after)
    made = applied(one, difference(one, other))
    assert not difference(made, other)
    assert {row.code: row.name for row in made.agency_rows} == {row.code: row.name for row in after}
