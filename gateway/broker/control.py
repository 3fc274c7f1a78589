"""
Control messages: what neighbours tell each other about letters, and (in `edition_messages`) about the
directory. The normative code of docs/protocol.md.

They ride the control lane in batches. They are not sealed and never receipted: each can be made again from
what its sender's store knows. A message of a type, or in a form, that this release can't read is kept as
`Unread` for the caller to count, and stops none of those that came with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final

from gateway.broker.canonical import CODE, DIGEST, LETTER, NODE, Fields, matching, whole, write_time
from gateway.broker.edition_messages import EditionPiece, EditionRequest, EditionsHeld
from gateway.broker.ranges import read_held
from gateway.core.errors import Rejected
from gateway.core.model import LetterId, NodeId
from gateway.core.tracking import HopEvent, read_hop, write_hop

_RELEASE = re.compile(r"[!-~]{1,64}")
_TYPE = "type"


@dataclass(frozen=True, slots=True)
class Receipt:
    """TAKEN: `node` holds the whole letter, durably, and answers for it from `at` on."""

    type: ClassVar[str] = "taken"
    letter_id: LetterId
    origin: NodeId
    manifest_sha256: str
    node: NodeId
    at: datetime

    @classmethod
    def from_wire(cls, body: Fields) -> Receipt:
        return cls(
            letter_id=body.letter("letter_id"),
            origin=body.node("origin"),
            manifest_sha256=body.text("manifest_sha256", DIGEST),
            node=body.node("node"),
            at=body.time("at"),
        )

    def to_wire(self) -> dict[str, Any]:
        return {
            _TYPE: self.type,
            "letter_id": self.letter_id,
            "origin": self.origin,
            "manifest_sha256": self.manifest_sha256,
            "node": self.node,
            "at": write_time(self.at),
        }


@dataclass(frozen=True, slots=True)
class MissingRanges:
    """The answer to an offer: only `held` (form: broker/ranges) is here, send the rest."""

    type: ClassVar[str] = "missing"
    letter_id: LetterId
    origin: NodeId
    held: str

    @classmethod
    def from_wire(cls, body: Fields) -> MissingRanges:
        return cls(body.letter("letter_id"), body.node("origin"), _held(body))

    def to_wire(self) -> dict[str, Any]:
        return {_TYPE: self.type, "letter_id": self.letter_id, "origin": self.origin, "held": self.held}


@dataclass(frozen=True, slots=True)
class Progress:
    """On the way: `held` is durable here and need never be sent again."""

    type: ClassVar[str] = "progress"
    letter_id: LetterId
    origin: NodeId
    held: str

    @classmethod
    def from_wire(cls, body: Fields) -> Progress:
        return cls(body.letter("letter_id"), body.node("origin"), _held(body))

    def to_wire(self) -> dict[str, Any]:
        return {_TYPE: self.type, "letter_id": self.letter_id, "origin": self.origin, "held": self.held}


@dataclass(frozen=True, slots=True)
class Refusal:
    """`node` will never take this letter; `code` (of the catalogue) says why, TRUC-503 if it expired."""

    type: ClassVar[str] = "refused"
    letter_id: LetterId
    origin: NodeId
    code: str
    node: NodeId
    at: datetime

    @classmethod
    def from_wire(cls, body: Fields) -> Refusal:
        return cls(
            letter_id=body.letter("letter_id"),
            origin=body.node("origin"),
            code=body.text("code", CODE),
            node=body.node("node"),
            at=body.time("at"),
        )

    def to_wire(self) -> dict[str, Any]:
        return {
            _TYPE: self.type,
            "letter_id": self.letter_id,
            "origin": self.origin,
            "code": self.code,
            "node": self.node,
            "at": write_time(self.at),
        }


@dataclass(frozen=True, slots=True)
class Hops:
    """Hop events for the node `to`, the origin of their letters; nodes between forward them unread.

    The events stay as they were written, so that one of a later release crosses older nodes unharmed.
    """

    type: ClassVar[str] = "hops"
    to: NodeId
    events: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, to: NodeId, events: Iterable[HopEvent]) -> Hops:
        return cls(to, tuple(write_hop(event) for event in events))

    @classmethod
    def from_wire(cls, body: Fields) -> Hops:
        events = tuple(body.items("events"))
        if not all(isinstance(event, dict) for event in events):
            raise ValueError("a hop event is an object")
        return cls(body.node("to"), events)

    def to_wire(self) -> dict[str, Any]:
        return {_TYPE: self.type, "to": self.to, "events": [dict(event) for event in self.events]}

    def read(self) -> tuple[HopEvent, ...]:
        """The events that this release understands."""
        understood: list[HopEvent] = []
        for event in self.events:
            try:
                hop = read_hop(event)
                matching(LETTER, hop.letter_id, "letter_id")
                matching(NODE, hop.node, "node")
            except (Rejected, ValueError):
                continue
            understood.append(hop)
        return tuple(understood)


@dataclass(frozen=True, slots=True)
class HopRequest:
    """`reply_to` lost sight of a letter: every node on the way to the nodes `to` tells its hops again.

    A node answers, then passes the request on over each link that leads to some of `to`, naming those.
    """

    type: ClassVar[str] = "hop_request"
    to: tuple[NodeId, ...]
    letter_id: LetterId
    reply_to: NodeId

    @classmethod
    def from_wire(cls, body: Fields) -> HopRequest:
        to = tuple(NodeId(matching(NODE, _text(node), "to")) for node in body.items("to"))
        return cls(to, body.letter("letter_id"), body.node("reply_to"))

    def to_wire(self) -> dict[str, Any]:
        return {
            _TYPE: self.type,
            "to": list(self.to),
            "letter_id": self.letter_id,
            "reply_to": self.reply_to,
        }


@dataclass(frozen=True, slots=True)
class Hello:
    """The first words on a link: which versions of the wire `node` speaks, and which release it runs."""

    type: ClassVar[str] = "hello"
    node: NodeId
    protocols: tuple[int, ...]
    release: str

    @classmethod
    def from_wire(cls, body: Fields) -> Hello:
        protocols = tuple(whole(version, "a protocol") for version in body.items("protocols"))
        return cls(body.node("node"), protocols, body.text("release", _RELEASE))

    def to_wire(self) -> dict[str, Any]:
        return {
            _TYPE: self.type,
            "node": self.node,
            "protocols": list(self.protocols),
            "release": self.release,
        }


@dataclass(frozen=True, slots=True)
class Unread:
    """A message that this release can't read; `reason` is `unknown type …` or what is wrong with it."""

    body: Any
    reason: str

    def to_wire(self) -> Any:
        return self.body


EditionMessage = EditionsHeld | EditionRequest | EditionPiece
Message = Receipt | MissingRanges | Progress | Refusal | Hops | HopRequest | Hello | EditionMessage | Unread

_READERS: Final[Mapping[str, Callable[[Fields], Message]]] = MappingProxyType(
    {
        kind.type: kind.from_wire
        for kind in (
            *(Receipt, MissingRanges, Progress, Refusal, Hops, HopRequest, Hello),
            *(EditionsHeld, EditionRequest, EditionPiece),
        )
    }
)


def read_message(value: object) -> Message:
    """The message that a JSON value of the wire, or of the store's control queue, is. Never raises."""
    try:
        body = Fields(value)
        name = body.text(_TYPE)
        reader = _READERS.get(name)
        if reader is None:
            return Unread(value, f"unknown type {name[:32]!r}")
        return reader(body)
    except ValueError as error:
        return Unread(value, str(error)[:200])


def agree(ours: Iterable[int], theirs: Iterable[int]) -> int | None:
    """The highest version of the wire that two neighbours both speak, or None."""
    return max(set(ours) & set(theirs), default=None)


def _held(body: Fields) -> str:
    text = body.text("held")
    read_held(text)
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text was expected")
    return value
