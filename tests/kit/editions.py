"""
Editions for tests: signed by the nodes of the small axis, honestly or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.core.directory import Agency, Directory
from gateway.core.directory_change import Change
from gateway.core.editions import Edition, Held, digest, edition_json, following, sealed_part
from gateway.core.model import AgencyCode, NodeId
from gateway.core.seals import sealed_parts
from gateway.ports import NewEdition
from signing.keys import SealKey
from signing.seal import seal
from tests.kit.clock import START
from tests.kit.seals import key_of


def renamed(directory: Directory, code: str, name: str, **fields: Any) -> Change:
    """A change of one agency."""
    return Change(agencies=(replace(directory.agencies[AgencyCode(code)], name=name, **fields),))


def newcomer(code: str, node: str, parent: str = "", **fields: Any) -> Agency:
    """An agency that was not there."""
    return Agency(code=AgencyCode(code), name=f"Cơ quan {code}", node=NodeId(node), parent=parent, **fields)


def signed(made: Edition, key: SealKey | None = None, came_from: NodeId | None = None) -> NewEdition:
    """The edition with the seal of its signer, or of whoever has this key."""
    content = edition_json(made)
    parts = sealed_parts([sealed_part(content)])
    hand = key or key_of(made.signer, START)
    return NewEdition(made, content, seal(parts, hand, made.published_at), came_from)


def chain(
    signer: NodeId,
    changes: Sequence[Change],
    *,
    at: datetime = START,
    valid_from: datetime | None = None,
    after: Held | None = None,
) -> list[NewEdition]:
    """These changes as editions of one signer, one after another."""
    made: list[NewEdition] = []
    for change in changes:
        number, previous = following(after)
        made.append(signed(Edition(signer, number, previous, at, valid_from or at, change)))
        after = Held(signer, number, digest(made[-1].content))
    return made
