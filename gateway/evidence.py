"""
A letter with its evidence: what this node holds of it, given out as one standard file.

The same letter gives the same bytes at every node that holds it. Nothing is written on the way and memory
stays flat; each part is read twice, because a zip wants its checksum first.

Spec: EN319162-1
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from gateway.core import catalogue
from gateway.core.errors import Rejected, Unavailable, find
from gateway.core.seals import SEALS, sealed_parts
from gateway.ports import Blobs, StoredLetter
from signing.asice import NODE_SIGNATURE, ContainerRefused, Content, container_chunks, container_size
from signing.parts import UnfitPart

CHUNK = 64 << 10  # smaller pieces would cost a write to the socket each


def evidence_size(letter: StoredLetter, blobs: Blobs) -> int:
    """
    The size in bytes of what `evidence_chunks` gives, known before an attachment is read.

    Raises: Rejected (NO_SEAL) for a letter without the node's seal, (CONTAINER_REFUSED) for one that fits no
        zip; Unavailable (BLOB_DAMAGED).
    """
    try:
        return container_size(sealed_parts(letter.parts), _seals(letter, blobs))
    except UnfitPart as unfit:
        raise Rejected(find(catalogue.CONTAINER_REFUSED, detail=str(unfit))) from unfit
    except ContainerRefused as refusal:
        detail = f"{refusal.objection.reason} {refusal.objection.detail}"
        raise Rejected(find(catalogue.CONTAINER_REFUSED, detail=detail)) from refusal


def evidence_chunks(letter: StoredLetter, blobs: Blobs) -> Iterator[bytes]:
    """
    The letter as one ASiC-E file, in pieces of 64 KiB and up to 1 MiB more.

    Its seals are given as they were made; they are not verified again. What can't be given is told before the
    first piece, except a part whose bytes rotted on the disk: then the file ends before that part.

    Raises: as `evidence_size`; while it is read, Unavailable (BLOB_DAMAGED) with the part.
    """
    evidence_size(letter, blobs)
    named = {part.name: part for part in letter.parts}
    contents = [Content(part, partial(blobs.read, named[part.name])) for part in sealed_parts(letter.parts)]
    return _in_chunks(_intact(container_chunks(contents, _seals(letter, blobs))))


def _seals(letter: StoredLetter, blobs: Blobs) -> dict[str, bytes]:
    seals = {part.name: b"".join(blobs.read(part)) for part in letter.parts if part.name in SEALS}
    if NODE_SIGNATURE not in seals:
        raise Rejected(find(catalogue.NO_SEAL))
    return seals


def _intact(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """`chunks`, and in our own words why they end too early."""
    try:
        yield from chunks
    except ContainerRefused as refusal:
        objection = refusal.objection
        detail = f"{objection.member}: {objection.detail}"
        raise Unavailable(find(catalogue.BLOB_DAMAGED, detail=detail)) from refusal


def _in_chunks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, with the many small headers put together."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(waiting)
            waiting.clear()
            size = 0
    if size:
        yield b"".join(waiting)
