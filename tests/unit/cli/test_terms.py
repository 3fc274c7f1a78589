"""
`truc agency terms`, `way` and `replay`.
"""

from __future__ import annotations

from pathlib import Path

from gateway.core.catalogue import AGENCY_UNKNOWN
from tests.kit.command import truc

HERE = "000.00.00.H14"
ELSEWHERE = "000.00.60.H14"


def test_terms_are_open_until_something_is_agreed(node: Path) -> None:
    ran = truc("agency", "terms", "-c", node, HERE, "--json")
    agreed = {key: ran.json[key] for key in ("dialect", "letters_per_day", "bytes_per_day")}
    assert agreed == {"dialect": "as-sent", "letters_per_day": 0, "bytes_per_day": 0}


def test_what_is_agreed_later_leaves_the_rest(node: Path) -> None:
    assert truc("agency", "terms", "-c", node, HERE, "--dialect", "java-sdk").code == 0
    assert truc("agency", "terms", "-c", node, HERE, "--letters-per-day", "200").code == 0
    told = truc("agency", "terms", "-c", node, HERE, "--json").json
    assert (told["dialect"], told["letters_per_day"]) == ("java-sdk", 200)
    assert truc("agency", "terms", "-c", node, HERE, "--dialect", "cobol").code == 2


def test_notices_are_the_node_s_own_word_unless_it_is_agreed_otherwise(node: Path) -> None:
    def agreed() -> bool:
        told = truc("agency", "terms", "-c", node, HERE, "--json").json["notices_as_receiver"]
        return bool(told)

    assert not agreed()
    assert truc("agency", "terms", "-c", node, HERE, "--notices-as-receiver").code == 0
    assert truc("agency", "terms", "-c", node, HERE, "--letters-per-day", "9").code == 0
    assert agreed()
    assert truc("agency", "terms", "-c", node, HERE, "--notices-as-node").code == 0
    assert not agreed()


def test_way_is_set_key_by_key_and_removed_whole(node: Path) -> None:
    assert truc("agency", "way", "-c", node, HERE, "folder", "path=bao-lac").code == 0
    assert truc("agency", "way", "-c", node, HERE, "folder", "keep=true", "days=30").code == 0
    told = truc("agency", "way", "-c", node, HERE, "folder", "--json").json["settings"]
    assert told == {"path": "bao-lac", "keep": True, "days": 30}
    assert truc("agency", "way", "-c", node, HERE, "folder", "--remove").code == 0
    assert "Chưa đặt gì" in truc("agency", "way", "-c", node, HERE, "folder").out
    assert truc("agency", "way", "-c", node, HERE, "folder", "path").code == 2


def test_nothing_is_agreed_with_agencies_of_other_nodes(node: Path) -> None:
    for command in (["terms", "-c", node, ELSEWHERE], ["way", "-c", node, ELSEWHERE, "folder", "path=a"]):
        ran = truc("agency", *command, "--json")
        assert (ran.code, ran.json["error"]["code"]) == (1, AGENCY_UNKNOWN.code)


def test_replay_of_an_empty_past_offers_nothing(node: Path) -> None:
    ran = truc("agency", "replay", "-c", node, HERE, "--since", "2026-11-20", "--json")
    assert (ran.code, ran.json["offered_again"]) == (0, 0)
