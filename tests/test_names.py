"""
Names and sizes: signs on the doors, files named after what is in them, rooms that one person can hold.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.kit.source_tree import PACKAGES, ROOT, Module, modules

DOORS = {
    "gateway.doors.intake": 1,
    "gateway.doors.arrival": 2,
    "gateway.doors.relay": 3,
    "gateway.doors.handover": 4,
}
LABELS = ["Reads", "Writes", "Calls", "Never", "Crash"]
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}

LONGEST_ROOM = 420  # about 400; the margin keeps anybody from splitting a room over three lines
LONG_ON_PURPOSE = {
    "gateway.core.catalogue": "one entry per public code",
    "gateway.core.delivery": "states, events, legal moves and what follows from them are read together",
}
LONGEST_FUNCTION = 60
LONG_FUNCTIONS = {"gateway.node:running_node": "the wiring of a node, read from top to bottom"}

# Modules whose proof is not a test_<module>.py of their own, and where it is instead.
PROVED_ELSEWHERE = {
    "gateway.cli": "tests/unit/cli/test_app.py",
    "gateway.cli.__main__": "tests/unit/cli/test_app.py",
    "gateway.cli.mail": "tests/network/test_command_line.py",
    "gateway.cli.opened": "tests/unit/cli/test_agency.py",
    "gateway.clerk": "tests/network/test_returned.py",
    "gateway.cli.serve": "tests/network/test_crash_points.py",
    "gateway.doors.desk": "tests/kit/nodes.py",  # a declaration; every door is tested at it
    "gateway.doors.draft": "tests/doors/test_intake.py",
    "gateway.keyring": "tests/unit/test_keys.py",
    "gateway.node": "tests/network/test_demo.py",
    "gateway.watchmen": "tests/network/test_watched_node.py",
    "gateway.sandbox.axis": "tests/network/test_demo.py",
    "gateway.sandbox.partner": "tests/contract/test_adapter.py",  # a declaration; each adapter has one
    "gateway.sandbox.processes": "tests/network/test_demo.py",
    "gateway.sandbox.robots": "tests/network/test_demo.py",
    "gateway.serve": "tests/network/test_demo.py",
    "gateway.ports.adapters": "tests/contract/test_adapter.py",
    "gateway.ports.network": "tests/contract/test_broker.py",
    "gateway.ports.store": "tests/contract/test_sql.py",
    "gateway.ports.time": "tests/unit/test_bell.py",
    "gateway.ports": "tests/test_layers.py",  # declarations; each store and broker has a contract suite
}


def module_named(name: str) -> Module:
    return next(m for m in modules() if m.name == name)


@pytest.mark.parametrize("door", DOORS)
def test_door_bears_its_sign(door: str) -> None:
    """The five fixed labels tell a newcomer what a door does without reading on."""
    sign = ast.get_docstring(module_named(door).tree) or ""
    assert re.search(rf"^\S+: .+ → .+\. +door {DOORS[door]} of 4$", sign.splitlines()[0])
    assert re.findall(rf"^({'|'.join(LABELS)})  +\S", sign, re.MULTILINE) == LABELS


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_module_says_what_it_is(module: Module) -> None:
    if module.text.strip():
        assert ast.get_docstring(module.tree), f"{module.shown} has no docstring"


def test_no_file_is_named_after_nothing() -> None:
    files = [
        p for root in (*PACKAGES, "tests") for p in (ROOT / root).rglob("*") if "__pycache__" not in p.parts
    ]
    assert [str(p) for p in files if p.stem.lower().strip("_") in NO_NAMES] == []


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_room_is_no_larger_than_one_can_hold(module: Module) -> None:
    lines = module.text.count("\n")
    assert lines <= LONGEST_ROOM or module.name in LONG_ON_PURPOSE, f"{module.shown} has {lines} lines"


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_long_function_gets_a_name_for_its_middle(module: Module) -> None:
    functions = [n for n in ast.walk(module.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    too_long = [
        f"{module.shown}:{f.lineno} {f.name} has {length(f)} lines"
        for f in functions
        if length(f) > LONGEST_FUNCTION and f"{module.name}:{f.name}" not in LONG_FUNCTIONS
    ]
    assert too_long == []


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without the docstring: a long promise is no fault."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_every_module_has_its_test() -> None:
    tests = list((ROOT / "tests").rglob("test_*.py"))
    without = [
        m.shown
        for m in modules()
        if has_code(m) and m.name not in PROVED_ELSEWHERE and not proof_of(m, tests)
    ]
    assert without == []


def test_proofs_named_elsewhere_exist() -> None:
    for name, test in PROVED_ELSEWHERE.items():
        assert (ROOT / test).is_file(), f"{test} should prove {name}"
        assert module_named(name)


def has_code(module: Module) -> bool:
    """More than a docstring and names passed on."""
    return any(
        not isinstance(n, ast.Expr | ast.Import | ast.ImportFrom | ast.Assign) for n in module.tree.body
    )


def proof_of(module: Module, tests: list[Path]) -> list[Path]:
    """test_<module>.py or test_<module>_<subject>.py, anywhere on the shelves."""
    stem = re.escape(module.name.rpartition(".")[2].strip("_"))
    return [t for t in tests if re.fullmatch(rf"test_{stem}(_\w+)?", t.stem)]


def test_nothing_is_left_for_later() -> None:
    """What is unfinished is an issue, not a remark in the source."""
    remark = re.compile(r"#\s*(TODO|FIXME|XXX|HACK)\b")
    assert [
        f"{m.shown}:{n}"
        for m in modules()
        for n, line in enumerate(m.text.splitlines(), 1)
        if remark.search(line)
    ] == []
