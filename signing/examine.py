"""
Examine a whole .asice: the container, its bytes, and each seal in it. Needs no node and no network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from signing.asice import AGENCY_SIGNATURE, NODE_SIGNATURE, ContainerRefused
from signing.asice_reader import Container, read_container, rebuild_and_compare
from signing.parts import SealedPart
from signing.trust import Trust
from signing.verdict import Objection, Outcome, Reason, Verdict, worst
from signing.verify import verify

ROUTING_PART = "routing.json"
"""The part that only the node's seal covers: the agency seals before a letter_id exists."""


@dataclass(frozen=True, slots=True)
class Examination:
    """The answer about a file: what is wrong with the container, and a verdict for each seal in it."""

    objections: tuple[Objection, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    container: Container | None = None

    @property
    def outcome(self) -> Outcome:
        """PASSED only if the container was reproduced and every seal in it passed."""
        return worst(
            [*(o.reason.outcome for o in self.objections), *(v.outcome for v in self.verdicts.values())]
        )


def examine(file: BinaryIO, trust: Trust, *, at: datetime, arrived_at: datetime | None = None) -> Examination:
    """
    Read an .asice, check its seals, rebuild it and compare every byte.

    `at` and `arrived_at` are as in `verify`. A container that cannot be read has no verdicts.
    Memory stays flat at any size; blocks, so call it in a worker thread.
    """
    try:
        container = read_container(file)
    except ContainerRefused as refusal:
        return Examination((refusal.objection,))
    return examine_container(file, container, trust, at=at, arrived_at=arrived_at)


def examine_container(
    file: BinaryIO,
    container: Container,
    trust: Trust,
    *,
    at: datetime,
    arrived_at: datetime | None = None,
) -> Examination:
    """The same for a container that was read: who judges at a time that stands in it must read it first."""
    verdicts = {
        member: verify(signature, covered_by(member, container), trust, at=at, arrived_at=arrived_at)
        for member, signature in container.signatures.items()
    }
    objections = [*_uncovered(container), *rebuild_and_compare(file, container)]
    return Examination(tuple(objections), verdicts, container)


def covered_by(signature: str, container: Container) -> tuple[SealedPart, ...]:
    """The parts that the seal of this name covers."""
    return tuple(
        part for part in container.parts if signature != AGENCY_SIGNATURE or part.name != ROUTING_PART
    )


def _uncovered(container: Container) -> Iterator[Objection]:
    """routing.json beside an agency's seal only: nobody sealed where the letter goes."""
    if NODE_SIGNATURE not in container.signatures:
        for part in container.parts:
            if part.name == ROUTING_PART:
                yield Objection(Reason.PART_ADDED, part.name, "no seal covers it")
