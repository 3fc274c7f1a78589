"""
An edXML file on this machine, read as intake reads one: envelope apart, attachments in temporary files.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.core.attachments import Look
    from gateway.core.edxml import Reading
    from gateway.core.split import Split

CHUNK = 1024 * 1024
IN_MEMORY = 1024 * 1024  # attachments beyond this lie in a temporary file while they are looked into

Step = Callable[[int], None]
"""Hears of every piece that was read, in bytes."""


@dataclass(frozen=True, slots=True)
class LetterFile:
    """A file that could be read. `blobs` are its attachments, in the order of `split.parts`."""

    split: Split
    reading: Reading
    looks: tuple[Look, ...]
    blobs: tuple[IO[bytes], ...]


@contextmanager
def opened(path: Path, step: Step) -> Iterator[LetterFile]:
    """
    The file taken apart; temporary files live as long as the block.

    Raises: Rejected if it is no edXML that may be read.
    """
    from gateway.config import LimitsSection
    from gateway.core.attachments import look_at
    from gateway.core.edxml import read
    from gateway.core.split import Splitter

    limits = LimitsSection()
    with ExitStack() as stack:
        parts: list[_ScratchPart] = []

        def open_part(_index: int) -> _ScratchPart:
            part = _ScratchPart()
            stack.callback(lambda: part.file.close())
            parts.append(part)
            return part

        splitter = Splitter(limits.xml(), open_part)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                splitter.feed(chunk)
                step(len(chunk))
        split = splitter.close()
        reading = read(split.envelope, split.parts, limits.xml())
        looks = tuple(
            look_at(parts[a.part].file, a, split.parts[a.part], limits.archives(), scratch)
            for a in reading.envelope.attachments
        )
        yield LetterFile(split, reading, looks, tuple(part.file for part in parts))


def extract(letter: LetterFile, folder: Path, *, beside: Path | None = None) -> list[Path]:
    """Write the attachments into `folder`, without the ZIP that the SDK put around one; their paths.

    None of them overwrites the letter itself if that lies at `beside`.
    """
    from gateway.core.attachments import unwrapped
    from gateway.core.file_names import distinct, safe_name
    from gateway.core.split import content

    folder.mkdir(parents=True, exist_ok=True)
    attachments = letter.reading.envelope.attachments
    taken = [beside.name] if beside is not None and beside.parent == folder else []
    wanted = [safe_name(a.name, f"tep-{a.part + 1}") for a in attachments]
    written = [folder / name for name in distinct((*taken, *wanted))[len(taken) :]]
    for attachment, look, target in zip(attachments, letter.looks, written, strict=True):
        part, blob = letter.split.parts[attachment.part], letter.blobs[attachment.part]
        blob.seek(0)
        pieces = content(part, iter(lambda blob=blob: blob.read(CHUNK), b""))  # type: ignore[misc]
        with ExitStack() as stack, target.open("wb") as file:
            if look.wrapped:
                decoded = stack.enter_context(scratch())
                decoded.writelines(pieces)
                decoded.seek(0)
                pieces = unwrapped(decoded)
            file.writelines(pieces)
    return written


def scratch() -> IO[bytes]:
    """A temporary file that stays in memory while it is small."""
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)


@dataclass(slots=True)
class _ScratchPart:
    """An attachment while the file is read."""

    file: IO[bytes] = field(default_factory=scratch)

    def write(self, data: bytes) -> None:
        self.file.write(data)

    def rewrite(self, transform: Callable[[Iterator[bytes]], Iterator[bytes]]) -> None:
        former, self.file = self.file, scratch()
        former.seek(0)
        with former:
            self.file.writelines(transform(iter(lambda: former.read(CHUNK), b"")))

    def close(self) -> None:
        self.file.seek(0)
