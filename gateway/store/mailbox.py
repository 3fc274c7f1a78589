"""
The mailbox: what lies at the doors of the agencies of this node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from gateway.core.delivery import Delivery, State
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.ports import MailItem, Word
from gateway.store.places import mail_topic, take_places
from gateway.store.rows import (
    CAME_BEFORE,
    DELIVERY,
    ITEM,
    agency_codes,
    read_came_before,
    read_deliveries,
    read_item,
)
from gateway.store.statements import count_up, upsert
from gateway.store.tables import deliveries, fetches, letters, words
from gateway.store.transaction import Transaction

_PLACES = (
    select(deliveries.c.mail_number, deliveries.c.seq)
    .where(
        deliveries.c.agency == bindparam("whose"),
        deliveries.c.kind == bindparam("of_kind"),
        deliveries.c.mail_number > bindparam("beyond"),
    )
    .order_by(deliveries.c.mail_number)
    .limit(bindparam("most"))
)
"""The next places of one box: read from one index, however full the box is."""


def waiting(
    connection: Connection, agencies: Iterable[AgencyCode], kind: Kind | None, after: int, limit: int
) -> list[MailItem]:
    """
    What waits for these agencies, in the order in which it reached their doors, beyond the cursor.

    Each box is asked for its next places, then the letters of all are read at once. One statement for all
    boxes would have to sort everything that waits in them.
    """
    found: list[tuple[int, int]] = []
    for code in agency_codes(agencies):
        for each in Kind if kind is None else (kind,):
            asked = {"whose": code, "of_kind": each.value, "beyond": after, "most": limit}
            found += [(row.mail_number, row.seq) for row in connection.execute(_PLACES, asked)]
    return _items(connection, [seq for _, seq in sorted(found)[:limit]]) if found else []


_ITEMS = (
    select(
        deliveries.c.mail_number,
        deliveries.c.agency,
        deliveries.c.since,
        deliveries.c.state,
        *CAME_BEFORE,
        *ITEM,
    )
    .join_from(deliveries, letters)
    .where(deliveries.c.seq.in_(bindparam("found", expanding=True)))
    .order_by(deliveries.c.mail_number)
)


def _items(connection: Connection, found: Sequence[int]) -> list[MailItem]:
    rows = connection.execute(_ITEMS, {"found": list(found)})
    return [read_item(row, row.mail_number, row.since, read_came_before(row)) for row in rows]


# --- what ever came ------------------------------------------------------------------------------

_CAME = (
    select(deliveries.c.offered_number, deliveries.c.seq)
    .where(
        deliveries.c.agency == bindparam("whose"),
        deliveries.c.kind == bindparam("of_kind"),
        deliveries.c.offered_number > bindparam("beyond"),
    )
    .order_by(deliveries.c.offered_number)
    .limit(bindparam("most"))
)
_CAME_SINCE = _CAME.where(deliveries.c.offered_at >= bindparam("moment"))
_FIRST_SINCE = select(func.min(deliveries.c.offered_number)).where(
    deliveries.c.agency == bindparam("whose"), deliveries.c.offered_at >= bindparam("moment")
)
"""
Where to begin in a box of which only the latest is asked for.

