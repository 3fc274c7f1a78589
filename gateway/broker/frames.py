"""
Frames: what one message of the broker holds. The normative code of docs/protocol.md, without any I/O.

    preamble   "TRUC" · version (2 bytes) · length of the header (4 bytes) · SHA-256 of the header (32 bytes)
    header     canonical JSON; names the kind of frame, and size and SHA-256 of the payload
    payload    bytes of parts (letter), or a canonical JSON list of messages (control)

Every byte is covered: the preamble vouches for the header and the header for the payload. A letter frame
stands alone: it names its letter and says of every chunk where it belongs, so frames may come twice and in
any order.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from gateway.broker.canonical import (
    DIGEST,
    LETTER,
    NODE,
    WHOLE_MAX,
    Fields,
    canonical,
    matching,
    read_canonical,
    whole,
    write_time,
)
from gateway.broker.control import Message, read_message
from gateway.core.catalogue import FRAME_DAMAGED, FRAME_VERSION
from gateway.core.errors import Fault, Rejected, find
from gateway.core.model import Lane, LetterId, NodeId, Part

PROTOCOL: Final = 1
PROTOCOLS: Final = (1,)
"""Every version of the wire that this release speaks."""

MIB: Final = 1 << 20
MAX_PAYLOAD: Final = MIB  # far below the 16 MiB that RabbitMQ 4 takes by default; 16 s at 512 kbit/s
MAX_PARTS: Final = 1100  # 1,000 attachments and room for the parts that describe and seal them
MAX_CHUNKS: Final = MAX_PARTS  # so that a small letter is one frame however many parts it has

# The largest header is that of a first frame: 1,100 parts of at most 176 bytes each
# ({"name":"<64>","sha256":"<64>","size":<16>},) make 193,600, 1,100 chunks of at most
# 31 ([1099,<16>,1048576],) 34,100, everything else below 1,000: 228,700 bytes in all.
MAX_HEADER: Final = 256 * 1024
MAX_COUNT: Final = 255  # hops and rank: what the wire can say; what is sensible is core/routing's business

_MAGIC: Final = b"TRUC"
_PREAMBLE: Final = struct.Struct(">4sHI32s")
MAX_FRAME: Final = _PREAMBLE.size + MAX_HEADER + MAX_PAYLOAD

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_MAX_NAME = 64


@dataclass(frozen=True)  # no slots: what is worked out of it is kept beside it
class Manifest:
    """What a letter consists of, the same on every link: the digest over it is what a receipt speaks of.

    How many links the letter has crossed is not in it, since that changes on the way. It has no other fields:
    a further one needs another version of the wire.

    Raises: ValueError if it could not stand on the wire.
    """

    letter_id: LetterId
    origin: NodeId
    lane: Lane
    rank: int
    expires_at: datetime
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        matching(LETTER, self.letter_id, "letter_id")
        matching(NODE, self.origin, "origin")
        if not 0 <= self.rank <= MAX_COUNT:
            raise ValueError("rank is out of range")
        write_time(self.expires_at)
        if not 1 <= len(self.parts) <= MAX_PARTS:
            raise ValueError(f"a letter of {len(self.parts)} parts")
        if len({part.name for part in self.parts}) != len(self.parts):
            raise ValueError("two parts bear one name")
        for part in self.parts:
            matching(_NAME, part.name, "the name of a part")
            matching(DIGEST, part.sha256, "the digest of a part")
            if len(part.name) > _MAX_NAME or not 0 <= part.size <= WHOLE_MAX:
                raise ValueError("the name or the size of a part is too large")

    @classmethod
    def from_wire(cls, value: object) -> Manifest:
        """Raises: ValueError."""
        fields = Fields(value).only("letter_id", "origin", "lane", "rank", "expires_at", "parts")
        return cls(
            letter_id=fields.letter("letter_id"),
            origin=fields.node("origin"),
            lane=Lane(fields.text("lane")),
            rank=fields.whole("rank"),
            expires_at=fields.time("expires_at"),
            parts=tuple(_part(part) for part in fields.items("parts")),
        )

    @classmethod
    def of_bytes(cls, data: bytes) -> Manifest:
        """The manifest that was kept as `encoded`. Raises: Rejected (FRAME_DAMAGED)."""
        try:
            return cls.from_wire(read_canonical(data))
        except ValueError as error:
            raise _refusal(FRAME_DAMAGED, f"manifest: {error}") from error

    def to_wire(self) -> dict[str, Any]:
        return {
            "letter_id": self.letter_id,
            "origin": self.origin,
            "lane": self.lane.value,
            "rank": self.rank,
            "expires_at": write_time(self.expires_at),
            "parts": [{"name": p.name, "size": p.size, "sha256": p.sha256} for p in self.parts],
        }

    @cached_property
    def encoded(self) -> bytes:
        """Its canonical JSON."""
        return canonical(self.to_wire())

    @cached_property
    def sha256(self) -> str:
        return sha256(self.encoded).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all parts together."""
        return sum(part.size for part in self.parts)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of one part: `part` is its index in the manifest, `offset` where they belong in it."""

    part: int
    offset: int
    data: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.part < MAX_PARTS or self.offset < 0 or not self.data:
            raise ValueError(f"a chunk at {self.part}:{self.offset} that cannot be")
        if self.stop > WHOLE_MAX:
            raise ValueError("a chunk past every part")

    @property
    def stop(self) -> int:
        return self.offset + len(self.data)


@dataclass(frozen=True, slots=True)
class LetterFrame:
    """Some bytes of one letter. `hops` is how many links it has crossed, the one it comes over included.

    Raises: ValueError if it contradicts itself.
    """

    letter_id: LetterId
    origin: NodeId
    manifest_sha256: str
    hops: int
    manifest: Manifest | None = None
    chunks: tuple[Chunk, ...] = ()

    def __post_init__(self) -> None:
        matching(LETTER, self.letter_id, "letter_id")
        matching(NODE, self.origin, "origin")
        matching(DIGEST, self.manifest_sha256, "manifest_sha256")
        if not 0 <= self.hops <= MAX_COUNT:
            raise ValueError("hops is out of range")
        if len(self.chunks) > MAX_CHUNKS or self.payload_size > MAX_PAYLOAD:
            raise ValueError("too much for one frame")
        if self.manifest is None:
            if not self.chunks:
                raise ValueError("a frame that says nothing")
            return
        if (self.manifest.letter_id, self.manifest.origin) != (self.letter_id, self.origin):
            raise ValueError("the manifest is of another letter")
        if self.manifest.sha256 != self.manifest_sha256:
            raise ValueError("the manifest does not match its digest")
        sizes = [part.size for part in self.manifest.parts]
        if any(chunk.part >= len(sizes) or chunk.stop > sizes[chunk.part] for chunk in self.chunks):
            raise ValueError("a chunk lies outside its part")

    @property
    def is_offer(self) -> bool:
        """Whether the sender asks what we hold of the letter, rather than send some of it."""
        return self.manifest is not None and not self.chunks

    @property
    def payload_size(self) -> int:
        return sum(len(chunk.data) for chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class ControlFrame:
    """Control messages in a batch: not sealed, never receipted, made again on request."""

    messages: tuple[Message, ...]


Frame = LetterFrame | ControlFrame


def encode(frame: Frame) -> bytes:
    """
    The bytes of a frame; those of its chunks are copied once.

    Raises: ValueError if a control frame exceeds MAX_PAYLOAD.
    """
    if isinstance(frame, LetterFrame):
        header, payload = _letter_header(frame), [chunk.data for chunk in frame.chunks]
    else:
        header, payload = {"kind": "control"}, [canonical([m.to_wire() for m in frame.messages])]
        if len(payload[0]) > MAX_PAYLOAD:
            raise ValueError(f"control messages of {len(payload[0])} bytes in one frame")
    header["payload"] = {"size": sum(map(len, payload)), "sha256": _digest(payload).hex()}
    head = canonical(header)
    return b"".join([_PREAMBLE.pack(_MAGIC, PROTOCOL, len(head), sha256(head).digest()), head, *payload])


def decode(data: bytes) -> Frame:
    """
    The frame that `data` is, whatever noise a neighbour may send.

    Keys of the header that this release does not know are ignored, and so are unknown control messages
    (they are kept as `Unread`).

    Raises: Rejected with FRAME_VERSION (another protocol) or FRAME_DAMAGED (anything else).
    """
    header, payload = _open(data)
    try:
        kind = header.text("kind")
        if kind == "letter":
            return _letter(header, payload)
        if kind == "control":
            return ControlFrame(_messages(payload))
    except ValueError as error:
        raise _refusal(FRAME_DAMAGED, str(error)) from error
    raise _refusal(FRAME_VERSION, f"kind {kind[:32]!r}")


def _open(data: bytes) -> tuple[Fields, memoryview]:
    """Header and payload, after everything that does not depend on the kind of frame was checked."""
    if len(data) < _PREAMBLE.size:
        raise _refusal(FRAME_DAMAGED, f"{len(data)} bytes")
    magic, version, length, head_sha256 = _PREAMBLE.unpack_from(data)
    if magic != _MAGIC:
        raise _refusal(FRAME_DAMAGED, "not a frame of Trục")
    if version not in PROTOCOLS:
        raise _refusal(FRAME_VERSION, f"version {version}")
    if length > MAX_HEADER or len(data) > MAX_FRAME:
        raise _refusal(FRAME_DAMAGED, f"too long: {len(data)} bytes, {length} of them header")
    view = memoryview(data)[_PREAMBLE.size :]
    head, payload = bytes(view[:length]), view[length:]
    if sha256(head).digest() != head_sha256:
        raise _refusal(FRAME_DAMAGED, "the header does not match its digest")
    try:
        header = Fields(read_canonical(head))
        seal = Fields(header.value("payload"))
        if seal.whole("size") != len(payload) or len(payload) > MAX_PAYLOAD:
            raise ValueError(f"a payload of {len(payload)} bytes where {seal.whole('size')} are announced")
        if seal.text("sha256", DIGEST) != _digest([payload]).hex():
            raise ValueError("the payload does not match its digest")
    except ValueError as error:
        raise _refusal(FRAME_DAMAGED, str(error)) from error
    return header, payload


def _letter_header(frame: LetterFrame) -> dict[str, Any]:
    header: dict[str, Any] = {
        "kind": "letter",
        "letter_id": frame.letter_id,
        "origin": frame.origin,
        "manifest_sha256": frame.manifest_sha256,
        "hops": frame.hops,
        "chunks": [[chunk.part, chunk.offset, len(chunk.data)] for chunk in frame.chunks],
    }
    if frame.manifest is not None:
        header["manifest"] = frame.manifest.to_wire()
    return header


def _letter(header: Fields, payload: memoryview) -> LetterFrame:
    return LetterFrame(
        letter_id=header.letter("letter_id"),
        origin=header.node("origin"),
        manifest_sha256=header.text("manifest_sha256", DIGEST),
        hops=header.whole("hops"),
        manifest=Manifest.from_wire(header.value("manifest")) if "manifest" in header else None,
        chunks=_chunks(header.items("chunks"), payload),
    )


def _chunks(places: list[Any], payload: memoryview) -> tuple[Chunk, ...]:
    chunks: list[Chunk] = []
    at = 0
    for place in places[: MAX_CHUNKS + 1]:  # one more than allowed, so that LetterFrame refuses the rest
        if not isinstance(place, list) or len(place) < 3:
            raise ValueError("a chunk without a place")
        part, offset, size = (whole(number, "a chunk's place") for number in place[:3])
        if size > len(payload) - at:
            raise ValueError("the chunks are longer than the payload")
        chunks.append(Chunk(part, offset, bytes(payload[at : at + size])))
        at += size
    if at != len(payload):
        raise ValueError("bytes that belong to no chunk")
    return tuple(chunks)


def _messages(payload: memoryview) -> tuple[Message, ...]:
    messages = read_canonical(bytes(payload))
    if not isinstance(messages, list):
        raise ValueError("control messages are a list")
    return tuple(read_message(message) for message in messages)


def _part(value: object) -> Part:
    fields = Fields(value).only("name", "size", "sha256")
    return Part(fields.text("name"), fields.whole("size"), fields.text("sha256", DIGEST))


def _digest(pieces: Iterable[bytes | memoryview]) -> bytes:
    digest = sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


def _refusal(fault: Fault, detail: str) -> Rejected:
    return Rejected(find(fault, detail=detail[:200]))
