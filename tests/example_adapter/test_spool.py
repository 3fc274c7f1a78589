"""
The spool under the contract of adapters: its partner is a program that reads and writes files.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.core.model import AgencyCode, LetterId
from gateway.sandbox.adapter_contract import AdapterContract
from gateway.sandbox.partner import Ability, Partner, Received, Refused
from gateway.sandbox.trial_node import HurriedClock, TrialNode


class SpoolPartner(Partner):
    """The program at the spool."""

    way = "spool"
    can = frozenset({Ability.SENDS, Ability.BREAKS, Ability.BREAKS_ALONE, Ability.REFUSES})

    async def begin(self, folder: Path, clock: HurriedClock) -> Mapping[str, Any]:
        self._root, self._numbers = folder, itertools.count(1)
        return {"adapters": {"spool": {"root": str(folder), "poll_seconds": 1}}}

    async def admit(self, agency: AgencyCode, at: TrialNode) -> Mapping[str, Any]:
        self._at = at
        for place in ("in", "out", "done"):
            (self._spool(agency) / place).mkdir(parents=True)
        return {"folder": self._spool(agency).name}

    def _spool(self, agency: AgencyCode) -> Path:
        return self._root / f"of-{agency}"

    async def send(self, agency: AgencyCode, content: bytes) -> str:
        spool, name = self._spool(agency), f"letter-{next(self._numbers)}"
        draft = spool / "out" / f".{name}"
        draft.write_bytes(content)
        draft.rename(spool / "out" / f"{name}.edxml")
        async with asyncio.timeout(20):
            while not (spool / "done" / f"{name}.edxml").is_file():
                await asyncio.sleep(0.02)
        word, _, more = (spool / "done" / f"{name}.txt").read_text("utf-8").partition(" ")
        if word != "OK":
            raise Refused(f"{word} {more}")
        return more.strip()

    async def received(self, agency: AgencyCode) -> Sequence[Received]:
        files = (self._spool(agency) / "in").glob("[!.]*.edxml")
        return [Received(LetterId(path.stem), path.read_bytes()) for path in files]

    async def break_down(self, agency: AgencyCode) -> None:
        self._spool(agency).rename(self._root / f"away-{agency}")

    async def mend(self, agency: AgencyCode) -> None:
        (self._root / f"away-{agency}").rename(self._spool(agency))

    async def refuse(self, agency: AgencyCode) -> None:
        await self._at.set_way(agency, self.way, {"folder": self._spool(agency).name, "most_bytes": 10})


class TestSpool(AdapterContract):
    def partner(self) -> Partner:
        return SpoolPartner()
