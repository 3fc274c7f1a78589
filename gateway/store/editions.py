"""
Editions of the directory: the chain of each signer, what was not taken, and who is told of what is new.

An edition is kept, prepared for its day and told to the other neighbours in one transaction: what was
acknowledged is never forgotten, and what is known is passed on also after a crash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from gateway.core.catalogue import EDITION_NOT_ENTITLED
from gateway.core.directory_change import read_change
from gateway.core.editions import LARGEST, Edition, Held, Outlook, digest, following, reason, trespasses
from gateway.core.model import NodeId
from gateway.ports import EditionBytes, EditionFault, EditionLine, EditionState, NewEdition
from gateway.store.access import Access
from gateway.store.columns import write_json
from gateway.store.statements import insert_new, upsert
from gateway.store.tables import directory_versions, edition_faults, editions, prepared_directories
from gateway.store.transaction import Transaction

_e, _p, _f = editions.c, prepared_directories.c, edition_faults.c


@dataclass(frozen=True, slots=True)
class Addition:
    """An edition that is to be kept."""

    new: NewEdition
    now: datetime


def held(connection: Connection, *, to_tell: bool = False) -> dict[NodeId, Held]:
    """The last edition of each signer; `to_tell`: the last that is not refused."""
    tops = select(_e.signer, func.max(_e.edition).label("top")).group_by(_e.signer)
    if to_tell:
        tops = tops.where(_e.state != EditionState.REFUSED.value)
    last = tops.subquery()
    rows = connection.execute(
        select(_e.signer, _e.edition, _e.sha256).join(
            last, and_(_e.signer == last.c.signer, _e.edition == last.c.top)
        )
    )
    return {NodeId(row.signer): Held(NodeId(row.signer), row.edition, row.sha256) for row in rows}


def add_editions(transaction: Transaction, additions: Sequence[Addition]) -> list[bool]:
    """Keep editions; whether each was the next of its chain."""
    return [_add(transaction, each) for each in additions]


def _add(transaction: Transaction, addition: Addition) -> bool:
    connection, new, now = transaction.connection, addition.new, addition.now
    edition, sha256 = new.edition, digest(new.content)
    if (edition.number, edition.previous) != following(held(connection).get(edition.signer)):
        return False
    faults = trespasses(edition.signer, edition.change, _outlook(transaction, edition))
    refused = reason(faults)
    row = {
        "signer": edition.signer,
        "edition": edition.number,
        "sha256": sha256,
        "came_from": new.came_from or "",
        "state": (EditionState.REFUSED if faults else EditionState.WAITING).value,
        "refused": refused,
        "published_at": edition.published_at,
        "valid_from": edition.valid_from,
        "taken_at": now,
        "seal_size": len(new.seal),
        "size": len(new.seal) + len(new.content),
        "sheet": new.seal + new.content,
    }
    if not connection.execute(_NEW_EDITION.of(connection), row).rowcount:
        return False  # another instance of this node was quicker
    waits = {
        "in_force_on": edition.day,
        "change": write_json(edition.change.as_dict()),
        "added_at": now,
        "refused": refused,
        "signer": edition.signer,
        "edition": edition.number,
        "judged": newest_directory(connection),
    }
    connection.execute(insert(prepared_directories), waits)
    same = and_(_f.signer == edition.signer, _f.edition == edition.number)
    whole = digest(new.seal + new.content)
    connection.execute(delete(edition_faults).where(same, _f.sha256 == whole))  # it could only not be judged
    told: dict[str, Any] = {"signer": edition.signer, "edition": edition.number}
    transaction.note(now, "edition.taken", target=new.came_from or "", sha256=sha256, **told)
    if faults:
        transaction.note(now, "edition.refused", code=EDITION_NOT_ENTITLED.code, faults=len(faults), **told)
    else:
        tell_on(transaction, Held(edition.signer, edition.number, sha256), new.came_from, now)
    return True


_NEW_EDITION = insert_new(editions)


def _outlook(transaction: Transaction, edition: Edition) -> Outlook:
    """The directory as it will be when this edition comes in force."""
    waiting = (
        select(_p.change)
        .where(_p.in_force_on <= edition.day, _p.refused == "")
        .order_by(_p.in_force_on, _p.number)
    )
    changes = [read_change(json.loads(text)) for text in transaction.connection.scalars(waiting)]
    return Outlook(transaction.directory(), changes)


def newest_directory(connection: Connection) -> int:
    """The number of the directory that is in force: it grows with every change."""
    return connection.scalar(select(func.max(directory_versions.c.number))) or 0


def tell_on(transaction: Transaction, news: Held, came_from: str | None, now: datetime) -> None:
    """Tell all neighbours but the one it came from that this is here."""
    body = {"type": "editions", "held": [news.as_row()], "span": None}
    for neighbour in transaction.directory().neighbours(transaction.node):
        if neighbour != came_from:
            transaction.tell(neighbour, body, now)


def settle(transaction: Transaction, signer: str, number: int, refused: str, now: datetime) -> None:
    """Note what became of an edition on its day. One that was refused before is news to the neighbours."""
    connection = transaction.connection
    mine = and_(_e.signer == signer, _e.edition == number)
    row = connection.execute(select(_e.state, _e.sha256, _e.came_from).where(mine)).one()
    state = EditionState.REFUSED if refused else EditionState.APPLIED
    connection.execute(update(editions).where(mine).values(state=state.value, refused=refused))
    if not refused:
        transaction.note(now, "edition.applied", signer=signer, edition=number)
        if row.state == EditionState.REFUSED.value:
            tell_on(transaction, Held(NodeId(signer), number, row.sha256), row.came_from, now)


def piece(connection: Connection, signer: NodeId, number: int, offset: int, most: int) -> EditionBytes | None:
    """Some bytes of an edition, cut out by the database: all of a large one is never read for a piece."""
    if offset >= LARGEST:  # a neighbour may name any number; databases count in smaller ones
        return None
    cut = func.substr(_e.sheet, offset + 1, most).label("data")
    asked = select(_e.seal_size, _e.size, cut).where(_e.signer == signer, _e.edition == number)
    row = connection.execute(asked).one_or_none()
    return None if row is None else EditionBytes(row.seal_size, row.size, bytes(row.data))


def refuse_editions(transaction: Transaction, faults: Sequence[EditionFault]) -> list[None]:
    """Remember refusals, the last of each edition and neighbour."""
    connection = transaction.connection
    for fault in faults:
        mine = and_(_f.neighbour == fault.neighbour, _f.signer == fault.signer, _f.edition == fault.number)
        known = connection.execute(select(_f.sha256, _f.code).where(mine)).one_or_none()
        row = {
            "neighbour": fault.neighbour,
            "signer": fault.signer,
            "edition": fault.number,
            "sha256": fault.sha256,
            "code": fault.code,
            "detail": fault.detail,
            "at": fault.at,
        }
        connection.execute(_FAULT.of(connection), row)
        if known is None or (known.sha256, known.code) != (fault.sha256, fault.code):
            told: dict[str, Any] = {"signer": fault.signer, "edition": fault.number, "sha256": fault.sha256}
            transaction.note(fault.at, "edition.refused", target=fault.neighbour, code=fault.code, **told)
    return [None] * len(faults)


_FAULT = upsert(edition_faults)


def listed(connection: Connection) -> tuple[list[EditionLine], list[EditionFault]]:
    """All editions, and what was not taken."""
    columns = (_e.signer, _e.edition, _e.sha256, _e.published_at, _e.valid_from, _e.taken_at, _e.came_from)
    kept = select(*columns, _e.state, _e.refused).order_by(_e.signer, _e.edition)
    faults = select(edition_faults).order_by(_f.signer, _f.edition, _f.neighbour)
    return (
        [EditionLine(*row[:7], EditionState(row.state), row.refused) for row in connection.execute(kept)],
        [EditionFault(*row) for row in connection.execute(faults)],
    )


class EditionAccess(Access):
    """The way to the editions."""

    async def editions_held(self, *, to_tell: bool = False) -> Mapping[NodeId, Held]:
        return await self._read(lambda c: held(c, to_tell=to_tell))

    async def add_edition(self, new: NewEdition, now: datetime) -> bool:
        return await self._do(add_editions, Addition(new, now))

    async def edition_bytes(self, signer: NodeId, number: int, offset: int, most: int) -> EditionBytes | None:
        return await self._read(lambda c: piece(c, signer, number, offset, most))

    async def refuse_edition(self, fault: EditionFault) -> None:
        await self._do(refuse_editions, fault)

    async def editions(self) -> tuple[list[EditionLine], list[EditionFault]]:
        return await self._read(listed)
