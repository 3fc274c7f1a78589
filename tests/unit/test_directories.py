"""The directories that ship: sound, complete at level 1; the reform of 2025 is what differs between two."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import pytest

from gateway.core.codes import level_of
from gateway.core.directory import Directory, Resolved, check, load_toml
from gateway.core.directory_change import What, applied, difference, lines
from gateway.core.directory_remarks import remarks
from gateway.core.groups import expand

EVE, REFORM = date(2025, 6, 30), date(2025, 7, 1)


def shipped(name: str) -> Directory:
    return load_toml((files("gateway.directories") / f"{name}.toml").read_bytes())


BEFORE, AFTER = shipped("level1-2024"), shipped("level1-2025")


@pytest.mark.parametrize("name", ["four-level", "three-tier", "level1-2024", "level1-2025"])
def test_shipped_directory_is_sound(name: str) -> None:
    directory = shipped(name)
    assert check(directory) == []
    assert remarks(directory, REFORM) == []


@pytest.mark.parametrize("directory", [BEFORE, AFTER])
def test_level_1_codes_are_all_there_in_both_forms(directory: Directory) -> None:
    listed = {f"H{n:02}" for n in range(1, 64)} | {f"G{n:02}" for n in range(1, 23)}
    listed |= {f"G{n}" for n in (24, 26, 27, 29, 30, 31, 32, 35, 36)}
    for code in listed:
        agency = directory.find(code)
        assert agency is not None
        assert agency.code == f"000.00.00.{code}"
        assert level_of(agency.code) == level_of(code) == 1


def test_sixty_three_provinces_become_thirty_four() -> None:
    assert len(expand(BEFORE, ["@tinh"], EVE)) == 63
    assert len(expand(AFTER, ["@tinh"], EVE)) == 63
    assert len(expand(AFTER, ["@tinh"], REFORM)) == 34


@pytest.mark.parametrize(
    ("closed", "heir"),
    [("H08", "H21"), ("H06", "H29"), ("H09", "H29"), ("H22", "H60"), ("H40", "H42"), ("H33", "H01")],
)
def test_closed_province_leads_to_the_one_whose_name_lives_on(closed: str, heir: str) -> None:
    answer = AFTER.resolve(closed, REFORM)
    assert isinstance(answer, Resolved)
    assert answer.agency.code == f"000.00.00.{heir}"
    assert isinstance(AFTER.resolve(closed, EVE), Resolved)


def test_every_closed_code_leads_to_one_that_is_open() -> None:
    closed = [row for row in AFTER.agency_rows if row.is_closed(REFORM)]
    assert len(closed) == 29 + 5
    for row in closed:
        answer = AFTER.resolve(row.code, REFORM)
        assert isinstance(answer, Resolved)
        assert answer.followed_from == row.code


def test_reform_is_the_difference_of_the_two_files() -> None:
    change = difference(BEFORE, AFTER)
    told = [line.what for line in lines(BEFORE, change) if not line.is_node]
    assert {what: told.count(what) for what in What} == {
        What.ADDED: 1,
        What.CHANGED: 3,
        What.CLOSED: 34,
        What.REMOVED: 0,
    }
    assert not difference(applied(BEFORE, change), AFTER)


def test_hue_keeps_its_code_under_its_new_name() -> None:
    province, city = BEFORE.find("H57"), AFTER.find("H57")
    assert province is not None
    assert city is not None
    assert (province.name, city.name) == (
        "Ủy ban nhân dân tỉnh Thừa Thiên Huế",
        "Ủy ban nhân dân thành phố Huế",
    )
    assert [row.code for row in AFTER.search("thanh pho hue")] == ["000.00.00.H57", "000.00.00.K57"]


@pytest.mark.parametrize("name", ["level1-2024", "level1-2025"])
def test_every_row_says_where_it_is_from(name: str) -> None:
    text = (files("gateway.directories") / f"{name}.toml").read_text("utf-8")
    above = [
        before
        for before, row in zip(text.splitlines(), text.splitlines()[1:], strict=False)
        if row == "[[agencies]]"
    ]
    assert above
    assert all(line.startswith("# ") for line in above)
