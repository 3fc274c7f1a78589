"""
`truc key`: what is given out is shown once, and the database alone gives nobody away.
"""

from __future__ import annotations

import re
from pathlib import Path

from gateway.core.catalogue import AGENCY_UNKNOWN, BAD_REQUEST, UNKNOWN_KEY
from tests.kit.command import truc

HERE = "000.00.00.H14"
ELSEWHERE = "000.00.60.H14"


def listed(node: Path) -> dict[str, dict[str, object]]:
    return {key["key_id"]: key for key in truc("key", "list", "-c", node, "--json").json["keys"]}


def kept(node: Path) -> bytes:
    return b"".join(path.read_bytes() for path in (node.parent / "data").glob("truc.db*"))


def test_key_is_shown_once_and_kept_only_as_a_digest(node: Path) -> None:
    ran = truc("key", "new", "-c", node, HERE, "--label", "QLVB")
    key = ran.out.strip()
    assert ran.code == 0
    assert key.startswith("truc_")
    assert key.encode() not in kept(node)
    ((_, told),) = listed(node).items()
    assert (told["label"], told["agencies"], told["system_id"]) == ("QLVB", [HERE], "")


def test_key_of_an_operator_needs_no_agency(node: Path) -> None:
    ran = truc("key", "new", "-c", node, "--operator", "--json")
    assert (ran.code, ran.json["operator"], ran.json["label"]) == (0, True, "operator")
    assert truc("key", "new", "-c", node).code == 2


def test_agencies_of_other_nodes_get_no_key_here(node: Path) -> None:
    for command in (("new",), ("system", "vxp.h14")):
        for code in (ELSEWHERE, "000.99.99.H99"):
            ran = truc("key", command[0], "-c", node, *command[1:], code, "--json")
            assert (ran.code, ran.json["error"]["code"]) == (1, AGENCY_UNKNOWN.code)


def test_system_gets_an_id_and_a_secret_for_its_settings(node: Path) -> None:
    ran = truc("key", "system", "-c", node, "vxp.h14.qlvb", HERE, "--may-register")
    found = re.search(r"systemid = (\S+)\nsecret = (\S+)", ran.out)
    assert found is not None
    assert found[1] == "vxp.h14.qlvb"
    assert len(found[2]) == 43
    assert found[2].encode() not in kept(node)
    ((_, told),) = listed(node).items()
    assert (told["system_id"], told["may_register"]) == ("vxp.h14.qlvb", True)


def test_system_that_moves_here_may_keep_its_secret(node: Path) -> None:
    ran = truc("key", "system", "-c", node, "vxp.h14", HERE, "--secret", "c2VjcmV0", "--json")
    assert ran.json["secret"] == "c2VjcmV0"
    ran = truc("key", "system", "-c", node, "hệ thống", HERE, "--json")
    assert (ran.code, ran.json["error"]["code"]) == (1, BAD_REQUEST.code)


def test_rotated_secret_leaves_two_alive_until_the_overlap_ends(node: Path) -> None:
    first = truc("key", "system", "-c", node, "vxp.h14", HERE, "--json").json
    second = truc("key", "rotate", "-c", node, first["key_id"], "--overlap", "1", "--json").json
    assert second["secret"] != first["secret"]
    told = listed(node)
    assert told[first["key_id"]]["ends_at"] is not None
    assert told[second["key_id"]]["ends_at"] is None
    assert "hết hạn · ends" in truc("key", "list", "-c", node).out


def test_lock_and_unlock(node: Path) -> None:
    key_id = truc("key", "new", "-c", node, HERE, "--json").json["key_id"]
    assert truc("key", "lock", "-c", node, key_id).code == 0
    assert listed(node)[key_id]["locked"] is True
    assert "đã khóa" in truc("key", "list", "-c", node).out
    assert truc("key", "lock", "-c", node, key_id, "--unlock").code == 0
    assert listed(node)[key_id]["locked"] is False


def test_unknown_key_is_named(node: Path) -> None:
    for command in ("lock", "rotate"):
        ran = truc("key", command, "-c", node, "nobody", "--json")
        assert (ran.code, ran.json["error"]["code"]) == (1, UNKNOWN_KEY.code)
