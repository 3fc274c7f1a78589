"""
Spool: one file per letter in a directory, for programs that read and write files and do nothing else.

    <root>/<folder>/in/     <letter_id>.edxml for each letter that came; the program takes them away
    <root>/<folder>/out/    what the program drops as NAME.edxml is handed in; drop it by a rename
    <root>/<folder>/done/   what was handed in, with its answer NAME.txt beside it

Settings of the node, `[adapters.spool]`: `root`, and `poll_seconds` (default 5). What is set for an agency:
`folder` (default: its code) and `most_bytes` (default: no limit) of a letter that its program can read.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.core.errors import Blame, Fault, Rejected, Severity, Unavailable, find
from gateway.core.model import AgencyCode
from gateway.ports import AgencyAdapter, Caller, Deliverer, OpenLetter, Workplace

PIECE = 256 * 1024

TOO_LARGE = Fault(
    *("SPOOL-1", "spool-too-large", Severity.ERROR, Blame.SENDER, 413),
    vi="Văn bản dài {size} byte, đơn vị {organ} chỉ nhận đến {most}",
    en="The letter has {size} bytes, agency {organ} takes at most {most}",
    next_vi="Chia nhỏ văn bản rồi gửi lại",
    next_en="Send it in smaller parts",
)
NO_FOLDER = Fault(
    *("SPOOL-2", "spool-no-folder", Severity.ERROR, Blame.OPERATOR, 503),
    vi="Không ghi được vào thư mục của đơn vị {organ}: {detail}",
    en="The folder of agency {organ} cannot be written: {detail}",
    next_vi="Kiểm tra thư mục; văn bản được giao lại khi ghi được",
    next_en="See to the folder; the letter is handed over once it can be written",
)
"""Codes of your own must not begin with TRUC-. The texts are read in the node's log, by its operators."""


class SpoolAdapter(AgencyAdapter):
    """The spools of every agency whose directory row says `spool`."""

    name = "spool"

    def __init__(self, place: Workplace) -> None:
        settings: Mapping[str, Any] = place.settings
        self._place = place
        self._root = Path(settings["root"]) if "root" in settings else None
        self._every = float(settings.get("poll_seconds", 5))

    # --- letters for agencies --------------------------------------------------------------------

    def deliverer(self) -> Deliverer:
        """Letters are laid into the spool."""
        return self

    async def deliver(self, letter: OpenLetter) -> bool:
        """
        True: the letter lies in the spool, under its id, so that laying it down again doubles nothing.

        Raises: Rejected (too large), Unavailable (the folder can't be used now)
        """
        most = self._way(letter.agency).get("most_bytes")
        if most is not None and letter.size > most:
            raise Rejected(find(TOO_LARGE, organ=letter.agency, size=letter.size, most=most))
        path = self._spool(letter.agency) / "in" / f"{letter.letter.routing.letter_id}.edxml"
        try:
            await asyncio.to_thread(_write_whole, path, letter)
        except OSError as error:
            raise _no_folder(letter.agency, error.strerror or type(error).__name__) from error
        return True

    # --- letters of agencies ---------------------------------------------------------------------

    def pollers(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """One loop for all spools; none without a root."""
        return (self.run,) if self._root is not None else ()

    async def run(self) -> None:
        """Hand in what was dropped, until cancelled."""
        while True:
            directory = self._place.office.directory()
            for agency in directory.served_by(self._place.node):
                if agency.delivery == self.name:
                    await self._collect(agency.code)
            await self._place.clock.sleep(self._every)

    async def _collect(self, agency: AgencyCode) -> None:
        """What one agency dropped. If its spool can't be read or the node is busy: next time."""
        spool = self._spool(agency)
        try:
            for path in await asyncio.to_thread(lambda: sorted((spool / "out").glob("[!.]*.edxml"))):
                answer = await self._handed_in(agency, path)
                await asyncio.to_thread(_put_away, path, spool / "done", answer)
        except (OSError, Unavailable) as failed:
            code = failed.code if isinstance(failed, Unavailable) else NO_FOLDER.code
            self._place.log.warning("loop.failed", loop=self.name, code=code)

    async def _handed_in(self, agency: AgencyCode, path: Path) -> str:
        """The answer to one file. The caller is its agency alone: From must be its own."""
        caller = Caller(f"{self.name}:{agency}", frozenset({agency}))
        try:
            accepted = await self._place.office.accept(_pieces(path), caller)
        except Rejected as refused:
            return "".join(f"{f.code} {f.vi}\n{f.code} {f.en}\n" for f in refused.findings)
        return f"OK {accepted.letter_id}\n"

    # --- where -----------------------------------------------------------------------------------

    def _way(self, agency: AgencyCode) -> Mapping[str, Any]:
        """What is set for the agency. Asked each time: a row that changes counts at once."""
        return self._place.ways().get(agency, {})

    def _spool(self, agency: AgencyCode) -> Path:
        if self._root is None:
            raise _no_folder(agency, "adapters.spool.root")
        return self._root / str(self._way(agency).get("folder", agency))


def _no_folder(agency: AgencyCode, detail: str) -> Unavailable:
    return Unavailable(find(NO_FOLDER, organ=agency, detail=detail))


def _write_whole(path: Path, letter: OpenLetter) -> None:
    """The program finds the whole file or none, also after a power cut."""
    draft = path.with_name(f".{path.name}")
    with draft.open("wb") as file:
        file.writelines(letter.chunks())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _put_away(path: Path, done: Path, answer: str) -> None:
    """The answer first: a file that is still there is handed in again, and gets the same answer."""
    draft = done / f".{path.stem}.txt"
    draft.write_text(answer, "utf-8")
    draft.replace(done / f"{path.stem}.txt")
    path.replace(done / path.name)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
