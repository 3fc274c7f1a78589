"""
Attachments in the form that the Java SDK writes and expects: some kinds of file raw, all others inside a ZIP.

The SDK decides by the extension when it writes. When it reads, it takes the first entry out of what says
exactly `application/zip`, unless the name of the file ends in zip; so the type must never say that of a file
which is not wrapped.

Spec: QCVN102/Attachment
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import IO

from gateway.core.archives import ArchiveLimits
from gateway.core.attachments import extension, look, unwrapped
from gateway.core.split import PartSpec

WRAPPED = "application/zip"
RAW = MappingProxyType(
    {
        "pdf": "application/pdf",
        "doc": "application/doc",
        "docx": "application/docx",
        # so spelt in the SDK: a real xls or xlsx goes into a ZIP
        "xsl": "application/xsl",
        "xslx": "application/xslx",
    }
)
OTHER_ZIP = "application/x-zip-compressed"
"""For `A.ZIP` and `a.gzip`: whether the SDK sees a name that ends in zip there is not known, so it is told
nothing to unpack."""

_ZIP_START = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class SdkFile:
    """An attachment as the SDK is to find it: what its ContentType says, and its bytes, as often as asked."""

    content_type: str
    pieces: Callable[[], Iterator[bytes]]


def sdk_file(
    name: str,
    part: PartSpec,
    decoded: Callable[[], Iterator[bytes]],
    limits: ArchiveLimits,
    scratch: Callable[[], IO[bytes]],
) -> SdkFile:
    """The form of an attachment called `name`; `decoded` gives its bytes as they were sent, in chunks.

    A file that came wrapped stays so where the SDK would have wrapped it, and is taken out where it is
    expected raw. `scratch` makes a seekable file for what begins like a ZIP.

    Raises: Rejected, here or while its pieces are asked for, if a wrapped file is damaged
    """
    entry = _entry(name, decoded, limits, scratch)
    file = decoded if entry is None else partial(_taken_out, decoded, limits, scratch)
    raw_type = RAW.get(extension(name)) or _zip_type(name)
    if raw_type is not None:
        return SdkFile(raw_type, file)
    if entry is not None and _suffix(entry) == _suffix(name):
        return SdkFile(WRAPPED, decoded)
    size = part.content_size if entry is None else sum(len(piece) for piece in file())
    inside = f"{_uuid(part.content_sha256)}{_suffix(name)}"
    return SdkFile(WRAPPED, lambda: zipped(inside, size, file()))


def zipped(entry: str, size: int, file: Iterable[bytes]) -> Iterator[bytes]:
    """A ZIP of one file of `size` bytes, in pieces; the same bytes whenever it is made.

    By method "deflated", since Java reads no stored entry whose size stands behind it, but without squeezing:
    what belongs in a ZIP here is compressed already, a table of blanks squeezed 1000:1 would look like a bomb
    to the next gateway, and 300 MB would cost ten seconds for every reader.
    """
    sink = _Sink()
    is_huge = size + size // 1000 > zipfile.ZIP64_LIMIT  # the blocks of "deflated" add less than that
    with (
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=0) as archive,
        archive.open(entry, "w", force_zip64=is_huge) as inside,  # of 1980, the first day that a ZIP knows
    ):
        for piece in file:
            inside.write(piece)
            yield sink.taken()
    yield sink.taken()


class _Sink:
    """Where `zipfile` writes. It cannot seek there, so sizes stand behind the file."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to push on."""

    def close(self) -> None:
        """Nothing to let go of."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        waiting, self._waiting = self._waiting, []
        return b"".join(waiting)


def _entry(
    name: str,
    decoded: Callable[[], Iterator[bytes]],
    limits: ArchiveLimits,
    scratch: Callable[[], IO[bytes]],
) -> str | None:
    """The name of the one file inside the SDK's wrapping, or None for an attachment that is not wrapped."""
    head = b""
    for piece in decoded():
        head += piece
        if len(head) >= len(_ZIP_START):
            break
    if not head.startswith(_ZIP_START):
        return None
    with scratch() as file:
        file.writelines(decoded())
        found = look(file, name, limits, scratch)
    return found.entry if found.wrapped else None


def _taken_out(
    decoded: Callable[[], Iterator[bytes]], limits: ArchiveLimits, scratch: Callable[[], IO[bytes]]
) -> Iterator[bytes]:
    with scratch() as file:
        file.writelines(decoded())
        yield from unwrapped(file, limits)


def _zip_type(name: str) -> str | None:
    """What to say of a file that the SDK takes for a ZIP by its name; None for all others."""
    if not name.lower().endswith("zip"):
        return None
    return WRAPPED if name.endswith("zip") and extension(name) == "zip" else OTHER_ZIP


def _suffix(name: str) -> str:
    """The extension with its dot, for a name inside a ZIP; "" for one that could lead out of a folder."""
    found = extension(name)
    return f".{found}" if found.isalnum() else ""


def _uuid(sha256: str) -> str:
    """A UUID made of a digest: version 8, which is free for such a use."""
    variant = "89ab"[int(sha256[16], 16) % 4]
    return f"{sha256[:8]}-{sha256[8:12]}-8{sha256[13:16]}-{variant}{sha256[17:20]}-{sha256[20:32]}"
