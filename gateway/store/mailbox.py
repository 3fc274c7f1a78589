"""
The mailbox: what lies at the doors of the agencies of this node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from gateway.core.delivery import Delivery, State
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.ports import MailItem
from gateway.store.rows import DELIVERY, agency_codes, read_deliveries
from gateway.store.statements import count_up
from gateway.store.tables import deliveries, fetches, letters
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


def _items(connection: Connection, found: Sequence[int]) -> list[MailItem]:
    rows = connection.execute(
        select(
            deliveries.c.mail_number,
            deliveries.c.agency,
            deliveries.c.since,
            deliveries.c.state,
            letters.c.letter_id,
            letters.c.kind,
            letters.c.sender,
            letters.c.sender_name,
            letters.c.document_id,
            letters.c.code,
            letters.c.issue_date,
            letters.c.subject,
            letters.c.priority,
            letters.c.status_code,
            letters.c.original_size,
        )
        .join_from(deliveries, letters)
        .where(deliveries.c.seq.in_(found))
        .order_by(deliveries.c.mail_number)
    )
    return [
        MailItem(
            number=row.mail_number,
            letter_id=LetterId(row.letter_id),
            agency=AgencyCode(row.agency),
            kind=Kind(row.kind),
            sender=AgencyCode(row.sender),
            sender_name=row.sender_name,
            document_id=row.document_id,
            code=row.code,
            issue_date=row.issue_date,
            subject=row.subject,
            priority=row.priority,
            status_code=row.status_code,
            size=row.original_size,
            waiting_since=row.since,
            state=State(row.state),
        )
        for row in rows
    ]


def mail(connection: Connection, letter_id: LetterId, agencies: Iterable[AgencyCode]) -> list[Delivery]:
    """The deliveries of a letter that these agencies may see."""
    return read_deliveries(
        connection.execute(
            select(*DELIVERY)
            .where(
                deliveries.c.letter_id == letter_id,
                deliveries.c.target.in_([f"agency:{code}" for code in agency_codes(agencies)]),
                deliveries.c.state.in_([State.WAITING.value, State.DELIVERED.value]),
            )
            .order_by(deliveries.c.seq)
        )
    )


@dataclass(frozen=True, slots=True)
class Fetch:
    """An agency fetched a letter."""

    letter_id: LetterId
    agency: AgencyCode
    now: datetime


_FETCHED = count_up(fetches, "times", also=("last_at",))


def note_fetched(transaction: Transaction, seen: Sequence[Fetch]) -> list[None]:
    """Remember when each was fetched first and last, and how often."""
    for fetch in seen:
        row = {
            "letter_id": fetch.letter_id,
            "agency": fetch.agency,
            "first_at": fetch.now,
            "last_at": fetch.now,
            "times": 1,
        }
        transaction.connection.execute(_FETCHED.of(transaction.connection), row)
        transaction.note(
            fetch.now, "letter.fetched", letter_id=fetch.letter_id, target=f"agency:{fetch.agency}"
        )
    return [None] * len(seen)


def was_fetched(connection: Connection, letter_id: LetterId, agency: AgencyCode) -> bool:
    """Whether the agency ever fetched it."""
    wanted = select(fetches.c.times).where(fetches.c.letter_id == letter_id, fetches.c.agency == agency)
    return connection.execute(wanted).one_or_none() is not None
