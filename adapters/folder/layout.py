"""
The layout of an agency's folder: which place is for what, and which names are not anybody's letters.

    out/                 drop here what is to be sent; out/da-gui/ keeps what was sent, with its answer
    in/                  letters that came, each a folder; in/trang-thai/ what became of those that were sent
    da-tiep-nhan/ …      moving a letter's folder here tells its sender
"""

from __future__ import annotations

import errno
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from adapters.folder import disk
from adapters.folder.words import TEMPLATE, as_text
from gateway.core.lifecycle import CONSENT, FINISHED, REFUSAL, REGISTERED, REJECTED

ANSWERS = MappingProxyType(
    {
        "da-tiep-nhan": REGISTERED,
        "tu-choi": REJECTED,
        "hoan-thanh": FINISHED,
        "dong-y": CONSENT,
        "khong-dong-y": REFUSAL,
    }
)
"""Folder → the status that is sent for a letter moved into it."""

RECORD = "truc.json"
MESSAGE = "van-ban.edxml"
SUMMARY = "tom-tat.txt"
REASON = "ly-do.txt"
REASON_MISSING = "THIEU-LY-DO.txt"
STATUS_SENT = "trang-thai.txt"
FAILED = "LOI.txt"
RESULT = "ket-qua.txt"
TEMPLATE_NAME = "MAU-THONG-TIN.txt"
RESERVED = (RECORD, MESSAGE, SUMMARY, REASON, REASON_MISSING, STATUS_SENT, FAILED)
"""Names that no attachment takes in a letter's folder: a stranger's ly-do.txt would be sent as a reason."""

OURS = frozenset({RECORD, REASON_MISSING, STATUS_SENT, FAILED})
"""What the node itself writes into a letter's folder later on."""

ERROR_ENDING, WAITING_ENDING = ".LOI.txt", ".DANG-CHO.txt"
MARK = ".truc"
"""A file by which a folder is known again: a share that is not mounted leaves an empty one in its place."""

_PASSING = (
    ".tmp",
    ".temp",
    ".part",
    ".partial",
    ".filepart",
    ".crdownload",
    ".download",
    ".swp",
    ".bak",
    "~",
)
_SYSTEM = frozenset({"thumbs.db", "desktop.ini"})


def is_passing(name: str) -> bool:
    """Whether this is a file that some program keeps beside the real one, or has not finished."""
    low = name.casefold()
    return name.startswith((".", "~$")) or low.endswith(_PASSING) or low in _SYSTEM


def is_note_of_ours(name: str) -> bool:
    """Whether the node wrote this into out/ for people to read."""
    return name == TEMPLATE_NAME or name.endswith((ERROR_ENDING, WAITING_ENDING))


def same(name: str) -> str:
    """A name as file systems compare it that ignore case, or write letters and marks apart (macOS)."""
    return unicodedata.normalize("NFC", name).casefold()


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one agency's folder below `root`."""

    root: Path

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def sent(self) -> Path:
        return self.out / "da-gui"

    @property
    def arrived(self) -> Path:
        return self.root / "in"

    @property
    def statuses(self) -> Path:
        return self.arrived / "trang-thai"

    def answer(self, name: str) -> Path:
        """One of the folders that a letter is moved into."""
        return self.root / name

    def with_letters(self) -> tuple[Path, ...]:
        """All folders in which letters lie."""
        return (self.arrived, *(self.answer(name) for name in ANSWERS))

    def make_ready(self, within: Path, note: Path) -> None:
        """
        Make what is missing inside the agency's folder; the folder itself its operator makes.

        `note` is a file of the node's own in which it remembers that it has set up this folder.

        Raises: OSError, also for a folder that leads out of `within`, and for one that was set up earlier
            and has lost its mark: a share that is not mounted, into which letters would vanish.
        """
        if not disk.is_folder(self.root):
            raise FileNotFoundError(errno.ENOENT, "không có thư mục này · there is no such folder")
        if not self.root.resolve().is_relative_to(within.resolve()):
            raise OSError(errno.EXDEV, "thư mục dẫn ra ngoài thư mục gốc · it leads out of the root folder")
        if not disk.is_there(self.root / MARK):
            if disk.read_small(note, disk.PIECE) == os.fsencode(self.root):
                text = f"thiếu tệp {MARK}, ổ mạng chưa gắn? · {MARK} is missing, is the share not mounted?"
                raise OSError(errno.ENODEV, text)
            note.parent.mkdir(parents=True, exist_ok=True)
            disk.write_whole(self.root / MARK, [])
            disk.write_whole(note, [os.fsencode(self.root)])
        for place in (self.out, self.sent, *self.with_letters(), self.statuses):
            disk.make_folder(place)
        if not disk.is_there(self.out / TEMPLATE_NAME):
            disk.write_whole(self.out / TEMPLATE_NAME, [as_text(TEMPLATE)])
