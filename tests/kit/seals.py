"""
Seals for the small axis: real keys, real verification, at the times of its clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache

from gateway.ports import Blobs, StoredLetter
from gateway.seals import NodeSealer, SealCheck
from signing.devpki import DevPki, create
from signing.keys import SealKey
from signing.parts import SealedPart
from signing.trust import Trust
from signing.verdict import Verdict
from signing.verify import verify

YEAR = timedelta(days=365)

_ASIDE = ThreadPoolExecutor(1)  # for what every hand-over asks: to make a thread costs as much as a verdict


@cache
def pki(at: datetime) -> DevPki:
    """One authority for all tests that begin at this moment."""
    return create(at)


@cache
def key_of(node: str, at: datetime) -> SealKey:
    """The key of a node, with a certificate in its name."""
    return pki(at).issue(node, at).seal_key


@cache
def trust(at: datetime) -> Trust:
    """Trust in that authority, with revocation lists good for a year: no story lasts longer."""
    authority = pki(at)
    return Trust(
        (authority.root.certificate,), revocation_lists=authority.revocation_lists(at, valid_for=YEAR)
    )


def sealer(node: str, at: datetime) -> NodeSealer:
    """The hand of a node of the axis."""
    return NodeSealer(key_of(node, at))


class SteppedCheck(SealCheck):
    """The check of seals where threads run inline: verification runs a loop, so it gets a thread."""

    def __init__(self, blobs: Blobs, at: datetime) -> None:
        super().__init__(blobs, lambda: trust(at))
        self._trusted = trust(at)

    async def verdict(self, letter: StoredLetter) -> Verdict:
        """The verdict about the node's seal."""
        return _ASIDE.submit(self._verdict, letter).result()

    async def agency_verdict(self, seal: bytes, parts: Sequence[SealedPart], at: datetime) -> Verdict:
        """The verdict about an agency's own seal."""
        with ThreadPoolExecutor(1) as own:
            return own.submit(lambda: verify(seal, parts, self._trusted, at=at)).result()

    async def edition_verdict(
        self, seal: bytes, parts: Sequence[SealedPart], at: datetime, arrived_at: datetime
    ) -> Verdict:
        """The verdict about the seal of an edition."""
        with ThreadPoolExecutor(1) as own:
            return own.submit(
                lambda: verify(seal, parts, self._trusted, at=at, arrived_at=arrived_at)
            ).result()
