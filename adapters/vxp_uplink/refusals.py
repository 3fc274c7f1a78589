"""
What was refused on its way down, and when it is looked at again: one bad message is not fetched every round.

Written to disk, since a node that starts again would else fetch everything that it had refused at once. A
message that could only not be read now is remembered in memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.folder import disk
from adapters.vxp_uplink.ledger import on_disk
from gateway.durable import sync_folder

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(days=1)
"""After a refusal: what changes the answer is an operator's work (a new agency, a newer release)."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)
"""After a failure that may pass by itself."""
KEPT = timedelta(days=30)

_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Refusal:
    """One message of one system. `code` is the finding it was refused with, "" if it may pass by itself."""

    system_id: str
    doc_id: str
    tries: int
    again_at: datetime
    code: str = ""

    @property
    def name(self) -> str:
        """Of its file: a DocId of a foreign server is no file name."""
        return f"{hashlib.sha256(f'{self.system_id}|{self.doc_id}'.encode()).hexdigest()[:32]}.json"


class Refusals:
    """The messages that are left alone for now. Raises (writing): Unavailable"""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, str], Refusal] = {}
        self._is_read = False

    def rests(self, system_id: str, doc_id: str, now: datetime) -> bool:
        """Whether a message is left alone for now."""
        found = self._all().get((system_id, doc_id))
        return found is not None and now < found.again_at

    def refuse(self, system_id: str, doc_id: str, code: str, now: datetime) -> Refusal:
        """It was refused (again)."""
        told = self._next(system_id, doc_id, code, now, FIRST_PAUSE, LONGEST_PAUSE)
        on_disk(lambda: self._write(told))
        return told

    def wait(self, system_id: str, doc_id: str, now: datetime) -> Refusal:
        """It could not be had now."""
        return self._next(system_id, doc_id, "", now, FIRST_WAIT, LONGEST_WAIT)

    def forget(self, system_id: str, doc_id: str) -> None:
        """It was taken after all."""
        found = self._all().pop((system_id, doc_id), None)
        if found is not None and found.code:
            on_disk(lambda: (self._folder / found.name).unlink(missing_ok=True))

    def sweep(self, now: datetime) -> None:
        """Forget what nobody lists any more."""
        for key, refusal in list(self._all().items()):
            if refusal.again_at + KEPT < now:
                self.forget(*key)

    def _write(self, refusal: Refusal) -> None:
        if not self._folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True)
            sync_folder(self._folder.parent)
        disk.write_whole(self._folder / refusal.name, [_as_json(refusal)])

    def _next(
        self,
        system_id: str,
        doc_id: str,
        code: str,
        now: datetime,
        first: timedelta,
        longest: timedelta,
    ) -> Refusal:
        former = self._all().get((system_id, doc_id))
        tries = 1 if former is None else former.tries + 1
        pause = min(first * 2 ** min(tries - 1, 16), longest)
        told = Refusal(system_id, doc_id, tries, now + pause, code or ("" if former is None else former.code))
        self._known[system_id, doc_id] = told
        return told

    def _all(self) -> dict[tuple[str, str], Refusal]:
        if not self._is_read:
            self._known = {(r.system_id, r.doc_id): r for r in _read(self._folder)}
            self._is_read = True
        return self._known


def _read(folder: Path) -> Iterator[Refusal]:
    for file in sorted(folder.glob("*.json")):
        data = disk.read_small(file, _MOST_BYTES)
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            tree: dict[str, Any] = json.loads(data or b"")
            again_at = datetime.fromisoformat(tree["again_at"])
            if again_at.tzinfo is not None:
                yield Refusal(
                    str(tree["system_id"]),
                    str(tree["doc_id"]),
                    int(tree["tries"]),
                    again_at,
                    str(tree["code"]),
                )


def _as_json(refusal: Refusal) -> bytes:
    tree = {
        "system_id": refusal.system_id,
        "doc_id": refusal.doc_id,
        "tries": refusal.tries,
        "again_at": refusal.again_at.isoformat(),
        "code": refusal.code,
    }
    return json.dumps(tree, ensure_ascii=False, indent=1).encode()
