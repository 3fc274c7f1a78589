"""
What an attack is: a family that takes a good letter and draws, by hypothesis, how it is spoilt.

The name of a family is the finding. A forger signs again after his change wherever a signer could
have, so that nothing is caught by luck.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from signing.devpki import KeyKind
from signing.parts import SealedPart
from signing.seal import seal
from signing.trust import Trust
from signing.verdict import Reason
from tests.unit.signing.forger import Change, forge
from tests.unit.signing.letters import NOW, Letter, People, letters

Draw = Callable[[st.SearchStrategy[Any]], Any]

KINDS = st.sampled_from([KeyKind.P256, KeyKind.P384, KeyKind.RSA_2048])


@dataclass(frozen=True)
class Case:
    """A seal, the parts it is shown with, and by what it is judged."""

    seal: bytes
    parts: tuple[SealedPart, ...]
    trust: Trust
    at: datetime = NOW
    arrived_at: datetime | None = None


@dataclass(frozen=True)
class Attack:
    """A family of cases and the reason each of them must be refused for."""

    name: str
    reason: Reason
    make: Callable[[Draw, People], Case]


def attack(reason: Reason) -> Callable[[Callable[[Draw, People], Case]], Attack]:
    """Turns a function into the attack that must end with this reason."""
    return lambda make: Attack(make.__name__, reason, make)


def sealed(draw: Draw, people: People) -> tuple[Letter, bytes]:
    """A good letter and its good seal."""
    made = draw(letters())
    return made, seal(made.parts, people.issued(draw(KINDS)).seal_key, NOW)


def with_parts(draw: Draw, people: People, change: Callable[[list[SealedPart]], list[SealedPart]]) -> Case:
    """A good seal shown with other parts."""
    made, signed = sealed(draw, people)
    return Case(signed, tuple(change(list(made.parts))), people.trust())


def forged(draw: Draw, people: People, change: Change, kind: KeyKind | None = None) -> Case:
    """A seal changed and signed again with its own good key."""
    kind = kind or draw(KINDS)
    made = draw(letters())
    signed = seal(made.parts, people.issued(kind).seal_key, NOW)
    return Case(forge(signed, people.keys[kind], change), made.parts, people.trust())


def index(draw: Draw, items: list[Any]) -> int:
    return int(draw(st.integers(0, len(items) - 1)))
