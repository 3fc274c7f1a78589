"""
Changes of the directory that somebody has read in and not decided on: shown first, then made or forgotten.

They are kept in memory, a few and not for long: whoever comes back too late reads the files in again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core.directory import Directory
from gateway.core.directory_change import Change
from gateway.core.errors import Finding

KEPT = timedelta(minutes=30)
MOST = (
    8  # the whole country's directory is some hundred MB in memory, most of it shared with the one in force
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """
    What files make of the directory `before`: `change` leads to `after`, whose faults are `findings`.
    """

    id: str
    by: str
    at: datetime
    files: tuple[str, ...]
    before: Directory
    after: Directory
    change: Change
    findings: tuple[Finding, ...]


class Proposals:
    """The proposals of one console; each is seen by who read it in."""

    def __init__(self) -> None:
        self._kept: dict[str, Proposal] = {}

    def keep(self, proposal: Proposal) -> None:
        """Keep it for a while; the oldest goes if there are too many."""
        self._sweep(proposal.at)
        while len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[proposal.id] = proposal

    def get(self, proposal_id: str, by: str, now: datetime) -> Proposal | None:
        """The proposal of this person; None if there is none, or no longer."""
        self._sweep(now)
        found = self._kept.get(proposal_id)
        return found if found is not None and found.by == by else None

    def forget(self, proposal_id: str) -> None:
        """It was decided on."""
        self._kept.pop(proposal_id, None)

    def _sweep(self, now: datetime) -> None:
        self._kept = {key: each for key, each in self._kept.items() if now - each.at < KEPT}


def new_id() -> str:
    """A name for a proposal that nobody guesses."""
    return secrets.token_urlsafe(12)
