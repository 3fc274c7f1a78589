from __future__ import annotations

import json
from pathlib import Path

from tests.kit.command import truc


def test_journal_is_exported_whole_and_in_order(node: Path, tmp_path: Path) -> None:
    ran = truc("journal", "export", "-c", node)
    assert ran.code == 0
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))
    assert {line["node"] for line in lines} == {"H14"}
    file = tmp_path / "journal.jsonl"
    told = truc("journal", "export", "-c", node, "-o", file, "--json").json
    assert (told["lines"], told["last"]) == (len(lines), len(lines))
    assert [json.loads(line) for line in file.read_text("ascii").splitlines()] == lines


def test_journal_is_exported_as_syslog_after_a_number(node: Path) -> None:
    every = truc("journal", "export", "-c", node, "--format", "syslog").out.splitlines()
    assert all(line.startswith("<110>1 ") and " H14 truc - " in line for line in every)
    later = truc("journal", "export", "-c", node, "--format", "syslog", "--after", "1").out.splitlines()
    assert later == every[1:]
    assert truc("journal", "export", "-c", node, "--after", "999999").out == ""
