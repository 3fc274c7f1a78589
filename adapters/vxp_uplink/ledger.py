"""
The ledger of what went up: intention before the call, DocId after it, so that a letter goes up once.

VXP knows no key against sending twice. A small file for each letter and set of recipients, durable before the
call, says after a crash what may have gone out. They lie by the day on which the letter was accepted.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from adapters.folder import disk
from gateway.core.catalogue import DISK_FULL, STORE_BUSY
from gateway.core.errors import Unavailable, find
from gateway.core.model import AgencyCode, LetterId
from gateway.durable import sync_folder

KEPT = timedelta(days=30)
"""Longer than any letter is tried, than any axis keeps mail for a closed office, and than a move takes."""

MARKS = ".ended"

_FULL = (errno.ENOSPC, errno.EDQUOT)
_MOST_BYTES = 4 * 1024 * 1024  # of one file; ten thousand recipients take less

T = TypeVar("T")


class Stand(StrEnum):
    """What is known of one call."""

    MEANT = "meant"  #: it was begun; whether it got through is not known
    SENT = "sent"
    REFUSED = "refused"  #: for all its recipients together; they are tried one by one


@dataclass(frozen=True, slots=True)
class Errand:
    """
    One call of sendEdoc. `recipients`: agency → the code that is named to the axis.

    `ended` are those whose delivery at this node ended with this call: they got the letter there, not here.
    """

    letter_id: LetterId
    accepted_on: date
    system_id: str
    recipients: Mapping[AgencyCode, str]
    stand: Stand
    at: datetime
    doc_id: str = ""
    ended: frozenset[AgencyCode] = frozenset()

    @property
    def name(self) -> str:
        """Of its files in the letter's folder; the same for the same recipients."""
        return hashlib.sha256(",".join(sorted(self.recipients)).encode()).hexdigest()[:16]


class Ledger:
    """
    The files under one folder. Everything here blocks for a moment, and is to be called from a thread.

    Raises (anything): Unavailable if the disk cannot be written or read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, letter_id: LetterId, accepted_on: date) -> tuple[Errand, ...]:
        """Every call that was begun for a letter."""

        def read() -> tuple[Errand, ...]:
            files = sorted(self._folder_of(letter_id, accepted_on).glob("*.json"))
            return tuple(errand for file in files if (errand := _errand(file)) is not None)

        return on_disk(read)

    def write(self, errand: Errand) -> None:
        """Note how a call stands; durable when this returns."""

        def write() -> None:
            folder = self._folder_of(errand.letter_id, errand.accepted_on)
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
                sync_folder(folder.parent)
                sync_folder(folder.parent.parent)
            disk.write_whole(folder / f"{errand.name}.json", [_as_json(errand)])

        on_disk(write)

    def strike(self, errand: Errand) -> None:
        """Forget a call of which nothing went out."""
        file = self._folder_of(errand.letter_id, errand.accepted_on) / f"{errand.name}.json"
        on_disk(lambda: file.unlink(missing_ok=True))

    def end(self, errand: Errand, agency: AgencyCode, *, ended: bool = True) -> None:
        """Note that the delivery to an agency ended with this call (or that it got the letter here too).

        A line is added, since a letter may have thousands of recipients.
        """

        def mark() -> None:
            file = self._folder_of(errand.letter_id, errand.accepted_on) / f"{errand.name}{MARKS}"
            is_new = not file.exists()
            with file.open("ab") as marks:
                # a line that a crash has cut off ends here
                marks.write(f"\n{'+' if ended else '-'}{agency}\n".encode())
                marks.flush()
                os.fsync(marks.fileno())
            if is_new:
                sync_folder(file.parent)

        if (agency in errand.ended) is not ended:
            on_disk(mark)

    def sweep(self, now: datetime) -> int:
        """Throw away what is older than `KEPT`; how many days that were."""

        def sweep() -> int:
            oldest, swept = _day_name((now - KEPT).astimezone(UTC).date()), 0
            for folder in self._folder.glob("????????"):
                if folder.name.isdigit() and folder.name < oldest:
                    shutil.rmtree(folder)
                    swept += 1
            return swept

        return on_disk(sweep)

    def _folder_of(self, letter_id: LetterId, day: date) -> Path:
        return self._folder / _day_name(day) / letter_id


def _day_name(day: date) -> str:
    return f"{day:%Y%m%d}"


def on_disk(work: Callable[[], T]) -> T:
    """What `work` gives. Raises: Unavailable in place of OSError"""
    try:
        return work()
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable(find(DISK_FULL)) from error
        raise Unavailable(find(STORE_BUSY)) from error


def _as_json(errand: Errand) -> bytes:
    tree = {
        "letter_id": errand.letter_id,
        "accepted_on": errand.accepted_on.isoformat(),
        "system_id": errand.system_id,
        "recipients": dict(errand.recipients),
        "stand": errand.stand.value,
        "at": errand.at.isoformat(),
        "doc_id": errand.doc_id,
    }
    return json.dumps(tree, ensure_ascii=False, indent=1).encode()


def _errand(file: Path) -> Errand | None:
    """What a file says; None for one that is no record of ours (it was written whole, so a stranger did)."""
    data = disk.read_small(file, _MOST_BYTES)
    with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
        tree: dict[str, Any] = json.loads(data or b"")
        recipients = {AgencyCode(str(k)): str(v) for k, v in tree["recipients"].items()}
        return Errand(
            LetterId(str(tree["letter_id"])),
            date.fromisoformat(tree["accepted_on"]),
            str(tree["system_id"]),
            recipients,
            Stand(tree["stand"]),
            datetime.fromisoformat(tree["at"]),
            str(tree["doc_id"]),
            _ended(file.with_suffix(MARKS)),
        )
    return None


def _ended(file: Path) -> frozenset[AgencyCode]:
    """Whom the marks beside a record name, the last one of each agency counting."""
    told: dict[AgencyCode, bool] = {}
    for line in (disk.read_small(file, _MOST_BYTES) or b"").decode("utf-8", "replace").splitlines():
        if line[:1] in ("+", "-"):
            told[AgencyCode(line[1:])] = line[0] == "+"
    return frozenset(code for code, is_ended in told.items() if is_ended)
