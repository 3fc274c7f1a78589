"""
A sample of letters as one ZIP, made while it is sent: the list, then each letter with its evidence.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from datetime import datetime

from gateway.core.calendar import VIETNAM
from gateway.core.errors import TrucError
from gateway.http.sheets import BOM, harmless
from gateway.ports import OpenEvidence, Sampled
from gateway.v1.transfer import in_threads

LIST = "danh-sach.csv"
TITLES = (
    *("Số · No", "Mã gửi · letter_id", "Chiều · Direction"),
    *("Thời điểm · Time", "Bên gửi · Sender", "Tệp · File"),
)


class _Pipe(io.RawIOBase):
    """What the ZIP is written into; it can't go back, so sizes follow their files."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type]
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        """What was written since."""
        taken, self._pieces = b"".join(self._pieces), []
        return taken


async def archive(
    sampled: Sequence[Sampled],
    about: Sequence[tuple[str, str]],
    open_one: Callable[[Sampled], Awaitable[OpenEvidence]],
    at: datetime,
) -> AsyncGenerator[bytes]:
    """
    The pieces of the ZIP. `about` are the first lines of its list (seed, period, …).

    A letter that can't be given out is named in the list with the code of the reason, and left out.
    """
    pipe, opened = _Pipe(), []
    files: list[str] = []
    for number, each in enumerate(sampled, 1):
        try:
            opened.append((each, await open_one(each)))
            files.append(f"{number:03d}-{each.letter_id}.asice")
        except TrucError as refused:
            files.append(refused.code)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as book:
        book.writestr(_entry(LIST, at), _list(sampled, about, files))
        yield pipe.take()
        names = [name for name in files if name.endswith(".asice")]
        for name, (_, evidence) in zip(names, opened, strict=True):
            with book.open(_entry(name, at), "w", force_zip64=True) as entry:
                async for chunk in in_threads(evidence.chunks):
                    entry.write(chunk)
                    yield pipe.take()
    yield pipe.take()


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    local = at.astimezone(VIETNAM)
    return zipfile.ZipInfo(name, (local.year, local.month, local.day, local.hour, local.minute, 0))


def _list(sampled: Sequence[Sampled], about: Sequence[tuple[str, str]], files: Sequence[str]) -> bytes:
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerows([harmless(cell) for cell in row] for row in about)
    lines.writerow(TITLES)
    lines.writerows(_lines(sampled, files))
    return (BOM + text.getvalue()).encode()


def _lines(sampled: Sequence[Sampled], files: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for number, (each, file) in enumerate(zip(sampled, files, strict=True), 1):
        at = f"{each.at.astimezone(VIETNAM):%Y-%m-%d %H:%M:%S}"
        yield (str(number), each.letter_id, each.direction.value, at, harmless(each.sender), file)
