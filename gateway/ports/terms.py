"""
Terms: what was agreed with an agency. A row, not configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gateway.core.model import AgencyCode, Dialect

OFFICE = "office"
"""The name under which terms stand among the ways of an agency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    In which dialect letters are written for an agency, what it may hand in on one day (0: no limit).

    `notices_as_receiver`: its system matches statuses by (From, To, Code) and never finds one that a node
    wrote; so notices of the axis are handed to it in the name of the receiver that they are about.
    """

    dialect: Dialect = Dialect.AS_SENT
    letters_per_day: int = 0
    bytes_per_day: int = 0
    notices_as_receiver: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Terms:
        """Read from a row. A newer release may have written more than this one knows."""
        names = ("letters_per_day", "bytes_per_day", "notices_as_receiver")
        known = {key: settings[key] for key in names if key in settings}
        return cls(dialect=Dialect(settings.get("dialect", Dialect.AS_SENT)), **known)

    def as_row(self) -> Mapping[str, Any]:
        """The form in which it is kept."""
        return {**asdict(self), "dialect": self.dialect.value}


@dataclass(frozen=True, slots=True)
class Quota:
    """What an agency may hand in today, and has handed in (0 as a limit: none)."""

    agency: AgencyCode
    letters: int
    letters_per_day: int
    bytes: int
    bytes_per_day: int
