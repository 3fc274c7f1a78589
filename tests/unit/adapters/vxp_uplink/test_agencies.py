"""
The list of agencies of the axis above, as rows of our directory.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.vxp_uplink.agencies import behind, rows_of, strangers
from gateway.core.errors import Rejected, Unavailable
from gateway.vxp.shapes import AgencyLine, AgencyLineQD20
from tests.kit.axis_stub import OK, PAGE, WRONG_KEY, answer, axis_stub, by_function, said
from tests.kit.uplink import ABOVE, NODE, OURS, below, node_below

G22 = "000.00.00.G22"


def test_codes_of_one_agency_in_both_lists_are_one_row() -> None:
    lines = [AgencyLine(code=G22, name="VPCP", mail="vp@cp.vn", old_code="vpcp")]
    qd20 = [AgencyLineQD20(code="G22", name="", code102=G22), AgencyLineQD20(code="H41.9", code102="")]
    first, second = rows_of(lines, qd20, NODE)
    assert (first.code, first.aliases, first.name, first.mail) == (G22, ("vpcp", "G22"), "VPCP", "vp@cp.vn")
    assert (first.delivery, first.sends_arrived, first.node) == ("uplink", True, NODE)
    assert (second.code, second.aliases, second.name) == ("H41.9", (), "H41.9")


@pytest.mark.parametrize("code", ["", " ", "không phải mã", "a b", "x" * 40])
def test_what_is_no_code_is_passed_over(code: str) -> None:
    assert rows_of([AgencyLine(code=code, name="x", old_code=code)], [], NODE) == ()


def test_lines_that_share_codes_crosswise_are_one_agency() -> None:
    told = (("A01", ""), ("B01", ""), ("A01", "b01"))
    lines = [AgencyLine(code=code, old_code=old, name="x") for code, old in told]
    (row,) = rows_of(lines, [], NODE)
    assert {row.code, *row.aliases} == {"A01", "B01"}


def test_agency_that_is_known_by_any_code_is_no_stranger() -> None:
    rows = [behind("H14.1", "Xã", NODE, aliases=[OURS]), behind(ABOVE, "x", NODE), behind(G22, "VPCP", NODE)]
    assert [row.code for row in strangers(rows, below())] == [G22]


async def test_agencies_above_join_the_directory_and_ours_stay(tmp_path: Path) -> None:
    lines = [{"code": OURS, "name": "Tên khác"}, {"code": G22, "name": "VPCP"}, {"code": ABOVE}, None]
    qd20 = answer(WRONG_KEY)  # an axis of before 2022
    step = by_function(getAgenciesList=answer(OK, data=lines), getAgenciesListQD20=qd20)
    async with axis_stub(step) as stub, node_below(stub.endpoint, tmp_path) as house:
        assert await house.adapter.agencies.sync() == 1
        assert await house.adapter.agencies.sync() == 0
        directory = house.axis.directory
        before, ours, new = below().find(OURS), directory.find(OURS), directory.find(G22)
    assert ours == before
    assert new is not None
    assert (new.name, new.delivery) == ("VPCP", "uplink")


async def test_list_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    for step, family in ((said(PAGE), Unavailable), (answer(WRONG_KEY), Rejected)):
        async with axis_stub(step) as stub, node_below(stub.endpoint, tmp_path / family.__name__) as house:
            with pytest.raises(family):
                await house.adapter.agencies.sync()
            assert house.axis.directory.version == below().version


async def test_sender_that_nobody_lists_is_named_as_it_names_itself(tmp_path: Path) -> None:
    async with axis_stub(answer(OK, data=[])) as stub, node_below(stub.endpoint, tmp_path) as house:
        row = await house.adapter.agencies.enrol(G22, "Văn phòng Chính phủ")
        again = await house.adapter.agencies.enrol(G22, "Tên khác")
        none = await house.adapter.agencies.enrol("không phải mã", "x")
    assert row is not None
    assert (row.name, row.delivery) == ("Văn phòng Chính phủ", "uplink")
    assert again == row
    assert none is None
