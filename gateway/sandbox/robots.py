"""
Robot clerks: what a clerk and a document system do at every agency of the sandbox, through the public API.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.client import TrucClient
from gateway.core.errors import TrucError
from gateway.core.model import Kind, LetterId
from gateway.ports import Clock
from signing.verdict import Outcome

POLL_SECONDS = 0.3
ARRIVED, REGISTERED, FINISHED = "01", "03", "06"
REPORTS = (ARRIVED, REGISTERED, FINISHED)
"""What comes back for each document: 01 by the agency's system or, where it sends none, by its node."""


@dataclass(slots=True)
class Ledger:
    """What the agencies saw: the other half of what was sent."""

    seen: dict[LetterId, str] = field(default_factory=dict)  #: letter → SHA-256 of what was fetched
    doubled: list[LetterId] = field(default_factory=list)  #: listed again after its acknowledgement
    statuses: dict[LetterId, str] = field(default_factory=dict)  #: status letter → its code
    verdicts: dict[LetterId, Outcome] = field(default_factory=dict)  #: what its seal was worth at hand-over


class RobotClerk:
    """Fetches, acknowledges and reports for one agency."""

    def __init__(self, client: TrucClient, ledger: Ledger, clock: Clock, *, sends_arrived: bool) -> None:
        self._client, self._ledger, self._clock = client, ledger, clock
        self._reports = REPORTS if sends_arrived else REPORTS[1:]
        self._acknowledged: set[LetterId] = set()

    async def work(self) -> None:
        """Look into the mailbox again and again until cancelled."""
        while True:
            with suppress(TrucError):  # the node is down or cut off: a clerk comes back later
                await self.round()
            await self._clock.sleep(POLL_SECONDS)

    async def round(self) -> None:
        """Take everything out of the mailbox once."""
        for item in (await self._client.inbox()).items:
            letter_id = LetterId(item.letter_id)
            if letter_id in self._acknowledged:
                self._ledger.doubled.append(letter_id)
            digest = hashlib.sha256()
            async for chunk in self._client.stream(letter_id):
                digest.update(chunk)
            verdict = await self._client.verification(letter_id)
            self._ledger.verdicts[letter_id] = verdict.outcome
            await self._client.ack(letter_id)
            self._acknowledged.add(letter_id)
            self._ledger.seen[letter_id] = digest.hexdigest()
            if item.kind == Kind.STATUS:
                if item.status_code in REPORTS:
                    self._ledger.statuses[letter_id] = item.status_code
                continue
            for code in self._reports:
                await self._client.report(letter_id, code)
