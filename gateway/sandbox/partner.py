"""
A partner: the agency's own side of one way, played for the contract of adapters (adapter_contract).

It is the document system at the other end: a client, a receiver, a clerk before a shared folder. The contract
asks of it only what real systems do, and of that only what its way can do, which it declares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from gateway.core.model import AgencyCode, LetterId
from gateway.sandbox.trial_node import HurriedClock, TrialNode


class Ability(StrEnum):
    """What a way can do. What is not declared is not asked of it, and shows as a skipped test."""

    SENDS = "sends"  #: agencies hand in letters
    FETCHES = "fetches"  #: letters lie at the door until they are fetched and acknowledged
    REPORTS = "reports"  #: agencies report a status about a letter by the means of this way
    BREAKS = "breaks"  #: an agency's side can be out of order, and the adapter notices
    BREAKS_ALONE = "breaks alone"  #: and that of other agencies of this way is not concerned by it
    REFUSES = "refuses"  #: an agency's side can refuse a letter for good, so that it goes back


@dataclass(frozen=True, slots=True)
class Received:
    """A message as the agency's system has it; `letter_id` is "" where the way does not tell it."""

    letter_id: LetterId
    content: bytes


class Refused(Exception):
    """The node did not take what the agency gave or asked for. Its text is what the agency gets to read."""


class Partner:
    """
    The agency's side of the way `way`. Subclass it; give a body to what the way can do.

    All methods run in the event loop of the node. Errors that are no refusal may be raised as they come.
    """

    way: ClassVar[str]  #: the name of the entry point
    can: ClassVar[frozenset[Ability]] = frozenset()

    async def begin(self, folder: Path, clock: HurriedClock) -> Mapping[str, Any]:
        """
        Bring up what must be there before the node: servers, folders, all below `folder`.

        Gives sections of the node's configuration: `{"adapters": {"spool": {"root": …}}}`.
        """
        return {}

    async def admit(self, agency: AgencyCode, at: TrialNode) -> Mapping[str, Any]:
        """
        The agency comes to use this way at the node: it gets its keys, its folder, its subscription.

        Gives its row of the way: what `Workplace.ways` tells the adapter about it.
        """
        return {}

    async def end(self) -> None:
        """Take down what `begin` brought up."""

    async def send(self, agency: AgencyCode, content: bytes) -> str:
        """
        Hand in a message; its letter_id, or "" where the way does not tell it.

        Raises: Refused with the words that the agency gets
        """
        raise NotImplementedError(Ability.SENDS)

    async def received(self, agency: AgencyCode) -> Sequence[Received]:
        """Everything that the agency has, or can fetch now: documents and statuses. Acknowledges nothing."""
        raise NotImplementedError

    async def fetch(self, agency: AgencyCode, letter_id: LetterId) -> bytes:
        """Fetch one letter by its id. Raises: Refused"""
        raise NotImplementedError(Ability.FETCHES)

    async def acknowledge(self, agency: AgencyCode, letter_id: LetterId) -> None:
        """Say that a letter is stored in the agency's own system. Raises: Refused"""
        raise NotImplementedError(Ability.FETCHES)

    async def report(self, agency: AgencyCode, letter: Received, code: str) -> None:
        """Report a status about a letter that was received. Raises: Refused"""
        raise NotImplementedError(Ability.REPORTS)

    async def break_down(self, agency: AgencyCode) -> None:
        """Be out of order, until `mend`."""
        raise NotImplementedError(Ability.BREAKS)

    async def mend(self, agency: AgencyCode) -> None:
        """Work again."""
        raise NotImplementedError(Ability.BREAKS)

    async def refuse(self, agency: AgencyCode) -> None:
        """Refuse from now on, for good, whatever comes for this agency."""
        raise NotImplementedError(Ability.REFUSES)
