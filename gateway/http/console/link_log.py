"""
Since when each link is up or down, as long as this process has watched it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.core.model import NodeId


@dataclass(frozen=True, slots=True)
class LinkState:
    """One link. `is_first`: it was so when the watch began, and may have been so for long."""

    is_up: bool
    since: datetime
    is_first: bool


class LinkLog:
    """The watch over the links of one node. It begins anew with the process: the broker tells no history."""

    def __init__(self) -> None:
        self._states: dict[NodeId, LinkState] = {}

    def note(self, links: Mapping[NodeId, bool], now: datetime) -> Mapping[NodeId, LinkState]:
        """Links as they are now; what each has been since."""
        for neighbour, is_up in links.items():
            known = self._states.get(neighbour)
            if known is None or known.is_up != is_up:
                self._states[neighbour] = LinkState(is_up, now, is_first=known is None)
        return {neighbour: self._states[neighbour] for neighbour in links}
