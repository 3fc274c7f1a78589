"""
Control messages about editions of the directory: who holds which, and one of them piece by piece.

Whoever lacks an edition asks for it, piece by piece; so a large one never fills the control lane, and what
was lost is asked for again. The normative code of docs/protocol.md, like all of `control`.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from gateway.broker.canonical import DIGEST, NODE, Fields, matching
from gateway.core.editions import Held
from gateway.core.model import NodeId

HELD_AT_ONCE: Final = 400
"""Chains that one message names: at most 65 KB with the longest names, one frame among other messages."""

PIECE: Final = 32 * 1024
"""Bytes of an edition in one message; 44 KB as text, 0.7 s on a line of 512 kbit/s."""


@dataclass(frozen=True, slots=True)
class EditionsHeld:
    """
    How far the speaker holds the chains of these signers.

    With a `span` (after, until] of signers in the order of their names it holds nothing of the others in it,
    and wants to hear what it lacks there; an `until` of "" has no end. Without, it only says what is new.
    """

    type: ClassVar[str] = "editions"
    held: tuple[Held, ...]
    span: tuple[str, str] | None

    @classmethod
    def news(cls, held: Iterable[Held]) -> Iterator[EditionsHeld]:
        """Messages that say that these are here."""
        told = sorted(held, key=lambda each: each.signer)
        for start in range(0, len(told), HELD_AT_ONCE):
            yield cls(tuple(told[start : start + HELD_AT_ONCE]), None)

    @classmethod
    def question(cls, held: Iterable[Held]) -> Iterator[EditionsHeld]:
        """Messages that ask for everything behind these, their spans side by side; at least one."""
        told = sorted(held, key=lambda each: each.signer)
        after = ""
        for start in range(0, max(len(told), 1), HELD_AT_ONCE):
            some = tuple(told[start : start + HELD_AT_ONCE])
            is_last = start + HELD_AT_ONCE >= len(told)
            yield cls(some, (after, "" if is_last else some[-1].signer))
            after = some[-1].signer if some else ""

    def asks_about(self, signer: str) -> bool:
        """Whether the speaker wants to hear what it lacks of this signer."""
        if self.span is None:
            return False
        after, until = self.span
        return after < signer and (not until or signer <= until)

    @classmethod
    def from_wire(cls, body: Fields) -> EditionsHeld:
        held = tuple(_read_held(Fields(each)) for each in body.items("held"))
        span = body.value("span")
        if span is not None:
            after, until = map(_read_bound, body.items("span"))
            span = (after, until)
        return cls(held, span)

    def to_wire(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "held": [each.as_row() for each in self.held],
            "span": None if self.span is None else list(self.span),
        }


@dataclass(frozen=True, slots=True)
class EditionRequest:
    """The speaker wants an edition from this byte on."""

    type: ClassVar[str] = "edition_request"
    signer: NodeId
    edition: int
    offset: int

    @classmethod
    def from_wire(cls, body: Fields) -> EditionRequest:
        return cls(body.node("signer"), body.whole("edition"), body.whole("offset"))

    def to_wire(self) -> dict[str, Any]:
        return {"type": self.type, "signer": self.signer, "edition": self.edition, "offset": self.offset}


@dataclass(frozen=True, slots=True)
class EditionPiece:
    """Bytes of an edition from `offset` on; `size` is that of all, the first `seal_size` of them its seal."""

    type: ClassVar[str] = "edition_piece"
    signer: NodeId
    edition: int
    seal_size: int
    size: int
    offset: int
    data: bytes

    @classmethod
    def from_wire(cls, body: Fields) -> EditionPiece:
        try:
            data = b64decode(body.text("data"), validate=True)
        except ValueError as error:
            raise ValueError(f"the field data is not base64: {error}") from error
        return cls(
            body.node("signer"),
            body.whole("edition"),
            body.whole("seal_size"),
            body.whole("size"),
            body.whole("offset"),
            data,
        )

    def to_wire(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "signer": self.signer,
            "edition": self.edition,
            "seal_size": self.seal_size,
            "size": self.size,
            "offset": self.offset,
            "data": b64encode(self.data).decode("ascii"),
        }


def _read_held(body: Fields) -> Held:
    return Held(body.node("signer"), body.whole("edition"), body.text("sha256", DIGEST))


def _read_bound(value: object) -> str:
    if value == "":
        return ""
    if not isinstance(value, str):
        raise ValueError("a bound of the span is not a text")
    return matching(NODE, value, "a bound of the span")
