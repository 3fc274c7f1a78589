"""
Agencies over VXP: lists that are written once, and agencies that a client may add.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from adapters.vxp.agencies import Agencies
from gateway.core.directory import Directory, from_rows
from gateway.vxp.functions import GET_AGENCIES, GET_AGENCIES_QD20, GET_UNITS
from tests.kit.clock import ManualClock
from tests.kit.office import CLOSED, COMMUNE, DISTRICT, NOW, PROVINCE, SmallOffice
from tests.kit.vxp_door import vxp_door

LISTS = ("getAgenciesList", "getAgenciesListQD20", "getSynchronizeUnit")


class Changing(SmallOffice):
    """An office whose directory a test replaces."""

    def use(self, directory: Directory) -> None:
        self._directory = directory


def two_forms() -> Directory:
    return from_rows(
        9,
        [{"id": "H14", "organ_code": "000.00.00.H14"}],
        [
            {"code": "000.00.00.H14", "name": "A", "node": "H14", "aliases": ["H14"], "mail": "a@h14.vn"},
            {"code": "H14.31", "name": "B", "node": "H14", "aliases": ["000.00.31.H14"], "parent": "H14"},
            {"code": "vxp.saas.03", "name": "C", "node": "H14"},
        ],
    )


async def told(office: SmallOffice, function: str) -> list[dict[str, Any]]:
    async with vxp_door(office) as door:
        answer = await door.call(function, "sys.district", b"")
        assert answer.code == "0"
        lines: list[dict[str, Any]] = answer.told["data"]
        return lines


async def test_open_agencies_are_listed() -> None:
    lines = await told(SmallOffice(), "getAgenciesList")
    assert [line["code"] for line in lines] == [PROVINCE, DISTRICT, COMMUNE]
    assert lines[1] == {
        "id": DISTRICT,
        "pid": "",
        "code": DISTRICT,
        "name": "UBND huyện Hà Quảng",
        "mail": "",
        "oldCode": "H14.31",
    }


async def test_codes_of_both_forms_are_told_whichever_is_the_primary_one() -> None:
    office = Changing()
    office.use(two_forms())
    lines = await told(office, "getAgenciesListQD20")
    assert [(line["code"], line["code102"]) for line in lines] == [
        ("H14", "000.00.00.H14"),
        ("H14.31", "000.00.31.H14"),
        ("vxp.saas.03", "vxp.saas.03"),
    ]


async def test_closed_units_are_told_as_deleted() -> None:
    lines = {line["code"]: line for line in await told(SmallOffice(), "getSynchronizeUnit")}
    assert {code: line["deleted"] for code, line in lines.items()} == {
        PROVINCE: False,
        DISTRICT: False,
        COMMUNE: False,
        CLOSED: True,
    }
    assert lines[CLOSED]["modifyDate"] == "30/06/2025 00:00:00"
    assert lines[COMMUNE]["centerCode"] == PROVINCE


@pytest.mark.parametrize("function", [GET_AGENCIES, GET_AGENCIES_QD20, GET_UNITS])
async def test_list_is_written_once_until_the_directory_or_the_day_is_another(function: Any) -> None:
    office, clock = Changing(), ManualClock(NOW)
    agencies = Agencies(office, clock)
    first = await agencies.answer(function)
    assert await agencies.answer(function) is first
    office.use(replace(two_forms(), version=10))
    second = await agencies.answer(function)
    assert second != first
    clock.advance(86_400.0)
    assert await agencies.answer(function) is not second


async def test_agency_is_added_below_the_callers_own() -> None:
    form = {"id": "", "pcode": PROVINCE, "code": "06.31.H14", "name": "Xã mới"}
    body = json.dumps({**form, "mail": "a@b.vn", "mobile": "1", "fax": "2"})
    async with vxp_door() as door:
        for _ in range(2):
            assert (await door.call("registerAgency", "sys.registrar", body.encode())).code == "0"
        agency = door.office.directory().find("06.31.H14")
        assert agency is not None
        assert (agency.parent, agency.mail, agency.telephone, agency.fax) == (PROVINCE, "a@b.vn", "1", "2")
        assert "06.31.H14" in [
            line["code"] for line in (await door.call(LISTS[0], "sys.district")).told["data"]
        ]


async def test_who_may_not_add_agencies_is_told_so() -> None:
    body = f'{{"pcode":"{PROVINCE}","code":"06.31.H14","name":"x"}}'.encode()
    async with vxp_door() as door:
        assert (await door.call("registerAgency", "sys.province", body)).code == "19"
        assert (await door.call("deleteAgency", "sys.province", AgencyCode=COMMUNE)).code == "19"
        assert door.office.directory().find("06.31.H14") is None
