"""
`truc directory import|apply|pending|cancel`: nothing happens unseen, and a reform can be prepared.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.command import truc


@pytest.fixture
def renamed(directory_file: Path, tmp_path: Path) -> Path:
    """The node's directory with one name changed."""
    file = tmp_path / "renamed.toml"
    text = directory_file.read_text("utf-8")
    file.write_text(
        text.replace('\nname = "Ủy ban nhân dân xã Hòa An"', '\nname = "UBND xã Hòa An"'), "utf-8"
    )
    return file


def name_of(node: Path, code: str) -> str:
    shown = truc("directory", "show", "-c", node, "--json").json
    return next(str(row["name"]) for row in shown["agencies"] if row["code"] == code)


def test_apply_shows_and_does_nothing_without_yes(node: Path, renamed: Path) -> None:
    ran = truc("directory", "apply", "-c", node, renamed)
    assert ran.code == 0
    assert "~ 000.00.60.H14" in ran.out
    assert "--yes" in ran.out
    assert name_of(node, "000.00.60.H14") == "Ủy ban nhân dân xã Hòa An"


def test_apply_with_yes_changes_the_directory_and_its_version(node: Path, renamed: Path) -> None:
    ran = truc("directory", "apply", "-c", node, renamed, "--yes", "--json")
    assert (ran.code, ran.json["done"], ran.json["directory_version"]) == (0, True, 2)
    assert name_of(node, "000.00.60.H14") == "UBND xã Hòa An"
    again = truc("directory", "apply", "-c", node, renamed, "--yes", "--json").json
    assert (again["done"], again["directory_version"]) == (False, 2)


def test_change_for_a_day_waits_and_can_be_cancelled(node: Path, renamed: Path) -> None:
    ran = truc("directory", "apply", "-c", node, renamed, "--at", "2099-07-01", "--yes", "--json")
    assert ran.code == 0
    number = ran.json["pending"]
    assert name_of(node, "000.00.60.H14") == "Ủy ban nhân dân xã Hòa An"
    (waits,) = truc("directory", "pending", "-c", node, "--json").json["pending"]
    assert (waits["number"], waits["on"], waits["refused"]) == (number, "2099-07-01", "")
    assert [row["name"] for row in waits["change"]["agencies"]] == ["UBND xã Hòa An"]
    assert "01/07/2099" in truc("directory", "pending", "-c", node).out
    assert truc("directory", "cancel", "-c", node, number).code == 0
    assert truc("directory", "cancel", "-c", node, number).code == 1
    assert "nothing is pending" in truc("directory", "pending", "-c", node).out


def test_day_without_yes_prepares_nothing(node: Path, renamed: Path) -> None:
    assert truc("directory", "apply", "-c", node, renamed, "--at", "2099-07-01").code == 0
    assert truc("directory", "pending", "-c", node, "--json").json["pending"] == []


def test_unsound_change_is_refused_before_its_day(node: Path, renamed: Path) -> None:
    text = renamed.read_text("utf-8").replace('successor = "000.00.62.H14"', 'successor = "000.00.99.H14"')
    renamed.write_text(text, "utf-8")
    ran = truc("directory", "apply", "-c", node, renamed, "--at", "2099-07-01", "--yes")
    assert ran.code == 1
    assert "000.00.99.H14" in ran.err
    assert truc("directory", "pending", "-c", node, "--json").json["pending"] == []


def test_list_of_the_axis_is_imported(node: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.json"
    lines = [
        {"id": "1", "pid": "", "code": "H14", "name": "Ủy ban nhân dân tỉnh Cao Bằng", "oldCode": "vxp.1"},
        {"id": "2", "pid": "1", "code": "000.00.05.H14", "name": "Sở Y tế"},
        {"id": "3", "pid": "", "code": "0100100079", "name": "Tổng công ty"},
    ]
    listed.write_text(json.dumps({"status": "OK", "data": lines}), "utf-8")
    refused = truc("directory", "import", "-c", node, listed)
    assert refused.code == 1
    assert "--node" in refused.err
    ran = truc("directory", "import", "-c", node, listed, "--node", "G22", "--json")
    assert (ran.code, ran.json["directory_version"]) == (0, 2)
    assert name_of(node, "000.00.05.H14") == "Sở Y tế"
