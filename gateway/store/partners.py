"""
Neighbours and agencies as partners: who was heard when, by which certificates, what waits for whom.

All counts end at a number, and every question goes down an index: a page of a node with a million letters
must not cost more than one of a node with none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, literal, select

from gateway.core.delivery import State, Target
from gateway.core.model import AgencyCode, Lane, NodeId
from gateway.ports import (
    Act,
    DoorStanding,
    Heard,
    KeyUse,
    LinkStanding,
    Maintenance,
    SealCertificate,
)
from gateway.ports.partners import MOST_COUNTED
from gateway.store import key_uses
from gateway.store import maintenance as holding
from gateway.store.access import Access
from gateway.store.rows import door_of
from gateway.store.statements import in_both, upsert
from gateway.store.tables import deliveries, fetches, heard, seal_certificates
from gateway.store.transaction import Transaction

_h, _s, _d, _f = heard.c, seal_certificates.c, deliveries.c, fetches.c

# --- who was heard -------------------------------------------------------------------------------

_NOTE = in_both(
    heard,
    lambda new: new.on_conflict_do_update(index_elements=[_h.neighbour], set_={"at": new.excluded.at}),
)
_GREET = upsert(heard)


def note_heard(transaction: Transaction, told: Sequence[Sequence[Heard]]) -> list[None]:
    """Remember when neighbours were heard, and what they said of themselves."""
    connection = transaction.connection
    for each in (one for batch in told for one in batch):
        row = {
            "neighbour": each.neighbour,
            "at": each.at,
            "release": each.release,
            "protocols": " ".join(map(str, each.protocols)),
            "hello_at": each.hello_at,
        }
        connection.execute((_NOTE if each.hello_at is None else _GREET).of(connection), row)
    return [None] * len(told)


def all_heard(connection: Connection) -> dict[NodeId, Heard]:
    """The neighbours that were ever heard."""
    return {
        NodeId(row.neighbour): Heard(
            NodeId(row.neighbour), row.at, row.release, tuple(map(int, row.protocols.split())), row.hello_at
        )
        for row in connection.execute(select(heard))
    }


_CERTIFICATE = upsert(seal_certificates)


def note_certificates(transaction: Transaction, seen: Sequence[SealCertificate]) -> list[None]:
    """Remember the last certificate of each node."""
    for each in seen:
        row = {
            "node": each.node,
            "fingerprint": each.fingerprint,
            "subject": each.subject,
            "ends_at": each.ends_at,
            "seen_at": each.seen_at,
        }
        transaction.connection.execute(_CERTIFICATE.of(transaction.connection), row)
    return [None] * len(seen)


def all_certificates(connection: Connection) -> dict[NodeId, SealCertificate]:
    """The certificates of seals, by node."""
    return {
        NodeId(row.node): SealCertificate(
            NodeId(row.node), row.fingerprint, row.subject, row.ends_at, row.seen_at
        )
        for row in connection.execute(select(seal_certificates).order_by(_s.node))
    }


# --- what waits ----------------------------------------------------------------------------------


def link_standing(connection: Connection, neighbour: NodeId) -> LinkStanding:
    """What waits for a neighbour, lane by lane as the indexes lie."""
    door = door_of(Target(neighbour=neighbour))
    ready = sleeping = window = 0
    oldest: list[datetime] = []
    tries: list[tuple[datetime, str]] = []
    for lane in Lane:
        told = {"at_door": door, "on_lane": lane.value}
        ready += (here := connection.scalar(_READY, told) or 0)
        sleeping += (asleep := connection.scalar(_SLEEPING, told) or 0)
        window += connection.scalar(_WINDOW, told) or 0
        if here:
            oldest += connection.execute(_FIRST, told).scalars()
        for row in connection.execute(_NEXT, told) if asleep else ():
            tries.append((row.wakes_at, row.last_code))
            oldest.append(row.since)
    next_try_at, last_code = min(tries, default=(None, ""))
    return LinkStanding(
        min(ready, MOST_COUNTED),
        min(sleeping, MOST_COUNTED),
        min(window, MOST_COUNTED),
        min(oldest, default=None),
        next_try_at,
        last_code,
    )


def _counted(which: ColumnElement[bool]) -> Select[int]:
    """How many rows, counted up to MOST_COUNTED. Built once: a page of links asks it a thousand times."""
    some = select(literal(1)).select_from(deliveries).where(which).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(some)


_OF_LANE = and_(_d.door == bindparam("at_door"), _d.lane == bindparam("on_lane"))
_IS_READY, _IS_ASLEEP = and_(_OF_LANE, _d.turn.is_not(None)), and_(_OF_LANE, _d.wakes_at.is_not(None))
_READY, _SLEEPING = _counted(_IS_READY), _counted(_IS_ASLEEP)
_WINDOW = _counted(and_(_d.door == bindparam("at_door"), _d.window_lane == bindparam("on_lane")))
_FIRST = select(_d.since).where(_IS_READY).order_by(_d.turn.desc(), _d.seq).limit(1)
_NEXT = select(_d.wakes_at, _d.last_code, _d.since).where(_IS_ASLEEP).order_by(_d.wakes_at).limit(1)


def door_standings(connection: Connection, agencies: Sequence[AgencyCode]) -> dict[AgencyCode, DoorStanding]:
    """What lies at the door of each agency, one step into the indexes for each of them."""
    return {code: _door_standing(connection, code) for code in agencies}


def _door_standing(connection: Connection, code: AgencyCode) -> DoorStanding:
    told = {"at": Target(agency=code).key, "whose": code}
    oldest = connection.scalar(_OLDEST, told)
    waiting = 0 if oldest is None else connection.scalar(_WAITING, told) or 0
    return DoorStanding(waiting, oldest, connection.scalar(_LAST_FETCH, told))


_WAITS = and_(_d.target == bindparam("at"), _d.state == State.WAITING.value)
_OLDEST = select(_d.since).where(_WAITS).order_by(_d.since).limit(1)
_WAITING = _counted(_WAITS)
_LAST_FETCH = select(_f.last_at).where(_f.agency == bindparam("whose")).order_by(_f.last_at.desc()).limit(1)


class PartnerAccess(Access):
    """Everything that `ports.partners.PartnerBook` promises."""

    async def maintenance(self) -> Mapping[NodeId, Maintenance]:
        return await self._glance(holding.all_maintenance)

    async def hold_link(self, maintenance: Maintenance, act: Act) -> None:
        await self._do(holding.hold_links, holding.Hold(maintenance, act))

    async def open_link(self, neighbour: NodeId, act: Act) -> bool:
        return await self._do(holding.open_links, holding.Opening(neighbour, act))

    async def end_draining(self, neighbours: Collection[NodeId], now: datetime) -> Sequence[NodeId]:
        return await self._do(holding.end_draining, holding.Drained(tuple(neighbours), now))

    async def note_heard(self, heard: Iterable[Heard]) -> None:
        await self._do(note_heard, list(heard))

    async def heard(self) -> Mapping[NodeId, Heard]:
        return await self._read(all_heard)

    async def note_key_uses(self, uses: Iterable[KeyUse]) -> None:
        await self._do(key_uses.note_uses, list(uses))

    async def key_uses(self, keys: Collection[str]) -> Mapping[str, KeyUse]:
        return await self._read(lambda c: key_uses.uses_of(c, keys))

    async def note_certificate(self, certificate: SealCertificate) -> None:
        await self._do(note_certificates, certificate)

    async def seal_certificates(self) -> Mapping[NodeId, SealCertificate]:
        return await self._read(all_certificates)

    async def link_standing(self, neighbour: NodeId) -> LinkStanding:
        return await self._read(lambda c: link_standing(c, neighbour))

    async def door_standings(self, agencies: Iterable[AgencyCode]) -> Mapping[AgencyCode, DoorStanding]:
        codes = list(agencies)
        return await self._read(lambda c: door_standings(c, codes))
