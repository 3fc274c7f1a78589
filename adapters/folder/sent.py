"""
out/da-gui/: what was sent leaves out/ for good, with its answer, and never half of it.

A hidden folder with the list of files is made before the letter is handed in, the answer is written into it
afterwards, then the files follow; whatever ends in between is gone on with at the next start.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from adapters.folder import disk, words
from adapters.folder.disk import Entry
from adapters.folder.layout import RECORD, RESULT, Places
from gateway.core.calendar import VIETNAM
from gateway.durable import sync_folder

_HIDDEN = ".gui-"
MOST_BYTES = 16 * 1024 * 1024
"""Of a list of files; each takes a hundred bytes or two."""


def prepare(places: Places, name: str, files: Sequence[Entry], at: datetime) -> Path:
    """Make the folder that the sent files will move into; what cannot be moved away is not sent at all."""
    folder = places.sent / f"{_HIDDEN}{name}_{at.astimezone(VIETNAM):%Y%m%d-%H%M%S}"
    if disk.is_there(folder):
        shutil.rmtree(folder)
    folder.mkdir()
    listed = [{"name": file.name, "size": file.size, "mtime": file.mtime} for file in files]
    disk.write_new(folder / RECORD, [json.dumps({"files": listed}).encode("utf-8", "surrogateescape")])
    sync_folder(folder)
    sync_folder(places.sent)
    return folder


def give_up(folder: Path) -> None:
    """Remove what was prepared for a letter that was not sent."""
    shutil.rmtree(folder)


def finish(places: Places, folder: Path, answer: str) -> None:
    """The letter was sent: write the answer and move the files to it."""
    disk.write_whole(folder / RESULT, [words.as_text(answer)])
    _move(places, folder)


def finish_all(places: Places) -> None:
    """Go on with what was begun before the node ended."""
    for entry in disk.listed(places.sent):
        if entry.is_folder and entry.name.startswith(_HIDDEN):
            if disk.is_there(entry.path / RESULT):
                _move(places, entry.path)
            else:
                give_up(entry.path)


def _move(places: Places, folder: Path) -> None:
    there = {entry.name: entry for entry in disk.listed(places.out)}
    for name, size, mtime in _list_in(folder):
        entry = there.get(name)
        # another file may have come under the same name meanwhile: that one is still to be sent
        if entry is not None and (entry.is_folder or (entry.size, entry.mtime) == (size, mtime)):
            disk.move(entry.path, folder / name)
    name, number = folder.name.removeprefix(_HIDDEN), 1
    while disk.is_there(target := places.sent / (f"{name} ({number})" if number > 1 else name)):
        number += 1
    disk.move(folder, target)


def _list_in(folder: Path) -> list[tuple[str, int, int]]:
    data = disk.read_small(folder / RECORD, MOST_BYTES) or b"{}"
    try:
        return [(str(f["name"]), int(f["size"]), int(f["mtime"])) for f in json.loads(data)["files"]]
    except (ValueError, TypeError, KeyError):
        return []
