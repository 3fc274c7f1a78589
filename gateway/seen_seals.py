"""
Remembers the certificates of the seals that are looked at, so that their last day is known before it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from gateway.core.errors import Unavailable
from gateway.core.model import NodeId
from gateway.ports import Clock, Examiner, SealCertificate, Store, StoredLetter
from signing.parts import SealedPart
from signing.verdict import Verdict


class SeenSeals:
    """An examiner that looks as the other does, and keeps the certificate of each node whose seal is good."""

    def __init__(self, examiner: Examiner, store: Store, clock: Clock) -> None:
        self._examiner, self._store, self._clock = examiner, store, clock
        self._known: dict[NodeId, datetime] = {}

    async def verdict(self, letter: StoredLetter) -> Verdict:
        """What the seal of the letter's origin is worth; a certificate that is new is written down."""
        verdict = await self._examiner.verdict(letter)
        facts, node = verdict.facts, letter.routing.origin
        ends_at, known = facts.valid_until, self._known.get(node)
        # letters that were long on their way bear the certificate before the last
        if verdict.passed and ends_at is not None and (known is None or ends_at > known):
            seen = SealCertificate(node, facts.fingerprint, facts.signer, ends_at, self._clock.now())
            with suppress(
                Unavailable
            ):  # a busy store is no reason against the letter: the next one tells again
                await self._store.note_certificate(seen)
                self._known[node] = ends_at
        return verdict

    async def agency_verdict(self, seal: bytes, parts: Sequence[SealedPart], at: datetime) -> Verdict:
        """What a seal that an agency made is worth."""
        return await self._examiner.agency_verdict(seal, parts, at)

    async def edition_verdict(
        self, seal: bytes, parts: Sequence[SealedPart], at: datetime, arrived_at: datetime
    ) -> Verdict:
        """What the seal of an edition is worth."""
        return await self._examiner.edition_verdict(seal, parts, at, arrived_at)
