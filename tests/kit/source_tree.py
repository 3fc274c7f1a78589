"""
The project's own source as data, for the tests that check the rules of the house.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "signing", "gateway", "adapters")


@dataclass(frozen=True)
class Module:
    """One source file. `name` is what it is imported as."""

    path: Path
    name: str

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @property
    def shown(self) -> str:
        return str(self.path.relative_to(ROOT))

    def imports(self, *, at_once: bool = False) -> Iterator[tuple[str, int]]:
        """Every module that it imports, with the line; `at_once`: only while it is itself imported."""
        for node in _running(self.tree) if at_once else ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.shown}:{node.lineno}: import by full name"
                # `from gateway.broker import frames` names a module, `… import Clock` a class in one
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    yield (full if _is_module(full) else node.module or ""), node.lineno


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported: no bodies of functions, nothing that only type checkers see."""
    for child in ast.iter_child_nodes(node):
        is_for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not is_for_types and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _running(child)


@cache
def modules() -> tuple[Module, ...]:
    """All source files of the four packages, migrations apart (those are loaded by path, not imported)."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "migrations" in parts:
                continue
            found.append(Module(path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)))
    return tuple(found)


@cache
def _is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def packages_above(name: str) -> Iterator[str]:
    """`a.b.c` → `a`, `a.b`: what Python imports first."""
    parts = name.split(".")
    return (".".join(parts[:n]) for n in range(1, len(parts)))


def knots() -> list[set[str]]:
    """Modules that wait for each other while they are imported, each set once."""
    ours = {m.name: m for m in modules()}
    waits: dict[str, set[str]] = {}
    for name, module in ours.items():
        named = {imported for imported, _line in module.imports(at_once=True)}
        named |= {above for imported in (*named, name) for above in packages_above(imported)}
        waits[name] = named & ours.keys() - {name}
    reach = {name: _reachable(name, waits) for name in ours}
    tied = {frozenset({b for b in reach[a] if a in reach[b]} | {a}) for a in ours if a in reach[a]}
    return sorted((set(knot) for knot in tied), key=sorted)


def _reachable(start: str, steps: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(steps[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(steps[name])
    return seen


def under(name: str, room: str) -> bool:
    """Whether a module lies in a room (a package, or the module itself)."""
    return name == room or name.startswith(room + ".")
