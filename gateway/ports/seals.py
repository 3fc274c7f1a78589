"""
The seal: whoever makes it, and whoever looks at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.core.model import Part
from gateway.ports.letters import StoredLetter
from signing.parts import SealedPart
from signing.verdict import Verdict


class Sealer(Protocol):
    """The node's own hand: makes the seal over the digests of the parts, off the event loop."""

    async def seal(self, parts: Sequence[Part], at: datetime) -> bytes:
        """The signature file that travels beside the envelope."""


class Examiner(Protocol):
    """Looks at seals, off the event loop."""

    async def verdict(self, letter: StoredLetter) -> Verdict:
        """What the seal of the letter's origin is worth, judged at the letter's acceptance."""

    async def agency_verdict(self, seal: bytes, parts: Sequence[SealedPart], at: datetime) -> Verdict:
        """What a seal that an agency made at its own office is worth at this moment."""

    async def edition_verdict(
        self, seal: bytes, parts: Sequence[SealedPart], at: datetime, arrived_at: datetime
    ) -> Verdict:
        """What the seal of an edition is worth, judged at `at`; what was revoked until it arrived counts."""
