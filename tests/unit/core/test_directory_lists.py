"""Lists of agencies as others keep them: what they change here, and what they can't."""

from __future__ import annotations

import pytest

from gateway.core.directory import Agency, Directory, NodeRow
from gateway.core.directory_change import applied
from gateway.core.directory_lists import change_of, one_per_agency
from gateway.core.errors import Misconfigured
from gateway.core.model import AgencyCode, NodeId

PROVINCE = Agency(
    code=AgencyCode("000.00.00.H14"),
    name="UBND tỉnh Cao Bằng",
    node=NodeId("H14"),
    aliases=("H14",),
    delivery="vxp",
    mail="cu@caobang.gov.vn",
)
OFFICE = Agency(code=AgencyCode("000.00.00.G22"), name="VPCP", node=NodeId("G22"))
HERE = Directory(
    3,
    (NodeRow(id=NodeId("G22")), NodeRow(id=NodeId("H14"), parent=NodeId("G22"))),
    (OFFICE, PROVINCE),
)


def test_lines_that_share_a_code_are_one_agency() -> None:
    told = [
        (("A", "B"), "", ""),
        (("C", " B "), "Tên", "thu@x.vn"),
        (("", "??"), "không mã", ""),
        (("D", ""), "khác", ""),
    ]
    assert one_per_agency(told) == ((("A", "B", "C"), "Tên", "thu@x.vn"), (("D",), "khác", ""))


def test_known_agency_keeps_its_primary_code_and_what_the_list_does_not_say() -> None:
    listed = [{"code": "H14", "aliases": ["vxp.saas.03"], "name": "Ủy ban nhân dân tỉnh Cao Bằng"}]
    (row,) = change_of(HERE, listed).agencies
    assert (row.code, row.aliases) == ("000.00.00.H14", ("H14", "vxp.saas.03"))
    assert (row.name, row.delivery, row.mail) == (
        "Ủy ban nhân dân tỉnh Cao Bằng",
        "vxp",
        "cu@caobang.gov.vn",
    )


def test_list_that_says_nothing_new_changes_nothing() -> None:
    assert not change_of(HERE, [{"code": "h14", "name": "UBND tỉnh Cao Bằng"}, {"code": "000.00.00.G22"}])


@pytest.mark.parametrize(
    ("line", "node"),
    [
        ({"code": "X1", "node": "G22"}, "G22"),
        ({"code": "X1", "parent": "H14"}, "H14"),
        ({"code": "000.01.40.H14"}, "H14"),
        ({"code": "H14.40.01"}, "H14"),
        ({"code": "X1"}, "FALLBACK"),
    ],
)
def test_new_agency_is_served_by_the_node_that_can_be_known(line: dict[str, str], node: str) -> None:
    (row,) = change_of(HERE, [{"name": "Mới", **line}], "FALLBACK").agencies
    assert row.node == node


def test_parent_may_stand_below_its_children() -> None:
    listed = [{"code": "X2", "name": "con", "parent": "X1"}, {"code": "X1", "name": "cha", "parent": "H14"}]
    assert {row.node for row in change_of(HERE, listed).agencies} == {"H14"}


def test_agency_that_no_node_serves_is_named() -> None:
    with pytest.raises(Misconfigured) as refused:
        change_of(HERE, [{"code": "X1", "name": "một"}, {"code": "X2", "name": "hai"}])
    assert [f.params["key"] for f in refused.value.findings] == ["1: X1.node", "2: X2.node"]


def test_line_whose_codes_are_of_two_agencies_is_refused() -> None:
    with pytest.raises(Misconfigured) as refused:
        change_of(HERE, [{"code": "H14", "aliases": ["000.00.00.G22"], "name": "?"}])
    assert "000.00.00.H14" in refused.value.first.vi


def test_misspelt_column_is_named() -> None:
    with pytest.raises(Misconfigured) as refused:
        change_of(HERE, [{"code": "H14", "sucessor": "G22"}])
    assert refused.value.code == "TRUC-801"


def test_who_is_not_on_the_list_stays() -> None:
    after = applied(HERE, change_of(HERE, [{"code": "000.01.40.H14", "name": "Bảo Lạc"}]))
    assert [row.code for row in after.agency_rows] == ["000.00.00.G22", "000.00.00.H14", "000.01.40.H14"]
