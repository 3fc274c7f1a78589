"""
Folder: an office without an API exchanges letters through a folder on a share.

Each agency's folder is looked at in its own time: one that hangs is passed over until it answers again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.folder.exchange import Exchange
from gateway.config import FolderSection
from gateway.core.catalogue import CONFIG_BAD_VALUE, FOLDER_UNREACHABLE
from gateway.core.directory import Directory
from gateway.core.errors import Finding, Unavailable, find
from gateway.core.model import AgencyCode
from gateway.ports import AgencyAdapter, Deliverer, OpenLetter, Step, Tried, Workplace

PROBE_SECONDS = 5.0  # an operator waits for it

Ways = Mapping[AgencyCode, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Book:
    """Where the folders of the agencies lie, as these settings say; `faults` of those that have none."""

    directory: Directory
    ways: Ways
    paths: Mapping[AgencyCode, Path]
    faults: Mapping[AgencyCode, Finding]


class FolderAdapter(AgencyAdapter):
    """
    The folders of every agency whose directory row says `folder`.

    Its setting `path` (default: its code) names the agency's folder, below the root of the node's settings.
    """

    name = "folder"

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        settings: FolderSection = workplace.settings
        self._root, self._every = settings.root, settings.poll_every.total_seconds()
        self._exchanges: dict[AgencyCode, Exchange] = {}
        self._book: _Book | None = None
        self._told: dict[AgencyCode, Finding] = {}

    def deliverer(self) -> Deliverer:
        """Letters are laid into the agency's folder."""
        return self

    def pollers(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """One loop looks after all folders; none without a root."""
        return (self.run,) if self._root is not None else ()

    async def deliver(self, letter: OpenLetter) -> bool:
        """True: the letter lies in the agency's folder. Raises: Unavailable if it can't be used now."""
        book = self._current()
        path = book.paths.get(letter.agency)
        if path is None:
            unknown = find(FOLDER_UNREACHABLE, organ=letter.agency, detail="")
            raise Unavailable(book.faults.get(letter.agency, unknown))
        await self._exchange(letter.agency, path).take(letter)
        return True

    async def probe(self, agency: AgencyCode) -> Sequence[Step]:
        """Whether its folder can be read and written; nothing is put there."""
        book = self._current()
        path = book.paths.get(agency)
        if path is None:
            fault = book.faults.get(agency)
            return () if fault is None else (Step(Tried.FOLDER, False, fault.vi, fault.en),)
        try:
            async with asyncio.timeout(PROBE_SECONDS):  # a share that hangs answers never
                can = await asyncio.to_thread(os.access, path, os.R_OK | os.W_OK | os.X_OK)
        except TimeoutError:
            return (Step(Tried.FOLDER, False, f"{path}: ổ chia sẻ treo", f"{path}: the share hangs"),)
        if can:
            return (Step(Tried.FOLDER, True, f"{path}: đọc và ghi được", f"{path}: readable and writable"),)
        vi = f"{path}: không có, hoặc tài khoản của nút không được đọc và ghi"
        return (Step(Tried.FOLDER, False, vi, f"{path}: not there, or closed to this node"),)

    async def run(self) -> None:
        """Look at every folder once in a while, until cancelled."""
        rounds: dict[AgencyCode, asyncio.Task[None]] = {}
        try:
            while True:
                self._begin_rounds(rounds)
                await self._workplace.clock.sleep(self._every)
        finally:
            for task in rounds.values():
                task.cancel()
            await asyncio.gather(*rounds.values(), return_exceptions=True)

    def _begin_rounds(self, rounds: dict[AgencyCode, asyncio.Task[None]]) -> None:
        """Begin a round for each agency whose last one has ended."""
        for agency in [agency for agency, task in rounds.items() if task.done()]:
            if fault := rounds.pop(agency).exception():  # ours; the other agencies are served all the same
                error = type(fault).__name__
                self._workplace.log.error("internal.error", loop=self.name, error=error, exc_info=fault)
        book = self._current()
        for agency, fault_found in book.faults.items():
            if self._told.get(agency) != fault_found:
                self._tell(agency, fault_found)
        self._told = dict(book.faults)
        for agency in book.paths.keys() - rounds.keys():
            rounds[agency] = asyncio.create_task(self._exchange(agency, book.paths[agency]).round())

    def _tell(self, agency: AgencyCode, found: Finding) -> None:
        self._workplace.log.warning("folder.failed", agency=agency, code=found.code, reason=found.en)

    def _exchange(self, agency: AgencyCode, path: Path) -> Exchange:
        exchange = self._exchanges.get(agency)
        if exchange is None or exchange.path != path:
            assert self._root is not None, "without a root no agency has a path"
            exchange = self._exchanges[agency] = Exchange(self._workplace, agency, self._root, path)
        return exchange

    def _current(self) -> _Book:
        """The folder that each agency shall have, as of now."""
        directory, ways = self._workplace.office.directory(), self._workplace.ways()
        if self._book is None or self._book.directory is not directory or self._book.ways != ways:
            served = directory.served_by(self._workplace.node)
            codes = [agency.code for agency in served if agency.delivery == self.name]
            self._book = _Book(directory, dict(ways), *_sorted_out(self._root, codes, ways))
        return self._book


def _sorted_out(
    root: Path | None, codes: Iterable[AgencyCode], ways: Ways
) -> tuple[Mapping[AgencyCode, Path], Mapping[AgencyCode, Finding]]:
    """The folders of agencies, and what is wrong with the settings of others."""
    if root is None:
        detail = "chưa đặt thư mục gốc (folder.root) · folder.root is not set"
        return {}, {code: find(FOLDER_UNREACHABLE, organ=code, detail=detail) for code in codes}
    paths = {
        code: Path(os.path.normpath(root / str(ways.get(code, {}).get("path") or code))) for code in codes
    }
    faults: dict[AgencyCode, Finding] = {}

    def blame(code: AgencyCode, detail: str) -> None:
        faults[code] = find(CONFIG_BAD_VALUE, key=f"{code}: path", detail=f"{paths[code]}: {detail}")

    top = Path(os.path.normpath(root))
    former: AgencyCode | None = None
    for code in sorted(codes, key=lambda code: paths[code].parts):  # what lies inside comes next
        if paths[code] == top or not paths[code].is_relative_to(top):
            blame(code, "ngoài thư mục gốc · outside the root folder")
        elif former is not None and paths[code].is_relative_to(paths[former]):
            blame(code, f"trùng hoặc nằm trong thư mục của {former} · the same as or inside that of {former}")
            blame(former, f"trùng hoặc chứa thư mục của {code} · the same as or around that of {code}")
        else:
            former = code
    return {code: path for code, path in paths.items() if code not in faults}, faults
