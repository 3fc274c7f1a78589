"""
What can go wrong, named after who must act.

    TrucError
    ├── Rejected        the sender must change something; the same bytes will never pass (4xx)
    ├── Unavailable     wait; the same bytes may pass later (503 and Retry-After)
    └── Misconfigured   the operator must change something; the node refuses to start

Every error carries findings, and every finding a stable code of `catalogue.py`, so that
a refusal always says what, where, whose fault and what to do next, in Vietnamese and English.
Exceptions of libraries are translated once, at the wall where they are called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """Whether a finding stops the letter."""

    ERROR = "error"
    WARNING = "warning"


class Blame(StrEnum):
    """Who can mend it."""

    SENDER = "sender"
    RECEIVER = "receiver"
    OPERATOR = "operator"
    NEIGHBOUR = "neighbour"
    TRUC = "truc"


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the public catalogue: a code that never changes its meaning.

    `vi` and `en` may hold `{placeholders}` that a finding's `params` fill; `next_vi` and `next_en`
    say what to do. `http` is the status a refusal of this kind is answered with.
    """

    code: str
    name: str
    severity: Severity
    blame: Blame
    http: int
    vi: str
    en: str
    next_vi: str
    next_en: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: a catalogue entry at one place of one document.

    `line` is the line of the sender's own file (1-based), `element` a path such as
    `MessageHeader/From/OrganId`, `clause` a key of schemas/CLAUSES.tsv.
    """

    fault: Fault
    line: int | None = None
    element: str = ""
    clause: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.fault.code

    @property
    def is_error(self) -> bool:
        return self.fault.severity is Severity.ERROR

    @property
    def _told(self) -> dict[str, str]:
        return {**({"element": self.element} if self.element else {}), **self.params}

    @property
    def vi(self) -> str:
        return self.fault.vi.format_map(_Spaces(self._told))

    @property
    def en(self) -> str:
        return self.fault.en.format_map(_Spaces(self._told))

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON shows it, to people and to programs."""
        return {
            "code": self.code,
            "name": self.fault.name,
            "severity": self.fault.severity.value,
            "blame": self.fault.blame.value,
            "line": self.line,
            "element": self.element,
            "clause": self.clause,
            "params": dict(self.params),
            "vi": self.vi,
            "en": self.en,
            "next": {"vi": self.fault.next_vi, "en": self.fault.next_en},
        }


class _Spaces(dict[str, str]):
    """Leaves a placeholder empty rather than raise: an error text must never be a second error."""

    def __missing__(self, key: str) -> str:
        return "…"


class TrucError(Exception):
    """Something that was expected to go wrong did, and it is known who must act."""

    def __init__(self, *findings: Finding) -> None:
        if not findings:
            raise ValueError("an error without a finding tells nobody anything")
        self.findings: tuple[Finding, ...] = findings
        super().__init__("; ".join(f"{f.code} {f.en}" for f in findings))

    @property
    def first(self) -> Finding:
        """The finding that decides the answer: the first error, else the first finding."""
        return next((f for f in self.findings if f.is_error), self.findings[0])

    @property
    def code(self) -> str:
        return self.first.code


class Rejected(TrucError):
    """The sender must change something; sending the same bytes again will not help."""


class Unavailable(TrucError):
    """Nothing is wrong with the letter; the same bytes may pass after `retry_after`."""

    def __init__(self, *findings: Finding, retry_after: timedelta = timedelta(seconds=30)) -> None:
        super().__init__(*findings)
        self.retry_after = retry_after


class Misconfigured(TrucError):
    """The operator must change something before this node can run."""


def find(
    fault: Fault, *, line: int | None = None, element: str = "", clause: str = "", **params: object
) -> Finding:
    """A finding of `fault` with its placeholders filled."""
    return Finding(fault, line, element, clause, {k: str(v) for k, v in params.items()})


def errors_among(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those findings that stop a letter."""
    return tuple(f for f in findings if f.is_error)
