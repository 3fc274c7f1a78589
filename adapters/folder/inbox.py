"""
in/: letters that came, each laid down as one folder that appears whole or not at all.

Laying the same letter down again finds the folder, wherever its clerk has moved it among the agency's places.
"""

from __future__ import annotations

import re
import shutil
from functools import partial
from pathlib import Path

from adapters.folder import disk, words
from adapters.folder.lanes import Lane
from adapters.folder.layout import MESSAGE, RECORD, RESERVED, SUMMARY, Places
from adapters.folder.record import Record, record_in
from gateway.core.calendar import VIETNAM
from gateway.core.directory import Directory
from gateway.core.errors import Rejected, TrucError
from gateway.core.file_names import distinct
from gateway.core.model import Envelope, Kind
from gateway.durable import sync_folder
from gateway.inside import FileInside, Inside
from gateway.ports import Caller, OpenLetter, StoredLetter, Workplace
from signing.verdict import Verdict

LONGEST_NUMBER = 60
"""Letters of number and notation in a folder's name: Windows stops at 260 for the whole path."""

_NAMED_BY_US = re.compile(r"_[0-9a-f]{8}(?: \([0-9]+\))?\Z")


class Inbox:
    """The way in of one agency's folder."""

    def __init__(self, workplace: Workplace, caller: Caller, places: Places, lane: Lane) -> None:
        self._office, self._caller = workplace.office, caller
        self._places, self._lane = places, lane

    async def take(self, letter: OpenLetter) -> None:
        """
        Lay the letter down. Twice is harmless.

        Raises: Unavailable if the folder cannot be written now
        """
        directory = self._office.directory()
        if letter.letter.routing.kind is Kind.STATUS:
            await self._lane.run(partial(self._put_status, letter, directory))
            return
        verdict = await self._verdict(letter.letter)
        await self._lane.run(partial(self._put_document, letter, verdict, directory))

    async def _verdict(self, letter: StoredLetter) -> Verdict | None:
        try:
            return await self._office.verification(self._caller, letter.routing.letter_id)
        except TrucError:  # the letter may be handed over; only the summary says less
            return None

    # --- documents -------------------------------------------------------------------------------

    def _put_document(self, letter: OpenLetter, verdict: Verdict | None, directory: Directory) -> None:
        if self._find(letter.letter) is not None:
            return
        name = folder_name(letter.letter)
        draft = self._places.arrived / f".{name}"
        if disk.is_folder(draft):  # of a try that did not come to its end
            shutil.rmtree(draft)
        draft.mkdir()
        disk.write_new(draft / MESSAGE, letter.chunks())
        envelope, files = self._put_attachments(letter, draft)
        summary = words.summary(letter.letter, envelope, files, verdict, directory)
        disk.write_new(draft / SUMMARY, [words.as_text(summary)])
        record = Record(letter.letter.routing.letter_id)
        disk.write_new(draft / RECORD, [record.as_json()])
        sync_folder(draft)
        disk.move(draft, self._free(name))

    @staticmethod
    def _put_attachments(letter: OpenLetter, folder: Path) -> tuple[Envelope | None, tuple[FileInside, ...]]:
        """Write the attachments beside the message; none of a letter that cannot be read here."""
        inside = Inside(letter)
        try:
            envelope, files = inside.envelope, inside.attachments()
        except Rejected:
            return None, ()
        names = distinct((*RESERVED, *(file.name for file in files)))[len(RESERVED) :]
        for file, name in zip(files, names, strict=True):
            disk.write_new(folder / name, inside.chunks(file.index))
        return envelope, files

    def _free(self, name: str) -> Path:
        """A path in in/ that nobody has: another letter may have the same name."""
        number = 1
        while disk.is_there(path := self._places.arrived / (f"{name} ({number})" if number > 1 else name)):
            number += 1
        return path

    def _find(self, letter: StoredLetter) -> Path | None:
        """The folder of a letter that was laid down before, also if it was moved or renamed."""
        ending, letter_id = f"_{short_id(letter)}", letter.routing.letter_id
        for place in self._places.with_letters():
            for path in disk.folders_in(place):
                if _NAMED_BY_US.search(path.name) and ending not in path.name:
                    continue  # another letter's, as its name says
                record = record_in(path)
                if record is not None and record.letter_id == letter_id:
                    return path
        return None

    # --- statuses --------------------------------------------------------------------------------

    def _put_status(self, letter: OpenLetter, directory: Directory) -> None:
        name, place = status_name(letter.letter), self._places.statuses
        if disk.is_there(place / f"{name}.txt"):  # written last
            return
        try:
            envelope = Inside(letter).envelope
        except Rejected:
            envelope = None
        text = words.status_summary(letter.letter, envelope, directory)
        disk.write_whole(place / f"{name}.edxml", letter.chunks())
        disk.write_whole(place / f"{name}.txt", [words.as_text(text)])


def short_id(letter: StoredLetter) -> str:
    """The end of a letter's id: the part of it that chance has made."""
    return letter.routing.letter_id[-8:]


def folder_name(letter: StoredLetter) -> str:
    """`2026-03-02_45-UBND-VX_1f2e3d4c`: day of acceptance, number and notation, short id; ASCII only."""
    day = letter.routing.accepted_at.astimezone(VIETNAM).date()
    return f"{day:%Y-%m-%d}_{_slug(letter.facts.code) or 'khong-so'}_{short_id(letter)}"


def status_name(letter: StoredLetter) -> str:
    """`2026-03-02_45-UBND-VX_03_1f2e3d4c`: the same for a status, with its code."""
    day = letter.routing.accepted_at.astimezone(VIETNAM).date()
    about = next((reply.code for reply in letter.facts.in_reply_to if reply.code), "")
    code = _slug(letter.facts.status_code) or "00"
    return f"{day:%Y-%m-%d}_{_slug(about) or 'khong-so'}_{code}_{short_id(letter)}"


def _slug(text: str) -> str:
    letters = words.plain(text).upper()
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in letters)
    return "-".join(filter(None, kept.split("-")))[:LONGEST_NUMBER]
