"""
What the doctor has looked at: one check, its verdict, and what to do, in both languages.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from gateway.core.errors import Finding, TrucError


class Verdict(StrEnum):
    """What a check came to."""

    GOOD = "good"
    WARNING = "warning"  #: it works, and should be looked at
    BAD = "bad"
    UNKNOWN = "unknown"  #: it could not be looked at from here


class Part(StrEnum):
    """What of a node is looked at, in this order."""

    CONFIG = "config"
    SECRETS = "secrets"
    KEYS = "keys"
    CERTIFICATES = "certificates"
    DISK = "disk"
    STORE = "store"
    CLOCK = "clock"
    BROKER = "broker"
    NEIGHBOURS = "neighbours"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `mend_vi` and `mend_en` say what to do, "" if nothing."""

    part: Part
    verdict: Verdict
    vi: str
    en: str
    mend_vi: str = ""
    mend_en: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The check as JSON."""
        return asdict(self)


def good(part: Part, vi: str, en: str) -> Check:
    """All is well."""
    return Check(part, Verdict.GOOD, vi, en)


def unknown(part: Part, vi: str, en: str) -> Check:
    """It could not be looked at."""
    return Check(part, Verdict.UNKNOWN, vi, en)


def of_finding(part: Part, finding: Finding) -> Check:
    """What the catalogue says of it."""
    verdict = Verdict.BAD if finding.is_error else Verdict.WARNING
    code = finding.code
    fault = finding.fault
    return Check(part, verdict, f"{code} {finding.vi}", f"{code} {finding.en}", fault.next_vi, fault.next_en)


def of_error(part: Part, error: TrucError) -> list[Check]:
    """A check for each finding of an error."""
    return [of_finding(part, finding) for finding in error.findings]