Clocks of instances differ a little, so it is the lowest number since then, not the number at that moment.
"""

_PAST_ITEMS = (
    select(
        deliveries.c.offered_number,
        deliveries.c.offered_at,
        deliveries.c.agency,
        deliveries.c.state,
        *CAME_BEFORE,
        *ITEM,
    )
    .join_from(deliveries, letters)
    .where(deliveries.c.seq.in_(bindparam("found", expanding=True)))
    .order_by(deliveries.c.offered_number)
)


@dataclass(frozen=True, slots=True)
class Past:
    """What is asked about all that ever came to some doors."""

    agencies: Sequence[AgencyCode]
    kind: Kind | None
    after: int
    since: datetime | None
    limit: int


def history(connection: Connection, past: Past) -> list[MailItem]:
    """
    Everything that ever came to these agencies, in that order, whatever became of it.

    The number of an item is its place in that order, which stays when it is offered again.
    """
    found: list[tuple[int, int]] = []
    for code in agency_codes(past.agencies):
        beyond = _beginning(connection, code, past)
        for kind in Kind if past.kind is None else (past.kind,):
            asked = {"whose": code, "of_kind": kind.value, "beyond": beyond, "most": past.limit}
            if past.since is None:
                rows = connection.execute(_CAME, asked)
            else:
                rows = connection.execute(_CAME_SINCE, asked | {"moment": past.since})
            found += [(row.offered_number, row.seq) for row in rows]
    if not found:
        return []
    seqs = [seq for _, seq in sorted(found)[: past.limit]]
    return [
        read_item(row, row.offered_number, row.offered_at, read_came_before(row))
        for row in connection.execute(_PAST_ITEMS, {"found": seqs})
    ]


def _beginning(connection: Connection, code: AgencyCode, past: Past) -> int:
    if past.since is None:
        return past.after
    first = connection.execute(_FIRST_SINCE, {"whose": code, "moment": past.since}).scalar_one()
    return past.after if first is None else max(past.after, first - 1)


@dataclass(frozen=True, slots=True)
class Again:
    """What came to these agencies since then shall be listed again, if they had acknowledged it.

    `letter_id`: only that letter.
    """

    agencies: Sequence[AgencyCode]
    since: datetime
    now: datetime
    letter_id: LetterId | None = None


_ACKNOWLEDGED = (
    select(
        deliveries.c.seq,
        deliveries.c.letter_id,
        deliveries.c.target,
        deliveries.c.agency,
        deliveries.c.offered_number,
    )
    .where(
        deliveries.c.agency.in_(bindparam("whose", expanding=True)),
        deliveries.c.offered_at >= bindparam("moment"),
        deliveries.c.state == State.DELIVERED.value,
    )
    .order_by(deliveries.c.seq)  # every instance locks in one order, else two wait for each other
    .with_for_update()
)
_ACKNOWLEDGED_ONE = _ACKNOWLEDGED.where(deliveries.c.letter_id == bindparam("letter"))
_LIST = update(deliveries).where(deliveries.c.seq == bindparam("row")).values(mail_number=bindparam("place"))


def offer_again(transaction: Transaction, wishes: Sequence[Again]) -> list[int]:
    """List it again under new numbers, beyond every cursor; it stays DELIVERED and was told of once."""
    return [_offer_again(transaction, wish) for wish in wishes]


def _offer_again(transaction: Transaction, wish: Again) -> int:
    connection = transaction.connection
    asked: dict[str, Any] = {"whose": agency_codes(wish.agencies), "moment": wish.since}
    wanted = _ACKNOWLEDGED if wish.letter_id is None else _ACKNOWLEDGED_ONE
    asked |= {} if wish.letter_id is None else {"letter": wish.letter_id}
    found = sorted(connection.execute(wanted, asked), key=lambda row: int(row.offered_number))
    if not found:
        return 0
    places = take_places(connection, len(found))
    connection.execute(
        _LIST, [{"row": row.seq, "place": place} for row, place in zip(found, places, strict=True)]
    )
    for row in found:
        transaction.note(wish.now, "delivery.offered_again", letter_id=row.letter_id, target=row.target)
    transaction.topics.update(mail_topic(row.agency) for row in found)
    return len(found)


def mail(connection: Connection, letter_id: LetterId, agencies: Iterable[AgencyCode]) -> list[Delivery]:
    """The deliveries of a letter that these agencies may see."""
    targets = [f"agency:{code}" for code in agency_codes(agencies)]
    return read_deliveries(connection.execute(_MAIL, {"letter": letter_id, "targets": targets}))


_MAIL = (
    select(*DELIVERY)
    .where(
        deliveries.c.letter_id == bindparam("letter"),
        deliveries.c.target.in_(bindparam("targets", expanding=True)),
        deliveries.c.state.in_([State.WAITING.value, State.DELIVERED.value]),
    )
    .order_by(deliveries.c.seq)
)


@dataclass(frozen=True, slots=True)
class Fetch:
    """An agency fetched a letter, or only looked into it: then it has seen it, and may not acknowledge it."""

    letter_id: LetterId
    agency: AgencyCode
    now: datetime
    only_looked: bool = False


_FETCHED = count_up(fetches, "times", also=("last_at",))
_MAY_SEE = (
    select(deliveries.c.seq)
    .where(
        deliveries.c.letter_id == bindparam("letter"),
        deliveries.c.target == bindparam("of"),
        deliveries.c.state.in_([State.WAITING.value, State.DELIVERED.value]),
    )
    .with_for_update()
)
"""Locked: who takes the letter back meanwhile waits, and then finds it fetched."""


def note_fetched(transaction: Transaction, seen: Sequence[Fetch]) -> list[bool]:
    """Remember when each was fetched first and last, and how often; False for what is not at the door now."""
    return [_note_fetched(transaction, fetch) for fetch in seen]


def _note_fetched(transaction: Transaction, fetch: Fetch) -> bool:
    connection, target = transaction.connection, f"agency:{fetch.agency}"
    if connection.execute(_MAY_SEE, {"letter": fetch.letter_id, "of": target}).first() is None:
        return False
    row = {
        "letter_id": fetch.letter_id,
        "agency": fetch.agency,
        "first_at": fetch.now,
        "last_at": fetch.now,
        "times": 0 if fetch.only_looked else 1,
    }
    connection.execute(_FETCHED.of(connection), row)
    event = "letter.looked_into" if fetch.only_looked else "letter.fetched"
    transaction.note(fetch.now, event, letter_id=fetch.letter_id, target=target)
    return True


def was_fetched(connection: Connection, letter_id: LetterId, agency: AgencyCode) -> bool:
    """Whether the agency ever fetched it."""
    asked = {"letter": letter_id, "whose": agency}
    return connection.execute(_TIMES_FETCHED, asked).one_or_none() is not None


_TIMES_FETCHED = select(fetches.c.times).where(
    fetches.c.letter_id == bindparam("letter"), fetches.c.agency == bindparam("whose"), fetches.c.times > 0
)


# --- words ---------------------------------------------------------------------------------------

DETAIL = 200
"""Letters of an explanation that are kept; clients send whole stack traces."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an agency says of a letter that it does not acknowledge."""

    letter_id: LetterId
    agency: AgencyCode
    word: Word
    detail: str
    now: datetime


_SET_WORD = upsert(words)


def note_words(transaction: Transaction, said: Sequence[Said]) -> list[None]:
    """Keep the latest word of each agency on each letter; its detail may name people, the journal never."""
    for each in said:
        row = {
            "letter_id": each.letter_id,
            "agency": each.agency,
            "word": each.word.value,
            "detail": each.detail[:DETAIL],
            "at": each.now,
        }
        transaction.connection.execute(_SET_WORD.of(transaction.connection), row)
        transaction.note(
            each.now,
            "letter.word",
            letter_id=each.letter_id,
            target=f"agency:{each.agency}",
            code=each.word.value,
        )
    return [None] * len(said)
