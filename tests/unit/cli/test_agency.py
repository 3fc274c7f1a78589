"""
`truc agency`: agencies are rows, which an operator adds and locks.
"""

from __future__ import annotations

from pathlib import Path

from gateway.core.catalogue import AGENCY_UNKNOWN, DIRECTORY_BROKEN
from tests.kit.command import truc

NEW = "000.00.99.H14"
HERE = "000.00.00.H14"
ELSEWHERE = "000.00.60.H14"


def codes(node: Path, *options: str) -> dict[str, dict[str, object]]:
    listed = truc("agency", "list", "-c", node, "--json", *options).json["agencies"]
    return {a["code"]: a for a in listed}


def test_list_shows_the_agencies_of_this_node_or_of_all(node: Path) -> None:
    here, everywhere = codes(node), codes(node, "--all")
    assert HERE in here
    assert ELSEWHERE not in here
    assert ELSEWHERE in everywhere


def test_added_agency_is_in_the_directory_with_what_was_said_of_it(node: Path) -> None:
    before = truc("directory", "show", "-c", node, "--json").json["version"]
    ran = truc(
        *("agency", "add", "-c", node, NEW, "Sở Thử nghiệm", "--parent", HERE),
        *("--alias", "H14.99", "--tier", "sở", "--json"),
    )
    assert ran.code == 0
    assert ran.json["directory_version"] == before + 1
    row = codes(node)[NEW]
    assert row["name"] == "Sở Thử nghiệm"
    assert row["parent"] == HERE
    assert row["aliases"] == ["H14.99"]
    assert row["node"] == "H14"


def test_agency_that_would_break_the_directory_is_not_added(node: Path) -> None:
    ran = truc("agency", "add", "-c", node, HERE, "Trùng mã", "--json")
    assert ran.code == 1
    assert ran.json["error"]["code"] == DIRECTORY_BROKEN.code
    assert codes(node)[HERE]["name"] != "Trùng mã"


def test_lock_and_unlock(node: Path) -> None:
    assert truc("agency", "lock", "-c", node, HERE).code == 0
    assert codes(node)[HERE]["locked"] is True
    assert truc("agency", "lock", "-c", node, HERE, "--unlock").code == 0
    assert codes(node)[HERE]["locked"] is False


def test_agency_of_another_node_is_not_ours_to_lock(node: Path) -> None:
    for code in (ELSEWHERE, "000.99.99.H99"):
        ran = truc("agency", "lock", "-c", node, code, "--json")
        assert (ran.code, ran.json["error"]["code"]) == (1, AGENCY_UNKNOWN.code)
