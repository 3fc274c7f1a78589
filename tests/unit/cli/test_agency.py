"""
`truc agency`: agencies and keys are rows; a key is shown once and kept as a digest.
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


def test_key_is_shown_once_and_kept_only_as_a_digest(node: Path) -> None:
    ran = truc("agency", "key", "-c", node, HERE, "--label", "QLVB")
    key = ran.out.strip()
    assert ran.code == 0
    assert key.startswith("truc_")
    assert codes(node)[HERE]["keys"] == 1
    kept = b"".join(p.read_bytes() for p in (node.parent / "data").glob("truc.db*"))
    assert key.encode() not in kept


def test_key_of_an_operator_needs_no_agency(node: Path) -> None:
    ran = truc("agency", "key", "-c", node, "--operator", "--json")
    assert ran.code == 0
    assert ran.json["operator"] is True
    assert truc("agency", "key", "-c", node).code == 2


def test_agencies_of_other_nodes_get_no_key_here(node: Path) -> None:
    for command in ("key", "lock"):
        for code in (ELSEWHERE, "000.99.99.H99"):
            ran = truc("agency", command, "-c", node, code, "--json")
            assert ran.code == 1
            assert ran.json["error"]["code"] == AGENCY_UNKNOWN.code
