"""
Code answers to the regulations: every clause that is cited exists, and says how far it is implemented.
"""

from __future__ import annotations

import ast
import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterator

from tests.kit.source_tree import ROOT, Module, modules

CLAUSES = ROOT / "schemas" / "CLAUSES.tsv"
CITATION = re.compile(r"(?<!\w)Spec: (.+)")
STATUSES = {"Yes", "Partial", "No"}


def clauses() -> dict[str, str]:
    """Clause → status, as the table has them."""
    with CLAUSES.open(encoding="utf-8", newline="") as lines:
        rows = [r for r in csv.reader(lines, delimiter="\t") if r and not r[0].startswith("#")]
    return {row[0]: row[1] for row in rows if row[0] != "clause"}


def citations(module: Module) -> Iterator[tuple[str, int]]:
    """Clause ids after `Spec:` in docstrings and comments, and those handed over as `clause=`."""
    lines = module.text.splitlines()
    for number, line in enumerate(lines, 1):
        if cited := CITATION.search(line):
            yield from ((clause, number) for clause in ids(cited[1] + continuation(lines, number)))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.keyword) and node.arg == "clause" and isinstance(node.value, ast.Constant):
            clause = str(node.value.value)
            if clause:
                yield clause, node.value.lineno


def continuation(lines: list[str], number: int) -> str:
    """A citation goes on while its lines end with a comma."""
    text = ""
    while lines[number - 1].rstrip().endswith(",") and number < len(lines):
        text += " " + lines[number].strip().lstrip("#")
        number += 1
    return text


def ids(text: str) -> list[str]:
    """
    `QD28/5.4 (who must return what), ND30/VI` → the two ids, without the words beside them.

    What begins with a small letter is prose; a page of our own is cited by its path.
    """
    bare = re.sub(r"\([^)]*\)?", "", text).replace('"""', "")
    firsts = [part.split()[0].rstrip(".;:") for part in bare.split(",") if part.split()]
    return [first for first in firsts if first[0].isupper() or "/" in first]


def test_every_cited_clause_exists() -> None:
    known = clauses()
    missing = [
        f"{m.shown}:{line} cites {clause}"
        for m in modules()
        for clause, line in citations(m)
        if clause not in known and not (clause.endswith(".md") and (ROOT / clause).is_file())
    ]
    assert missing == []


def test_every_clause_has_a_status_and_a_title() -> None:
    with CLAUSES.open(encoding="utf-8", newline="") as lines:
        rows = [r for r in csv.reader(lines, delimiter="\t") if r and not r[0].startswith("#")][1:]
    assert [r for r in rows if len(r) < 3 or r[1] not in STATUSES or not r[2].strip()] == []
    assert len(rows) == len({r[0] for r in rows}), "a clause stands twice"


def test_clauses_marked_yes_are_cited_somewhere() -> None:
    """Prints those that no code cites: a `Yes` without a citation is hard to believe."""
    cited: dict[str, list[str]] = defaultdict(list)
    for module in modules():
        for clause, line in citations(module):
            cited[clause].append(f"{module.shown}:{line}")
    uncited = [clause for clause, status in clauses().items() if status == "Yes" and clause not in cited]
    if uncited:
        print("\nclauses marked Yes that no code cites:", ", ".join(uncited), file=sys.stderr)
    assert len(cited) > 0
