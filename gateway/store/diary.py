"""
The diary: the documents that agencies sent and received, page by page in order of time.

Each agency's own are read from one index; the pages of several agencies are laid together. A place in the
diary is a moment and what tells apart those of the same moment, so no page depends on how many came before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from gateway.core.catalogue import BAD_REQUEST
from gateway.core.diary import DiaryLine, Direction
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.ports import DiaryPage
from gateway.store.rows import agency_codes, load_routing
from gateway.store.tables import deliveries, letters, statuses

Place = tuple[datetime, str]
"""A moment, and what tells apart those of that moment (text that sorts as it counts)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST = 2**63 - 1  # number that a row can have
NUMBER_DIGITS = len(str(LARGEST))
MICROSECOND = timedelta(microseconds=1)

_LETTER = (
    letters.c.letter_id,
    letters.c.sender,
    letters.c.sender_name,
    letters.c.routing,
    letters.c.code,
    letters.c.issue_date,
    letters.c.subject,
    letters.c.more_facts,
)


def diary(connection: Connection, agencies: Iterable[AgencyCode], page: DiaryPage) -> list[DiaryLine]:
    """One page. Raises: Rejected (BAD_REQUEST) for a cursor that is none."""
    after = _read_cursor(page.after) if page.after else None
    read = _sent if page.direction is Direction.OUT else _received
    found: list[tuple[Place, AgencyCode, Any]] = []
    for code in agency_codes(agencies):
        found += [(place, code, row) for place, row in read(connection, code, page, after)]
    found.sort(key=itemgetter(0))
    chosen = found[: page.limit]
    reported = _last_statuses(connection, [row.letter_id for _, _, row in chosen])
    return [_line(place, code, row, reported.get(row.letter_id, {}), page) for place, code, row in chosen]


def _sent(
    connection: Connection, agency: AgencyCode, page: DiaryPage, after: Place | None
) -> list[tuple[Place, Any]]:
    at, tie = letters.c.received_at, letters.c.letter_id
    wanted = (
        select(at.label("at"), *_LETTER)
        .where(
            letters.c.sender == agency,
            letters.c.came_from.is_(None),
            letters.c.kind == Kind.DOCUMENT.value,
            at < page.until,
            *_from(at, page.since, after),
        )
        .order_by(at, tie)
        .limit(page.limit)
    )
    if after is not None:
        wanted = wanted.where(or_(at > after[0], tie > after[1]))
    return [((row.at, row.letter_id), row) for row in connection.execute(wanted)]


def _received(
    connection: Connection, agency: AgencyCode, page: DiaryPage, after: Place | None
) -> list[tuple[Place, Any]]:
    at, tie = deliveries.c.offered_at, deliveries.c.offered_number
    wanted = (
        select(at.label("at"), tie.label("place"), *_LETTER)
        .join_from(deliveries, letters, letters.c.letter_id == deliveries.c.letter_id)
        .where(
            deliveries.c.agency == agency,
            deliveries.c.kind == Kind.DOCUMENT.value,
            at < page.until,
            *_from(at, page.since, after),
        )
        .order_by(at, tie)
        .limit(page.limit)
    )
    if after is not None:
        wanted = wanted.where(or_(at > after[0], tie > _number(after[1])))
    return [((row.at, f"{row.place:0{NUMBER_DIGITS}d}"), row) for row in connection.execute(wanted)]


def _from(at: ColumnElement[Any], since: datetime, after: Place | None) -> list[ColumnElement[bool]]:
    """Where the index begins: later than both."""
    return [at >= (since if after is None else max(since, after[0])), at.is_not(None)]


def _last_statuses(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """letter_id → who it was for → the code that was last reported."""
    reported: dict[str, dict[str, str]] = {}
    rows = connection.execute(
        select(statuses.c.letter_id, statuses.c.recipient, statuses.c.code)
        .where(statuses.c.letter_id.in_(list(dict.fromkeys(ids))))
        .order_by(statuses.c.arrived_at, statuses.c.status_letter_id)
    )
    for row in rows:
        reported.setdefault(row.letter_id, {})[row.recipient] = row.code
    return reported


def _line(place: Place, agency: AgencyCode, row: Any, reported: dict[str, str], page: DiaryPage) -> DiaryLine:
    routing = load_routing(row.routing)
    extra = json.loads(row.more_facts).get("extra", {}) if row.more_facts else {}
    last = list(reported.values())
    status = reported.get(agency, "") if page.direction is Direction.IN else (last[-1] if last else "")
    return DiaryLine(
        cursor=_cursor(place),
        letter_id=LetterId(row.letter_id),
        agency=agency,
        at=row.at,
        sender=AgencyCode(row.sender),
        sender_name=row.sender_name,
        recipients=tuple(addressee.named for addressee in routing.recipients),
        code=row.code,
        issue_date=row.issue_date,
        type_name=extra.get("type_name", ""),
        subject=row.subject,
        signer=extra.get("signer", ""),
        copies=extra.get("copies", ""),
        status=status,
    )


def _cursor(place: Place) -> str:
    return f"{(place[0] - EPOCH) // MICROSECOND}.{place[1]}"


def _read_cursor(text: str) -> Place:
    micros, _, tie = text.partition(".")
    try:
        if not micros.isascii() or not micros.isdigit() or not tie:
            raise ValueError(text)
        return EPOCH + int(micros) * MICROSECOND, tie
    except (ValueError, OverflowError):
        raise _no_cursor() from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > NUMBER_DIGITS or int(text) > LARGEST:
        raise _no_cursor()
    return int(text)


def _no_cursor() -> Rejected:
    return Rejected(find(BAD_REQUEST, element="cursor", detail="cursor"))
