"""
Letters for the tests of the wire: parts with known bytes, and the manifest over them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from gateway.broker.frames import Manifest
from gateway.core.model import Lane, LetterId, NodeId, Part

LETTER = LetterId("0193f8a0-5c1e-7abc-8def-0123456789ab")
ORIGIN = NodeId("H14.31")


@dataclass(frozen=True)
class ReadyLetter:
    """A manifest and the bytes that it speaks of, in its order."""

    manifest: Manifest
    data: tuple[bytes, ...]

    def read(self, part: int, offset: int, size: int) -> bytes:
        return self.data[part][offset : offset + size]


def letter(parts: Mapping[str, bytes]) -> ReadyLetter:
    """A letter of these parts."""
    manifest = Manifest(
        letter_id=LETTER,
        origin=ORIGIN,
        lane=Lane.URGENT,
        rank=2,
        expires_at=datetime(2026, 11, 27, 10, 0, tzinfo=UTC),
        parts=tuple(Part(name, len(data), sha256(data).hexdigest()) for name, data in parts.items()),
    )
    return ReadyLetter(manifest, tuple(parts.values()))


def letter_of_sizes(*sizes: int) -> ReadyLetter:
    """A letter whose parts have these sizes; every byte differs from those at other places nearby."""
    return letter({f"parts/{n:04d}": bytes((n + at) % 251 for at in range(s)) for n, s in enumerate(sizes)})
