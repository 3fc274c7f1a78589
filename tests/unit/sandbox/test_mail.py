"""The letters of the demo."""

from __future__ import annotations

from importlib.resources import files
from itertools import islice
from pathlib import Path

import pytest

from gateway.core.directory import load_toml
from gateway.core.errors import Misconfigured
from gateway.core.routing import path
from gateway.letters import DIALECTS
from gateway.sandbox.mail import far_pairs, letters, letters_without_end

FOUR_LEVELS = load_toml((files("gateway.directories") / "four-level.toml").read_bytes())


def test_letters_travel_six_hops_both_ways() -> None:
    for sender, recipient in islice(far_pairs(FOUR_LEVELS), 12):
        way = path(FOUR_LEVELS.nodes, FOUR_LEVELS.agencies[sender].node, FOUR_LEVELS.agencies[recipient].node)
        assert len(way) == 7
        assert way[3] == "G22"


def test_every_dialect_is_sent() -> None:
    made = letters(FOUR_LEVELS, len(DIALECTS), None)
    assert [letter.name.split()[1] for letter in made] == [str(d) for d in DIALECTS]
    assert len({letter.sha256 for letter in made}) == len(DIALECTS)


def test_the_same_demo_sends_the_same_letters() -> None:
    assert [s.sha256 for s in letters(FOUR_LEVELS, 6, None)] == [
        s.sha256 for s in letters(FOUR_LEVELS, 6, None)
    ]


def test_a_visitors_files_are_readdressed_and_the_hopeless_sent_as_they_are(tmp_path: Path) -> None:
    (good,) = letters(FOUR_LEVELS, 1, None)
    (tmp_path / "a.edxml").write_bytes(good.content)
    (tmp_path / "b.xml").write_bytes(b"<nothing/>")
    (tmp_path / "c.txt").write_bytes(b"not looked at")
    first, second = letters(FOUR_LEVELS, 99, tmp_path)
    assert first.sender.encode() in first.content
    assert first.recipient.encode() in first.content
    assert second.content == b"<nothing/>"


def test_a_folder_without_letters_is_the_visitors_mistake(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        letters(FOUR_LEVELS, 1, tmp_path)
    assert refused.value.code == "TRUC-803"


def test_letters_go_on_without_those_whose_clerk_the_visitor_is() -> None:
    sender, receiver = next(far_pairs(FOUR_LEVELS))
    more = list(islice(letters_without_end(FOUR_LEVELS, (sender, receiver), 24), 50))
    assert not {sender, receiver} & {code for letter in more for code in (letter.sender, letter.recipient)}
    assert more[0].name.startswith("025 ")
    assert len({letter.sha256 for letter in more}) == 50
    first = {letter.sha256 for letter in letters(FOUR_LEVELS, 24, None)}
    assert not first & {letter.sha256 for letter in more}


def test_no_letters_go_on_where_nobody_is_left_to_write() -> None:
    everybody = set(FOUR_LEVELS.agencies)
    assert list(letters_without_end(FOUR_LEVELS, everybody, 0)) == []
