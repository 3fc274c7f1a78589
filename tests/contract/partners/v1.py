"""
A document system that comes over /v1: for its own mailbox, and after a notice that told it to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from gateway.client import Retries, TrucClient
from gateway.core.errors import Rejected, TrucError
from gateway.core.model import AgencyCode, LetterId
from gateway.sandbox.partner import Ability, Partner, Received, Refused
from gateway.sandbox.trial_node import TrialNode


def in_words(error: TrucError) -> Refused:
    """A refusal as the agency reads it."""
    return Refused("; ".join(f"{f.code} {f.vi} · {f.en}" for f in error.findings))


class V1Partner(Partner):
    """Sends, fetches, acknowledges and reports over /v1."""

    can = frozenset({Ability.SENDS, Ability.FETCHES, Ability.REPORTS})

    def __init__(self) -> None:
        self.at: dict[AgencyCode, TrialNode] = {}

    async def admit(self, agency: AgencyCode, at: TrialNode) -> dict[str, Any]:
        self.at[agency] = at
        await at.keys(agency)
        return {}

    @asynccontextmanager
    async def client(self, agency: AgencyCode) -> AsyncIterator[TrucClient]:
        """The agency's client, as long as one errand takes; a refusal comes in words."""
        at = self.at[agency]
        key = (await at.keys(agency)).key
        try:
            async with TrucClient(at.node.address, key, retries=Retries(tries=1)) as client:
                yield client
        except Rejected as rejected:
            raise in_words(rejected) from rejected

    async def send(self, agency: AgencyCode, content: bytes) -> str:
        async with self.client(agency) as client:
            return (await client.send(content)).letter_id

    async def received(self, agency: AgencyCode) -> Sequence[Received]:
        async with self.client(agency) as client:
            items = (await client.inbox(limit=1000)).items
            return [Received(LetterId(i.letter_id), await client.read(i.letter_id)) for i in items]

    async def fetch(self, agency: AgencyCode, letter_id: LetterId) -> bytes:
        async with self.client(agency) as client:
            return await client.read(letter_id)

    async def acknowledge(self, agency: AgencyCode, letter_id: LetterId) -> None:
        async with self.client(agency) as client:
            await client.ack(letter_id)

    async def report(self, agency: AgencyCode, letter: Received, code: str) -> None:
        async with self.client(agency) as client:
            await client.report(letter.letter_id, code)


class MailboxPartner(V1Partner):
    """A system that looks into its mailbox."""

    way = "mailbox"
