"""
Claims: which delivery is whose to work on, and until when.

Finding what is due costs the same in any backlog. What may be claimed stands in an index by rank and age
(`turn`); what waits for its time stands in another (`wakes_at`) and changes over when its time comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Text, and_, bindparam, cast, delete, func, not_, or_, select, update

from gateway.core.catalogue import LINK_DOWN
from gateway.core.delivery import Claimed, Delivery, State, Target
from gateway.core.model import Lane, LetterId, NodeId
from gateway.ports import Work
from gateway.store.maintenance import HELD_DOORS, is_paused
from gateway.store.moves import SELECT_HELD, Changes, Held, read_held
from gateway.store.rows import DELIVERY, door_of, load_letters, read_deliveries, topics_of
from gateway.store.tables import deliveries, instances
from gateway.store.transaction import Instance, Transaction

SILENCE = timedelta(seconds=60)
"""After this long without a heartbeat, by the database's clock, an instance is gone."""

BEAT_AT_LEAST = timedelta(seconds=20)
"""An instance that claims shows that it lives, even if its own heartbeat is late."""

FORGOTTEN = timedelta(days=1)
"""When the row of an instance that is gone may go too; its claims ended long before."""

ANY_SIZE = 2**62  # bytes

WOKEN_AT_ONCE = 1000
"""A link that comes back after a week must not change a million rows in one transaction."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What an instance wants to work on; without a target: any agency of this node."""

    target: Target | None
    lane: Lane | None
    now: datetime
    letters: int
    size: int
    biggest: int = ANY_SIZE

    @property
    def door(self) -> str:
        return door_of(self.target)

    @property
    def lanes(self) -> list[str]:
        return lanes_of(self.lane)


def lanes_of(lane: Lane | None) -> list[str]:
    """The lane, or all of them."""
    return [each.value for each in (Lane if lane is None else (lane,))]


def claim_due(transaction: Transaction, claims: Sequence[Claim]) -> list[list[Work]]:
    """Claim for each in turn."""
    at = database_time(transaction.connection, claims[0].now)
    release_silent(transaction, at)
    show_life(transaction, at, if_older_than=BEAT_AT_LEAST)
    return [_claim(transaction, claim) if claim.letters > 0 else [] for claim in claims]


def _claim(transaction: Transaction, claim: Claim) -> list[Work]:
    if _is_paused(transaction.connection, claim.target):
        return []
    due = [{"at_door": claim.door, "on_lane": lane, "now": claim.now} for lane in claim.lanes]
    transaction.connection.execute(_WAKE, due)
    changes = Changes(transaction)
    claimed = [
        moved
        for held in _pick(_candidates(transaction.connection, claim), claim)
        if (moved := changes.apply(held, Claimed(), claim.now)) is not None
    ]
    changes.write()
    letters = load_letters(transaction.connection, (delivery.letter_id for delivery in claimed))
    return [Work(delivery, letters[delivery.letter_id]) for delivery in claimed]


def _is_paused(connection: Connection, target: Target | None) -> bool:
    """Whether an operator holds the link."""
    return target is not None and target.neighbour is not None and is_paused(connection, target.neighbour)


def _candidates(connection: Connection, claim: Claim) -> list[Held]:
    """What comes first, more of it than may be claimed; one look into the index per lane."""
    told = {"at_door": claim.door, "biggest": claim.biggest, "letters": claim.letters}
    found = [
        held
        for lane in claim.lanes
        for held in map(read_held, connection.execute(_CANDIDATES, told | {"on_lane": lane}))
    ]
    return sorted(found, key=lambda held: (-held.delivery.rank, held.seq)) if len(claim.lanes) > 1 else found


def _pick(found: Sequence[Held], claim: Claim) -> list[Held]:
    """The first ones that fit together; the first of all always fits."""
    picked: list[Held] = []
    room = claim.size
    for held in found[: claim.letters]:
        room -= held.delivery.size
        if picked and room < 0:
            break
        picked.append(held)
    return picked


_CANDIDATES = (
    SELECT_HELD.where(
        deliveries.c.door == bindparam("at_door"),
        deliveries.c.lane == bindparam("on_lane"),
        deliveries.c.turn.is_not(None),
        deliveries.c.size <= bindparam("biggest"),
    )
    .order_by(deliveries.c.turn.desc(), deliveries.c.seq)
    .limit(bindparam("letters"))
    .with_for_update(of=deliveries, skip_locked=True)
)
"""What may be claimed on one lane, in its order, without what another instance is claiming just now."""

