"""docs/capacity.md answers what it asks; that it is fresh is proved in tests/test_docs.py."""

from __future__ import annotations

import re

from tests.kit.source_tree import ROOT

PAGE = (ROOT / "docs" / "capacity.md").read_text("utf-8")


def test_page_answers_for_today_ten_and_a_hundred_times_the_load() -> None:
    answer = PAGE.partition("## The answer")[2].partition("\n## ")[0]
    for load in ("**Today**", "**10 times as much**", "**100 times as much**"):
        assert load in answer
    for word in ("cores", "brokers", "isk", "breaks first", "would do then"):
        assert word in answer


def test_every_letter_that_was_simulated_for_it_was_delivered() -> None:
    told = re.findall(r"letters\s+for\s+([\d,]+)\s+recipients,\s+([\d,]+)\s+delivered", PAGE)
    assert len(told) == 3
    assert all(copies == delivered for copies, delivered in told)


def test_tables_are_whole() -> None:
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1
