"""
`truc letter`: a letter that intake takes, for whoever has none at hand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.letters import DIALECTS
from tests.kit.command import truc

SENDER, RECEIVER = "000.24.35.H21", "000.22.40.H14"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_letter_of_every_dialect_is_one_that_intake_takes(dialect: str, tmp_path: Path) -> None:
    file = tmp_path / "letter.edxml"
    made = truc("letter", "--from", SENDER, "--to", RECEIVER, "--dialect", dialect, "-o", file)
    assert made.code == 0
    assert truc("check", file).code == 0


def test_letter_names_its_agencies_as_the_sandbox_does(tmp_path: Path) -> None:
    file = tmp_path / "letter.edxml"
    made = truc(
        "letter",
        "--from",
        SENDER,
        "--to",
        RECEIVER,
        "--to",
        "000.00.77.H99",
        "--number",
        12,
        "-o",
        file,
        "--json",
    )
    assert made.json == {"file": str(file), "number": 12, "size": file.stat().st_size}
    text = file.read_text("utf-8")
    assert "Ia Khươl" in text
    assert "Nam Tuấn" in text
    assert "000.00.77.H99" in text


def test_each_letter_is_a_new_one_and_as_large_as_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "letter.edxml"
    numbers = set()
    for _time in range(5):
        made = truc("letter", "--from", SENDER, "--to", RECEIVER, "--size", 300_000, "-o", file, "--json")
        numbers.add(made.json["number"])
    assert len(numbers) > 1
    assert file.stat().st_size > 300_000


def test_dialect_that_nobody_writes_is_wrong_usage(tmp_path: Path) -> None:
    ran = truc(
        "letter", "--from", SENDER, "--to", RECEIVER, "--dialect", "klingon", "-o", tmp_path / "a.edxml"
    )
    assert ran.code == 2
    assert "java-sdk" in ran.err


def test_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    ran = truc("letter", "--from", SENDER, "--to", RECEIVER, "-o", tmp_path / "none" / "letter.edxml")
    assert ran.code == 1
    assert "none" in ran.err
