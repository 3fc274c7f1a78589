"""
The way back: an envelope and its parts become the bytes that came in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from gateway.core import catalogue
from gateway.core.errors import Rejected, find
from gateway.core.split.base64_text import TolerantReader, encode
from gateway.core.split.parts import PartSpec

BLOCK = 64 << 10  # smaller pieces would cost a system call each, larger ones memory for every reader


def join(
    envelope: bytes, parts: Sequence[PartSpec], open_blob: Callable[[int], Iterable[bytes]]
) -> Iterator[bytes]:
    """Exactly the bytes that a Splitter took in, in pieces of 64 KiB and a little more.

    `open_blob(index)` gives the blob of a part in chunks of any size; it is asked once per part, in order.
    """
    return in_blocks(_pieces(envelope, parts, open_blob))


def content(part: PartSpec, blob: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of an attachment as its reader wants them, whatever form its blob has.

    Raises: Rejected (NOT_BASE64) for a part that is not decodable
    """
    return iter(blob) if part.layout else decode_raw(blob, name=part.name)


def decode_raw(blob: Iterable[bytes], *, name: str = "") -> Iterator[bytes]:
    """The bytes that raw base64 text stands for: CDATA, character references and white space are no matter.

    Raises: Rejected (NOT_BASE64)
    """
    reader = TolerantReader()
    try:
        for text in blob:
            yield reader.feed(text)
        yield reader.close()
    except ValueError as error:
        raise Rejected(find(catalogue.NOT_BASE64, name=name)) from error


def _pieces(
    envelope: bytes, parts: Sequence[PartSpec], open_blob: Callable[[int], Iterable[bytes]]
) -> Iterator[bytes]:
    at = 0
    for part in parts:
        yield from _slices(envelope, at, part.offset)
        at = part.offset
        blob = open_blob(part.index)
        yield from encode(part.layout, blob) if part.layout else blob
    yield from _slices(envelope, at, len(envelope))


def _slices(data: bytes, start: int, end: int) -> Iterator[bytes]:
    end = min(end, len(data))  # a manifest from afar may point anywhere
    for at in range(start, end, BLOCK):
        yield data[at : min(at + BLOCK, end)]


def in_blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of 64 KiB and a little more, whatever the size of `pieces`."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield b"".join(waiting)
            waiting.clear()
            size = 0
    if size:
        yield b"".join(waiting)
