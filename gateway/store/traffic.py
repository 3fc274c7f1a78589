"""
Traffic: what some agencies sent and received in a span of time, counted from the rows themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from gateway.core.delivery import State
from gateway.core.lifecycle import highest
from gateway.core.model import AgencyCode, Kind
from gateway.ports import Traffic
from gateway.store.rows import agency_codes
from gateway.store.tables import deliveries, hops, letters, statuses


@dataclass(frozen=True, slots=True)
class _Sum:
    letters: int = 0
    bytes: int = 0


def traffic(
    connection: Connection, agencies: Iterable[AgencyCode], since: datetime, until: datetime
) -> Traffic:
    """Their traffic from `since` to before `until`."""
    codes = agency_codes(agencies)
    sent = _sent(connection, codes, since, until)
    received = _received(connection, codes, since, until)
    return Traffic(
        documents_sent=sent[Kind.DOCUMENT].letters,
        statuses_sent=sent[Kind.STATUS].letters,
        bytes_sent=sum(each.bytes for each in sent.values()),
        documents_received=received[Kind.DOCUMENT].letters,
        statuses_received=received[Kind.STATUS].letters,
        bytes_received=sum(each.bytes for each in received.values()),
        acknowledged=_acknowledged(connection, codes, since, until),
        returned=_returned(connection, codes, since, until),
        waiting=_waiting(connection, codes),
        by_status=_by_status(connection, codes, since, until),
    )


_SUMS = (letters.c.kind, func.count(), func.sum(letters.c.original_size))


def _sums(rows: Iterable[Any]) -> dict[Kind, _Sum]:
    found = dict.fromkeys(Kind, _Sum())
    for kind, number, size in rows:
        found[Kind(kind)] = _Sum(number, int(size))  # PostgreSQL gives a Decimal
    return found


def _is_sent(codes: Sequence[AgencyCode], since: datetime, until: datetime) -> list[ColumnElement[bool]]:
    """What they handed in here: letters of the span that came over no link."""
    return [
        letters.c.sender.in_(codes),
        letters.c.received_at >= since,
        letters.c.received_at < until,
        letters.c.came_from.is_(None),
    ]


def _targets(codes: Sequence[AgencyCode]) -> list[str]:
    return [f"agency:{code}" for code in codes]


def _sent(
    connection: Connection, codes: Sequence[AgencyCode], since: datetime, until: datetime
) -> dict[Kind, _Sum]:
    return _sums(
        connection.execute(select(*_SUMS).where(*_is_sent(codes, since, until)).group_by(letters.c.kind))
    )


def _received(
    connection: Connection, codes: Sequence[AgencyCode], since: datetime, until: datetime
) -> dict[Kind, _Sum]:
    return _sums(
        connection.execute(
            select(*_SUMS)
            .join_from(deliveries, letters)
            .where(
                deliveries.c.agency.in_(codes),
                deliveries.c.offered_at >= since,
                deliveries.c.offered_at < until,
            )
            .group_by(letters.c.kind)
        )
    )


def _acknowledged(
    connection: Connection, codes: Sequence[AgencyCode], since: datetime, until: datetime
) -> int:
    return connection.execute(
        select(func.count()).where(
            deliveries.c.target.in_(_targets(codes)),
            deliveries.c.state == State.DELIVERED.value,
            deliveries.c.since >= since,
            deliveries.c.since < until,
        )
    ).scalar_one()


def _returned(connection: Connection, codes: Sequence[AgencyCode], since: datetime, until: datetime) -> int:
    """Deliveries, at whatever node, that came to nothing in the span; told again they count once."""
    once = (
        select(hops.c.letter_id, hops.c.node, hops.c.target)
        .join_from(hops, letters)
        .where(
            # as in the condition of the index: SQLite uses it only where it sees the value
            hops.c.state == literal_column(f"'{State.RETURNED.value}'"),
            hops.c.at >= since,
            hops.c.at < until,
            letters.c.sender.in_(codes),
        )
        .distinct()
        .subquery()
    )
    return connection.execute(select(func.count()).select_from(once)).scalar_one()


def _waiting(connection: Connection, codes: Sequence[AgencyCode]) -> int:
    return connection.execute(
        select(func.count()).where(deliveries.c.agency.in_(codes), deliveries.c.mail_number.is_not(None))
    ).scalar_one()


def _by_status(
    connection: Connection, codes: Sequence[AgencyCode], since: datetime, until: datetime
) -> Mapping[str, int]:
    """How many of the documents sent in the span stand where, counted once for each receiver who spoke."""
    told: dict[tuple[str, str], list[str]] = {}
    for row in connection.execute(
        select(statuses.c.letter_id, statuses.c.recipient, statuses.c.code)
        .join_from(letters, statuses, statuses.c.letter_id == letters.c.letter_id)
        .where(letters.c.kind == Kind.DOCUMENT.value, *_is_sent(codes, since, until))
        .order_by(statuses.c.arrived_at, statuses.c.status_letter_id)
    ):
        told.setdefault((row.letter_id, row.recipient), []).append(row.code)
    counted = Counter(map(highest, told.values()))
    del counted[""]  # only answers to questions that were asked in another document
    return dict(sorted(counted.items()))
