"""Everything that a run of the bench found, and why there is not more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.measured import Measured


@dataclass(slots=True)
class Outcome:
    """
    Results in the order in which they were told; rows by name that could not run, or went wrong, and why.
    """

    measured: list[Measured] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)  # that each row took, all in all

    def rate(self, row: str, case: str) -> float | None:
        """What a case moves in a second, None if it was not measured."""
        one = self.find(row, case)
        return None if one is None else one.per_second

    def find(self, row: str, case: str) -> Measured | None:
        """One result, None if it was not measured."""
        return next((one for one in self.measured if one.row == row and one.case == case), None)

    def of(self, row: str) -> Sequence[Measured]:
        """All cases of a row."""
        return [one for one in self.measured if one.row == row]
