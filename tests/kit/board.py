"""
A board of notices over a real store in memory, with letters that come to the doors of agencies.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gateway.bell import Doorbell
from gateway.core.callbacks import Reach
from gateway.core.delivery import Offered, Target
from gateway.core.directory import Directory
from gateway.core.model import AgencyCode, Kind, LetterFacts
from gateway.notices import Board
from gateway.observe import Log, logger
from gateway.ports import Caller, Channel, Credential, Notice, Subscription, Workplace
from gateway.store.sql import SqlStore
from gateway.vault import FileVault
from tests.kit.builders import new_letter
from tests.kit.clock import ManualClock
from tests.kit.office import NODE, NOW, PROVINCE, SmallOffice, small_directory

OPERATOR = Caller("operator", frozenset(), is_operator=True)


def caller_of(*agencies: AgencyCode) -> Caller:
    """Somebody with a key of these agencies."""
    return Caller("key", frozenset(agencies))


@dataclass
class SmallBoard:
    """The board and everything it stands on."""

    store: SqlStore
    clock: ManualClock
    bell: Doorbell
    vault: FileVault
    board: Board
    stream: io.StringIO = field(default_factory=io.StringIO)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def subscribe(
        self, agency: AgencyCode, address: str = "https://qlvb.vn/truc", **more: Any
    ) -> tuple[Subscription, str]:
        """A subscription of the agency; a mail address makes it one by mail."""
        channel = Channel.WEBHOOK if "://" in address else Channel.MAIL
        wanted = Subscription(id="", agency=agency, channel=channel, address=address)
        return await self.board.subscribe(caller_of(agency), replace(wanted, **more))

    async def arrive(
        self, agency: AgencyCode, *, kind: Kind = Kind.DOCUMENT, facts: LetterFacts | None = None
    ) -> None:
        """A letter comes to the agency's door."""
        number, now = next(self._numbers), self.clock.now()
        told = facts or LetterFacts(
            document_id=f"id-{number}", code=f"{number}/UBND-VP", sender_name="UBND tỉnh"
        )
        new = new_letter(number, Target(agency=agency), facts=told, kind=kind, sender=PROVINCE, at=now)
        await self.store.add_letter(new, now)
        await self.store.claim_due(None, None, now, letters=100, size=10**9)
        offered = Offered(now + timedelta(days=1))
        await self.store.record(new.letter.routing.letter_id, Target(agency=agency), offered, now)

    async def notice(self, number: int) -> Notice:
        """A notice as it stands now."""
        found = await self.board.notices(OPERATOR, before=number + 1, limit=1)
        assert found[0].number == number
        return found[0]

    def workplace(self, settings: Any, *, url: str = "https://truc.caobang.gov.vn") -> Workplace:
        """What an adapter is given."""
        return Workplace(
            node=NODE,
            office=SmallOffice(self.clock),
            notices=self.board,
            keyring=_NoSystems(),
            vault=self.vault,
            clock=self.clock,
            bell=self.bell,
            log=self.log,
            settings=settings,
            ways=dict,
            data_dir=Path(),
            url=url,
            environ={},
        )

    @property
    def log(self) -> Log:
        return logger(NODE, self.stream, level="debug", strict=True)

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]


class _NoSystems:
    """ports.Keyring of a node without systems that sign."""

    async def system(self, system_id: str) -> tuple[()]:
        return ()

    def used(self, credential: Credential, address: str, software: str) -> None:
        raise AssertionError("there is none that could be used")


@asynccontextmanager
async def small_board(
    *, directory: Directory | None = None, reach: Reach | None = None, clock: ManualClock | None = None
) -> AsyncIterator[SmallBoard]:
    """A board of the small office's node."""
    clock, bell = clock or ManualClock(NOW), Doorbell()
    with TemporaryDirectory() as folder:
        store = SqlStore("sqlite://", Path(folder) / "blobs", node=NODE, instance="one", on_change=bell.ring)
        await store.set_directory(directory or small_directory(), clock.now())
        vault = FileVault(Path(folder) / "secrets.key")
        try:
            yield SmallBoard(store, clock, bell, vault, Board(store, clock, bell, vault, reach))
        finally:
            await store.close()