_DUE = (
    select(deliveries.c.seq)
    .where(
        deliveries.c.door == bindparam("at_door"),
        deliveries.c.lane == bindparam("on_lane"),
        deliveries.c.wakes_at <= bindparam("now"),
    )
    .order_by(deliveries.c.wakes_at)
    .limit(WOKEN_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_WAKE = (
    update(deliveries)
    .where(deliveries.c.seq.in_(_DUE.scalar_subquery()))
    .values(turn=deliveries.c.rank, wakes_at=None)
)
"""Let what has waited long enough take its turn."""


# --- the life of claims --------------------------------------------------------------------------


def start_life(connection: Connection, node: NodeId, name: str) -> Instance:
    """A new life of the instance `name`; what its former lives claimed may be claimed again."""
    life = connection.execute(select(instances.c.life).where(instances.c.name == name)).scalar_one_or_none()
    if life is None:
        connection.execute(instances.insert().values(name=name, life=1))
    else:
        connection.execute(
            update(instances).where(instances.c.name == name).values(life=life + 1, beat_at=None)
        )
        former = deliveries.c.claimed_by.startswith(f"{name}#", autoescape=True)
        connection.execute(_RELEASE.where(former))
    return Instance(node, name, (life or 0) + 1)


def beat(transaction: Transaction, moments: Sequence[datetime]) -> list[None]:
    """Show that this instance lives, and free what those claimed that do not."""
    at = database_time(transaction.connection, moments[-1])
    show_life(transaction, at, if_older_than=timedelta(0))
    release_silent(transaction, at)
    transaction.connection.execute(delete(instances).where(instances.c.beat_at < at - FORGOTTEN))
    return [None] * len(moments)


def end_life(transaction: Transaction, ends: Sequence[None]) -> list[None]:
    """The instance stops in good order: what it claimed is free at once."""
    instance, connection = transaction.instance, transaction.connection
    connection.execute(_RELEASE.where(deliveries.c.claimed_by == instance.claim))
    connection.execute(
        delete(instances).where(instances.c.name == instance.name, instances.c.life == instance.life)
    )
    return [None] * len(ends)


@dataclass(frozen=True, slots=True)
class LettingGo:
    """A claim of this instance whose try could not be recorded; it may be claimed again from `until` on."""

    letter_id: LetterId
    target: Target
    until: datetime


_LET_GO = (
    update(deliveries)
    .where(
        deliveries.c.letter_id == bindparam("letter"),
        deliveries.c.target == bindparam("of"),
        deliveries.c.claimed_by == bindparam("me"),
    )
    .values(claimed_by=None, window_lane=None, turn=None, wakes_at=bindparam("moment"))
)


def let_go(transaction: Transaction, claims: Sequence[LettingGo]) -> list[None]:
    """End these claims as those of a life that is gone end. No move, so no journal row."""
    for claim in claims:
        told = {"letter": claim.letter_id, "of": claim.target.key, "moment": claim.until}
        transaction.connection.execute(_LET_GO, told | {"me": transaction.instance.claim})
    return [None] * len(claims)


def database_time(connection: Connection, now: datetime) -> datetime:
    """The one clock that all instances share. SQLite has none of its own: there it is the caller's."""
    if connection.dialect.name != "postgresql":
        return now
    at: datetime = connection.execute(_CLOCK).scalar_one()
    return at


def show_life(transaction: Transaction, at: datetime, *, if_older_than: timedelta) -> None:
    """Set the heartbeat. A life that a newer process of the same name has ended stays ended."""
    instance = transaction.instance
    told = {"who": instance.name, "which": instance.life, "at": at, "late": at - if_older_than}
    transaction.connection.execute(_SHOW_LIFE, told)


def release_silent(transaction: Transaction, at: datetime) -> None:
    """Claims of instances that are gone are due again."""
    told = {"me": transaction.instance.claim, "alive_since": at - SILENCE}
    transaction.topics.update(transaction.connection.execute(_RELEASE_SILENT, told).scalars())


_CLOCK = select(func.clock_timestamp())
_SHOW_LIFE = (
    update(instances)
    .where(
        instances.c.name == bindparam("who"),
        instances.c.life == bindparam("which"),
        or_(instances.c.beat_at.is_(None), instances.c.beat_at <= bindparam("late")),
    )
    .values(beat_at=bindparam("at"))
)
_RELEASE = update(deliveries).values(turn=deliveries.c.rank, claimed_by=None, window_lane=None)
_RELEASE_SILENT = _RELEASE.where(
    deliveries.c.claimed_by.is_not(None),
    deliveries.c.claimed_by != bindparam("me"),
    deliveries.c.claimed_by.not_in(
        select(instances.c.name.concat("#").concat(cast(instances.c.life, Text))).where(
            instances.c.beat_at > bindparam("alive_since")
        )
    ),
).returning(deliveries.c.door)


# --- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Haste:
    """A link works again: what failed because it was down need not wait for its time."""

    neighbour: NodeId
    now: datetime
    limit: int


_SLEEPING = and_(
    deliveries.c.door == bindparam("at_door"),
    deliveries.c.wakes_at.is_not(None),
    deliveries.c.last_code == LINK_DOWN.code,
)
_HASTEN = (
    update(deliveries)
    .where(
        _SLEEPING,  # again, for a row that another instance claimed while we waited for it
        deliveries.c.seq.in_(
            select(deliveries.c.seq).where(_SLEEPING).order_by(deliveries.c.wakes_at).limit(bindparam("most"))
        ),
    )
    .values(due_at=bindparam("moment"), turn=deliveries.c.rank, wakes_at=None)
)


def hasten(transaction: Transaction, hastes: Sequence[Haste]) -> list[int]:
    """Make them due now, at most `limit`; how many. No move of theirs, so no journal row."""
    hastened = []
    for haste in hastes:
        target = Target(neighbour=haste.neighbour)
        changed = transaction.connection.execute(
            _HASTEN, {"at_door": door_of(target), "most": haste.limit, "moment": haste.now}
        ).rowcount
        if changed:
            transaction.topics.update(topics_of(target, lane) for lane in Lane)
        hastened.append(changed)
    return hastened


def outstanding(connection: Connection, neighbour: NodeId, lane: Lane) -> list[Delivery]:
    """What fills the window of a link and lane: SENT, or claimed by an instance that lives."""
    return read_deliveries(
        connection.execute(_OUTSTANDING, {"at_door": f"link:{neighbour}", "on_lane": lane.value})
    )


_OUTSTANDING = select(*DELIVERY).where(
    deliveries.c.door == bindparam("at_door"), deliveries.c.window_lane == bindparam("on_lane")
)


def overdue(connection: Connection, now: datetime, limit: int) -> list[Delivery]:
    """
    Deliveries whose deadline has passed, the oldest first.

    What a held link has on its way is offered to nobody till then: only its last day is of interest.
    """
    return read_deliveries(connection.execute(_OVERDUE, {"now": now, "most": limit}))


_WAITS_FOR_AN_OPERATOR = and_(
    deliveries.c.state == State.SENT.value,
    deliveries.c.door.in_(HELD_DOORS),
    or_(deliveries.c.expires_at >= bindparam("now"), deliveries.c.warned),
)
_OVERDUE = (
    select(*DELIVERY)
    .where(deliveries.c.deadline <= bindparam("now"), not_(_WAITS_FOR_AN_OPERATOR))
    .order_by(deliveries.c.deadline)
    .limit(bindparam("most"))
)


def next_due(
    connection: Connection, target: Target | None, lane: Lane | None, biggest: int = ANY_SIZE
) -> datetime | None:
    """When the next delivery may be claimed; one in the past if it may now; never on a held link."""
    if _is_paused(connection, target):
        return None
    asked = {"at_door": door_of(target), "biggest": biggest}
    found = [
        moment
        for each in lanes_of(lane)
        for question in (_READY, _WAITING)
        for moment in connection.execute(question, asked | {"on_lane": each}).scalars()
    ]
    return min(found, default=None)


_OF_LANE = and_(
    deliveries.c.door == bindparam("at_door"),
    deliveries.c.lane == bindparam("on_lane"),
    deliveries.c.size <= bindparam("biggest"),
)
_READY = select(deliveries.c.due_at).where(_OF_LANE, deliveries.c.turn.is_not(None)).limit(1)
_WAITING = (
    select(deliveries.c.wakes_at)
    .where(_OF_LANE, deliveries.c.wakes_at.is_not(None))
    .order_by(deliveries.c.wakes_at)
    .limit(1)
)
