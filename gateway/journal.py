"""
The journal: who did what to which letter, when, with which code; append-only, chained by hash.

Every row's hash covers the row and the hash of the row before it, so a row that is edited, deleted, moved or
slipped in breaks the chain from there on. Each writer (a node) has a chain of its own. A cut tail shows only
against a head that is kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.core.model import NodeId
from gateway.ports import JournalRow


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written: a row before it has its place in a chain."""

    at: datetime
    event: str
    letter_id: str = ""
    target: str = ""
    code: str = ""
    detail: Mapping[str, Any] | None = None


def first_hash(writer: NodeId) -> str:
    """What stands before the first row of a writer's chain: no two chains can be exchanged."""
    return hashlib.sha256(f"truc journal 1\n{writer}".encode()).hexdigest()


def entry_hash(previous: str, row: JournalRow | Entry, number: int) -> str:
    """The SHA-256 (hex) of a row in its place. The row's own `sha256` is not part of it."""
    told = {
        "previous": previous,
        "number": number,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "event": row.event,
        "letter_id": row.letter_id,
        "target": row.target,
        "code": row.code,
        "detail": row.detail or {},
    }
    canonical = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def chain(previous: str, number: int, entries: Iterable[Entry]) -> list[JournalRow]:
    """The rows that follow row `number`, whose hash is `previous`."""
    rows = []
    for entry in entries:
        number += 1
        previous = entry_hash(previous, entry, number)
        rows.append(
            JournalRow(
                number=number,
                at=entry.at,
                event=entry.event,
                letter_id=entry.letter_id,
                target=entry.target,
                code=entry.code,
                detail=entry.detail or {},
                sha256=previous,
            )
        )
    return rows


def verify(rows: Iterable[JournalRow], previous: str, number: int = 0) -> int | None:
    """
    The number of the first place where the chain breaks, or None if it is whole.

    `rows` follow row `number`, whose hash is `previous` (for a whole chain: 0 and `first_hash`). A missing
    row is named by the number that it should have.
    """
    for row in rows:
        number += 1
        if row.number != number or row.sha256 != entry_hash(previous, row, number):
            return number
        previous = row.sha256
    return None
