"""
Packing: a letter into frames and back, control messages into batches. Decides only.

A small letter is one frame. A larger one goes in frames of 1 MiB, each of which stands alone, and what the
neighbour holds already is never sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from gateway.broker.canonical import canonical
from gateway.broker.control import Message
from gateway.broker.frames import MAX_CHUNKS, MAX_PAYLOAD, Chunk, ControlFrame, LetterFrame, Manifest
from gateway.broker.ranges import Ranges
from gateway.core.catalogue import BLOB_DAMAGED
from gateway.core.errors import Unavailable, find

CONTROL_BATCH: Final = 64 * 1024  # some 250 receipts; a second on a line of 512 kbit/s


def offer(manifest: Manifest, hops: int) -> LetterFrame:
    """The manifest alone: asks the neighbour what it holds of the letter."""
    return LetterFrame(manifest.letter_id, manifest.origin, manifest.sha256, hops, manifest)


def pack(
    manifest: Manifest, hops: int, held: Mapping[int, Ranges], read: Callable[[int, int, int], bytes]
) -> Iterator[LetterFrame]:
    """
    The frames that bring a neighbour what it lacks of a letter, the first of them with the manifest.

    `held` is part index → ranges that are never sent again. `read(part, offset, size)` gives exactly that
    many bytes and is called once per chunk, when the frame is wanted, so at most one frame is in memory. If
    nothing is lacking, the one frame is an offer. `hops` counts the link that these frames cross.

    Raises: Unavailable (BLOB_DAMAGED) if `read` gives fewer or more bytes.
    """
    digest = manifest.sha256
    carried: Manifest | None = manifest
    chunks: list[Chunk] = []
    room = MAX_PAYLOAD
    for part, start, stop in _lacking(manifest, held):
        while start < stop:
            size = min(room, stop - start)
            chunks.append(Chunk(part, start, _exactly(read, part, start, size)))
            start, room = start + size, room - size
            if not room or len(chunks) == MAX_CHUNKS:
                yield LetterFrame(manifest.letter_id, manifest.origin, digest, hops, carried, tuple(chunks))
                carried, chunks, room = None, [], MAX_PAYLOAD
    if chunks or carried is not None:
        yield LetterFrame(manifest.letter_id, manifest.origin, digest, hops, carried, tuple(chunks))


def unpack(manifest: Manifest, chunks: Iterable[Chunk]) -> dict[int, bytes] | None:
    """Every part's bytes by its index if these chunks are exactly all of a letter, none of them twice."""
    pieces: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        pieces.setdefault(chunk.part, []).append(chunk)
    parts: dict[int, bytes] = {}
    for index, part in enumerate(manifest.parts):
        end = 0
        ordered = sorted(pieces.pop(index, []), key=lambda chunk: chunk.offset)
        for chunk in ordered:
            if chunk.offset != end:
                return None
            end = chunk.stop
        if end != part.size:
            return None
        parts[index] = b"".join(chunk.data for chunk in ordered)
    return None if pieces else parts


def batch(messages: Iterable[Message], limit: int = CONTROL_BATCH) -> Iterator[ControlFrame]:
    """
    Every message, in order, in control frames whose payload is at most `limit` bytes.

    A message that is longer by itself gets a frame of its own.
    """
    together: list[Message] = []
    size = 2  # the brackets of the list
    for message in messages:
        length = len(canonical(message.to_wire())) + 1  # and its comma
        if together and size + length > limit:
            yield ControlFrame(tuple(together))
            together, size = [], 2
        together.append(message)
        size += length
    if together:
        yield ControlFrame(tuple(together))


def _lacking(manifest: Manifest, held: Mapping[int, Ranges]) -> Iterator[tuple[int, int, int]]:
    for index, part in enumerate(manifest.parts):
        for start, stop in held.get(index, Ranges()).complement(part.size):
            yield index, start, stop


def _exactly(read: Callable[[int, int, int], bytes], part: int, offset: int, size: int) -> bytes:
    data = read(part, offset, size)
    if len(data) != size:
        # A short chunk would shift everything behind it; the part's digest would only say so at the far end.
        raise Unavailable(find(BLOB_DAMAGED, detail=f"{part}:{offset}: {len(data)} of {size} bytes"))
    return data
