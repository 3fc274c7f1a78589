"""
What a reading found, gathered so that a person can read it: one line for fourteen empty elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from gateway.core import catalogue
from gateway.core.edxml.names import clause_of
from gateway.core.errors import Fault, Finding

MOST_PER_FAULT = 100
"""More findings of one kind help nobody, and a hostile letter could hold half a million."""
MOST_NAMES = 20
LONGEST_VALUE = 80


class Notes:
    """Findings in the making. Lines come in as the envelope's and go out as the sender's."""

    def __init__(self, sender_line: Callable[[int], int]) -> None:
        self.sender_line = sender_line
        self._found: dict[tuple[object, ...], Finding] = {}
        self._count: dict[str, int] = {}
        self._lists: dict[str, _List] = {}

    def add(self, fault: Fault, path: str, line: int | None, **params: object) -> None:
        """Note `fault` at an element; the same one with the same params is told once, where it came first."""
        told = {name: clip(str(value)) for name, value in params.items()}
        if "{element}" in fault.vi:
            told.setdefault("element", short(path))
        key = (fault.code, *sorted(told.items()))
        if key in self._found or self._count.get(fault.code, 0) >= MOST_PER_FAULT:
            return
        self._count[fault.code] = self._count.get(fault.code, 0) + 1
        where = None if line is None else self.sender_line(line)
        self._found[key] = Finding(fault, where, path, clause_of(path), told)

    def list(self, fault: Fault, param: str, path: str, line: int, name: str) -> None:
        """Note `fault` for one more `name`: all of them become one finding, where the first stands."""
        found = self._lists.setdefault(fault.code, _List(fault, param, path, line))
        found.names[name] = None
        if line < found.line:  # a block is noted after what is in it
            found.path, found.line = path, line

    def empty(self, path: str, line: int) -> None:
        """Note an element without content."""
        self.list(catalogue.EMPTY_ELEMENT, "detail", path, line, short(path))

    def findings(self) -> tuple[Finding, ...]:
        """Everything noted, by line."""
        lists = [
            Finding(
                found.fault,
                self.sender_line(found.line),
                found.path,
                clause_of(found.path),
                {found.param: _listed(tuple(found.names))},
            )
            for found in self._lists.values()
        ]
        return by_line([*self._found.values(), *lists])


@dataclass(slots=True)
class _List:
    fault: Fault
    param: str
    path: str
    line: int
    names: dict[str, None] = field(default_factory=dict)


def _listed(names: Sequence[str]) -> str:
    told = ", ".join(names[:MOST_NAMES])
    return told if len(names) <= MOST_NAMES else f"{told} … (+{len(names) - MOST_NAMES})"


def by_line(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of the sender's lines; those about the whole message last."""
    return tuple(sorted(findings, key=lambda f: (f.line is None, f.line or 0)))


def short(path: str) -> str:
    """A path as a sentence names it, e.g. `From/OrganId`."""
    return path.removeprefix("MessageHeader/")


def clip(value: str) -> str:
    """A value short enough to stand inside a sentence."""
    return value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"
