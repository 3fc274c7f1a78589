"""
A clerk before a shared folder: drops files, reads what comes back, moves folders.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.folder.layout import ERROR_ENDING, MESSAGE, RECORD, RESULT, Places
from adapters.folder.record import record_in
from gateway.core.model import AgencyCode, LetterId
from gateway.sandbox.partner import Ability, Partner, Received, Refused
from gateway.sandbox.trial_node import HurriedClock, TrialNode

ANSWER_PLACES = {"03": "da-tiep-nhan"}
ON_THE_AXIS = "Mã trên trục (letter_id): "
LOOK = 0.02  # seconds between two looks of a clerk in a hurry
LONGEST = 20.0


class FolderPartner(Partner):
    """What a clerk sees and does; a share that is not mounted is a folder that is not there."""

    way = "folder"
    can = frozenset({Ability.SENDS, Ability.REPORTS, Ability.BREAKS, Ability.BREAKS_ALONE})

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    async def begin(self, folder: Path, clock: HurriedClock) -> Mapping[str, Any]:
        self._root = folder
        return {"folder": {"root": str(folder), "poll_every": "1s"}}

    async def admit(self, agency: AgencyCode, at: TrialNode) -> Mapping[str, Any]:
        self._share(agency).mkdir()
        return {"path": self._share(agency).name}

    def _share(self, agency: AgencyCode) -> Path:
        """Not named after its agency, so that it is found only by the agency's row."""
        return self._root / f"share-{agency.partition('.H14')[0]}"

    def _places(self, agency: AgencyCode) -> Places:
        return Places(self._share(agency))

    async def send(self, agency: AgencyCode, content: bytes) -> str:
        places, name = self._places(agency), f"van-ban-{next(self._numbers)}"
        async with asyncio.timeout(LONGEST):
            while not places.out.is_dir():
                await asyncio.sleep(LOOK)
            draft = places.out / f"{name}.tmp"
            draft.write_bytes(content)
            draft.rename(places.out / f"{name}.edxml")
            while True:
                await asyncio.sleep(LOOK)
                if (error := places.out / f"{name}{ERROR_ENDING}").is_file():
                    (places.out / f"{name}.edxml").unlink()
                    raise Refused(error.read_text("utf-8-sig"))
                if sent := list(places.sent.glob(f"{name}_*/{RESULT}")):
                    lines = sent[0].read_text("utf-8-sig").splitlines()
                    return next(li.removeprefix(ON_THE_AXIS) for li in lines if li.startswith(ON_THE_AXIS))

    async def received(self, agency: AgencyCode) -> Sequence[Received]:
        places, there = self._places(agency), []
        for place in places.with_letters():
            for path in place.glob(f"[!.]*/{RECORD}"):
                record = record_in(path.parent)
                assert record is not None
                there.append(Received(record.letter_id, (path.parent / MESSAGE).read_bytes()))
        return there + [
            Received(LetterId(""), path.read_bytes()) for path in places.statuses.glob("[!.]*.edxml")
        ]

    async def report(self, agency: AgencyCode, letter: Received, code: str) -> None:
        places = self._places(agency)
        for path in places.arrived.glob(f"[!.]*/{RECORD}"):
            record = record_in(path.parent)
            if record is not None and record.letter_id == letter.letter_id:
                path.parent.rename(places.answer(ANSWER_PLACES[code]) / path.parent.name)

    async def break_down(self, agency: AgencyCode) -> None:
        self._share(agency).rename(self._hidden(agency))

    async def mend(self, agency: AgencyCode) -> None:
        self._hidden(agency).rename(self._share(agency))

    def _hidden(self, agency: AgencyCode) -> Path:
        return self._share(agency).with_name(f".{self._share(agency).name}")
