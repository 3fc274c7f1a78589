"""
Golden frames: the bytes of the wire as a release once wrote them, each with a description in JSON.

`NAME.json` says what the frame is and `NAME.hex` holds its bytes. A folder belongs to one version of the wire
and never changes: SHA256SUMS pins every file, and later releases add files or folders.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from gateway.broker.control import read_message
from gateway.broker.frames import Chunk, ControlFrame, Frame, LetterFrame, Manifest
from gateway.core.model import LetterId, NodeId

FOLDER = Path(__file__).parent
VERSIONS = ("v1",)


@dataclass(frozen=True)
class Vector:
    """One golden frame. `description` has `about` and one of `frame`, `tolerated` or `refused`."""

    path: Path
    description: dict[str, Any]
    data: bytes

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"


def vectors(key: str) -> list[Vector]:
    """All vectors of all versions whose description has this key."""
    found = [vector(path) for v in VERSIONS for path in sorted((FOLDER / v).glob("*.json"))]
    return [v for v in found if key in v.description]


def vector(path: Path) -> Vector:
    data = bytes.fromhex(path.with_suffix(".hex").read_text())
    return Vector(path, json.loads(path.read_text(encoding="utf-8")), data)


def frame_of(told: dict[str, Any]) -> Frame:
    """The frame that a description tells of."""
    if "messages" in told:
        return ControlFrame(tuple(read_message(message) for message in told["messages"]))
    return LetterFrame(
        letter_id=LetterId(told["letter_id"]),
        origin=NodeId(told["origin"]),
        manifest_sha256=told["manifest_sha256"],
        hops=told["hops"],
        manifest=Manifest.from_wire(told["manifest"]) if "manifest" in told else None,
        chunks=tuple(Chunk(c["part"], c["offset"], chunk_bytes(c)) for c in told["chunks"]),
    )


def chunk_bytes(told: dict[str, Any]) -> bytes:
    """A chunk's bytes: `text`, or `hex` where they are no text."""
    return str(told["text"]).encode() if "text" in told else bytes.fromhex(told["hex"])


def sums(folder: Path) -> dict[str, str]:
    """File name → SHA-256 of every vector file in a folder."""
    files = sorted(p for p in folder.iterdir() if p.suffix in (".json", ".hex"))
    return {p.name: sha256(p.read_bytes()).hexdigest() for p in files}
